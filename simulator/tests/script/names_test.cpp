// zones = { … } and the hook `query`: what a profile says of names, and what it is told when it says it wrong.
#include "script/names.h"

#include <string>

#include <fmt/format.h>

#include "script/definition.h"
#include "support/catch.h"
#include "tests/script/profile_fixture.h"

namespace fakemx::script::test {

using Catch::Matchers::Contains;
using dns::Type;
using Kind = dns::Verdict::Kind;

namespace {

std::string with_zones(std::string_view zones) {
    return fmt::format(
        "local mx = require 'fakemx'\nmx.profile {{ summary = 'x', zones = {{ {} }} }}\n", zones);
}

dns::Name named(std::string_view text) {
    return dns::Name::parse(text).value();
}

/// A profile that is asked for names.
class Names {
public:
    explicit Names(const std::string& source) {
        auto loaded = load_profile("mine", "mine.lua", source, {});
        INFO((loaded ? "" : loaded.error().describe()));
        REQUIRE(loaded.has_value());
        policy_ = std::move(*loaded);
    }

    const engine::Profile& profile() const { return policy_->profile(); }
    bool decides() const { return policy_->decides_names(); }

    /// Sleeps are over at once.
    engine::NameStep step(const engine::NameQuestion& question) {
        const auto consultation = policy_->consult_on_name(question, state, rng_);
        while (true) {
            engine::NameStep step = consultation->resume(now);
            const auto* sleep = std::get_if<engine::Sleep>(&step.outcome);
            if (sleep == nullptr) return step;
            now = sleep->until;
        }
    }
    dns::Verdict ask(std::string name, std::string type = "MX", std::uint64_t count = 1) {
        const auto step = this->step({.name = std::move(name),
                                      .type = std::move(type),
                                      .client = "127.0.0.1",
                                      .transport = "udp",
                                      .count = count});
        if (const auto* error = std::get_if<engine::ScriptError>(&step.outcome))
            FAIL(error->message);
        return std::get<dns::Verdict>(step.outcome);
    }
    std::string error(const engine::NameQuestion& question = {}) {
        const auto step = this->step(question);
        const auto* error = std::get_if<engine::ScriptError>(&step.outcome);
        return error != nullptr ? error->message : "no error";
    }

