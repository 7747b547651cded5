// The report for people, as it stands in a log: what failed with its evidence, what the oracle has to say, the verdict last.
#include <algorithm>
#include <string_view>

#include <fmt/format.h>

#include "core/time.h"
#include "core/words.h"
#include "report/report.h"
#include "report/summary.h"

namespace fakemx::report {

namespace {

std::string indented(std::string_view lines, std::string_view indent) {
    std::string text;
    while (!lines.empty()) {
        const std::size_t end = std::min(lines.find('\n'), lines.size());
        text += fmt::format("{}{}\n", indent, lines.substr(0, end));
        lines.remove_prefix(std::min(end + 1, lines.size()));
    }
    return text;
}

std::string shown(const oracle::Result& result) {
    std::string text = fmt::format("{}  {}: {}\n", result.passed ? "pass" : "FAIL",
                                   printable(result.title), printable(result.explanation));
    for (const oracle::Exhibit& exhibit : result.exhibits) {
        text += indented(exhibit.timeline, "        ");
    }
    if (result.exhibits_left_out != 0) {
        text += fmt::format("        … and {} more\n",
                            counted(result.exhibits_left_out, "delivery", "deliveries"));
    }
    return text;
}

std::string told(const Report& report, const oracle::Finding& finding) {
    const std::string tries = tries_of(report, finding);
    const std::string_view section = oracle::section(finding.wrong);
    return fmt::format("  {}  {}: {}{}{}{}\n", oracle::is_fault(finding.wrong) ? "fault" : "note ",
                       oracle::name(finding.wrong), path_of(report, finding.delivery),
                       tries.empty() ? "" : ", " + tries, ": " + printable(finding.explanation),
                       section.empty() ? "" : fmt::format(" ({})", section));
}

/// "7 deliveries: 6 delivered, 1 rejected; 19 attempts, 2 notices".
std::string counted_in(const Summary& summary) {
    std::string text = counted(summary.deliveries, "delivery", "deliveries");
    const char* before = ": ";
    for (const auto& [fate, count] : summary.fates) {
        text += fmt::format("{}{} {}", before, count, oracle::name(fate));
        before = ", ";
    }
    text += "; " + counted(summary.attempts, "attempt", "attempts");
    if (summary.unnamed != 0) text += fmt::format(", {} without a recipient", summary.unnamed);
    if (summary.notices != 0) text += ", " + counted(summary.notices, "notice", "notices");
    return text;
}

}  // namespace

std::string text(const Report& report) {
    const Summary summary = summary_of(report);
    const Run& run = report.run;
    std::string text;
    for (const std::string& failure : run.harness_failures) {
        text += fmt::format("ERROR {}\n", printable(failure));
    }
    for (const oracle::Result& result : report.results) text += shown(result);
    const bool is_empty = report.results.empty() && summary.deliveries == 0;
    // Where the run itself failed, that says it all.
    if (report.results.empty() && run.harness_failures.empty())
        text += "nothing was expected of the sender\n";
    text += '\n';
    if (!is_empty || run.harness_failures.empty()) text += fmt::format("{}\n", counted_in(summary));
    for (const oracle::Finding& finding : summary.shown) text += told(report, finding);
    if (summary.findings > summary.shown.size()) {
        text += fmt::format("  … and {} more\n", summary.findings - summary.shown.size());
    }
    if (report.account.unmatched_notices != 0) {
        text += fmt::format("  {} about nothing that was sent here\n",
                            counted(report.account.unmatched_notices, "notice", "notices"));
    }
    text += fmt::format("over {}", rounded(report.account.end - report.account.begin));
    if (!run.ending.empty()) text += fmt::format(" ({})", printable(run.ending));
    if (!run.profile.empty()) text += fmt::format(", profile {}", printable(run.profile));
    text += fmt::format(", seed {}", run.seed);
    if (!run.clock.empty()) text += fmt::format(", clock {}", run.clock);
    if (!run.journal.empty()) text += fmt::format(", journal {}", printable(run.journal));
    text += '\n';

    const auto failed = static_cast<std::uint64_t>(
        std::count_if(report.results.begin(), report.results.end(),
                      [](const oracle::Result& result) { return !result.passed; }));
    text += fmt::format("{}{}: {} of {}", report.passed() ? "PASSED" : "FAILED",
                        run.scenario.empty() ? "" : " " + printable(run.scenario),
                        report.results.size() - failed,
                        counted(report.results.size(), "expectation", "expectations"));
    if (run.seconds) text += fmt::format(" in {:.1f} s", *run.seconds);
    text += '\n';
    return text;
}

}  // namespace fakemx::report
