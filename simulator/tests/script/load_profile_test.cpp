// What a profile may declare, and what it is told when it is wrong: always at the user's line.
#include <algorithm>
#include <string>

#include <fmt/format.h>

#include "core/limits.h"
#include "script/definition.h"
#include "script/profile_host.h"
#include "support/catch.h"
#include "tests/script/profile_fixture.h"

namespace fakemx::script::test {

using Catch::Matchers::Contains;
using Catch::Matchers::EndsWith;
using Catch::Matchers::StartsWith;

namespace {

std::string declaring(std::string_view fields) {
    return "local mx = require \"fakemx\"\nmx.profile {\n  summary = \"x\",\n" +
           std::string{fields} + "\n}\n";
}

engine::Profile declared(std::string_view fields, const Settings& settings = {}) {
    const auto profile = load_profile("mine", "mine.lua", declaring(fields), settings);
    INFO((profile ? std::string{} : profile.error().describe()));
    REQUIRE(profile.has_value());
    return (*profile)->profile();
}

}  // namespace

TEST_CASE("the least profile has one host with the defaults") {
    const auto profile = declared("");
    CHECK(profile.name == "mine");
    CHECK(profile.summary == "x");
    CHECK(profile.parameters.empty());
    REQUIRE(profile.hosts.size() == 1);
    const smtp::HostOptions& host = profile.hosts[0].options;
    const smtp::HostOptions standard;
    CHECK(host.name == standard.name);
    CHECK(host.domains.empty());
    CHECK(host.extensions == standard.extensions);
    CHECK(host.message_octets_max == standard.message_octets_max);
    CHECK(host.recipients_max == standard.recipients_max);
    CHECK(host.idle_timeout == standard.idle_timeout);
}

TEST_CASE("a profile describes its host") {
    const auto profile = declared(R"(
        host = "mx1.example", domains = { "163.com", "126.com" },
        extensions = { "8BITMIME", "PIPELINING", SIZE = "2MiB" },
        replies = { mail = "250 Mail OK", relay_denied = "550 5.7.1 RP:FRL" },
        recipients_max = 5, idle_timeout = "90s")");
    REQUIRE(profile.hosts.size() == 1);
    const smtp::HostOptions& host = profile.hosts[0].options;
    CHECK(host.name == "mx1.example");
    CHECK(host.domains == std::vector<std::string>{"163.com", "126.com"});
    CHECK(host.extensions == smtp::offers({smtp::Extension::eight_bit_mime,
                                           smtp::Extension::pipelining, smtp::Extension::size}));
    CHECK(host.message_octets_max == 2 * 1024 * 1024);
    CHECK(smtp::text_of(host.reply_for(smtp::Occasion::mail)) == "Mail OK");
    CHECK(host.reply_for(smtp::Occasion::relay_denied).enhanced.has_value());
    CHECK(host.recipients_max == 5);
    CHECK(host.idle_timeout == 90s);
}

TEST_CASE("several hosts take what they do not say from the profile") {
    const auto profile = declared(R"(
        domains = { "163.com" }, replies = { mail = "250 Mail OK", quit = "221 Bye" },
        hosts = {
          { name = "mx1.example", address = "127.0.0.2" },
          { name = "mx2.example", address = "::1", domains = { "126.com" },
            replies = { quit = "221 Gone" }, extensions = {} },
        })");
    REQUIRE(profile.hosts.size() == 2);
    CHECK(profile.hosts[0].address == "127.0.0.2");
    CHECK(profile.hosts[0].options.domains == std::vector<std::string>{"163.com"});
    CHECK(profile.hosts[1].options.domains == std::vector<std::string>{"126.com"});
    CHECK(profile.hosts[1].options.extensions.empty());
    CHECK(smtp::text_of(profile.hosts[1].options.reply_for(smtp::Occasion::mail)) == "Mail OK");
    CHECK(smtp::text_of(profile.hosts[1].options.reply_for(smtp::Occasion::quit)) == "Gone");
    CHECK(smtp::text_of(profile.hosts[0].options.reply_for(smtp::Occasion::quit)) == "Bye");
}

TEST_CASE("a profile describes the TLS of its hosts, and each host differs where it says so") {
    const auto profile = declared(R"(
        tls = { certificate = "expired", oldest = "TLSv1", newest = "TLSv1.2",
                ciphers = "AES128-SHA", ask_client_certificate = true },
        hosts = {
          { name = "mx1.example" },
          { name = "mx2.example", tls = { certificate = "weak_key", implicit = true,
                                          newest = "TLSv1.3" } },
        })");
    const engine::TlsOptions common{.certificate = engine::Certificate::expired,
                                    .oldest = engine::TlsVersion::tls_1_0,
                                    .newest = engine::TlsVersion::tls_1_2,
                                    .ciphers = "AES128-SHA",
                                    .ask_client_certificate = true};
    CHECK(profile.hosts[0].tls == common);
    CHECK_FALSE(profile.hosts[0].options.implicit_tls);
    engine::TlsOptions other = common;
    other.certificate = engine::Certificate::weak_key;
    other.newest = engine::TlsVersion::tls_1_3;
    CHECK(profile.hosts[1].tls == other);
    CHECK(profile.hosts[1].options.implicit_tls);
    CHECK(declared("").hosts[0].tls == engine::TlsOptions{});
}

TEST_CASE("a parameter may stand where its value is wanted") {
    constexpr std::string_view source = R"(
        local mx = require "fakemx"
        local kind = mx.param.choice({ "valid", "expired", "odd" }, "which")
        local patience = mx.param.duration("5m", "how long")
        mx.profile { summary = "x", params = { kind = kind, patience = patience },
                     tls = { certificate = kind }, idle_timeout = patience })";
    const auto with = [&](const Settings& settings) {
        const auto loaded = load_profile("mine", "mine.lua", source, settings);
        REQUIRE(loaded.has_value());
        return (*loaded)->profile();
    };
    CHECK(with({}).hosts[0].tls.certificate == engine::Certificate::valid);
    const auto set = with({{"kind", "expired"}, {"patience", "7s"}});
    CHECK(set.hosts[0].tls.certificate == engine::Certificate::expired);
    CHECK(set.hosts[0].options.idle_timeout == 7s);
    CHECK_THAT(loading(source, {{"kind", "odd"}}), Contains("tls.certificate is one of valid, "));
    CHECK_THAT(loading(declaring("idle_timeout = mx.param.duration('1s', 'x')")),
               EndsWith("idle_timeout is a parameter that params does not list"));
}

