// The audit for programs.
#include <boost/json.hpp>

#include "conformance/pack_report.h"
#include "conformance/print.h"
#include "core/words.h"

namespace fakemx::conformance {

namespace {

namespace json_lib = boost::json;

json_lib::string text_of(std::string_view text) {
    return json_lib::string{utf8_of(text)};
}

json_lib::object evidence(const Audit& audit, const Evidence& found) {
    json_lib::object object;
    if (!audit.runs.empty()) object["run"] = text_of(audit.runs.at(found.run));
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

json_lib::object finding_of(const Audit& audit, const Finding& finding) {
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
        for (const Evidence& found : finding.evidence) all.push_back(evidence(audit, found));
        object["evidence"] = std::move(all);
    }
    return object;
}

json_lib::object object_of(const Audit& audit) {
    json_lib::object object;
    object["sender"] = text_of(name(audit.sender));
    object["sessions"] = audit.sessions;
    object["sessions_cut"] = audit.sessions_cut;
    object["whole"] = audit.whole;
    json_lib::object thresholds;
    for (const ThresholdText& one : threshold_texts(audit.thresholds))
        thresholds[text_of(one.name)] = text_of(one.value);
    object["thresholds"] = std::move(thresholds);
    json_lib::array rules;
    for (const Finding& finding : audit.findings) rules.push_back(finding_of(audit, finding));
    object["rules"] = std::move(rules);
    return object;
}

template <class Rules>
json_lib::array slugs_of(const Rules& rules) {
    json_lib::array slugs;
    for (const Rule* rule : rules) slugs.push_back(text_of(rule->slug));
    return slugs;
}

json_lib::object scenario_of(const Played& played) {
    json_lib::object object;
    object["name"] = text_of(played.name);
    object["summary"] = text_of(played.summary);
    object["exercises"] = slugs_of(played.exercises);
    if (!played.skipped.empty()) object["skipped"] = text_of(played.skipped);
    if (!played.trouble.empty()) object["trouble"] = text_of(played.trouble);
    if (!played.journal.empty()) object["journal"] = text_of(played.journal);
    return object;
}

}  // namespace

std::string json(const Audit& audit) {
    return json_lib::serialize(object_of(audit)) + '\n';
}

std::string json(const PackReport& report) {
    json_lib::object object;
    json_lib::array command;
    for (const std::string& word : report.command) command.push_back(text_of(word));
    object["command"] = std::move(command);
    object["passed"] = report.passed();
    json_lib::array scenarios;
    for (const Played& played : report.scenarios) scenarios.push_back(scenario_of(played));
    object["scenarios"] = std::move(scenarios);
    if (report.comparison) {
        json_lib::array worse;
        for (const Finding* finding : report.comparison->worse)
            worse.push_back(text_of(finding->rule->slug));
        json_lib::object with;
        with["worse"] = std::move(worse);
        with["better"] = slugs_of(report.comparison->better);
        with["unseen"] = slugs_of(report.comparison->unseen);
        object["baseline"] = std::move(with);
    }
    for (auto& [key, value] : object_of(report.audit)) object[key] = std::move(value);
    return json_lib::serialize(object) + '\n';
}

}  // namespace fakemx::conformance
