// The library of manners: what is wrong with options is said at the user's line, and every refusal has its true reason. How
// manners behave is in the transcripts of profiles/tests/manners.
#include <algorithm>
#include <filesystem>
#include <vector>

#include <fmt/format.h>

#include "support/catch.h"
#include "tests/script/profile_fixture.h"
#include "tests/script/shipped_profiles.h"

namespace fakemx::script::test {

using fakemx::test::read_file;
using fakemx::test::shipped_module;

namespace {

/// A profile whose third line is this manner: "limit { max = 5 }".
std::string with_manner(std::string_view manner) {
    const std::string_view name = manner.substr(0, manner.find_first_of(" ("));
    return with_profile(fmt::format(
        "local {0} = require 'fakemx.{0}'\nlocal made = {1}\nmx.manners {{ made }}", name, manner));
}

std::string loading_manner(std::string_view manner) {
    const auto profile = load_profile("mine", "mine.lua", with_manner(manner), {}, shipped_module);
    return profile ? "loaded" : profile.error().describe();
}

struct Wrong {
    std::string_view manner, complaint;
};

constexpr Wrong wrong_options[] = {
    {"limit(5)", "limit takes a table of options, not a number"},
    {"limit { 5 }", "limit takes its options by name, and not a list"},
    {"limit { max = 3, wihtin = '1m' }", "limit has no option 'wihtin'; did you mean 'within'?"},
    {"limit { max = 3, zzzzzzzz = 1 }", "limit has no option 'zzzzzzzz'"},
    {"limit { within = '1m' }", "limit needs max, a whole number, 0 or more"},
    {"limit { max = '3', within = '1m' }", "limit: max is a whole number, 0 or more, not '3'"},
    {"limit { max = 3, within = 60 }", "limit: within is a duration such as \"15m\", not 60"},
    {"limit { max = 3, within = '1 minute' }",
     "limit: within is a duration such as \"15m\", not '1 minute'"},
    {"limit { max = 3, day = 'UTC' }", "limit: day is a time zone such as \"+08:00\", not 'UTC'"},
    {"limit { max = 3 }",
     "limit needs a window: within = \"15m\", every = \"15m\", day = \"+08:00\" or at_once = true"},
    {"limit { max = 3, within = '1m', every = '1m' }",
     "limit: within, every, day and at_once exclude one another"},
    {"limit { max = 3, within = '1m', at = 'connekt' }",
     "limit: at is one of \"connect\", \"ehlo\", \"starttls\", \"auth\", \"mail\", \"rcpt\", "
     "\"data\", "
     "\"message\", not 'connekt'; did you mean 'connect'?"},
    {"limit { max = 3, within = '1m', at = 'connect', by = 'sender' }",
     "limit: 'sender' is not known yet at connect"},
    {"limit { max = 3, within = '1m', by = { 'ip', 'sender' }, bits_v4 = 33 }",
     "limit: a network has 32 bits at most, or 128 with IPv6"},
    {"limit { max = 3, at_once = true, at = 'connect', by = 'connection' }",
     "limit: at_once counts connections, and cannot do so by 'connection'"},
    {"limit { max = 3, within = '1m', answer = 'no' }",
     "limit: answer is a verdict such as mx.defer(), or a function that returns one, not 'no'"},
    {"limit { max = 3, within = '1m', name = '' }", "limit: name is a text, not ''"},
    {"limit { max = 3, within = '1m', when = 5 }",
     "limit: when is true or false, or a function, not 5"},
    {"greylist { delay = '2d', window = '1d' }", "greylist: window is not longer than delay"},
    {"greylist { key = 'ip', alternatives = { 'ip' } }",
     "greylist: key and alternatives exclude one another"},
    {"greylist { alternatives = { 'ipp' } }",
     "greylist: alternatives is a list of keys, and one of them is none"},
    {"greylist { alternatives = {} }", "greylist: alternatives is a list of keys, and has none"},
    {"greylist { at = 'mail' }", "greylist: 'recipient' is not known yet at mail"},
    {"greylist { whitelists = { { key = 'ip' } } }",
     "greylist: a whitelist needs after, a whole number, 1 or more"},
    {"early_retry {}", "early_retry needs wait, a duration such as \"15m\""},
    {"early_retry { wait = '1m' }", "early_retry: tolerance is not shorter than wait"},
    {"sequence { answers = {} }",
     "sequence: answers is a list of verdicts, of functions that return one, and of false for no "
     "answer, not a table"},
    {"sequence { answers = { mx.defer() }, at = 'data' }",
     "sequence: tries of a delivery are known at rcpt and at message"},
    {"outage {}",
     "outage needs a time: from or to, daily = \"02:00-08:00\", once_a_day = \"30m\", after or "
     "lasts"},
    {"outage { daily = '2-8' }",
     "outage: daily is a time of the day such as \"02:00-08:00\", not '2-8'"},
    {"outage { daily = '02:00-08:00', from = '2026-01-01T02:00:00Z' }",
     "outage: from and to, daily, and once_a_day exclude one another"},
    {"outage { from = '2026-01-01T02:00:00Z', to = '2026-01-01T02:00:00Z' }",
     "outage: to is not later than from"},
    {"outage { from = 'noon' }",
     "outage: from is an instant such as \"2026-01-01T02:00:00Z\", not 'noon'"},
    {"chance {}", "chance needs p = \"1/20\" or nth = 20"},
    {"chance { p = '3/2' }", "chance: p is a ratio such as \"1/20\", not '3/2'"},
    {"chance { p = '1/2', nth = 2 }", "chance: p and nth exclude one another"},
    {"chance { nth = 2, sticky = '1h' }", "chance: sticky is for what p has decided"},
    {"component {}", "component needs one that is down: front, policy, lookup, scanner or storage"},
    {"component { scaner = true }", "component has no option 'scaner'; did you mean 'scanner'?"},
    {"component { scanner = { daly = '1' } }",
     "component: scanner has no option 'daly'; did you mean 'daily'?"},
    {"slow { at = 'rcpt', per_mebibyte = '1s' }",
     "slow: a size is known at mail, where SIZE= gives it, and at message"},
    {"slow { at = 'mail', per_part = '1s' }",
     "slow: per_part is for messages, and is known at message"},
    {"content { attachment = { 'zip', 7 } }",
     "content: attachment is true or false, or a text, or a list of texts, not a table"},
    {"content { language = 'chineese' }",
     "content: language is one of \"chinese\", \"bilingual\", \"latin\", \"other\", \"none\", not "
     "'chineese'; did you mean 'chinese'?"},
    {"recipients { unknown = '(' }",
     "recipients: unknown is a Lua pattern for local parts, a list of local parts and addresses, "
     "or a "
     "function, not '('"},
    {"recipients { answers = { unknwon = mx.defer() } }",
     "recipients: answers has no option 'unknwon'; did you mean 'unknown'?"},
    {"recipients { harvest = { of = 10 } }",
     "recipients: harvest needs share, a ratio such as \"1/20\""},
    {"block { watch = 'rcpt' }", "block: watch and event go together"},
    {"block { watch = 'rcpt', event = function() end }",
     "block: what is watched needs share = \"1/5\" or count = 10"},
    {"content {}", "content needs a condition, such as subject = \"lottery\""},
    {"content { larger_than = '5 MB' }",
     "content: larger_than is a size such as \"70MiB\", not '5 MB'"},
    {"pool { machines = {} }",
     "pool: machines is a list of names, a table of such lists by host, or a function(s, draw) "
     "that "
     "makes a name, not a table"},
    {"reputation { warmup = { first = 5 } }",
     "reputation: warmup grows by add = 500 or by percent = 50 a day"},
    {"reputation { bands = { wach = {} } }",
     "reputation: bands has no option 'wach'; did you mean 'watch'?"},
    {"reputation { bands = { watch = { p = 2 } } }",
     "reputation: bands: watch: p is a ratio such as \"1/20\", not 2"},
};

std::vector<std::string> library() {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator("profiles/lib")) {
        if (entry.is_regular_file()) names.push_back(entry.path().stem().string());
    }
    std::sort(names.begin(), names.end());
    return names;
}

/// The reason that the journal has for what this manner answers at the first connection.
std::string cause_of(std::string_view manner) {
    ProfileFixture mine{with_manner(manner), {}, 1, shipped_module};
    return mine.verdict(smtp::Hook::connect).cause;
}

}  // namespace