TEST_CASE("what a profile declares wrongly is an error at the line of mx.profile") {
    const auto complaint = [](std::string_view fields) {
        const std::string text = loading(declaring(fields));
        CHECK_THAT(text, StartsWith("mine.lua:"));
        return text;
    };
    CHECK(complaint("sumary = 'y'") ==
          "mine.lua:2: mx.profile has no field 'sumary'; did you mean 'summary'?");
    CHECK_THAT(complaint("tries = 2"), EndsWith("mx.profile has no field 'tries'"));
    CHECK_THAT(complaint("[1] = 2"), Contains("a field without a name"));
    CHECK_THAT(complaint("domains = '163.com'"), Contains("domains is a list of strings"));
    CHECK_THAT(complaint("domains = { 5 }"), Contains("domains is a list of strings"));
    CHECK_THAT(complaint("domains = { 'a b' }"), Contains("'a b' in domains is no domain"));
    CHECK_THAT(complaint("extensions = { 'PIPELINNG' }"), Contains("did you mean 'PIPELINING'?"));
    CHECK_THAT(complaint("extensions = { 'SIZE', SIZE = 5 }"), Contains("names SIZE twice"));
    CHECK_THAT(complaint("extensions = { PIPELINING = true }"),
               Contains("only SIZE takes a value"));
    CHECK_THAT(complaint("extensions = { SIZE = '7MB' }"), Contains("such as \"70MiB\""));
    CHECK_THAT(complaint("extensions = { SIZE = -1 }"), Contains("such as \"70MiB\""));
    CHECK_THAT(complaint("extensions = { SIZE = '999999999999GiB' }"), Contains("at most"));
    CHECK_THAT(complaint("replies = { maill = '250 OK' }"), Contains("did you mean 'mail'?"));
    CHECK_THAT(complaint("replies = { mail = 'OK' }"), Contains("a reply such as \"250 Mail OK\""));
    CHECK_THAT(complaint("recipients_max = 0"), Contains("from 1 to"));
    CHECK_THAT(complaint("recipients_max = 1.5"), Contains("whole number"));
    CHECK_THAT(complaint("idle_timeout = 90"), Contains("a duration has a unit: write \"90s\""));
    CHECK_THAT(complaint("idle_timeout = '0s'"), Contains("longer than 0s"));
    CHECK_THAT(complaint("idle_timeout = 'soon'"), Contains("'soon' is no duration"));
    CHECK_THAT(complaint("tls = 'expired'"), Contains("tls is a table"));
    CHECK_THAT(complaint("tls = { certficate = 'valid' }"),
               EndsWith("tls has no field 'certficate'; did you mean 'certificate'?"));
    CHECK_THAT(complaint("tls = { certificate = 'expird' }"), EndsWith("did you mean 'expired'?"));
    CHECK_THAT(complaint("tls = { certificate = 5 }"), Contains("tls.certificate is one of"));
    CHECK_THAT(complaint("tls = { oldest = 'TLSv1.4' }"),
               Contains("tls.oldest is one of TLSv1, TLSv1.1, TLSv1.2, TLSv1.3; did you mean"));
    CHECK_THAT(complaint("tls = { oldest = 'TLSv1.3', newest = 'TLSv1.2' }"),
               EndsWith("tls.oldest is TLSv1.3, and tls.newest is TLSv1.2"));
    CHECK_THAT(complaint("tls = { newest = 'TLSv1' }"), Contains("tls.oldest is TLSv1.2"));
    CHECK_THAT(complaint("tls = { handshake = 'stal' }"),
               EndsWith("tls.handshake is one of stall, close, reset, garbage, plaintext; did you "
                        "mean 'stall'?"));
    CHECK_THAT(complaint("tls = { handshake_octets = 5 }"),
               EndsWith("tls.handshake_octets belongs to tls.handshake"));
    CHECK_THAT(complaint("connections = 'refused'"),
               EndsWith("connections is one of accept, refuse, ignore, full; did you mean "
                        "'refuse'?"));
    CHECK_THAT(complaint("receive_window = '1GiB'"), Contains("receive_window is a size from"));
    CHECK_THAT(complaint("receive_window = '5 bananas'"), Contains("receive_window takes octets"));
    CHECK_THAT(complaint("tls = { ciphers = 5 }"), Contains("in OpenSSL's notation"));
    CHECK_THAT(complaint("tls = { implicit = 'yes' }"), EndsWith("tls.implicit is true or false"));
    CHECK_THAT(complaint("hosts = { { name = 'a.b', tls = { implicite = true } } }"),
               EndsWith("did you mean 'implicit'?"));
    CHECK_THAT(complaint("host = 'a b'"), Contains("host is a host name"));
    CHECK_THAT(complaint("hosts = {}"), Contains("hosts is a list of tables"));
    CHECK_THAT(complaint("hosts = { 'mx1' }"), Contains("hosts is a list of tables"));
    CHECK_THAT(complaint("hosts = { {} }"), Contains("needs a name"));
    CHECK_THAT(complaint("hosts = { { name = 'a.b', adress = '::1' } }"),
               Contains("a host has no field 'adress'; did you mean 'address'?"));
    CHECK_THAT(complaint("hosts = { { name = 'a.b', address = 'x' } }"), Contains("an IP address"));
    CHECK_THAT(complaint("hosts = { { name = 'a.b', address = 'tag:x' } }"),
               Contains("an IP address"));
    CHECK_THAT(complaint("hosts = { { name = 'a.b' }, { name = 'a.b' } }"), Contains("a.b twice"));
    CHECK_THAT(complaint("host = 'c.d', hosts = { { name = 'a.b' } }"), Contains("either"));
}

