// What a profile remembers, and what it leaves to chance.
#include <string>

#include "support/catch.h"
#include "tests/script/profile_fixture.h"

namespace fakemx::script::test {

using Catch::Matchers::Contains;
using Catch::Matchers::EndsWith;
using Catch::Matchers::StartsWith;

namespace {

/// A profile whose hook `connect` says the value of this expression.
std::string saying(const std::string& expression) {
    return on_connect("local store = mx.state 'store' return mx.reply(250, nil, tostring(" +
                      expression + "))");
}

std::string said(const std::string& expression, std::uint64_t seed = 1) {
    return ProfileFixture{saying(expression), {}, seed}.said();
}

}  // namespace

TEST_CASE("a store remembers between questions") {
    ProfileFixture count{saying("store:add(s.ip)")};
    CHECK(count.said() == "1");
    CHECK(count.said() == "2");
    CHECK(*count.state.get("store", "192.0.2.1", count.now) == engine::StateValue{std::int64_t{2}});

    CHECK(said("store:add('k', 5) + store:add('k', -2)") == "8");
    CHECK(said("store:get 'k'") == "nil");
    CHECK(said("store:set('k', true) or store:get 'k'") == "true");
    CHECK(said("store:set('k', 'v') or store:get 'k'") == "v");
    CHECK(said("store:set(5, 7) or math.type(store:get '5') .. store:get(5)") == "integer7");
    CHECK(said("store:set('k', 1) or store:forget 'k' or store:get 'k'") == "nil");
    CHECK(said("store:hit('k', '1m') + store:hit('k', '1m') + store:hits('k', '1m')") == "5");
    CHECK(said("store:include('k', 'a') + store:include('k', 'a') + store:include('k', 2)") == "4");
    CHECK(said("store:include('k', 2) and tostring(store:includes('k', 2)) .. store:size 'k'") ==
          "true1");
    CHECK(said("tostring(store:mark 'k') .. tostring(store:mark 'k')") == "truefalse");
    CHECK(said("store:mark 'k' and store:marked_for('k', '1s')") == "false");
    CHECK(said("tostring(mx.state 'other':add 'k') .. store:add 'k'") == "11");
}

TEST_CASE("what a store remembers ends with its time to live") {
    ProfileFixture mine{saying("store:add('k', 1, '10s')")};
    CHECK(mine.said() == "1");
    mine.now += 9s;
    CHECK(mine.said() == "2");
    mine.now += 1s;
    CHECK(mine.said() == "1");
    ProfileFixture marked{saying("store:mark('k') or store:marked_for('k', '10s')")};
    CHECK(marked.said() == "true");
    marked.now += 10s;
    CHECK(marked.said() == "true");
}

TEST_CASE("stores are used rightly, or say how") {
    CHECK_THAT(failure_of("mx.state 'a':ad 'k'"),
               EndsWith("a store has no method 'ad'; did you mean 'add'?"));
    CHECK_THAT(failure_of("mx.state('a').add('k')"), Contains("with a colon: store:add(…)"));
    CHECK_THAT(failure_of("mx.state 'a':add()"), Contains("a key is a string or an integer"));
    CHECK_THAT(failure_of("mx.state 'a':add(1.5)"), Contains("a key is a string or an integer"));
    CHECK_THAT(failure_of("mx.state 'a':add(s.from)"), Contains("not a nil"));
    CHECK_THAT(failure_of("mx.state 'a':add('k', 0.5)"), Contains("a whole number"));
    CHECK_THAT(failure_of("mx.state 'a':add('k', 1, 60)"), Contains("write \"60s\", not 60"));
    CHECK_THAT(failure_of("mx.state 'a':hit('k')"), Contains("a duration such as"));
    CHECK_THAT(failure_of("mx.state 'a':set('k', {})"), Contains("strings, integers and booleans"));
    CHECK_THAT(failure_of("mx.state 'a':set('k', 1.5)"),
               Contains("strings, integers and booleans"));
    CHECK_THAT(failure_of("mx.state()"), Contains("the name of the store"));
    CHECK_THAT(failure_of("mx.state 'a'.x = 1"), Contains("store:set(key, value)"));
    CHECK_THAT(failure_of("local a = mx.state 'a' a:add 'k' a:include('k', 'm')"),
               StartsWith("mine.lua:3: state 'a', key 'k': "));
    CHECK_THAT(failure_of("mx.state 'a':set(('k'):rep(5000), 1)"), StartsWith("mine.lua:3: "));
}

TEST_CASE("chance takes whole numbers and ratios") {
    CHECK(said("mx.chance(0, 5)") == "false");
    CHECK(said("mx.chance(5, 5)") == "true");
    CHECK(said("mx.chance('0')") == "false");
    CHECK(said("mx.chance('1')") == "true");
    CHECK(said("mx.chance('3/3', s.ip, 7)") == "true");
    CHECK(said("mx.pick { 'only' }") == "only");
    CHECK(said("mx.between(4, 4)") == "4");
    CHECK(said("mx.between(-3, -3)") == "-3");
    CHECK(said("mx.between('2s', '2s')") == "2s");
    CHECK(said("#mx.token(16, s.id)") == "16");
    CHECK(said("mx.token(100):find '%W'") == "nil");

    CHECK_THAT(failure_of("mx.chance(0.05)"), Contains("mx.chance takes whole numbers"));
    CHECK_THAT(failure_of("mx.chance(1)"), Contains("the second is none"));
    CHECK_THAT(failure_of("mx.chance(2, 1)"), Contains("2 of 1 cases is no chance"));
    CHECK_THAT(failure_of("mx.chance(0, 0)"), Contains("0 of 0 cases is no chance"));
    CHECK_THAT(failure_of("mx.chance('often')"), Contains("'often' is no ratio"));
    CHECK_THAT(failure_of("mx.chance(1, 2, {})"), Contains("a key is a string or an integer"));
    CHECK_THAT(failure_of("mx.chance(1, 2, ('k'):rep(5000))"), Contains("may have 4096 octets"));
    CHECK_THAT(failure_of("mx.pick {}"), Contains("a list that is not empty"));
    CHECK_THAT(failure_of("mx.pick 'a'"), Contains("a list first"));
    CHECK_THAT(failure_of("mx.between(2, 1)"), Contains("the lower bound first"));
    CHECK_THAT(failure_of("mx.between(1, 2.5)"), Contains("two whole numbers or two durations"));
    CHECK_THAT(failure_of("mx.between('1s', 2)"), Contains("write \"2s\", not 2"));
    CHECK_THAT(failure_of("mx.token(0)"), Contains("a length from 1 to"));
}

TEST_CASE("draws repeat with the seed and depend on the keys") {
    const std::string draw = "mx.token(12, s.ip) .. mx.between(1, 1000000, s.ip)";
    CHECK(said(draw) == said(draw));
    CHECK(said(draw, 1) != said(draw, 2));
    ProfileFixture mine{saying(draw)};
    const std::string first = mine.said();
    CHECK(first == said(draw));
    const std::string second = mine.said();
    CHECK(first != second);

    // Another client in between changes nothing.
    ProfileFixture crowded{saying(draw)};
    CHECK(crowded.said() == first);
    crowded.facts.client = "192.0.2.99";
    const std::string other = crowded.said();
    CHECK(other != first);
    crowded.facts.client = "192.0.2.1";
    CHECK(crowded.said() == second);
}

TEST_CASE("draws fill their range") {
    ProfileFixture mine{saying("mx.between(-1, 2)")};
    bool seen[4] = {};
    for (int i = 0; i < 200; ++i) seen[std::stoi(mine.said()) + 1] = true;
    for (const bool each : seen) CHECK(each);
    ProfileFixture waits{saying("mx.between('1s', '1010ms')")};
    for (int i = 0; i < 50; ++i) {
        const auto wait = parse_duration(waits.said());
        REQUIRE(wait.has_value());
        CHECK(*wait >= 1s);
        CHECK(*wait <= 1010ms);
    }
    ProfileFixture odds{saying("mx.chance(1, 4)")};
    int yes = 0;
    for (int i = 0; i < 1000; ++i) yes += odds.said() == "true" ? 1 : 0;
    CHECK(yes > 180);
    CHECK(yes < 320);
}

}  // namespace fakemx::script::test
