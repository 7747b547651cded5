// JUnit's XML, as Jenkins, GitLab and GitHub's actions read it.
#include <algorithm>
#include <string_view>

#include <fmt/format.h>

#include "conformance/pack_report.h"
#include "conformance/print.h"
#include "core/text.h"
#include "core/words.h"
#include "report/xml.h"

namespace fakemx::conformance {

namespace {

std::string attribute(std::string_view value) {
    return report::xml_escaped(value, true);
}

/// "RFC 5321" of "RFC 5321 §4.2.1, RFC 7504 §3".
std::string_view document_of(const Rule& rule) {
    return rule.source.substr(0, rule.source.find_first_of(",;(\xC2"));
}

std::string evidence_of(const Audit& audit, const Finding& finding) {
    std::string text = fmt::format("{}\n", finding.rule->requirement);
    for (const Evidence& found : finding.evidence) {
        text += fmt::format("{}: {}\n", place_of(audit, found), printable(found.what));
        for (const std::string& line : found.lines) text += fmt::format("  {}\n", printable(line));
    }
    return text + fmt::format("What to change: {}\n", finding.rule->remedy);
}

std::string testcase(const Audit& audit, const Finding& finding, std::string_view document) {
    const std::string start = fmt::format("    <testcase classname=\"{}\" name=\"{}\"",
                                          attribute(document), attribute(finding.rule->slug));
    const auto holding = [&](const std::string& content) {
        return fmt::format("{}>\n      {}\n    </testcase>\n", start, content);
    };
    switch (finding.outcome) {
        case Outcome::pass: return start + "/>\n";
        case Outcome::not_exercised:
            return holding(fmt::format("<skipped message=\"not exercised: {}\"/>",
                                       attribute(finding.rule->unexercised)));
        case Outcome::deviation:
            return holding(fmt::format("<system-out>deviation: {}</system-out>",
                                       report::xml_escaped(evidence_of(audit, finding), false)));
        case Outcome::fail:
            return holding(fmt::format("<failure message=\"{}\" type=\"{}\">{}</failure>",
                                       attribute(printable(finding.evidence.front().what)),
                                       attribute(name(finding.rule->severity)),
                                       report::xml_escaped(evidence_of(audit, finding), false)));
    }
    return {};
}

}  // namespace

std::string junit(const PackReport& report) {
    const Audit& audit = report.audit;
    const auto errors = std::count_if(report.scenarios.begin(), report.scenarios.end(),
                                      [](const Played& one) { return !one.trouble.empty(); });
    std::vector<std::string_view> documents;
    for (const Finding& finding : audit.findings) {
        const std::string_view document = trim(document_of(*finding.rule));
        if (std::find(documents.begin(), documents.end(), document) == documents.end())
            documents.push_back(document);
    }
    std::string text = fmt::format(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        "<testsuites name=\"fakemx conform\" tests=\"{}\" failures=\"{}\" errors=\"{}\" "
        "skipped=\"{}\">\n",
        audit.findings.size() + static_cast<std::size_t>(errors), audit.count(Outcome::fail),
        errors, audit.count(Outcome::not_exercised));
    for (const std::string_view document : documents) {
        std::size_t tests = 0;
        std::size_t failures = 0;
        std::size_t skipped = 0;
        std::string cases;
        for (const Finding& finding : audit.findings) {
            if (trim(document_of(*finding.rule)) != document) continue;
            ++tests;
            if (finding.outcome == Outcome::fail) ++failures;
            if (finding.outcome == Outcome::not_exercised) ++skipped;
            cases += testcase(audit, finding, document);
        }
        text += fmt::format(
            "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"0\" skipped=\"{}\">\n"
            "{}  </testsuite>\n",
            attribute(document), tests, failures, skipped, cases);
    }
    if (errors != 0) {
        text += fmt::format(
            "  <testsuite name=\"scenarios\" tests=\"{0}\" failures=\"0\" errors=\"{0}\" "
            "skipped=\"0\">\n",
            errors);
        for (const Played& one : report.scenarios) {
            if (one.trouble.empty()) continue;
            text += fmt::format(
                "    <testcase classname=\"scenarios\" name=\"{}\">\n      <error "
                "message=\"{}\"/>\n    </testcase>\n",
                attribute(one.name), attribute(printable(one.trouble)));
        }
        text += "  </testsuite>\n";
    }
    return text + "</testsuites>\n";
}

}  // namespace fakemx::conformance