TEST_CASE("mx.profile is called once, at the top") {
    CHECK(loading("local x = 1") ==
          "mine.lua:1: the profile does not call mx.profile { summary = … }");
    CHECK_THAT(loading("local mx = require 'fakemx'\nmx.profile {}"),
               StartsWith("mine.lua:2: mx.profile needs a summary"));
    CHECK_THAT(loading("local mx = require 'fakemx'\nmx.profile 'x'"), Contains("takes a table"));
    CHECK_THAT(loading(with_profile("mx.profile { summary = 'y' }")),
               StartsWith("mine.lua:2: mx.profile is called once"));
    CHECK_THAT(failure_of("mx.profile { summary = 'y' }"), Contains("belongs at the top"));
    // A call that failed leaves nothing behind.
    const auto profile = load_profile("mine", "mine.lua",
                                      "local mx = require 'fakemx'\n"
                                      "pcall(mx.profile, { summary = 'x', params = { a = "
                                      "mx.param.integer(1, 'a') }, host = 5 })\n"
                                      "mx.profile { summary = 'y' }",
                                      {});
    REQUIRE(profile.has_value());
    CHECK((*profile)->profile().summary == "y");
    CHECK((*profile)->profile().hosts.size() == 1);
    CHECK((*profile)->profile().parameters.empty());
}

