// SPF: the examples of RFC 7208 appendix A, what a record may say, and what it may cost.
#include "message/spf.h"

#include <fmt/format.h>

#include "support/catch.h"
#include "tests/message/table_of_names.h"

using namespace fakemx;
using message::AuthResult;
using message::check_spf;
using message::SpfResult;
using test::TableOfNames;
using Type = message::RecordType;

namespace {

/// RFC 7208 appendix A.1, with a record to be tried.
TableOfNames example_com(const std::string& record) {
    TableOfNames names;
    names.add("example.com", Type::txt, {"something else", record})
        .add("example.com", Type::a, {"192.0.2.10", "192.0.2.11"})
        .add("example.com", Type::mx, {"mail-a.example.com", "mail-b.example.com"})
        .add("amy.example.com", Type::a, {"192.0.2.65"})
        .add("bob.example.com", Type::a, {"192.0.2.66"})
        .add("mail-a.example.com", Type::a, {"192.0.2.129"})
        .add("mail-b.example.com", Type::a, {"192.0.2.130"})
        .add("10.2.0.192.in-addr.arpa", Type::ptr, {"example.com"})
        .add("65.2.0.192.in-addr.arpa", Type::ptr, {"amy.example.com"})
        .add("140.2.0.192.in-addr.arpa", Type::ptr, {"mail-c.example.org"});
    return names;
}

SpfResult checked(const TableOfNames& names, const std::string& client,
                  const std::string& sender = "strong-bad@example.com") {
    const std::size_t at = sender.find('@');
    return check_spf(names, {.client = *IpAddress::parse(client),
                             .helo = "mx.example.org",
                             .local_part = sender.substr(0, at),
                             .domain = at == std::string::npos ? "" : sender.substr(at + 1)});
}

std::string result(const std::string& record, const std::string& client = "192.0.2.10") {
    return std::string{name(checked(example_com(record), client).result)};
}

/// The name that an "exists" with this macro looks up, of the sender and client of §7.4.
std::string expanded(const std::string& macro, const std::string& client = "192.0.2.3") {
    struct Listener final : message::Names {
        mutable std::string asked;
        message::LookUp look_up(std::string_view name, Type type) const override {
            if (type == Type::txt) return {message::LookUp::Status::found, {record}};
            asked = name;
            return {};
        }
        std::string record;
    } names;
    names.record = "v=spf1 exists:" + macro + " -all";
    check_spf(names, {.client = *IpAddress::parse(client),
                      .helo = "mx.example.org",
                      .local_part = "strong-bad",
                      .domain = "email.example.com"});
    return names.asked;
}

}  // namespace

TEST_CASE("the examples of RFC 7208 appendix A.1") {
    CHECK(result("v=spf1 +all", "192.0.2.1") == "pass");
    CHECK(result("v=spf1 a -all") == "pass");
    CHECK(result("v=spf1 a -all", "192.0.2.12") == "fail");
    CHECK(result("v=spf1 a:example.org -all") == "fail");
    CHECK(result("v=spf1 mx -all", "192.0.2.129") == "pass");
    CHECK(result("v=spf1 mx -all", "192.0.2.10") == "fail");
    CHECK(result("v=spf1 mx/30 mx:example.org/30 -all", "192.0.2.131") == "pass");
    CHECK(result("v=spf1 mx/30 mx:example.org/30 -all", "192.0.2.132") == "fail");
    CHECK(result("v=spf1 ptr -all", "192.0.2.65") == "pass");
    CHECK(result("v=spf1 ptr -all", "192.0.2.140") == "fail");
    CHECK(result("v=spf1 ip4:192.0.2.128/28 -all", "192.0.2.129") == "pass");
    CHECK(result("v=spf1 ip4:192.0.2.128/28 -all", "192.0.2.65") == "fail");
}

TEST_CASE("qualifiers, and what nothing matches") {
    CHECK(result("v=spf1 -all") == "fail");
    CHECK(result("v=spf1 ~all") == "softfail");
    CHECK(result("v=spf1 ?all") == "neutral");
    CHECK(result("v=spf1") == "neutral");
    CHECK(result("v=spf1 ip6:2001:db8::/32 -all", "2001:db8::1") == "pass");
    CHECK(result("v=spf1 ip6:2001:db8::/32 -all", "192.0.2.1") == "fail");
    CHECK(result("V=SPF1 A -ALL") == "pass");
    CHECK(checked(example_com("v=spf1 mx ~all"), "192.0.2.1").explanation == "~all");
}

