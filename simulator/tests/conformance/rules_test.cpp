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

void submit(const Situation& situation, Instant now, test::RecordingSink& sink) {
    std::uint32_t number = 0;
    for (const test::Letter& letter : situation.letters) {
        sink.events.push_back(
            {.session = {},
             .number = 0,
             .at = situation.queue ? later(now, letter.pause) : now,
             .body = journal::Submitted{
                 .message = ++number, .from = letter.from, .to = letter.to, .text = letter.text}});
    }
}

/// A client that breaks one of these tells its caller that all is well.
const std::set<std::string_view> takes_all_for_delivered{"rcpt-report-each", "rcpt-data-fail-all",
                                                         "size-after-data", "utf8-reject"};

/// What a caller is told about each recipient.
void believe(const std::vector<test::Letter>& letters,
             const std::vector<test::ReferenceClient::Codes>& results, std::string_view breaks,
             Instant now, test::RecordingSink& sink) {
    for (std::size_t i = 0; i < letters.size(); ++i) {
        for (std::size_t j = 0; j < letters[i].to.size(); ++j) {
            const int code = results[i][j];
            auto belief = code / 100 == 2   ? journal::Belief::delivered
                          : code / 100 == 5 ? journal::Belief::failed
                                            : journal::Belief::deferred;
            if (takes_all_for_delivered.contains(breaks)) belief = journal::Belief::delivered;
            sink.events.push_back(
                {.session = {},
                 .number = 0,
                 .at = now,
                 .body = journal::Believed{.message = static_cast<std::uint32_t>(i + 1),
                                           .recipient = letters[i].to[j],
                                           .belief = belief,
                                           .text = fmt::format("{}", code)}});
        }
    }
}

/// What a client did there, as a journal has it.
test::RecordingSink recorded(const Situation& situation, std::string_view breaks) {
    const std::string source =
        fmt::format("local mx = require \"fakemx\"\nmx.profile {{ summary = \"x\", {} }}\n{}",
                    situation.fields, situation.hooks);
    const auto profile = script::load_profile("mine", "mine.lua", source, {});
    INFO((profile ? std::string{} : profile.error().describe()));
    REQUIRE(profile.has_value());
    test::RecordingSink sink;
    const engine::Profile& receiver = (*profile)->profile();
    engine::Simulator simulator{
        receiver, **profile, sink, {.seed = 1, .zones = test::zones_of(receiver)}};
    engine::VirtualRun run{simulator};
    submit(situation, run.now(), sink);
    Instant silent_until{};
    if (situation.queue) {
        test::ReferenceNames names{
            simulator, run, receiver, situation.client, situation.queue->by_resolver, breaks};
        test::ReferenceQueue queue{run, situation.client, *situation.queue, breaks,
                                   situation.queue->by_names ? &names : nullptr};
        queue.work_off(situation.letters);
        silent_until = later(run.now(), test::ReferenceQueue::silence);
    } else {
        test::ReferenceClient client{run, situation.client, breaks};
        believe(situation.letters, client.deliver(situation.letters), breaks, run.now(), sink);
        silent_until = run.now();
    }
    run.advance(1s);
    simulator.shut_down(run.now());
    sink.events.push_back({.session = {},
                           .number = 0,
                           .at = run.now(),
                           .body = journal::RunOver{
                               .why = "all is done", .status = 0, .silent_until = silent_until}});
    CHECK(simulator.script_failures() == 0);
    return sink;
}

Audit audit_of(const test::RecordingSink& sink, const Situation& situation) {
    const bool is_mta = situation.queue && !with_queue.has(situation.sender);
    Checker checker{{.thresholds = {}, .sender = is_mta ? Sender::mta : situation.sender}};
    // As in a run: what is submitted is known before anything arrives.
    const auto arrivals =
        std::find_if(sink.events.begin(), sink.events.end(), [](const journal::Event& event) {
            return !std::holds_alternative<journal::Submitted>(event.body);
        });
    for (auto event = sink.events.begin(); event != arrivals; ++event) checker.take(*event);
    checker.take(journal::Batch{.sessions = sink.sessions,
                                .events = {arrivals, sink.events.end()},
                                .attempts = sink.attempts,
                                .messages = sink.messages});
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
        const Audit audit = audit_of(sink, one);
        INFO(one.rule << "\n" << evidence(audit) << sink.canonical());
        CHECK(broken(audit).empty());
        CHECK(name(finding(audit, one.rule).outcome) == "pass");
    }
}

TEST_CASE("a client that does what it may breaks none") {
    for (const Situation& one : test::innocent_situations()) {
        const auto sink = recorded(one, "");
        const Audit audit = audit_of(sink, one);
        INFO(one.rule << "\n" << one.hooks << "\n" << evidence(audit) << sink.canonical());
        CHECK(rule_named(one.rule) != nullptr);
        CHECK(broken(audit, one.beside).empty());
    }
}

TEST_CASE("whoever remembers names and looks all of them up at once breaks no rule either") {
    for (Situation one : test::situations()) {
        if (!one.queue || !one.queue->by_names) continue;
        one.queue->by_resolver = true;
        const auto sink = recorded(one, "");
        const Audit audit = audit_of(sink, one);
        INFO(one.rule << "\n" << evidence(audit) << sink.canonical());
        CHECK(broken(audit).empty());
    }
}

TEST_CASE("a client that breaks a rule breaks it alone") {
    for (const Situation& one : test::situations()) {
        // What is only told cannot be broken.
        if (rule_named(one.rule)->level == Level::info) continue;
        const auto sink = recorded(one, one.rule);
        const Audit audit = audit_of(sink, one);
        INFO(one.rule << "\n" << evidence(audit) << sink.canonical());
        CHECK(broken(audit, one.beside) == fmt::format("{} ", one.rule));
        const Finding& found = finding(audit, one.rule);
        CHECK(name(found.outcome) == (binding(found.rule->level) ? "fail" : "deviation"));
        CHECK_FALSE(found.evidence.empty());
    }
}

TEST_CASE("the form of octets that a profile gives") {
    CHECK(form_of("250 \r\n").blank_only);
    CHECK_FALSE(form_of("250\r\n").blank_only);
    CHECK_FALSE(form_of("25\r\n").blank_only);
    CHECK_FALSE(form_of("250 OK\r\n").several);
    CHECK(form_of("250 OK\r\n250 OK\r\n").several);
    CHECK_FALSE(form_of("250-one\r\n250 two\r\n").mixed_codes);
    CHECK(form_of("250-one\r\n251 two\r\n").mixed_codes);
    CHECK(form_of("250 OK\n").bare_lf);
}

TEST_CASE("what octets of a profile offer is offered") {
    const Situation raw{
        .rule = "size-accurate",
        .hooks = R"(function mx.on.ehlo(s) return mx.raw "250-mx\r\n250 SIZE 1000000\r\n" end)",
        .letters = test::situations().front().letters};
    const auto sink = recorded(raw, "");
    const Audit audit = audit_of(sink, raw);
    INFO(evidence(audit) << sink.canonical());
    CHECK(broken(audit).empty());
    CHECK(name(finding(audit, "size-accurate").outcome) == "pass");
}