TEST_CASE("parameters have kinds, defaults and what the user sets") {
    constexpr std::string_view fields = R"(params = {
        tries = mx.param.integer(2, "how many"), strict = mx.param.boolean(false, "b"),
        greeting = mx.param.string("hi", "s"), stall = mx.param.duration("90s", "d"),
        odds = mx.param.ratio("1/50", "r"), mode = mx.param.choice({ "lenient", "strict" }, "c") })";
    const auto profile = declared(fields);
    REQUIRE(profile.parameters.size() == 6);
    CHECK(profile.parameters[0].name == "greeting");
    CHECK(profile.parameters[0].value == engine::ParameterValue{std::string{"hi"}});
    CHECK(profile.parameters[1].value == engine::ParameterValue{std::string{"lenient"}});
    CHECK(profile.parameters[2].value == engine::ParameterValue{engine::Ratio{1, 50}});
    CHECK(profile.parameters[3].value == engine::ParameterValue{Duration{90s}});
    CHECK(profile.parameters[4].value == engine::ParameterValue{false});
    CHECK(profile.parameters[5].value == engine::ParameterValue{std::int64_t{2}});
    CHECK(profile.parameters[5].summary == "how many");

    const auto set = declared(fields, {{"tries", "1"},
                                       {"tries", "-3"},
                                       {"strict", "true"},
                                       {"odds", "0"},
                                       {"mode", "strict"},
                                       {"stall", "1h30m"},
                                       {"greeting", "a=b"}});
    CHECK(set.parameters[0].value == engine::ParameterValue{std::string{"a=b"}});
    CHECK(set.parameters[1].value == engine::ParameterValue{std::string{"strict"}});
    CHECK(set.parameters[2].value == engine::ParameterValue{engine::Ratio{0, 1}});
    CHECK(set.parameters[3].value == engine::ParameterValue{Duration{90min}});
    CHECK(set.parameters[4].value == engine::ParameterValue{true});
    CHECK(set.parameters[5].value == engine::ParameterValue{std::int64_t{-3}});

    const auto refused = [&](const char* name, const char* value) {
        return loading(declaring(fields), {{name, value}});
    };
    CHECK(refused("tires", "3") ==
          "mine.lua:2: --set tires=3: the profile has no parameter 'tires'; did you mean 'tries'?");
    CHECK_THAT(refused("tries", "3x"),
               EndsWith("--set tries=3x: the parameter takes a whole number"));
    CHECK_THAT(refused("tries", "99999999999999999999"), EndsWith("a whole number"));
    CHECK_THAT(refused("strict", "yes"), EndsWith("true or false"));
    CHECK_THAT(refused("stall", "90"), EndsWith("a duration such as 90s or 1h30m"));
    CHECK_THAT(refused("odds", "0.5"), EndsWith("a ratio such as 1/50, 0 or 1"));
    CHECK_THAT(refused("odds", "3/2"), EndsWith("a ratio such as 1/50, 0 or 1"));
    CHECK_THAT(refused("mode", "strickt"),
               EndsWith("one of lenient, strict; did you mean 'strict'?"));
}

