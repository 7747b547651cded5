// require and mx.manners: files that a profile takes in, and hooks in a row.
#include <map>

#include <fmt/format.h>

#include "core/limits.h"
#include "support/catch.h"
#include "tests/script/profile_fixture.h"

namespace fakemx::script::test {

using Catch::Matchers::Contains;
using Catch::Matchers::EndsWith;
using Catch::Matchers::StartsWith;

namespace {

using Files = std::map<std::string, std::string>;

FindModule in(Files files) {
    return [files = std::move(files)](
               const std::string& name) -> Result<journal::SourceFile, NoModule> {
        const auto found = files.find(name);
        if (found == files.end()) return NoModule{"no module " + name};
        return journal::SourceFile{name, "lib/" + name + ".lua", found->second};
    };
}

std::string loading_with(std::string_view source, const Files& files) {
    const auto profile = load_profile("mine", "mine.lua", source, {}, in(files));
    return profile ? "loaded" : profile.error().describe();
}

/// What the hook connect says of a profile with this body.
std::string said(const std::string& body, const Files& files) {
    return ProfileFixture{with_profile(body), {}, 1, in(files)}.said();
}

}  // namespace

TEST_CASE("a module runs once, and gives what it returns") {
    const Files files{{"one",
                       "local mx = require 'fakemx'\nlocal two = require 'two'\n"
                       "return { text = 'one and ' .. two.text, reply = function(t) return "
                       "mx.reply(250, nil, t) end }"},
                      {"two", "return { text = 'two' }"}};
    CHECK(
        said("local one = require 'one'\nlocal again = require 'one'\n"
             "function mx.on.connect(s) return again.reply(one.text .. tostring(one == again)) end",
             files) == "one and twotrue");

    const auto profile =
        load_profile("mine", "mine.lua", with_profile("local a = require 'one'"), {}, in(files));
    REQUIRE(profile.has_value());
    const auto& modules = (*profile)->modules();
    REQUIRE(modules.size() == 2);
    CHECK(modules[0].name == "one");
    CHECK(modules[0].path == "lib/one.lua");
    CHECK(modules[1].name == "two");
}

TEST_CASE("errors in modules have their place there") {
    const Files files{
        {"syntax", "local x = 1\nlocal = 2"},
        {"runtime", "local x\n\nreturn x.y"},
        {"hook", "local mx = require 'fakemx'\nreturn function()\n  mx.replay()\nend"},
        {"nothing", "local x = 1"},
        {"a", "return require 'b'"},
        {"b", "return require 'c'"},
        {"c", "return require 'a'"},
        {"global", "x = 1 return 1"},
        {"again", "local mx = require 'fakemx' mx.profile { summary = 'again' } return 1"}};
    CHECK_THAT(loading_with("local x = require 'syntax'", files), StartsWith("lib/syntax.lua:2: "));
    CHECK_THAT(loading_with("\nlocal x = require 'runtime'", files),
               StartsWith("lib/runtime.lua:3: "));
    CHECK(loading_with("\nlocal x = require 'nothing'", files) ==
          "mine.lua:2: lib/nothing.lua returns nothing: a module ends with return");
    CHECK_THAT(loading_with("local x = require 'a'", files),
               EndsWith("modules that require one another: a -> b -> c -> a"));
    CHECK(loading_with("\n\nlocal x = require 'none'", files) == "mine.lua:3: no module none");
    CHECK_THAT(loading_with("local x = require '../passwd'", files),
               Contains("is no name of a module"));
    CHECK_THAT(loading_with("local x = require '.x'", files), Contains("is no name of a module"));
    CHECK_THAT(loading_with("local x = require ''", files), Contains("is no name of a module"));
    CHECK_THAT(loading_with("local x = require 'global'", files),
               StartsWith("lib/global.lua:1: 'x' would be"));
    CHECK_THAT(loading_with(with_profile("local x = require 'again'"), files),
               StartsWith("lib/again.lua:1: "));

    ProfileFixture failing{
        with_profile("local f = require 'hook'\nfunction mx.on.connect(s) return f() end"),
        {},
        1,
        in(files)};
    CHECK_THAT(failing.failure().message,
               StartsWith("lib/hook.lua:3: ") && EndsWith("did you mean 'reply'?"));
}

TEST_CASE("a module cannot be required by a hook, nor without files") {
    ProfileFixture late{with_profile("function mx.on.connect(s)\n return require 'one' end"),
                        {},
                        1,
                        in({{"one", "return 1"}})};
    CHECK(late.failure().message ==
          "mine.lua:3: require belongs at the top of the file, outside hooks");
    CHECK_THAT(test::loading("local x = require 'one'"), Contains("no file can be required here"));
}

TEST_CASE("what a module keeps is constant, as in the profile") {
    CHECK_THAT(
        loading_with(
            with_profile("local f = require 'count'\nfunction mx.on.connect(s) return f() end"),
            {{"count", "local n = 0\nreturn function()\n  n = n + 1\nend"}}),
        StartsWith("lib/count.lua:3: 'n' outlives this call"));
}

TEST_CASE("a caught error in a module leaves nothing behind") {
    CHECK(said("local ok = pcall(require, 'bad')\nlocal good = require 'good'\n"
               "function mx.on.connect(s) return mx.reply(250, nil, tostring(ok) .. good) end",
               {{"bad", "error('no')"}, {"good", "return 'good'"}}) == "falsegood");
}

TEST_CASE("chance in a module is addressed by the module's name") {
    const Files files{
        {"dice", "local mx = require 'fakemx'\nreturn function(s) return mx.token(12, s.ip) end"}};
    const std::string body =
        "local dice = require 'dice'\nfunction mx.on.connect(s) return mx.reply(250, nil, dice(s)) "
        "end";
    const auto with_name = [&](const std::string& name) {
        auto profile = load_profile(name, name + ".lua", with_profile(body), {}, in(files));
        REQUIRE(profile.has_value());
        ProfileFixture fixture{with_profile(body), {}, 1, in(files)};
        fixture.profile = std::move(*profile);
        return fixture.said();
    };
    CHECK(with_name("mine") == with_name("yours"));
}

TEST_CASE("the first manner that answers wins, and the profile's hook comes last") {
    const std::string manners =
        "mx.manners {\n"
        "  { name = 'first', connect = function(s) if s.ip == '192.0.2.1' then return "
        "mx.reply(421, nil, 'first') end end },\n"
        "  { connect = function(s) if s.ip == '192.0.2.2' then return mx.reply(421, nil, 'second') "
        "end end },\n"
        "}\n"
        "function mx.on.connect(s) return mx.reply(220, nil, 'own') end";
    ProfileFixture mine{with_profile(manners)};
    CHECK(mine.said() == "first");
    mine.facts.client = "192.0.2.2";
    CHECK(mine.said() == "second");
    mine.facts.client = "192.0.2.3";
    CHECK(mine.said() == "own");
    CHECK(mine.profile->hooks().count() == 1);
}

TEST_CASE("a manner may sleep, and its errors are at its own line") {
    ProfileFixture mine{
        with_profile("mx.manners { { connect = function(s) mx.sleep '5s' end },\n"
                     "  { connect = function(s) mx.sleep '7s' return mx.accept() end },\n"
                     "  { mail = function(s, mail)\n return mail.adress end } }")};
    CHECK(std::holds_alternative<smtp::StandardAnswer>(mine.verdict(smtp::Hook::connect).answer));
    CHECK(mine.slept == 12s);
    CHECK_THAT(mine.failure(smtp::Hook::mail, smtp::MailArgument{}).message,
               StartsWith("mine.lua:5: ") && EndsWith("did you mean 'address'?"));
}

TEST_CASE("mx.manners says what is wrong with a list") {
    const auto failing = [](std::string_view list) {
        return test::loading(with_profile(fmt::format("mx.manners {}", list)));
    };
    CHECK_THAT(failing("(5)"), Contains("mx.manners takes a list"));
    CHECK_THAT(failing("{ connect = function() end }"), Contains("without names"));
    CHECK(failing("{ 5 }") == "mine.lua:2: manner 1 is a number, and not a table of hooks");
    CHECK(failing("{ { conect = function() end } }") ==
          "mine.lua:2: a manner has hooks and a name, and no 'conect'; did you mean 'connect'?");
    CHECK(failing("{ { connect = 5 } }") ==
          "mine.lua:2: connect of a manner is a function, not a number");
    CHECK(failing("{ { name = 5 } }") == "mine.lua:2: a manner's name is a string");
    CHECK_THAT(failing("{ { name = 'limit' }, { name = 'limit' } }"),
               Contains("two manners are named 'limit'"));
    CHECK_THAT(test::loading(with_profile("mx.manners {}\nmx.manners {}")),
               StartsWith("mine.lua:3: mx.manners is called once"));
    CHECK_THAT(failing(fmt::format("((function() local t = {{}} for i = 1, {} do t[i] = {{}} end "
                                   "return t end)())",
                                   limits::manners_max + 1)),
               Contains("a profile may have 256 manners"));
}

TEST_CASE("seconds, instants and networks") {
    const auto value = [](std::string_view expression) {
        return ProfileFixture{
            on_connect(fmt::format("return mx.reply(250, nil, '' .. {})", expression))}
            .said();
    };
    CHECK(value("mx.seconds '1h30m'") == "5400");
    CHECK(value("mx.seconds '1999ms'") == "1");
    CHECK(value("mx.time '2026-01-01T02:00:00Z' - mx.now()") == "7200");
    CHECK(value("mx.network('192.0.2.77')") == "192.0.2.0/24");
    CHECK(value("mx.network('192.0.2.77', 19)") == "192.0.0.0/19");
    CHECK(value("mx.network('192.0.2.77', 32)") == "192.0.2.77/32");
    CHECK(value("mx.network('192.0.2.77', 0)") == "0.0.0.0/0");
    CHECK(value("mx.network('2001:db8:1:2:3::4')") == "2001:db8:1:2::/64");
    CHECK(value("mx.network('2001:db8:1:2:3::4', 24, 48)") == "2001:db8:1::/48");
    CHECK_THAT(failure_of("mx.network 'mx.example'"), EndsWith("'mx.example' is no IP address"));
    CHECK_THAT(failure_of("mx.network('192.0.2.1', 33)"), Contains("from 0 to 32, as its second"));
    CHECK_THAT(failure_of("mx.network('192.0.2.1', 24, -1)"),
               Contains("from 0 to 128, as its third"));
    CHECK_THAT(failure_of("mx.time 'noon'"), Contains("'noon' is no instant"));
    CHECK_THAT(failure_of("mx.seconds(5)"), Contains("a duration has a unit"));
}

TEST_CASE("a cause goes with a verdict") {
    ProfileFixture mine{on_connect("return mx.defer():because('the scanner is down'):after '1s'")};
    CHECK(mine.verdict(smtp::Hook::connect).cause == "the scanner is down");
    CHECK_THAT(failure_of("return mx.defer():because(('x'):rep(1025))"),
               Contains(":because takes 1024 octets"));
}

}  // namespace fakemx::script::test