TEST_CASE("What is wrong with a manner's options is said at the user's line") {
    for (const Wrong& wrong : wrong_options) {
        INFO(wrong.manner);
        CHECK(loading_manner(wrong.manner) == fmt::format("mine.lua:3: {}", wrong.complaint));
    }
}

TEST_CASE("Two manners of one kind need two names") {
    const auto loading = [](std::string_view list) {
        const auto profile =
            load_profile("mine", "mine.lua",
                         with_profile(fmt::format(
                             "local limit = require 'fakemx.limit'\nmx.manners {{ {} }}", list)),
                         {}, shipped_module);
        return profile ? "loaded" : profile.error().describe();
    };
    CHECK_THAT(loading("limit { max = 1, within = '1m' }, limit { max = 1, day = '+00:00' }"),
               Catch::Matchers::Contains("two manners are named 'limit'"));
    CHECK(loading("limit { max = 1, within = '1m' }, limit { name = 'daily', max = 1, day = "
                  "'+00:00' }") == "loaded");
}

TEST_CASE("Every module of the library loads by itself") {
    const auto names = library();
    CHECK(names.size() > 15);
    for (const std::string& name : names) {
        INFO(name);
        const auto profile = load_profile(
            "mine", "mine.lua", with_profile(fmt::format("local it = require 'fakemx.{}'", name)),
            {}, shipped_module);
        CHECK((profile ? "" : profile.error().describe()) == "");
    }
}