TEST_CASE("a preset sets what the user has not set") {
    const std::string params =
        R"(params = { cause = mx.param.choice({ "none", "slow", "full" }, "c"),
                      like = mx.param.choice({ "own", "other" }, "c"),
                      wait = mx.param.duration("1s", "w"), strict = mx.param.boolean(true, "b"),
                      tries = mx.param.integer(2, "t") }, )";
    const std::string presets =
        R"(presets = { cause = { slow = { wait = "1h", strict = false }, full = { tries = 5 } },
                       like = { other = { wait = "2h" } } })";
    const auto values = [&](const Settings& settings) {
        std::vector<engine::ParameterValue> found;
        for (const auto& parameter : declared(params + presets, settings).parameters)
            found.push_back(parameter.value);
        return found;
    };
    const auto expected = [](const char* cause, const char* like, bool strict, std::int64_t tries,
                             Duration wait) {
        return std::vector<engine::ParameterValue>{std::string{cause}, std::string{like}, strict,
                                                   tries, wait};
    };
    CHECK(values({}) == expected("none", "own", true, 2, 1s));
    CHECK(values({{"cause", "slow"}}) == expected("slow", "own", false, 2, 1h));
    CHECK(values({{"cause", "full"}, {"like", "other"}}) == expected("full", "other", true, 5, 2h));
    CHECK(values({{"wait", "3s"}, {"cause", "slow"}}) == expected("slow", "own", false, 2, 3s));
    CHECK(values({{"cause", "slow"}, {"like", "other"}, {"wait", "1s"}}) ==
          expected("slow", "other", false, 2, 1s));

    const auto refused = [&](const std::string& written, const Settings& settings = {}) {
        return loading(declaring(params + "presets = " + written), settings);
    };
    CHECK_THAT(
        loading(declaring(params + presets), {{"cause", "slow"}, {"like", "other"}}),
        EndsWith("presets: like=other sets wait, and so does another preset; say which value "
                 "with --set wait=…"));
    CHECK_THAT(refused("5"), Contains("presets is a table"));
    CHECK_THAT(refused("{ causes = {} }"),
               EndsWith("presets names 'causes', which is no parameter; did you mean 'cause'?"));
    CHECK_THAT(refused("{ tries = {} }"), EndsWith("presets: tries is no mx.param.choice"));
    CHECK_THAT(refused("{ cause = 5 }"), EndsWith("presets: cause is a table of its choices"));
    CHECK_THAT(refused("{ cause = { slaw = {} } }"),
               EndsWith("one of none, slow, full; did you mean 'slow'?"));
    CHECK_THAT(refused("{ cause = { slow = 5 } }"),
               EndsWith("presets: cause=slow is a table of parameters and values"));
    CHECK_THAT(refused("{ cause = { slow = { wiat = '1s' } } }"),
               EndsWith("presets: cause=slow names 'wiat', which is no parameter; did you mean "
                        "'wait'?"));
    CHECK_THAT(refused("{ cause = { slow = { wait = 5 } } }"),
               EndsWith("presets: cause=slow wait=5: the parameter takes a duration such as 90s or "
                        "1h30m"));
    CHECK_THAT(refused("{ cause = { slow = { like = 'other' } }, like = {} }"),
               EndsWith("presets: cause=slow sets like, which has presets itself"));
}