    Instant now = default_epoch;
    engine::StateStore state;

private:
    std::unique_ptr<LuaProfile> policy_;
    Rng rng_{1};
};

std::string hook(std::string_view body) {
    return fmt::format("{}function mx.on.query(q)\n{}\nend\n", with_zones(""), body);
}

}  // namespace

TEST_CASE("zones are read") {
    Names mine{with_zones(R"(
        ["163.com"] = { mx = { { 10, "mx1.163.com" }, "mx2.163.com", { 0, "." } },
                        txt = { "v=spf1 -all", "two" }, ttl = "5h", order = "rotate" },
        ["mx1.163.com"] = { a = "127.0.0.2", aaaa = { "::1", "2001:db8::1" } },
        ["*.163.com"] = { mx = "mx1.163.com" },
        ["www.163.com"] = { cname = "163.com" },
        ["127.0.0.2"] = { ptr = "mx1.163.com" },
        ["_25._tcp.mx1.163.com"] = { tlsa = "3 1 1 0aFF" },
        ["empty.test"] = {},
        ["broken.test"] = { fails = true },
    )")};
    const auto& names = mine.profile().names;
    CHECK(names.size() == 8);
    const dns::Node& top = names.at(named("163.com"));
    CHECK(top.ttl == 18000);
    CHECK(top.order == dns::Order::rotate);
    REQUIRE(top.data.size() == 5);
    CHECK(top.data[0] ==
          std::pair<Type, dns::Data>{Type::mx, dns::Exchange{10, named("mx1.163.com")}});
    CHECK(top.data[1] ==
          std::pair<Type, dns::Data>{Type::mx, dns::Exchange{20, named("mx2.163.com")}});
    CHECK(top.data[2] == std::pair<Type, dns::Data>{Type::mx, dns::Exchange{0, dns::Name{}}});
    CHECK(top.data[4] == std::pair<Type, dns::Data>{Type::txt, dns::Text{{"two"}}});
    CHECK(names.at(named("mx1.163.com")).data.size() == 3);
    CHECK(names.at(named("mx1.163.com")).ttl == 3600);
    CHECK(names.at(named("2.0.0.127.in-addr.arpa")).data[0].first == Type::ptr);
    CHECK(names.at(named("_25._tcp.mx1.163.com")).data[0] ==
          std::pair<Type, dns::Data>{Type::tlsa, dns::Tlsa{3, 1, 1, "\x0A\xFF"}});
    CHECK(names.at(named("empty.test")).data.empty());
    CHECK_FALSE(names.at(named("empty.test")).fails);
    CHECK(names.at(named("broken.test")).fails);
    CHECK_FALSE(mine.decides());
}

TEST_CASE("a long text is cut as TXT needs it") {
    Names mine{with_zones("a = { txt = ('x'):rep(600) }, b = { txt = '' }")};
    const auto strings = [&](std::string_view name) {
        return std::get<dns::Text>(mine.profile().names.at(named(name)).data.at(0).second).strings;
    };
    REQUIRE(strings("a").size() == 3);
    CHECK(strings("a")[0].size() == 255);
    CHECK(strings("a")[2].size() == 90);
    CHECK(strings("b") == std::vector<std::string>{""});
}

TEST_CASE("a manner may have the hook query, in front of the profile's own") {
    const std::string manners =
        "mx.manners { { name = 'first', query = function(q)\n"
        "  if q.name == 'a.163.com' then return mx.dns.servfail() end end } }\n";
    Names alone{with_zones("['163.com'] = {}") + manners};
    CHECK(alone.decides());
    CHECK(alone.ask("a.163.com").kind == dns::Verdict::Kind::serv_fail);
    CHECK(alone.ask("b.163.com").kind == dns::Verdict::Kind::zones);
    Names both{with_zones("['163.com'] = {}") + manners +
               "function mx.on.query(q) return mx.dns.refused() end"};
    CHECK(both.ask("a.163.com").kind == dns::Verdict::Kind::serv_fail);
    CHECK(both.ask("b.163.com").kind == dns::Verdict::Kind::refused);
}

TEST_CASE("what is wrong with zones is said at the user's line") {
    const std::vector<std::pair<const char*, const char*>> cases{
        {"'x'", "zones has a field without a name"},
        {"a = 1", "zones: 'a' is a table such as { a = \"127.0.0.2\" }"},
        {"['a..b'] = {}", "zones: 'a..b' is no domain name"},
        {"a = {}, A = {}", "zones names a twice"},
        {"a = { mxs = {} }", "a name in zones has no field 'mxs'; did you mean 'mx'?"},
        {"a = { mx = 1 }", "mx is a list: mx = { { 10, \"mx1.example\" } }"},
        {"a = { mx = { {} } }", "mx is a list of hosts, each \"HOST\" or { PREFERENCE, \"HOST\" }"},
        {"a = { mx = { { '10', 'b' } } }",
         "mx is a list of hosts, each \"HOST\" or { PREFERENCE, \"HOST\" }"},
        {"a = { mx = { { 65536, 'b' } } }", "a preference of mx is a whole number from 0 to 65535"},
        {"a = { mx = { 'b..c' } }", "mx: 'b..c' is no domain name"},
        {"a = { a = '::1' }", "a: '::1' is no IPv4 address"},
        {"a = { aaaa = { '127.0.0.1' } }", "aaaa: '127.0.0.1' is no IPv6 address"},
        {"a = { txt = { 1 } }", "txt is a list of strings"},
        {"a = { cname = 'b', txt = 'c' }", "a name with cname has no other records"},
        {"a = { ttl = '1ms' }", "ttl has whole seconds, and 68 years at most"},
        {"a = { ttl = 5 }", "ttl: a duration has a unit: write \"5s\", not 5"},
        {"a = { order = 'randm' }",
         "order is one of written, rotate, random; did you mean 'random'?"},
        {"a = { tlsa = '3 1 1' }", "tlsa: '3 1 1' is not like \"3 1 1 0a1b…\""},
        {"a = { tlsa = '3 1 256 00' }", "tlsa: '3 1 256 00' is not like \"3 1 1 0a1b…\""},
    };
    for (const auto& [zones, error] : cases) {
        INFO(zones);
        CHECK(loading(with_zones(zones)) == fmt::format("mine.lua:2: {}", error));
    }
}

TEST_CASE("the hook says what is answered") {
    Names mine{hook(R"(
        if q.name == "nothing" then return end
        if q.name == "records" then
          return mx.dns.records { mx = { { 5, "b.test" } }, ttl = "0s" }
        end
        if q.name == "late" then return mx.dns.servfail():after "3s" end
        if q.name == "slow" then mx.sleep "5s" return mx.dns.refused() end
        if q.name == "counted" and q.count <= 2 then return mx.dns.servfail() end
        if q.name == "fields" then mx.log(q.type .. " " .. q.client .. " " .. q.transport) end
        if q.name == "state" then
          if mx.state "asked":add(q.name) == 2 then return mx.dns.no_data() end
        end
        if q.name == "others" then
          return mx.pick({ mx.dns.silence(), mx.dns.truncated(), mx.dns.nxdomain() }, q.name)
        end
    )")};
    CHECK(mine.decides());
    CHECK(mine.ask("nothing") == dns::Verdict{});
    const dns::Verdict records = mine.ask("records");
    CHECK(records.kind == Kind::records);
    CHECK(records.records.ttl == 0);
    CHECK(records.records.data ==
          std::vector<std::pair<Type, dns::Data>>{{Type::mx, dns::Exchange{5, named("b.test")}}});
    CHECK(mine.ask("late") == dns::Verdict{.kind = Kind::serv_fail, .after = 3s});
    CHECK(mine.ask("slow").kind == Kind::refused);
    CHECK(mine.now == default_epoch + 5s);
    CHECK(mine.ask("counted", "MX", 2).kind == Kind::serv_fail);
    CHECK(mine.ask("counted", "MX", 3).kind == Kind::zones);
    CHECK(mine.ask("state").kind == Kind::zones);
    CHECK(mine.ask("state").kind == Kind::no_data);
    const Kind other = mine.ask("others").kind;
    CHECK((other == Kind::silence || other == Kind::truncated || other == Kind::nx_domain));
    CHECK(mine.step({.name = "fields", .type = "MX", .client = "::1", .transport = "tcp"}).notes ==
          std::vector<std::string>{"MX ::1 tcp"});
}

TEST_CASE("what is wrong in the hook is said at its line") {
    const std::vector<std::pair<const char*, const char*>> cases{
        {"return q.nam", "mine.lua:4: the query has no field 'nam'; did you mean 'name'?"},
        {"q.name = 'x'", "mine.lua:4: the query cannot be written; keep values in mx.state"},
        {"return mx.dns.servfial()",
         "mine.lua:4: mx.dns has no member 'servfial'; did you mean 'servfail'?"},
        {"return mx.reject()",
         "mine.lua:3: the hook query returned a verdict of SMTP; it returns one of mx.dns, or "
         "nothing"},
        {"return 1",
         "mine.lua:3: the hook query returned a number; it returns one answer such as "
         "mx.dns.servfail(), or nothing"},
        {"return mx.dns.servfail(), mx.dns.refused()",
         "mine.lua:3: the hook query returned 2 values; it returns one answer such as "
         "mx.dns.servfail(), or nothing"},
        {"return mx.dns.records { mxs = {} }",
         "mine.lua:4: a name in zones has no field 'mxs'; did you mean 'mx'?"},
        {"return mx.dns.records()",
         "mine.lua:4: mx.dns.records takes a table such as { mx = { { 10, \"mx1.example\" } } }"},
        {"return mx.dns.servfail().after('3s')",
         "mine.lua:4: 'after' belongs behind an answer, with a colon: mx.dns.servfail():after(…)"},
        {"return mx.dns.servfail():later()", "mine.lua:4: an answer has no method 'later'"},
        {"return mx.dns.servfail():after(3)",
         "mine.lua:4: a duration has a unit: write \"3s\", not 3"},
    };
    for (const auto& [body, error] : cases) {
        INFO(body);
        CHECK(Names{hook(body)}.error() == error);
    }
}

TEST_CASE("a hook of SMTP does not answer with names, and is defined once") {
    ProfileFixture mine{
        "local mx = require 'fakemx' mx.profile { summary = 'x' }\n"
        "function mx.on.connect(s) return mx.dns.servfail() end"};
    CHECK_THAT(std::get<engine::ScriptError>(mine.answer(smtp::Hook::connect).outcome).message,
               Contains("it returns one verdict such as mx.reply(…), or nothing"));
    CHECK(loading(with_zones("") + "function mx.on.query(q) end function mx.on.query(q) end") ==
          "mine.lua:3: the hook query is defined already, at mine.lua:3");
}

TEST_CASE("mx.dns cannot be written") {
    CHECK(loading(with_zones("") + "mx.dns = 1") ==
          "mine.lua:3: mx cannot be written; hooks are defined as function mx.on.NAME(s) … end");
    CHECK(loading(with_zones("") + "mx.dns.servfail = 1") ==
          "mine.lua:3: mx.dns cannot be written");
}

TEST_CASE("all names of names are bound") {
    std::string calls;
    for (const Member& member : dns_group.members) {
        calls += member.name == "records" ? "local _ = mx.dns.records {}\n"
                                          : fmt::format("local _ = mx.dns.{}()\n", member.name);
    }
    for (const Member& member : query_group.members)
        calls += fmt::format("local _ = q.{}\n", member.name);
    for (const Member& member : answer_group.members)
        calls += fmt::format("local _ = mx.dns.servfail().{}\n", member.name);
    CHECK(Names{hook(calls)}.error() == "no error");
    CHECK(zone_group.members.size() == 10);
}

}  // namespace fakemx::script::test
