// mx.scenario{…} and mx.expect: what they take, and what they say of mistakes.
#include <string>

#include "script/definition.h"
#include "support/catch.h"
#include "tests/script/profile_fixture.h"

namespace fakemx::script::test {

using Catch::Matchers::Contains;
using Catch::Matchers::EndsWith;

namespace {

/// A scenario of these fields on its third line, for a profile of its own.
std::string with_fields(const std::string& fields) {
    return "local mx = require 'fakemx'\nmx.profile { summary = 'x' }\nmx.scenario { summary = "
           "'x', " +
           fields + " }";
}

std::string reading(const std::string& source) {
    const auto loaded = load_scenario("mine", "mine.lua", source, {});
    return loaded ? "loaded" : loaded.error().describe();
}

std::string mistake(const std::string& fields) {
    return reading(with_fields(fields));
}

scenario::Scenario scenario_of(const std::string& fields) {
    const auto loaded = load_scenario("mine", "mine.lua", with_fields(fields), {});
    INFO((loaded ? std::string{} : loaded.error().describe()));
    REQUIRE(loaded.has_value());
    REQUIRE((*loaded)->scenario() != nullptr);
    return *(*loaded)->scenario();
}

template <class Kind>
Kind expectation(const std::string& made) {
    const auto scenario = scenario_of("expect = { mx.expect." + made + " }");
    REQUIRE(scenario.expect.size() == 1);
    REQUIRE(std::holds_alternative<Kind>(scenario.expect[0].kind));
    return std::get<Kind>(scenario.expect[0].kind);
}

}  // namespace

TEST_CASE("a scenario is read from its table", "[scenario]") {
    const scenario::Scenario made = scenario_of(
        "seed = 7, clock = 'shared', epoch = '2026-01-01T00:00:00Z', state = 'warm.json', "
        "send = { { from = 'a@b.test', to = 'c@d.test' }, { from = '', to = { 'c@d.test', "
        "'e@d.test' }, "
        "count = 3, size = '2KiB', subject = 'Hi' } }, command = { 'send', '{address}' }, "
        "over = 'settled', horizon = '5d', watch = '1h', notices = { 'b.test' }, "
        "judge = { retry_after = '1m', heed_hints = false, give_up_min = '2d', give_up_max = '6d', "
        "notice_within = '2h', round_gap = '5s' }, expect = { mx.expect.delivered_once() }");
    CHECK(scenario_group.members.size() == 19);
    CHECK(made.name == "mine");
    CHECK(made.seed == 7);
    CHECK(made.clock == "shared");
    CHECK(made.state == "warm.json");
    REQUIRE(made.send.size() == 2);
    CHECK(made.send[1].count == 3);
    CHECK(made.send[1].octets == 2048);
    CHECK(made.deliveries() == 7);
    CHECK(made.command == std::vector<std::string>{"send", "{address}"});
    CHECK(made.over == scenario::Over::settled);
    CHECK(made.horizon == std::chrono::hours{120});
    CHECK(made.watch == 1h);
    CHECK(made.policy.retry_after == 1min);
    CHECK_FALSE(made.policy.heed_hints);
    CHECK(made.policy.give_up_min == 48h);
    CHECK(made.policy.give_up_max == 144h);
    CHECK(made.policy.notice_within == 2h);
    CHECK(made.policy.round_gap == 5s);
    CHECK(made.policy.sender_domains == std::vector<std::string>{"b.test"});
    CHECK(scenario_of("exit_status = 3").exit_status == 3);
}

TEST_CASE("expectations are read from their tables", "[scenario]") {
    CHECK(expectation<oracle::AttemptsBetween>("attempts { min = 2, of = 'attempt' }").unit ==
          oracle::Unit::attempt);
    CHECK(expectation<oracle::AttemptsBetween>("attempts { max = 2 }").max == 2);
    CHECK(expectation<oracle::WaitsBetween>("waits { min = '5m' }").min == 5min);
    const auto waits =
        expectation<oracle::WaitsAre>("waits { '5m', '10m', tolerance = '1s', more = true }");
    CHECK(waits.waits == std::vector<Duration>{5min, 10min});
    CHECK(waits.tolerance == 1s);
    CHECK(waits.more_may_follow);
    CHECK(expectation<oracle::GaveUpAfter>("gave_up { after = '4d', before = '6d' }").max == 144h);
    CHECK_FALSE(expectation<oracle::NoAttemptWithin>("no_attempt_within()").wait);
    CHECK(expectation<oracle::NoAttemptWithin>("no_attempt_within { wait = '15m' }").wait == 15min);
    expectation<oracle::NeverAfter5yz>("never_after_5yz()");
    CHECK(expectation<oracle::OthersUnaffected>(
              "others_unaffected { within = '1m', domain = 'd.test' }")
              .within == 1min);
    const auto duplicates =
        expectation<oracle::DuplicatesAtMost>("duplicates { max = 2, reply_lost = false }");
    CHECK(duplicates.count == 2);
    CHECK_FALSE(duplicates.count_reply_lost);
    CHECK(expectation<oracle::NoticeSent>("notice { after = '4d' }").not_before == 96h);
    expectation<oracle::NotBounced>("not_bounced()");
    const auto same = expectation<oracle::SameIdentity>("same_identity { ignore = { 'helo' } }");
    CHECK_FALSE(same.helo);
    CHECK(same.body);
    const auto selected = scenario_of(
        "expect = { mx.expect.delivered_once { title = 'mine', recipient = 'a@b.test', domain = "
        "'b.test', sender = 'c@d.test' } }");
    CHECK(selected.expect[0].title == "mine");
    CHECK(selected.expect[0].selection.recipient == "a@b.test");
    CHECK(selected.expect[0].selection.recipient_domain == "b.test");
    CHECK(selected.expect[0].selection.sender == "c@d.test");
}

TEST_CASE("mistakes in a scenario are told at their line, with the nearest name", "[scenario]") {
    CHECK_THAT(mistake("horizont = '5d'"),
               EndsWith("mx.scenario has no field 'horizont'; did you mean 'horizon'?"));
    CHECK_THAT(mistake("clock = 'shared'"), Contains("loaded"));
    CHECK_THAT(mistake("over = 'setled'"), EndsWith("did you mean 'settled'?"));
    CHECK_THAT(mistake("horizon = 5"), Contains("mine.lua:3: horizon: a duration has a unit"));
    CHECK_THAT(mistake("horizon = '0s'"), EndsWith("horizon is longer than 0s"));
    CHECK_THAT(mistake("watch = '1h'"), EndsWith("watch belongs to over = \"settled\""));
    CHECK_THAT(mistake("over = 'horizon', exit_status = 0"),
               EndsWith("exit_status belongs to over = \"command\""));
    CHECK_THAT(mistake("send = {}"), EndsWith("send needs from, the reverse path"));
    CHECK_THAT(mistake("send = { from = 'a' , to = 'b@c.test' }"), Contains("not 'a'"));
    CHECK_THAT(mistake("send = { from = 'a@b.test' }"), Contains("send needs to"));
    CHECK_THAT(mistake("send = { from = 'a@b.test', to = {} }"), EndsWith("to names no recipient"));
    CHECK_THAT(mistake("send = { from = 'a@b.test', to = 'c@d.test', coutn = 2 }"),
               EndsWith("did you mean 'count'?"));
    CHECK_THAT(mistake("send = { from = 'a@b.test', to = 'c@d.test', count = 100001 }"),
               EndsWith("count is a whole number from 1 to 100000"));
    CHECK_THAT(mistake("notices = { 'no domain' }"),
               EndsWith("'no domain' in notices is no domain"));
    CHECK_THAT(mistake("judge = { retry_aftr = '1m' }"), Contains("did you mean 'retry_after'?"));
    CHECK_THAT(mistake("params = { tries = 2 }"),
               Contains("params is for the profile of another file"));
    CHECK_THAT(mistake("command = {}"), EndsWith("command is empty"));
    CHECK_THAT(mistake("expect = mx.expect.delivered_once()"), Contains("expect is a list"));
    CHECK_THAT(mistake("expect = { 'delivered_once' }"),
               EndsWith("expect holds what mx.expect.… gives, not a string"));
    CHECK_THAT(mistake("expect = { once = mx.expect.delivered_once() }"),
               Contains("without names"));
}

TEST_CASE("what a scenario cannot mean is told before anything runs", "[scenario]") {
    CHECK_THAT(mistake("clock = 'steped'"), Contains("mine.lua:3: clock is one of real, stepped"));
    CHECK_THAT(mistake("clock = 'steped'"), EndsWith("did you mean 'stepped'?"));
    CHECK_THAT(mistake("clock = 'x0'"), Contains("clock is one of"));
    CHECK_THAT(mistake("clock = 60"), EndsWith("clock is a string"));
    CHECK(mistake("clock = 'x60'") == "loaded");
    CHECK_THAT(mistake("epoch = 'soon'"), Contains("mine.lua:3: epoch is an instant since 1970"));
    CHECK_THAT(mistake("epoch = '1969-12-31T23:59:59Z'"), Contains("epoch is an instant"));
    CHECK_THAT(mistake("judge = { round_gap = 5 }"), Contains("judge.round_gap: a duration has"));
    CHECK_THAT(mistake("judge = { heed_hints = 1 }"),
               EndsWith("judge.heed_hints is true or false"));
    CHECK_THAT(mistake("judge = { give_up_max = '1d' }"),
               EndsWith("judge.give_up_max is less than judge.give_up_min, which is 4d"));
    CHECK_THAT(mistake("command = { '' }"), EndsWith("command begins with the name of a program"));
    CHECK_THAT(mistake("command = { 'a\\0b' }"), Contains("command has a word with a NUL"));
    CHECK_THAT(mistake("command = { 'a', nil, 'b' }"),
               EndsWith("command has a hole: of its 3 elements there are 2"));
    CHECK_THAT(mistake("command = { 'a', b = 'c' }"), EndsWith("command is a list of strings"));
    CHECK_THAT(mistake("seed = 1.5"), Contains("seed is a whole number from 0 to"));
    CHECK_THAT(mistake("expect = { [2] = mx.expect.delivered_once() }"),
               EndsWith("expect has a hole: of its 2 elements there are 1"));
    const auto sending = [](const std::string& more) {
        return mistake("send = { from = 'a@b.test', to = 'c@d.test', " + more + " }");
    };
    CHECK_THAT(sending("subject = 'x\\r\\nBcc: all@d.test'"),
               EndsWith("subject is one line, without control characters"));
    CHECK_THAT(sending("count = 0"), Contains("count is a whole number from 1"));
    CHECK_THAT(sending("count = 100000, size = '1GiB'"), Contains("octets of messages; at most"));
    CHECK_THAT(mistake("send = { from = 'a\\xff@b.test', to = 'c@d.test' }"),
               EndsWith("not 'a\\xff@b.test'"));
    CHECK_THAT(mistake("send = { { from = 'a@b.test', to = 'c@d.test' }, from = 'a@b.test' }"),
               Contains("send is a table, or a list of tables"));
    // Tables that say of themselves what is not so, and one that is without end.
    CHECK_THAT(mistake("command = setmetatable({}, { __len = function() return 1 << 60 end, "
                       "__index = tostring })"),
               EndsWith("command is empty"));
    CHECK_THAT(reading("local mx = require 'fakemx'\nlocal t = {}\nt[1] = t\n"
                       "mx.scenario { summary = 'x', profile = 'accept', send = t, expect = t }"),
               Contains("mine.lua:4"));
}

TEST_CASE("mistakes in an expectation are told, too", "[scenario]") {
    const auto of = [](const std::string& made) {
        return mistake("expect = { mx.expect." + made + " }");
    };
    CHECK_THAT(of("delivered_onc()"), EndsWith("did you mean 'delivered_once'?"));
    CHECK_THAT(of("attempts {}"), EndsWith("mx.expect.attempts needs min, max or both"));
    CHECK_THAT(of("attempts { min = 3, max = 2 }"), EndsWith("max is less than min"));
    CHECK_THAT(of("attempts { min = 1, of = 'rounds' }"),
               EndsWith("of is one of round, attempt; did you mean 'round'?"));
    CHECK_THAT(of("attempts { mim = 1 }"),
               EndsWith("mx.expect.attempts has no field 'mim'; did you mean 'min'?"));
    CHECK_THAT(of("waits {}"), Contains("mx.expect.waits takes min and max, or a list"));
    CHECK_THAT(of("waits { '5m', min = '1m' }"),
               Contains("mx.expect.waits takes min and max, or a list"));
    CHECK_THAT(of("waits { '5m', 6 }"), Contains("wait 2: a duration has a unit"));
    CHECK_THAT(of("waits { '5m', nil, '6m' }"),
               EndsWith("has a hole: of its 3 elements there are 2"));
    CHECK_THAT(of("waits { [0] = '5m' }"),
               Contains("mx.expect.waits takes min and max, or a list"));
    CHECK_THAT(of("waits { min = '5m', tolerance = '1s' }"),
               EndsWith("tolerance belongs to a list of waits"));
    CHECK_THAT(of("waits { max = '5m', more = true }"),
               EndsWith("more belongs to a list of waits"));
    CHECK_THAT(of("no_attempt_within { wait = '0s' }"), EndsWith("wait is longer than 0s"));
    CHECK_THAT(of("others_unaffected { within = '1m' }"),
               Contains("needs to know which deliveries"));
    CHECK_THAT(of("gave_up {}"), EndsWith("mx.expect.gave_up needs after, before or both"));
    CHECK_THAT(of("gave_up { after = '2d', before = '1d' }"),
               EndsWith("before is less than after"));
    CHECK_THAT(of("others_unaffected {}"), EndsWith("mx.expect.others_unaffected needs within"));
    CHECK_THAT(of("same_identity { ignore = { 'hello' } }"),
               EndsWith("not 'hello'; did you mean 'helo'?"));
    CHECK_THAT(of("that { check = print }"), EndsWith("mx.expect.that needs a title"));
    CHECK_THAT(of("that { title = 'x' }"),
               EndsWith("mx.expect.that needs check, a function of the deliveries"));
    CHECK_THAT(of("never_after_5yz('x')"), Contains("mx.expect.never_after_5yz takes a table"));
    // One thing may not be two.
    CHECK_THAT(
        reading("local mx = require 'fakemx'\nmx.scenario { summary = 'x', profile = 'accept' }\n"
                "mx.profile { summary = 'x' }"),
        Contains("mx.scenario names the profile of another file, and this one declares its own"));
    CHECK_THAT(
        reading("local mx = require 'fakemx'\nmx.scenario { summary = 'x', profile = 'accept' }\n"
                "function mx.on.rcpt() end"),
        Contains("this one defines hooks"));
    CHECK_THAT(reading("local mx = require 'fakemx'\nmx.scenario { summary = 'x' }"),
               Contains("mx.scenario needs profile = \"NAME\""));
    CHECK_THAT(reading("local mx = require 'fakemx'"), Contains("calls neither mx.scenario"));
    CHECK_THAT(
        loading("local mx = require 'fakemx'\nmx.scenario { summary = 'x', profile = 'accept' }"),
        Contains("this is a scenario, not a profile; fakemx run takes it"));
}

TEST_CASE("a check sees the deliveries, and only true or a text is an answer", "[scenario]") {
    const auto asked = [](const std::string& body) {
        const auto loaded =
            load_scenario("mine", "mine.lua",
                          "local mx = require 'fakemx'\nmx.scenario { summary = 'x', profile = "
                          "'accept', expect = { "
                          "mx.expect.that { title = 'x', check = function(deliveries) " +
                              body + " end } } }",
                          {});
        INFO((loaded ? std::string{} : loaded.error().describe()));
        REQUIRE(loaded.has_value());
        oracle::Delivery delivery{.id = journal::DeliveryId{1},
                                  .mail_from = "a@b.test",
                                  .recipient = "c@d.test",
                                  .identity = "1@b.test"};
        for (const auto& [at, code, outcome] :
             {std::tuple{0s, 451, journal::Outcome::deferred},
              std::tuple{300s, 250, journal::Outcome::accepted}}) {
            oracle::Attempt attempt;
            attempt.id = delivery.attempts.size() + 1;
            attempt.transaction = static_cast<std::uint32_t>(attempt.id);
            attempt.at = default_epoch + at;
            attempt.ended_at = attempt.at;
            attempt.host = "mx.test";
            attempt.stage = smtp::Hook::message;
            attempt.code = code;
            attempt.outcome = outcome;
            attempt.taken = outcome == journal::Outcome::accepted;
            delivery.attempts.push_back(attempt);
        }
        oracle::Account account;
        account.deliveries.push_back(delivery);
        account.begin = default_epoch;
        account.end = default_epoch + 300s;
        const oracle::Policy policy;
        const auto judgements = oracle::judge(account, policy);
        const oracle::Context context{account, policy, judgements};
        const auto& kind = std::get<oracle::Predicate>((*loaded)->scenario()->expect[0].kind);
        return kind.check({&account.deliveries[0]}, context).value_or("passed");
    };
    CHECK(asked("return true") == "passed");
    CHECK(asked("return 'no'") == "no");
    CHECK_THAT(asked(""), Contains("the check gives true, or a text"));
    CHECK_THAT(asked("return false"), Contains("the check gives true, or a text"));
    CHECK(asked("local d = deliveries[1] return table.concat({ #deliveries, d.recipient, d.sender, "
                "d.id, d.fate, "
                "d.taken, d.waits[1], #d.findings, #d.notices }, ' ')") ==
          "1 c@d.test a@b.test 1@b.test delivered 1 300 0 0");
    CHECK(asked("local a = deliveries[1].attempts[2] return table.concat({ a.at, a.round, a.host, "
                "a.stage, "
                "a.code, a.outcome, tostring(a.taken) }, ' ')") ==
          "300 2 mx.test end-of-data 250 accepted true");
    CHECK_THAT(asked("return deliveries.nothing.at"), Contains("mine.lua:2"));
    CHECK_THAT(asked("while true do end"), Contains("mine.lua:2"));
    CHECK_THAT(asked("mx.sleep '1s' return true"), Contains("mx.sleep"));
    for (const std::string question :
         {"mx.now()", "mx.chance(1, 2)", "mx.log 'x'", "mx.state('x'):get('k')"}) {
        INFO(question);
        CHECK_THAT(asked("local x = " + question + " return true"), Contains("mine.lua:2"));
    }
    CHECK_THAT(asked("error {}"), Contains("mine.lua:2"));
    CHECK_THAT(asked("error()"), Contains("mine.lua:2"));
    CHECK_THAT(asked("local function f() return 1 + f() end return f()"), Contains("mine.lua:2"));
    CHECK_THAT(asked("local t = {} for i = 1, 1e9 do t[i] = ('x'):rep(1000) .. i end"),
               Contains("mine.lua:2"));
    CHECK_THAT(asked("return true, 'no'"), Contains("the check gives true, or a text"));
    CHECK_THAT(asked("return mx.expect.not_bounced()"), Contains("mine.lua:2"));
}

}  // namespace fakemx::script::test