TEST_CASE("parameters that are declared wrongly are errors") {
    const auto complaint = [](const std::string& parameter) {
        return loading(declaring("params = { p = " + parameter + " }"));
    };
    CHECK_THAT(complaint("2"), StartsWith("mine.lua:2: params.p is no parameter"));
    CHECK(complaint("mx.param.integr(2, 'x')") ==
          "mine.lua:4: mx.param has no kind 'integr'; did you mean 'integer'?");
    CHECK_THAT(complaint("mx.param.integer('2', 'x')"), Contains("a whole number as default"));
    CHECK_THAT(complaint("mx.param.integer(2.5, 'x')"), Contains("a whole number as default"));
    CHECK_THAT(complaint("mx.param.integer(2)"), Contains("a description"));
    CHECK_THAT(complaint("mx.param.boolean('true', 'x')"), Contains("true or false as default"));
    CHECK_THAT(complaint("mx.param.string(5, 'x')"), Contains("a string as default"));
    CHECK_THAT(complaint("mx.param.duration(90, 'x')"), Contains("write \"90s\", not 90"));
    CHECK_THAT(complaint("mx.param.ratio(0.05, 'x')"), Contains("a ratio such as \"1/50\""));
    CHECK_THAT(complaint("mx.param.choice('a', 'x')"), Contains("a list of strings"));
    CHECK_THAT(complaint("mx.param.choice({}, 'x')"), Contains("a list of strings"));
    CHECK_THAT(complaint("mx.param.choice({ 1 }, 'x')"), Contains("a list of strings"));
    CHECK_THAT(loading(declaring("params = 5")), Contains("params is a table"));
    // Nothing that a profile does to a parameter afterwards matters.
    CHECK_THAT(loading("local mx = require 'fakemx' local p = mx.param.duration('1s', 'x') "
                       "p.default = 'bogus'"),
               Contains("attempt to index a"));
    CHECK(loading("local mx = require 'fakemx' local list = { 'a', 'b' } "
                  "local p = mx.param.choice(list, 'x') list[1] = {} "
                  "mx.profile { summary = 'x', params = { p = p } }") == "loaded");
    CHECK_THAT(loading("local mx = require 'fakemx'\nmx.param.integer = nil"),
               Contains("mx.param cannot be written"));
}

TEST_CASE("mx.params can be read once mx.profile was called") {
    CHECK_THAT(loading("local mx = require 'fakemx'\nlocal x = mx.params.tries"),
               StartsWith("mine.lua:2: mx.params.tries has no value before mx.profile"));
    ProfileFixture mine{declaring("params = { tries = mx.param.integer(2, 'x') }") +
                            "local twice = 2 * mx.params.tries\n"
                            "function mx.on.connect(s)\n"
                            "  return mx.reply(250, nil, mx.params.tries .. ' ' .. twice)\nend\n"
                            "function mx.on.quit(s) return mx.params.tires end\n"
                            "function mx.on.idle(s) mx.params.tries = 3 end",
                        {{"tries", "5"}}};
    CHECK(mine.said() == "5 10");
    CHECK_THAT(mine.failure(smtp::Hook::quit).message,
               EndsWith("the profile has no parameter 'tires'; did you mean 'tries'?"));
    CHECK_THAT(mine.failure(smtp::Hook::idle).message, Contains("mx.params cannot be written"));
}

TEST_CASE("a reply of the server's own is one line") {
    CHECK_THAT(loading("local mx = require 'fakemx' mx.profile { summary = 'x', replies = { mail = "
                       "'250 ok\\r\\n250 forged' } }"),
               Contains("replies.mail is"));
}

