// mx.sender{…}: what it takes, and what it says of mistakes.
#include <string>

#include "script/definition.h"
#include "script/sender_host.h"
#include "support/catch.h"
#include "tests/script/profile_fixture.h"

namespace fakemx::script::test {

using Catch::Matchers::Contains;
using senders::RetryStep;

namespace {

/// A file that models a sender with these fields, on its second line.
std::string with_fields(const std::string& fields) {
    return "local mx = require 'fakemx'\nmx.sender { summary = 'x', " + fields + " }";
}

std::string reading(const std::string& source, const Settings& settings = {}) {
    const auto sender = load_sender("mine", "mine.lua", source, settings);
    return sender ? "loaded" : sender.error().describe();
}

std::string mistake(const std::string& fields) {
    return reading(with_fields(fields));
}

/// With a schedule and an end, so that `fields` may be about something else.
std::string mistake_beside(const std::string& fields) {
    return mistake("retry = { { wait = '5m' } }, lifetime = '1d', " + fields);
}

}  // namespace

TEST_CASE("a sender is read from its table", "[senders]") {
    const auto loaded = load_sender(
        "mine", "mine.lua",
        with_fields("retry = { { wait = '5m', factor = '3/2', factor_most = 2, at_least = '1m', "
                    "at_most = '1h', spread = '5s', times = 3 }, { age = true, at_least = '1s', "
                    "within = '2h' }, { square = '400s' } }, "
                    "queue_run = '10m', lifetime = '2d', gives_up = 'before_next', tries_max = 9, "
                    "heeds_waits = '10s', backoff = 'message', hosts_per_try = 2, "
                    "next_host = 'recipient', addresses = 3, connections = 7, "
                    "connections_first = 2, messages_per_connection = 4, keeps_connection = '2s', "
                    "dead_after = 5, dead_counts = 'cohorts', dead_for = '5m', esmtp = false, "
                    "pipelining = false, starttls = false, bounces_at_greeting = false, "
                    "timeouts = { connect = '1s', greeting = '2s', hello = '3s', mail = '4s', "
                    "rcpt = '5s', data = '6s', message = '7s' }, params = {}"),
        {});
    INFO((loaded ? std::string{} : loaded.error().describe()));
    REQUIRE(loaded.has_value());
    const senders::Model& model = loaded->model;
    CHECK(model.name == "mine");
    CHECK(model.summary == "x");
    REQUIRE(model.retry.size() == 3);
    CHECK(model.retry[0].kind == RetryStep::Kind::wait);
    CHECK(model.retry[0].base == 5min);
    CHECK(model.retry[0].factor == engine::Ratio{3, 2});
    CHECK(model.retry[0].factor_most == engine::Ratio{2, 1});
    CHECK(model.retry[0].at_least == 1min);
    CHECK(model.retry[0].at_most == Duration{1h});
    CHECK(model.retry[0].spread == 5s);
    CHECK(model.retry[0].times == 3U);
    CHECK(model.retry[1].kind == RetryStep::Kind::age);
    CHECK(model.retry[1].until == Duration{2h});
    CHECK(model.retry[2].kind == RetryStep::Kind::square);
    CHECK(model.retry[2].base == 400s);
    CHECK(model.queue_run == Duration{10min});
    CHECK(model.lifetime == Duration{48h});
    CHECK(model.gives_up == senders::GivesUp::before_next);
    CHECK(model.tries_max == 9U);
    CHECK(model.heeds_waits == Duration{10s});
    CHECK(model.hosts_per_try == 2);
    CHECK(model.next_host == senders::NextHost::recipient);
    CHECK(model.addresses == 3);
    CHECK(model.connections == 7);
    CHECK(model.connections_first == 2U);
    CHECK(model.messages_per_connection == 4);
    CHECK(model.keeps_connection == 2s);
    CHECK(model.dead_after == 5U);
    CHECK(model.dead_counts == senders::DeadCounts::cohorts);
    CHECK(model.dead_for == Duration{5min});
    CHECK_FALSE(model.esmtp);
    CHECK_FALSE(model.pipelining);
    CHECK_FALSE(model.starttls);
    CHECK_FALSE(model.bounces_at_greeting);
    CHECK(model.timeouts.connect == 1s);
    CHECK(model.timeouts.message == 7s);
    CHECK(sender_group.members.size() == 25);
    CHECK(retry_group.members.size() == 10);
    CHECK(timeouts_group.members.size() == 7);
}

TEST_CASE("parameters of a sender stand where their values are wanted", "[senders]") {
    const std::string source =
        "local mx = require 'fakemx'\n"
        "local params = { first = mx.param.duration('5m', 'first wait'), many = "
        "mx.param.integer(2, 'n') }\n"
        "mx.sender { summary = 'x', params = params, retry = { { wait = params.first } },\n"
        "  lifetime = '1d', connections = params.many }";
    const auto loaded = load_sender("mine", "mine.lua", source, {{"first", "90s"}});
    REQUIRE(loaded.has_value());
    CHECK(loaded->model.retry.front().base == 90s);
    CHECK(loaded->model.connections == 2);
    CHECK(loaded->parameters.size() == 2);
    CHECK(reading(source, {{"frist", "90s"}}) ==
          "mine.lua:3: --sender-set frist=90s: the sender has no parameter 'frist'; did you mean "
          "'first'?");
    CHECK_THAT(reading(source, {{"first", "90"}}),
               Contains("--sender-set first=90: the parameter takes a duration"));
}

TEST_CASE("mistakes in a sender are told with line, expectation and nearest name", "[senders]") {
    CHECK(mistake("retyr = {}") ==
          "mine.lua:2: mx.sender has no field 'retyr'; did you mean 'retry'?");
    CHECK_THAT(mistake("lifetime = '1d'"), Contains("mine.lua:2: retry is missing"));
    CHECK_THAT(mistake("retry = '5m', lifetime = '1d'"), Contains("retry is a list of steps"));
    CHECK_THAT(mistake("retry = { { wait = '5m' } }"), Contains("lifetime is missing"));
    CHECK_THAT(mistake("retry = { { wiat = '5m' } }"),
               Contains("a step of retry has no field 'wiat'; did you mean 'wait'?"));
    CHECK_THAT(mistake("retry = { { wait = '5m', age = true } }"), Contains("retry[1]. is one of"));
    CHECK_THAT(mistake("retry = { { wait = 300 } }"), Contains("write \"300s\", not 300"));
    CHECK_THAT(mistake("retry = { { wait = '5m' }, { wait = '6m' } }"),
               Contains("retry[1] has neither times nor within, and so no step comes behind it"));
    CHECK_THAT(mistake("retry = { { wait = '5m', times = 2 } }"),
               Contains("retry[1] is the last one and holds on"));
    CHECK_THAT(mistake("retry = { { wait = '5m' } }, retry_again_from = 1"),
               Contains("retry_again_from needs a last step with times"));
    CHECK_THAT(mistake("retry = { { wait = '0s' } }"), Contains("needs a queue_run"));
    CHECK_THAT(mistake("retry = { { age = true } }"), Contains("retry[1].at_least is needed"));
    CHECK_THAT(mistake("retry = { { wait = '5m', factor = '1/2' } }"),
               Contains("retry[1].factor is a whole number or a ratio"));
    CHECK_THAT(mistake("retry = { { wait = '5m', factor = 3, factor_most = 2 } }"),
               Contains("retry[1].factor_most is not less than factor"));
    CHECK_THAT(mistake("retry = { { square = '5m', factor = 2 } }"), Contains("belongs to wait"));
    CHECK_THAT(mistake_beside("gives_up = 'after_tries'"),
               Contains("gives_up is one of after_try, at_lifetime, before_next, after_last_run; "
                        "did you mean 'after_try'?"));
    CHECK_THAT(mistake_beside("gives_up = 'after_last_run'"), Contains("needs a queue_run"));
    CHECK_THAT(mistake_beside("connections = 0"),
               Contains("connections is a whole number from 1 to"));
    CHECK_THAT(mistake_beside("addresses = 300"),
               Contains("addresses is a whole number from 1 to 254"));
    CHECK_THAT(mistake_beside("dead_for = '5m'"), Contains("dead_after is missing"));
    CHECK_THAT(mistake_beside("timeouts = { banner = '1s' }"),
               Contains("timeouts has no field 'banner'"));
    CHECK_THAT(mistake_beside("timeouts = { mail = '0s' }"),
               Contains("timeouts.mail is longer than 0s"));
    CHECK_THAT(mistake_beside("backoff = 'queue', dead_after = 1"), Contains("does not go with"));
    CHECK_THAT(mistake_beside("lifetime = '100000d'"), Contains("at most a hundred years"));
    CHECK(mistake_beside("connections = 1") == "loaded");
}

TEST_CASE("a sender is no profile, and a profile no sender", "[senders]") {
    const std::string sender = with_fields("retry = { { wait = '5m' } }, lifetime = '1d'");
    CHECK_THAT(loading(sender), Contains("mine.lua:1: this models a sender"));
    CHECK_THAT(reading(with_profile("")),
               Contains("mine.lua:1: this is the profile of a receiver"));
    CHECK_THAT(reading(""), Contains("does not call mx.sender"));
    CHECK_THAT(reading(sender + "\nmx.profile { summary = 'x' }"),
               Contains("mine.lua:3: a file calls mx.profile or mx.sender, and once"));
    CHECK_THAT(reading(sender + "\n" + "mx.sender {}"), Contains("mine.lua:3: a file calls"));
    CHECK_THAT(reading(sender + "\nfunction mx.on.rcpt(s) end"),
               Contains("mine.lua:3: a modelled sender has no hooks, and this is mx.on.rcpt"));
    CHECK_THAT(reading("while true do end"), Contains("mine.lua:1"));
}

}  // namespace fakemx::script::test
