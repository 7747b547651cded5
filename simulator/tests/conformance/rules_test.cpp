// Each rule is kept by the client that keeps all, and broken, alone, by the one that breaks it.
#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "conformance/checker.h"
#include "conformance/situations.h"
#include "script/profile_host.h"
#include "support/catch.h"
#include "support/virtual_driver.h"

namespace {

using namespace fakemx;
using namespace fakemx::conformance;
using test::Situation;

/// What a client did there, as a journal has it.
test::RecordingSink recorded(const Situation& situation, std::string_view breaks) {
    const std::string source =
        fmt::format("local mx = require \"fakemx\"\nmx.profile {{ summary = \"x\", {} }}\n{}",
                    situation.fields, situation.hooks);
    const auto profile = script::load_profile("mine", "mine.lua", source, {});
    INFO((profile ? std::string{} : profile.error().describe()));
    REQUIRE(profile.has_value());
    test::RecordingSink sink;
    engine::Simulator simulator{(*profile)->profile(), **profile, sink, {.seed = 1}};
    engine::VirtualRun run{simulator};
    test::ReferenceClient client{run, situation.client, breaks};
    client.deliver(situation.letters);
    run.advance(1s);
    simulator.shut_down(run.now());
    CHECK(simulator.script_failures() == 0);
    return sink;
}

Audit audit_of(const test::RecordingSink& sink) {
    Checker checker;
    for (const auto& message : sink.messages)
        checker.take(message.session, message.transaction, message.content);
    for (const auto& event : sink.events) checker.take(event);
    return checker.audit();
}

const Finding& finding(const Audit& audit, std::string_view slug) {
    return *std::find_if(audit.findings.begin(), audit.findings.end(),
                         [&](const Finding& one) { return one.rule->slug == slug; });
}

/// The rules that were broken, with the evidence for each.
std::string broken(const Audit& audit, const std::vector<std::string_view>& beside = {}) {
    std::string text;
    for (const Finding& one : audit.findings) {
        if (one.broken == 0 ||
            std::find(beside.begin(), beside.end(), one.rule->slug) != beside.end())
            continue;
        text += fmt::format("{} ", one.rule->slug);
    }
    return text;
}

std::string evidence(const Audit& audit) {
    std::string text;
    for (const Finding& one : audit.findings) {
        for (const Evidence& found : one.evidence) {
            text += fmt::format("{}: {}\n", one.rule->slug, found.what);
            for (const std::string& line : found.lines) text += fmt::format("    {}\n", line);
        }
    }
    return text;
}

}  // namespace

TEST_CASE("each rule has a situation, and each situation a rule") {
    std::set<std::string_view> known;
    for (const Situation& one : test::situations()) {
        CHECK(rule_named(one.rule) != nullptr);
        known.insert(one.rule);
    }
    for (const Rule* rule : all_rules()) {
        INFO(rule->slug);
        CHECK(known.contains(rule->slug));
    }
}

TEST_CASE("a client that keeps all rules breaks none, and keeps the one that is asked for") {
    for (const Situation& one : test::situations()) {
        const auto sink = recorded(one, "");
        const Audit audit = audit_of(sink);
        INFO(one.rule << "\n" << evidence(audit) << sink.canonical());
        CHECK(broken(audit).empty());
        CHECK(name(finding(audit, one.rule).outcome) == "pass");
    }
}

TEST_CASE("a client that breaks a rule breaks it alone") {
    for (const Situation& one : test::situations()) {
        const auto sink = recorded(one, one.rule);
        const Audit audit = audit_of(sink);
        INFO(one.rule << "\n" << evidence(audit) << sink.canonical());
        CHECK(broken(audit, one.beside) == fmt::format("{} ", one.rule));
        const Finding& found = finding(audit, one.rule);
        CHECK(name(found.outcome) ==
              (binding(one.rule.empty() ? Level::info : found.rule->level) ? "fail" : "deviation"));
        CHECK_FALSE(found.evidence.empty());
    }
}

TEST_CASE("what octets of a profile offer is offered") {
    const Situation raw{
        .rule = "size-accurate",
        .hooks = R"(function mx.on.ehlo(s) return mx.raw "250-mx\r\n250 SIZE 1000000\r\n" end)",
        .letters = test::situations().front().letters};
    const auto sink = recorded(raw, "");
    const Audit audit = audit_of(sink);
    INFO(evidence(audit) << sink.canonical());
    CHECK(broken(audit).empty());
    CHECK(name(finding(audit, "size-accurate").outcome) == "pass");
}