TEST_CASE("what can be read can be listed") {
    ProfileFixture mine{
        declaring("params = { b = mx.param.integer(2, 'x'), a = mx.param.boolean(true, 'x') }") +
        "function mx.on.connect(s)\n"
        "  local list = ''\n"
        "  for name, value in pairs(mx.params) do list = list .. name .. '=' .. tostring(value) .. "
        "' ' end\n"
        "  return mx.reply(250, nil, list)\nend\n"
        "function mx.on.quit(s)\n"
        "  local names = {}\n"
        "  for name in pairs(mx) do names[#names + 1] = name end\n"
        "  return mx.reply(221, nil, table.concat(names, ' '))\nend"};
    CHECK(mine.said() == "a=true b=2 ");
    std::vector<std::string_view> sorted;
    for (const Member& member : mx_group.members) sorted.push_back(member.name);
    std::sort(sorted.begin(), sorted.end());
    CHECK(mine.said(smtp::Hook::quit) == fmt::format("{}", fmt::join(sorted, " ")));
}

TEST_CASE("hooks are defined once, under their names, while the profile loads") {
    CHECK(loading(with_profile("\nfunction mx.on.rcptt(s) end")) ==
          "mine.lua:3: there is no hook 'rcptt'; did you mean 'rcpt'?");
    CHECK(loading(with_profile("function mx.on.rcpt(s) end\n\nfunction mx.on.rcpt(s) end")) ==
          "mine.lua:4: the hook rcpt is defined already, at mine.lua:2");
    CHECK_THAT(loading(with_profile("mx.on.rcpt = 5")),
               EndsWith("mx.on.rcpt is a function, not a number"));
    CHECK_THAT(loading(with_profile("mx.on.rcpt()")), Contains("for defining the hook"));
    CHECK_THAT(loading(with_profile("mx.on.rctp()")), Contains("there is no hook 'rctp'"));
    CHECK_THAT(loading(with_profile("mx.onn.rcpt = print")),
               Contains("mx has no member 'onn'; did you mean 'on'?"));
    CHECK_THAT(loading(with_profile("mx.reply = nil")), Contains("mx cannot be written"));
    CHECK_THAT(failure_of("mx.on.quit = print"), Contains("not by another hook"));
    ProfileFixture mine{
        with_profile("for _, name in ipairs { 'mail', 'rcpt' } do "
                     "mx.on[name] = function(s) end end")};
    CHECK(mine.profile->hooks().count() == 2);
    CHECK(mine.profile->hooks().test(static_cast<std::size_t>(smtp::Hook::mail)));
}

TEST_CASE("loading has budgets, and errors have their place") {
    CHECK_THAT(loading("\nwhile true do end"),
               StartsWith("mine.lua:2: loading the profile used up its 10000000 instructions"));
    CHECK_THAT(loading("local t = {}\nfor i = 1, 1e9 do t[i] = { i, i, i } end"),
               StartsWith("mine.lua:2: ") && Contains("of memory"));
    CHECK(loading("x = 1") ==
          "mine.lua:1: 'x' would be a global, and a profile has none of its own: write 'local x'");
    CHECK_THAT(loading("local x = os.execute('true')"),
               StartsWith("mine.lua:1: os is not available"));
    CHECK_THAT(loading("reply(450)"), EndsWith("unknown global 'reply'; did you mean mx.reply?"));
    CHECK_THAT(loading("local mx = require 'fakemax'"), Contains("no file can be required here"));
    CHECK_THAT(loading("local = 5"), StartsWith("mine.lua:1: "));
    CHECK_THAT(loading(std::string(limits::profile_octets_max + 1, ' ')),
               StartsWith("mine.lua: a profile may have"));
    CHECK_THAT(loading("\x1bLua"), Contains("binary chunk"));
}

TEST_CASE("what needs a question has no answer while the profile loads") {
    for (const char* const call :
         {"mx.sleep '1s'", "local x = mx.now()", "local x = mx.chance(1, 2)",
          "local x = mx.pick { 1 }", "local x = mx.token(5)", "local x = mx.between(1, 2)",
          "mx.log 'x'", "mx.state('a'):add('k')"}) {
        CHECK_THAT(loading(with_profile(call)),
                   StartsWith("mine.lua:2: ") && Contains("only inside a hook"));
    }
}

}  // namespace fakemx::script::test
