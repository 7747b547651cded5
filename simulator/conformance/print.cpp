// Text for people.
#include "conformance/print.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/words.h"

namespace fakemx::conformance {

namespace {

constexpr std::size_t columns_max = 100;

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
    for (const Evidence& found : finding.evidence) {
        text += fmt::format("    {}: {}\n", place_of(audit, found), printable(found.what));
        for (const std::string& line : found.lines)
            text += fmt::format("      {}\n", shortened(printable(line), columns_max));
    }
    if (finding.broken > finding.evidence.size())
        text += fmt::format("    and {} more\n", finding.broken - finding.evidence.size());
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

std::string summary(const Audit& audit) {
    const std::uint64_t deviations = audit.count(Outcome::deviation);
    std::string text = fmt::format(
        "{} failed, {} {}, {} passed, {} not exercised; {}", audit.count(Outcome::fail), deviations,
        deviations == 1 ? "deviation" : "deviations", audit.count(Outcome::pass),
        audit.count(Outcome::not_exercised), counted(audit.sessions, "session", "sessions"));
    if (audit.sessions_cut != 0)
        text += fmt::format(", {} of them longer than what is looked at", audit.sessions_cut);
    return text;
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
        text += '\n';
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