TEST_CASE("no record, two records, and names that cannot be looked up") {
    CHECK(result("v=spf10 -all") == "none");
    CHECK(result("nothing") == "none");
    TableOfNames two = example_com("v=spf1 -all");
    two.add("example.com", Type::txt, {"v=spf1 -all", "v=spf1 +all"});
    CHECK(checked(two, "192.0.2.1").result == AuthResult::permerror);
    TableOfNames failing = example_com("v=spf1 a:broken.example.com -all");
    failing.fail("broken.example.com");
    CHECK(checked(failing, "192.0.2.1").result == AuthResult::temperror);
    failing.fail("example.com");
    CHECK(checked(failing, "192.0.2.1").result == AuthResult::temperror);
    CHECK(checked(failing, "192.0.2.1", "a@localhost").result == AuthResult::none);
    CHECK(checked(failing, "192.0.2.1", "a@unknown.example").result == AuthResult::none);
}

TEST_CASE("a mistake anywhere in a record decides: RFC 7208 §4.6") {
    for (const std::string term : {"foo",
                                   "a:",
                                   "ip4",
                                   "ip4:",
                                   "ip4:192.0.2.0/33",
                                   "ip4:192.0.2.0/024",
                                   "ip4:2001:db8::1",
                                   "ip6:192.0.2.1",
                                   "include",
                                   "exists",
                                   "all:x",
                                   "a/33",
                                   "a//129",
                                   "a:%{x}",
                                   "a:%",
                                   "a:%{d",
                                   "redirect=",
                                   "redirect=a.test redirect=b.test",
                                   "exp=a.test exp=b.test",
                                   "mx:%{d0}",
                                   "a:museum",
                                   "a:museum.",
                                   "a:192.0.2.1",
                                   "a:example.com-",
                                   "mx:example.com:8080",
                                   "a:example.com/abc",
                                   "a:example.com/",
                                   "a:%{d}com",
                                   "exists:example.com/24",
                                   "include:example.com/24",
                                   "redirect=example.com/24",
                                   "exp=com",
                                   "unknown=%{x}",
                                   "unknown=%",
                                   "unknown=\x7f",
                                   "unknown=\xc3\xa9",
                                   "-"}) {
        INFO(term);
        CHECK(result("v=spf1 +all " + term) == "permerror");
    }
    for (const std::string term :
         {"a/24//64", "a:%{d}/24", "unknown=x", "exp=%{i}.test", "a:%%%_%-.test",
          "exists:%{l1r-/}.test", "ptr:example.com", "unknown=", "a:x:8080.a/b.test",
          "a:%{l1r-/}/24", "a:%{d}//64", "a:example.com.", "a:a.1b", "a:a.x-1"}) {
        INFO(term);
        CHECK(result("v=spf1 ip4:192.0.2.10 " + term) == "pass");
    }
}

TEST_CASE("a host of an MX that cannot be looked up is a temporary error: RFC 7208 §5") {
    TableOfNames names = example_com("v=spf1 mx -all");
    names.fail("mail-b.example.com");
    CHECK(checked(names, "192.0.2.1").result == AuthResult::temperror);
    // What has matched before it decides.
    CHECK(checked(names, "192.0.2.129").result == AuthResult::pass);
    // One that is not there is no term that finds nothing.
    names = example_com("v=spf1 mx ip4:192.0.2.1 -all");
    names.add("example.com", Type::mx, {"a.test", "b.test", "c.test"});
    CHECK(checked(names, "192.0.2.1").result == AuthResult::pass);
}