TEST_CASE("A refusal has its true reason") {
    CHECK(cause_of("limit { at = 'connect', max = 0, within = '15m' }") ==
          "limit: number 1 of at most 0 within 15m for 192.0.2.1");
    CHECK(cause_of("limit { name = 'open', at = 'connect', max = 0, at_once = true }") ==
          "open: number 1 of at most 0 at once for 192.0.2.1");
    CHECK(cause_of("chance { at = 'connect', p = '1' }") ==
          "chance: by chance, always, of 192.0.2.1");
    CHECK(cause_of("outage { at = 'connect', lasts = '1h' }") ==
          "outage: down, so long after the first connection");
    CHECK(cause_of("component { front = true }") == "component: front is down, always");
    CHECK(cause_of("component { front = { because = 'a cable' } }") == "a cable");
    CHECK(cause_of("limit { at = 'connect', max = 0, day = '+00:00', because = 'enough' }") ==
          "enough");
    CHECK(cause_of("limit { at = 'connect', max = 0, day = '+00:00',"
                   " because = function(s, _, count) return s.ip .. ' ' .. count end }") ==
          "192.0.2.1 1");

    ProfileFixture mine{with_manner("block {}"), {}, 1, shipped_module};
    CHECK(mine.verdict(smtp::Hook::connect).cause == "");
    REQUIRE(mine.state.set("block", "192.0.2.1", std::string{"sent spam"}, 15min, mine.now)
                .has_value());
    CHECK(mine.verdict(smtp::Hook::connect).cause == "block: 192.0.2.1 is blocked, sent spam");
    mine.now += 15min;
    CHECK(mine.verdict(smtp::Hook::connect).cause == "");
}

TEST_CASE("Where a manner is not wanted, it is not asked") {
    ProfileFixture off{
        with_manner("limit { at = 'connect', max = 0, within = '15m', when = false }"),
        {},
        1,
        shipped_module};
    CHECK(off.profile->hooks().count() == 0);
    CHECK(cause_of("limit { at = 'connect', max = 0, within = '15m', when = function(s) return "
                   "s.ip == '192.0.2.9' "
                   "end }") == "");
    CHECK(cause_of("limit { at = 'connect', max = 0, within = '15m', answer = function() end }") ==
          "");
}

