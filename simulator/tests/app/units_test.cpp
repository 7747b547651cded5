// The parts of app that are plain functions.
#include "app/bounce_table.h"
#include "app/listen_plan.h"
#include "app/live_log.h"
#include "app/profile_files.h"
#include "app/ready.h"
#include "support/catch.h"

using namespace fakemx;

namespace {

engine::Profile profile_of(const std::vector<std::pair<std::string, std::string>>& hosts) {
    engine::Profile profile;
    for (const auto& [name, address] : hosts) {
        engine::HostProfile& host = profile.hosts.emplace_back();
        host.options.name = name;
        host.address = address;
    }
    return profile;
}

std::string planned(const engine::Profile& profile, const std::vector<std::string>& options) {
    const auto plan = app::plan_listening(profile, options);
    if (!plan) return plan.error().message;
    std::string text;
    for (const auto& address : *plan) text += (text.empty() ? "" : " ") + format(address);
    return text;
}

}  // namespace

TEST_CASE("addresses to listen on") {
    CHECK(app::parse_address("127.0.0.1:25") == app::Address{"127.0.0.1", 25});
    CHECK(app::parse_address("localhost:0") == app::Address{"127.0.0.1", 0});
    CHECK(app::parse_address("[::1]:65535") == app::Address{"::1", 65535});
    for (const std::string_view bad : {"", ":", ":25", "127.0.0.1", "127.0.0.1:", "127.0.0.1:x",
                                       "127.0.0.1:65536", "::1:25", "[]:25"}) {
        INFO(bad);
        CHECK_FALSE(app::parse_address(bad));
    }
    CHECK(format(app::Address{"::1", 25}) == "[::1]:25");
}

TEST_CASE("hosts take successive ports on one address, and the same one on their own") {
    const auto pool = profile_of({{"a", ""}, {"b", ""}, {"c", ""}});
    CHECK(planned(pool, {}) == "127.0.0.1:1025 127.0.0.1:1026 127.0.0.1:1027");
    CHECK(planned(pool, {"127.0.0.1:0"}) == "127.0.0.1:0 127.0.0.1:0 127.0.0.1:0");
    CHECK(planned(pool, {"b=127.0.0.1:25"}) == "127.0.0.1:1025 127.0.0.1:25 127.0.0.1:1026");
    CHECK(planned(pool, {"[::1]:25", "c=[::1]:25"}) == "[::1]:26 [::1]:27 [::1]:25");
    CHECK(planned(pool, {"127.0.0.1:65534"}) == "no port is left for host 'c'");
    const auto spread = profile_of({{"a", "127.0.0.2"}, {"b", "127.0.0.3"}, {"c", "127.0.0.2"}});
    CHECK(planned(spread, {"127.0.0.1:25"}) == "127.0.0.2:25 127.0.0.3:25 127.0.0.2:26");
    CHECK(planned(pool, {"127.0.0.1:1", "127.0.0.1:2"}) ==
          "--listen 127.0.0.1:2: a second address; name the host it is for");
    CHECK(planned(pool, {"a=127.0.0.1:1", "a=127.0.0.1:2"}) ==
          "--listen a=127.0.0.1:2: a second address for 'a'");
    CHECK(planned(profile_of({{"mx1.163.com", ""}}), {"mx2.163.com=127.0.0.1:1"}) ==
          "--listen mx2.163.com=127.0.0.1:1: the profile has no host 'mx2.163.com'; did you mean "
          "'mx1.163.com'?");
}

TEST_CASE("levels have the names that help tells") {
    CHECK(app::level_named("debug") == app::Level::debug);
    CHECK(app::level_named("warn") == app::Level::warning);
    CHECK(app::level_named("off") == app::Level::off);
    CHECK_FALSE(app::level_named("loud"));
}

TEST_CASE("values of --set: the last one for a name counts") {
    const auto settings = app::parse_settings({"a=1", "b==", "c=", "a=2"});
    REQUIRE(settings.has_value());
    CHECK(*settings ==
          std::vector<std::pair<std::string, std::string>>{{"b", "="}, {"c", ""}, {"a", "2"}});
    CHECK(app::parse_settings({"=1"}).has_error());
}

TEST_CASE("the ready object leaves out what is not there") {
    const std::string json = app::to_json(
        {.profile = "p", .seed = 1, .smtp = {{"a", {"127.0.0.1", 1}}, {"b", {"::1", 2}}}});
    CHECK(json.ends_with(
        R"("profile":"p","seed":1,"smtp":[{"name":"a","address":"127.0.0.1","port":1},)"
        R"({"name":"b","address":"::1","port":2}]})"));
}

TEST_CASE("the live log: a line for each finished attempt, and everything is passed on") {
    struct Next final : journal::Sink {
        void write(journal::Batch batch) override { batches.push_back(std::move(batch)); }
        std::vector<journal::Batch> batches;
    } next;
    std::vector<std::pair<app::Level, std::string>> lines;
    app::LiveLog log{
        &next, [&](app::Level level, std::string_view line) { lines.emplace_back(level, line); },
        app::Level::info};

    journal::AttemptRecord first;
    first.id = 1;
    first.session = SessionId{3};
    first.delivery = journal::DeliveryId{1};
    first.at = default_epoch;
    first.sending_ip = "192.0.2.1";
    first.mail_from = "";
    first.recipient = "u@163.com";
    first.stage = smtp::Hook::message;
    log.write({.attempts = {first}});
    CHECK(lines.empty());

    first.ended_at = default_epoch + 1500ms;
    first.code = 451;
    first.text = "4.3.2 Internal server error";
    first.outcome = journal::Outcome::deferred;
    journal::AttemptRecord second = first;
    second.number = 2;
    second.at += 200s;
    *second.ended_at += 200s;
    second.code = 0;
    second.text = "no reply";
    second.outcome = journal::Outcome::lost;
    log.write({.attempts = {first, second}});
    journal::AttemptRecord refused = first;
    refused.delivery.reset();
    refused.recipient.clear();
    refused.stage = smtp::Hook::connect;
    refused.outcome = journal::Outcome::rejected;
    log.write({.sessions = {{.id = SessionId{4}}},
               .events = {{SessionId{3}, 1, default_epoch,
                           journal::ScriptFailed{smtp::Hook::rcpt, "a.lua:1: x", "tb"}},
                          {SessionId{3}, 2, default_epoch, journal::Note{smtp::Hook::rcpt, "a\nb"}},
                          {SessionId{3}, 3, default_epoch, smtp::CommandSeen{.line = "NOOP"}}},
               .attempts = {refused}});

    using Lines = std::vector<std::pair<app::Level, std::string>>;
    CHECK(lines ==
          Lines{{app::Level::info,
                 "00:00:01.500  #3 192.0.2.1  <> → u@163.com  try 1  end-of-data: "
                 "451 4.3.2 Internal server error  deferred"},
                {app::Level::info,
                 "00:03:21.500  #3 192.0.2.1  <> → u@163.com  try 2 (+3m20s)  end-of-data: "
                 "no reply  lost"},
                {app::Level::error, "00:00:00      #3 hook rcpt: a.lua:1: x"},
                {app::Level::info, "00:00:00      #3 rcpt: a\\x0ab"},
                {app::Level::info,
                 "00:00:01.500  #3 192.0.2.1  <> → nobody named  connect: "
                 "451 4.3.2 Internal server error  rejected"}});
    CHECK(next.batches.size() == 3);
    CHECK(format(log.totals()) == "4 sessions, 3 attempts: 1 deferred, 1 rejected, 1 lost");
    CHECK(log.totals().script_failures == 1);
}