TEST_CASE("names of an address that are validated: RFC 7208 §5.5, §7.3") {
    const std::string ptr = "10.2.0.192.in-addr.arpa";
    CHECK(result("v=spf1 ptr:Example.COM. -all") == "pass");
    TableOfNames names = example_com("v=spf1 exists:%{p}.%{d} -all");
    const auto is_name = [&](const std::string& name) {
        TableOfNames tried = names;
        tried.add(name + ".example.com", Type::a, {"127.0.0.2"});
        return checked(tried, "192.0.2.10").result == AuthResult::pass;
    };
    names.add("other.test", Type::a, {"192.0.2.10"});
    names.add("x.example.com", Type::a, {"192.0.2.10"});
    names.add(ptr, Type::ptr, {"other.test", "forged.example.com", "x.example.com", "Example.com"});
    CHECK(is_name("example.com"));
    names.add(ptr, Type::ptr, {"other.test", "forged.example.com", "X.example.com"});
    CHECK(is_name("x.example.com"));
    names.add(ptr, Type::ptr, {"forged.example.com", "other.test"});
    CHECK(is_name("other.test"));
    names.add(ptr, Type::ptr, {"forged.example.com"});
    CHECK(is_name("unknown"));
    names.fail(ptr);
    CHECK(is_name("unknown"));
    // The end of a name is not a name below it.
    TableOfNames longer = example_com("v=spf1 ptr -all");
    longer.add(ptr, Type::ptr, {"badexample.com"}).add("badexample.com", Type::a, {"192.0.2.10"});
    CHECK(checked(longer, "192.0.2.10").result == AuthResult::fail);
    // The eleventh is not looked at.
    TableOfNames many = example_com("v=spf1 ptr -all");
    std::vector<std::string> hosts(10, "forged.test");
    hosts.emplace_back("example.com");
    many.add(ptr, Type::ptr, hosts);
    CHECK(checked(many, "192.0.2.10").result == AuthResult::fail);
    hosts.erase(hosts.begin());
    many.add(ptr, Type::ptr, hosts);
    CHECK(checked(many, "192.0.2.10").result == AuthResult::pass);
}

TEST_CASE("the domain of a result is the one that was asked about, whoever decided it") {
    TableOfNames names = example_com("v=spf1 redirect=other.test");
    names.add("other.test", Type::txt, {"v=spf1 +all"});
    CHECK(checked(names, "192.0.2.1").result == AuthResult::pass);
    CHECK(checked(names, "192.0.2.1").domain == "example.com");
    names.add("other.test", Type::txt, {"v=spf1 foo"});
    CHECK(checked(names, "192.0.2.1").domain == "example.com");
}

TEST_CASE("include and redirect: RFC 7208 §5.2, §6.1") {
    const auto with = [](const std::string& record, const std::string& other) {
        TableOfNames names = example_com(record);
        if (!other.empty()) names.add("other.test", Type::txt, {other});
        return std::string{name(checked(names, "192.0.2.10").result)};
    };
    CHECK(with("v=spf1 include:other.test -all", "v=spf1 ip4:192.0.2.10 -all") == "pass");
    CHECK(with("v=spf1 include:other.test ?all", "v=spf1 -all") == "neutral");
    CHECK(with("v=spf1 include:other.test ?all", "v=spf1 ~all") == "neutral");
    CHECK(with("v=spf1 ~include:other.test -all", "v=spf1 +all") == "softfail");
    CHECK(with("v=spf1 include:other.test -all", "") == "permerror");
    CHECK(with("v=spf1 include:other.test -all", "v=spf1 nonsense") == "permerror");
    CHECK(with("v=spf1 redirect=other.test", "v=spf1 ip4:192.0.2.10 -all") == "pass");
    CHECK(with("v=spf1 redirect=other.test", "v=spf1 -all") == "fail");
    CHECK(with("v=spf1 redirect=other.test", "") == "permerror");
    CHECK(with("v=spf1 redirect=other.test ~all", "v=spf1 +all") == "softfail");
}

TEST_CASE("eleven lookups are a permanent error, ten are not: RFC 7208 §4.6.4") {
    const auto chain = [](int length) {
        TableOfNames names;
        for (int i = 0; i < length; ++i)
            names.add(fmt::format("n{}.test", i), Type::txt,
                      {fmt::format("v=spf1 include:n{}.test -all", i + 1)});
        names.add(fmt::format("n{}.test", length), Type::txt, {"v=spf1 +all"});
        return checked(names, "192.0.2.1", "a@n0.test");
    };
    CHECK(chain(10).result == AuthResult::pass);
    CHECK(chain(10).lookups == 10);
    CHECK(chain(11).result == AuthResult::permerror);
    CHECK(chain(11).explanation == "too many lookups");
    // A record that includes itself.
    CHECK(result("v=spf1 include:example.com -all") == "permerror");
    CHECK(result("v=spf1 redirect=example.com") == "permerror");
    // Two that find nothing, and a third.
    CHECK(result("v=spf1 a:x.test a:y.test +all") == "pass");
    CHECK(result("v=spf1 a:x.test a:y.test a:z.test +all") == "permerror");
    // Addresses and "all" look nothing up.
    std::string many = "v=spf1";
    for (int i = 0; i < 50; ++i) many += fmt::format(" ip4:198.51.100.{}", i);
    CHECK(result(many + " -all") == "fail");
    TableOfNames hosts = example_com("v=spf1 mx -all");
    hosts.add("example.com", Type::mx, std::vector<std::string>(11, "mail-a.example.com"));
    CHECK(checked(hosts, "192.0.2.129").result == AuthResult::permerror);
}