TEST_CASE("A move between bands is in the journal, and complaints make one") {
    ProfileFixture mine{
        with_manner("reputation { at = 'mail', start = 'stable', complaints = { most = 3 },"
                    " bands = { watch = { p = '1' } } }"),
        {},
        1,
        shipped_module};
    mine.verdict(smtp::Hook::mail, smtp::MailArgument{});
    CHECK(mine.notes.empty());
    REQUIRE(mine.state.add("reputation", "complaints|192.0.2.1", 3, std::nullopt, mine.now)
                .has_value());
    CHECK(mine.verdict(smtp::Hook::mail, smtp::MailArgument{}).cause ==
          "reputation: watch, by chance, for 192.0.2.1");
    CHECK(mine.notes ==
          std::vector<std::string>{"reputation: 192.0.2.1 from stable to watch: complaints"});
    // What fakemx state sets counts at once.
    REQUIRE(mine.state
                .set("reputation", "band|192.0.2.1", std::string{"stable"}, std::nullopt, mine.now)
                .has_value());
    CHECK(mine.verdict(smtp::Hook::mail, smtp::MailArgument{}).cause == "");
}

TEST_CASE("Chance belongs to the manner's name and to the identity") {
    const auto drawn = [](std::string_view manner, const std::string& others) {
        ProfileFixture mine{with_manner(manner), {}, 7, shipped_module};
        std::string outcomes;
        for (int i = 0; i < 64; ++i) {
            if (!others.empty()) {
                mine.facts.client = others;
                mine.verdict(smtp::Hook::connect);
            }
            mine.facts.client = "192.0.2.1";
            outcomes += mine.verdict(smtp::Hook::connect).cause.empty() ? '.' : 'x';
        }
        return outcomes;
    };
    const std::string alone = drawn("chance { at = 'connect', p = '1/2' }", "");
    CHECK(alone == drawn("chance { at = 'connect', p = '1/2' }", "192.0.2.99"));
    CHECK(alone != drawn("chance { name = 'other', at = 'connect', p = '1/2' }", ""));
    const auto failed = std::count(alone.begin(), alone.end(), 'x');
    CHECK(failed > 16);
    CHECK(failed < 48);
}

namespace {

/// Of 64 addresses that connect, which meet this manner's answer: 'x', and which do not: '.'.
std::string struck(ProfileFixture& mine) {
    std::string outcomes;
    for (int i = 0; i < 64; ++i) {
        mine.facts.client = fmt::format("192.0.2.{}", i);
        outcomes += mine.verdict(smtp::Hook::connect).cause.empty() ? '.' : 'x';
    }
    return outcomes;
}

bool about_half(const std::string& outcomes) {
    const auto count = std::count(outcomes.begin(), outcomes.end(), 'x');
    return count > 16 && count < 48;
}

}  // namespace

TEST_CASE("The outcome of a sticky draw holds for its time, whether it fails or not") {
    ProfileFixture mine{
        with_manner("chance { at = 'connect', p = '1/2', sticky = '6h' }"), {}, 1, shipped_module};
    const std::string first = struck(mine);
    CHECK(about_half(first));
    mine.now += 6h - 1us;
    CHECK(struck(mine) == first);
    mine.now += 1us;
    const std::string second = struck(mine);
    CHECK(about_half(second));
    CHECK(second != first);
}

TEST_CASE("An outage strikes the same share of all identities each time") {
    ProfileFixture mine{
        with_manner("outage { at = 'connect', daily = '00:00-12:00', share = '1/2' }"),
        {},
        1,
        shipped_module};
    const std::string first = struck(mine);
    CHECK(about_half(first));
    mine.now += 12h;
    CHECK(struck(mine) == std::string(64, '.'));
    mine.now += 12h;
    CHECK(struck(mine) == first);
}

