// The report for CI servers: JUnit's XML as Jenkins, GitLab and GitHub's actions read it.
#include <algorithm>

#include <fmt/format.h>

#include "core/time.h"
#include "core/words.h"
#include "report/report.h"
#include "report/xml.h"

namespace fakemx::report {

namespace {

std::string attribute(std::string_view value) {
    return xml_escaped(value, true);
}

std::string property(std::string_view name, std::string_view value) {
    if (value.empty()) return {};
    return fmt::format("      <property name=\"{}\" value=\"{}\"/>\n", name, attribute(value));
}

std::string evidence(const oracle::Result& result) {
    std::string text;
    for (const oracle::Exhibit& exhibit : result.exhibits) text += exhibit.timeline;
    if (result.exhibits_left_out != 0) {
        text += fmt::format("… and {} more\n",
                            counted(result.exhibits_left_out, "delivery", "deliveries"));
    }
    return text;
}

}  // namespace

std::string junit(const Report& report) {
    const Run& run = report.run;
    const std::string name = run.scenario.empty() ? "fakemx" : run.scenario;
    const auto failures =
        std::count_if(report.results.begin(), report.results.end(),
                      [](const oracle::Result& result) { return !result.passed; });
    // A run in which nothing was expected is an error of the harness, not an empty success.
    std::vector<std::string> errors = run.harness_failures;
    if (report.results.empty() && errors.empty())
        errors.emplace_back("nothing was expected of the sender");
    const std::string time = run.seconds ? fmt::format(" time=\"{:.3f}\"", *run.seconds) : "";
    const std::string counts =
        fmt::format("tests=\"{}\" failures=\"{}\" errors=\"{}\"",
                    report.results.size() + errors.size(), failures, errors.size());

    std::string text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
    text += fmt::format("<testsuites {}{}>\n", counts, time);
    text += fmt::format("  <testsuite name=\"{}\" {} skipped=\"0\"{}>\n", attribute(name), counts,
                        time);
    text += "    <properties>\n";
    text += property("profile", run.profile);
    text += property("seed", fmt::format("{}", run.seed));
    text += property("clock", run.clock);
    text += property("journal", run.journal);
    text += property("ending", run.ending);
    text +=
        property("virtual_duration",
                 format_duration(std::max(Duration{}, report.account.end - report.account.begin)));
    text += "    </properties>\n";
    for (const oracle::Result& result : report.results) {
        const std::string start = fmt::format("    <testcase classname=\"{}\" name=\"{}\"",
                                              attribute(name), attribute(result.title));
        if (result.passed) {
            text += start + "/>\n";
            continue;
        }
        text +=
            fmt::format("{}>\n      <failure message=\"{}\">{}</failure>\n    </testcase>\n", start,
                        attribute(result.explanation), xml_escaped(evidence(result), false));
    }
    for (std::size_t i = 0; i < errors.size(); ++i) {
        text += fmt::format(
            "    <testcase classname=\"{}\" name=\"harness {}\">\n      <error message=\"{}\"/>\n"
            "    </testcase>\n",
            attribute(name), i + 1, attribute(errors[i]));
    }
    text += "  </testsuite>\n</testsuites>\n";
    return text;
}

}  // namespace fakemx::report
