// Text for people.
#include "conformance/print.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/words.h"

namespace fakemx::conformance {

namespace {

constexpr std::size_t columns_max = 100;

bool is_wanted(const Finding& finding, const PrintOptions& options) {
    return options.rules.empty() || std::find(options.rules.begin(), options.rules.end(),
                                              finding.rule) != options.rules.end();
}

template <class Do>
void each(const Audit& audit, const PrintOptions& options, Outcome outcome, const Do& action) {
    for (const Finding& finding : audit.findings) {
        if (finding.outcome == outcome && is_wanted(finding, options)) action(finding);
    }
}

std::string heading(const Finding& finding) {
    const std::string_view word = finding.outcome == Outcome::fail ? "FAIL" : name(finding.outcome);
    return fmt::format("{:<9}  {}  ({}, {}, {})\n", word, finding.rule->slug, finding.rule->source,
                       name(finding.rule->level), name(finding.rule->severity));
}

std::string broken_text(const Finding& finding) {
    std::string text = heading(finding);
    text += fmt::format("    {}\n", finding.rule->requirement);
    for (const Evidence& found : finding.evidence) {
        text += fmt::format("    session {}, {}: {}\n", number(found.session),
                            format_instant(found.at), found.what);
        for (const std::string& line : found.lines)
            text += fmt::format("      {}\n", shortened(printable(line), columns_max));
    }
    if (finding.broken > finding.evidence.size())
        text += fmt::format("    and {} more\n", finding.broken - finding.evidence.size());
    return text + fmt::format("    What to change: {}\n\n", finding.rule->remedy);
}

/// Slugs with commas between them, in lines of a bearable length.
std::string slugs(const Audit& audit, const PrintOptions& options, Outcome outcome) {
    std::string text;
    std::string line;
    each(audit, options, outcome, [&](const Finding& finding) {
        if (line.size() + finding.rule->slug.size() > columns_max) {
            text += fmt::format("    {}\n", line);
            line.clear();
        }
        if (!line.empty()) line += ' ';
        line += finding.rule->slug;
    });
    return line.empty() ? text : text + fmt::format("    {}\n", line);
}

std::uint64_t count(const Audit& audit, const PrintOptions& options, Outcome outcome) {
    std::uint64_t count = 0;
    each(audit, options, outcome, [&](const Finding&) { ++count; });
    return count;
}

}  // namespace

std::string summary(const Audit& audit, const PrintOptions& options) {
    const std::uint64_t deviations = count(audit, options, Outcome::deviation);
    std::string text = fmt::format(
        "{} failed, {} {}, {} passed, {} not exercised; {}", count(audit, options, Outcome::fail),
        deviations, deviations == 1 ? "deviation" : "deviations",
        count(audit, options, Outcome::pass), count(audit, options, Outcome::not_exercised),
        counted(audit.sessions, "session", "sessions"));
    if (audit.sessions_cut != 0)
        text += fmt::format(", {} of them longer than what is looked at", audit.sessions_cut);
    return text;
}

std::string text(const Audit& audit, const PrintOptions& options) {
    std::string text;
    for (const Outcome outcome : {Outcome::fail, Outcome::deviation})
        each(audit, options, outcome,
             [&](const Finding& finding) { text += broken_text(finding); });
    if (options.everything) {
        each(audit, options, Outcome::pass, [&](const Finding& finding) {
            text += heading(finding) +
                    fmt::format("    kept {}\n", counted(finding.kept, "time", "times"));
        });
        each(audit, options, Outcome::not_exercised, [&](const Finding& finding) {
            text += heading(finding) + fmt::format("    {}\n", finding.rule->unexercised);
        });
        text += '\n';
    } else {
        for (const Outcome outcome : {Outcome::pass, Outcome::not_exercised}) {
            if (count(audit, options, outcome) != 0)
                text += fmt::format("{}\n{}", name(outcome), slugs(audit, options, outcome));
        }
    }
    return text + summary(audit, options) + '\n';
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