TEST_CASE("what no domain can be has no record, and a record has a length") {
    TableOfNames names;
    const auto of = [&](const std::string& domain) {
        names.add(domain, Type::txt, {"v=spf1 -all"});
        return checked(names, "192.0.2.1", "a@" + domain).result;
    };
    CHECK(of("a.test") == AuthResult::fail);
    CHECK(of("test") == AuthResult::none);
    CHECK(of("a..test") == AuthResult::none);
    CHECK(of(std::string(63, 'x') + ".test") == AuthResult::fail);
    CHECK(of(std::string(64, 'x') + ".test") == AuthResult::none);
    std::string longest = "a.test";
    while (longest.size() < 300) longest.insert(0, "x.");
    CHECK(of(longest) == AuthResult::none);

    std::string record = "v=spf1 -all";
    record.resize(4096, ' ');
    CHECK(result(record) == "fail");
    CHECK(result(record + " ") == "permerror");
}

TEST_CASE("macros: RFC 7208 §7.4") {
    CHECK(expanded("%{s}") == "strong-bad@email.example.com");
    CHECK(expanded("%{o}") == "email.example.com");
    CHECK(expanded("%{d4}") == "email.example.com");
    CHECK(expanded("%{d2}") == "example.com");
    CHECK(expanded("%{d1}") == "com");
    CHECK(expanded("%{dr}") == "com.example.email");
    CHECK(expanded("%{d2r}") == "example.email");
    CHECK(expanded("%{l}") == "strong-bad");
    CHECK(expanded("%{l-}") == "strong.bad");
    CHECK(expanded("%{lr-}") == "bad.strong");
    CHECK(expanded("%{l1r-}") == "strong");
    CHECK(expanded("%{L}.%{S-}.test") == "strong-bad.strong.bad%40email.example.com.test");
    CHECK(expanded("%{d20}.%{d02r}") == "email.example.com.example.email");
    CHECK(expanded("%{h}") == "mx.example.org");
    CHECK(expanded("%%%_%-.test") == "% %20.test");
    CHECK(expanded("%{ir}.%{v}._spf.%{d2}") == "3.2.0.192.in-addr._spf.example.com");
    CHECK(expanded("%{lr-}.lp.%{ir}.%{v}._spf.%{d2}") ==
          "bad.strong.lp.3.2.0.192.in-addr._spf.example.com");
    CHECK(expanded("%{ir}.%{v}._spf.%{d2}", "2001:db8::cb01") ==
          "1.0.b.c.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6._spf.example.com");
}

TEST_CASE("too long a name loses labels on its left: RFC 7208 §7.3") {
    const std::string label(49, 'x');
    std::string name = "end.test";  // 258 octets with five labels before it, 208 with four
    for (int i = 0; i < 5; ++i) name.insert(0, label + ".");
    CHECK(expanded(name) == name.substr(50));
    const std::string fits = name.substr(5);
    REQUIRE(fits.size() == 253);
    CHECK(expanded(fits) == fits);
    CHECK(expanded("x" + fits) == name.substr(50));
}

TEST_CASE("a null reverse path is checked as that of HELO: RFC 7208 §2.4") {
    TableOfNames names;
    names.add("mx.example.org", Type::txt, {"v=spf1 exists:%{l}.%{o} -all"})
        .add("postmaster.mx.example.org", Type::a, {"127.0.0.2"});
    const SpfResult of_helo =
        check_spf(names, {.client = *IpAddress::parse("192.0.2.1"), .helo = "MX.example.org"});
    CHECK(of_helo.result == AuthResult::pass);
    CHECK(of_helo.domain == "mx.example.org");
}
