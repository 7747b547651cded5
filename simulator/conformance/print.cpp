// Text for people.
#include "conformance/print.h"

#include <algorithm>
#include <span>

#include <fmt/format.h>

#include "core/words.h"

namespace fakemx::conformance {

namespace {

constexpr std::size_t columns_max = 100;
/// JSON, JUnit and the page have more.
constexpr std::size_t evidence_in_text_max = 3;

template <class Do>
void each(const Audit& audit, Outcome outcome, const Do& action) {
    for (const Finding& finding : audit.findings) {
        if (finding.outcome == outcome) action(finding);
    }
}

std::string_view word_of(Outcome outcome) {
    return outcome == Outcome::fail ? "FAIL" : name(outcome);
}

std::string heading(const Finding& finding) {
    return fmt::format("{:<9}  {}  ({}, {}, {})\n", word_of(finding.outcome), finding.rule->slug,
                       finding.rule->source, name(finding.rule->level),
                       name(finding.rule->severity));
}

std::string broken_text(const Audit& audit, const Finding& finding) {
    std::string text = heading(finding);
    text += fmt::format("    {}\n", finding.rule->requirement);
    const std::size_t shown = std::min(finding.evidence.size(), evidence_in_text_max);
    for (const Evidence& found : std::span{finding.evidence}.first(shown)) {
        text += fmt::format("    {}: {}\n", place_of(audit, found), printable(found.what));
        for (const std::string& line : found.lines)
            text += fmt::format("      {}\n", shortened(printable(line), columns_max));
    }
    if (finding.broken > shown) text += fmt::format("    and {} more\n", finding.broken - shown);
    return text + fmt::format("    What to change: {}\n\n", finding.rule->remedy);
}

/// Slugs in lines of a bearable length.
std::string slugs(const Audit& audit, Outcome outcome) {
    std::string text;
    std::string line;
    each(audit, outcome, [&](const Finding& finding) {
        if (line.size() + finding.rule->slug.size() > columns_max) {
            text += fmt::format("    {}\n", line);
            line.clear();
        }
        if (!line.empty()) line += ' ';
        line += finding.rule->slug;
    });
    return line.empty() ? text : text + fmt::format("    {}\n", line);
}

}  // namespace

std::string place_of(const Audit& audit, const Evidence& found) {
    std::string place = audit.runs.empty() ? "" : audit.runs.at(found.run) + ", ";
    if (found.session != SessionId{}) place += fmt::format("session {}, ", number(found.session));
    return fmt::format("{}+{}", place, format_duration(found.after));
}

std::string thresholds_text(const Thresholds& thresholds, bool all) {
    const auto usual = threshold_texts({});
    const auto now = threshold_texts(thresholds);
    std::string text;
    for (std::size_t i = 0; i < now.size(); ++i) {
        if (!all && now[i].value == usual[i].value) continue;
        text += fmt::format("{}{}={}", text.empty() ? "" : " ", now[i].name, now[i].value);
    }
    return text;
}

std::string summary(const Audit& audit) {
    const std::uint64_t deviations = audit.count(Outcome::deviation);
    std::string text = fmt::format(
        "{} failed, {} {}, {} passed, {} not exercised; {}", audit.count(Outcome::fail), deviations,
        deviations == 1 ? "deviation" : "deviations", audit.count(Outcome::pass),
        audit.count(Outcome::not_exercised), counted(audit.sessions, "session", "sessions"));
    if (audit.sessions_cut != 0)
        text += fmt::format(", {} of them longer than what is looked at", audit.sessions_cut);
    if (!audit.whole) text += ", too many for the rules that look at a whole run";
    const std::string changed = thresholds_text(audit.thresholds, false);
    return changed.empty() ? text : text + fmt::format("; with {}", changed);
}

std::vector<std::string> in_short(const Audit& audit) {
    std::vector<std::string> lines;
    if (audit.sessions == 0) return lines;
    lines.push_back(fmt::format("rules: {}", summary(audit)));
    for (const Outcome outcome : {Outcome::fail, Outcome::deviation}) {
        each(audit, outcome, [&](const Finding& finding) {
            const Evidence& first = finding.evidence.front();
            const std::string more =
                finding.broken > 1 ? fmt::format(", {} times", finding.broken) : "";
            lines.push_back(fmt::format("  {:<9}  {}: {} (session {}{})", word_of(outcome),
                                        finding.rule->slug, printable(first.what),
                                        number(first.session), more));
        });
    }
    return lines;
}

std::string text(const Audit& audit, bool everything) {
    std::string text;
    for (const Outcome outcome : {Outcome::fail, Outcome::deviation})
        each(audit, outcome, [&](const Finding& finding) { text += broken_text(audit, finding); });
    if (everything) {
        each(audit, Outcome::pass, [&](const Finding& finding) {
            text += heading(finding) +
                    fmt::format("    kept {}\n", counted(finding.kept, "time", "times"));
        });
        each(audit, Outcome::not_exercised, [&](const Finding& finding) {
            text += heading(finding) + fmt::format("    {}\n", finding.rule->unexercised);
        });
        text += fmt::format("\nthresholds: {}\n", thresholds_text(audit.thresholds, true));
    } else {
        for (const Outcome outcome : {Outcome::pass, Outcome::not_exercised}) {
            if (audit.count(outcome) != 0)
                text += fmt::format("{}\n{}", name(outcome), slugs(audit, outcome));
        }
    }
    return text + summary(audit) + '\n';
}

std::string list_of_rules() {
    std::size_t columns = 0;
    for (const Rule* rule : all_rules()) columns = std::max(columns, rule->slug.size());
    std::string text;
    for (const Rule* rule : all_rules()) {
        text += fmt::format("{:<{}}  {:<13}  {:<8}  {}\n{:<{}}  {}\n", rule->slug, columns,
                            name(rule->level), name(rule->severity), rule->source, "", columns,
                            rule->requirement);
    }
    return text;
}

}  // namespace fakemx::conformance
