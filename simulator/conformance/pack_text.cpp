// For people on a terminal, and for GitHub's log.
#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "conformance/pack_report.h"
#include "conformance/print.h"
#include "core/words.h"

namespace fakemx::conformance {

namespace {

/// As GitHub reads a message, and a property of a workflow command.
std::string escaped(std::string_view text, bool property) {
    std::string result;
    for (const char c : text) {
        switch (c) {
            case '%': result += "%25"; break;
            case '\r': result += "%0D"; break;
            case '\n': result += "%0A"; break;
            case ':': result += property ? "%3A" : ":"; break;
            case ',': result += property ? "%2C" : ","; break;
            default: result += c;
        }
    }
    return result;
}

std::string slugs_of(const std::vector<const Rule*>& rules) {
    std::vector<std::string_view> slugs;
    slugs.reserve(rules.size());
    for (const Rule* rule : rules) slugs.push_back(rule->slug);
    return fmt::format("{}", fmt::join(slugs, " "));
}

}  // namespace

bool PackReport::complete() const {
    return std::all_of(scenarios.begin(), scenarios.end(),
                       [](const Played& one) { return one.trouble.empty(); });
}

bool PackReport::passed() const {
    if (!comparison) return audit.count(Outcome::fail) == 0;
    return std::none_of(comparison->worse.begin(), comparison->worse.end(),
                        [](const Finding* one) { return one->outcome == Outcome::fail; });
}

std::string text(const PackReport& report, bool everything) {
    std::string text = conformance::text(report.audit, everything);
    for (const Played& one : report.scenarios) {
        if (!one.trouble.empty())
            text += fmt::format("not judged: {}: {}\n", one.name, printable(one.trouble));
        if (!one.skipped.empty())
            text += fmt::format("not played: {}: {}\n", one.name, printable(one.skipped));
    }
    if (report.comparison) {
        const Comparison& with = *report.comparison;
        for (const Finding* worse : with.worse) {
            text += fmt::format("worse than the baseline: {} ({})\n", worse->rule->slug,
                                name(worse->outcome));
        }
        if (!with.better.empty())
            text += fmt::format("better than the baseline: {}\n", slugs_of(with.better));
        if (!with.unseen.empty())
            text +=
                fmt::format("in the baseline, and not exercised now: {}\n", slugs_of(with.unseen));
        if (with.worse.empty()) text += "nothing is worse than the baseline\n";
    }
    return text;
}

std::string annotations(const PackReport& report) {
    std::string text;
    for (const Finding& finding : report.audit.findings) {
        if (finding.outcome != Outcome::fail && finding.outcome != Outcome::deviation) continue;
        const Evidence& first = finding.evidence.front();
        text += fmt::format(
            "::{} title={}::{}\n", finding.outcome == Outcome::fail ? "error" : "warning",
            escaped(fmt::format("{} ({})", finding.rule->slug, finding.rule->source), true),
            escaped(fmt::format("{}\n{}: {}\nWhat to change: {}", finding.rule->requirement,
                                place_of(report.audit, first), printable(first.what),
                                finding.rule->remedy),
                    false));
    }
    for (const Played& one : report.scenarios) {
        if (!one.trouble.empty())
            text +=
                fmt::format("::error title={}::{}\n", escaped(one.name + " was not judged", true),
                            escaped(printable(one.trouble), false));
    }
    return text;
}

}  // namespace fakemx::conformance
