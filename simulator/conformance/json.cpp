// The audit for programs.
#include <boost/json.hpp>

#include "conformance/print.h"
#include "core/words.h"

namespace fakemx::conformance {

namespace {

namespace json_lib = boost::json;

json_lib::string text_of(std::string_view text) {
    return json_lib::string{utf8_of(text)};
}

json_lib::object evidence(const Evidence& found) {
    json_lib::object object;
    object["session"] = number(found.session);
    object["event"] = found.event;
    object["at"] = format_instant(found.at);
    object["after"] = format_duration(found.after);
    object["what"] = text_of(found.what);
    json_lib::array lines;
    for (const std::string& line : found.lines) lines.push_back(text_of(line));
    object["lines"] = std::move(lines);
    return object;
}

json_lib::object finding_of(const Finding& finding) {
    const Rule& rule = *finding.rule;
    json_lib::object object;
    object["rule"] = text_of(rule.slug);
    object["outcome"] = text_of(name(finding.outcome));
    object["source"] = text_of(rule.source);
    object["level"] = text_of(name(rule.level));
    object["severity"] = text_of(name(rule.severity));
    object["kept"] = finding.kept;
    object["broken"] = finding.broken;
    if (finding.outcome == Outcome::not_exercised) object["because"] = text_of(rule.unexercised);
    if (finding.broken != 0) {
        object["requirement"] = text_of(rule.requirement);
        object["remedy"] = text_of(rule.remedy);
        json_lib::array all;
        for (const Evidence& found : finding.evidence) all.push_back(evidence(found));
        object["evidence"] = std::move(all);
    }
    return object;
}

}  // namespace

std::string json(const Audit& audit) {
    json_lib::object object;
    object["sessions"] = audit.sessions;
    object["sessions_cut"] = audit.sessions_cut;
    json_lib::array rules;
    for (const Finding& finding : audit.findings) rules.push_back(finding_of(finding));
    object["rules"] = std::move(rules);
    return json_lib::serialize(object) + '\n';
}

}  // namespace fakemx::conformance