TEST_CASE("An outage once a day is as long as it should be, at another time each day") {
    ProfileFixture mine{
        with_manner("outage { at = 'connect', once_a_day = '30m', zone = '+08:00' }"),
        {},
        1,
        shipped_module};
    mine.now += 16h;  // midnight there
    std::vector<int> begins;
    for (int day = 0; day < 4; ++day) {
        int down = 0, first = -1, last = -1;
        for (int minute = 0; minute < 24 * 60; ++minute, mine.now += 1min) {
            if (mine.verdict(smtp::Hook::connect).cause.empty()) continue;
            if (first < 0) first = minute;
            last = minute;
            ++down;
        }
        CHECK(down == 30);
        CHECK(last - first == 29);
        begins.push_back(first);
    }
    CHECK(std::count(begins.begin(), begins.end(), begins.front()) < 4);
}

TEST_CASE("A connection meets one machine of a pool, and leaves nothing behind") {
    ProfileFixture mine{
        with_profile("local machines, machine_of = require 'fakemx.pool' { machines = { 'a', 'b', "
                     "'c', 'd' } }\n"
                     "mx.manners { machines }\n"
                     "function mx.on.connect(s) return mx.reply(220, nil, machine_of(s)) end"),
        {},
        1,
        shipped_module};
    std::string met;
    for (std::uint64_t session = 1; session <= 64; ++session) {
        mine.facts.id = SessionId{session};
        const std::string machine = mine.said();
        CHECK(mine.said() == machine);
        met += machine;
        mine.verdict(smtp::Hook::close);
    }
    for (const char machine : {'a', 'b', 'c', 'd'})
        CHECK(std::count(met.begin(), met.end(), machine) > 4);
    CHECK(mine.state.entries() == 0);
}

TEST_CASE("A thousand recipients are a key like any other") {
    ProfileFixture mine{with_manner("greylist { at = 'message' }"), {}, 1, shipped_module};
    for (int i = 0; i < 1000; ++i) {
        mine.facts.envelope.recipients.push_back(
            {.local_part = fmt::format("recipient-number-{}", i), .domain = "163.com"});
    }
    mine.facts.in_transaction = true;
    CHECK(!mine.verdict(smtp::Hook::message, smtp::Message{}).cause.empty());
    mine.now += 5min;
    CHECK(mine.verdict(smtp::Hook::message, smtp::Message{}).cause.empty());
    mine.facts.envelope.recipients.pop_back();
    CHECK(!mine.verdict(smtp::Hook::message, smtp::Message{}).cause.empty());
}

TEST_CASE("Dates are those of the calendar") {
    const auto date = [](std::string_view instant, int zone) {
        ProfileFixture mine{
            with_profile(fmt::format(
                "local calendar = require 'fakemx.calendar'\nfunction mx.on.connect(s) local d, "
                "left = calendar.date({}) return mx.reply(250, nil, d .. ' ' .. left) end",
                zone)),
            {},
            1,
            shipped_module};
        mine.now = *parse_instant(instant);
        return mine.said();
    };
    CHECK(date("2026-01-01T00:00:00Z", 0) == "2026-01-01 86400");
    CHECK(date("2026-01-01T00:00:00Z", -1) == "2025-12-31 1");
    CHECK(date("2026-01-01T15:59:59Z", 8 * 3600) == "2026-01-01 1");
    CHECK(date("2026-01-01T16:00:00Z", 8 * 3600) == "2026-01-02 86400");
    CHECK(date("2028-02-28T23:59:59Z", 1) == "2028-02-29 86400");
    CHECK(date("2028-02-29T23:59:59Z", 1) == "2028-03-01 86400");
    CHECK(date("2027-02-28T23:59:59Z", 1) == "2027-03-01 86400");
    CHECK(date("2000-02-29T12:00:00Z", 0) == "2000-02-29 43200");
    CHECK(date("2100-02-28T23:59:59Z", 1) == "2100-03-01 86400");
}

}  // namespace fakemx::script::test
