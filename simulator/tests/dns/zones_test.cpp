// The algorithm of RFC 1034 §4.3.2 over zones in memory, with wildcards (RFC 4592), negative answers (RFC 2308), null MX
// (RFC 7505), and what a hook may make of it.
#include "dns/zones.h"

#include <map>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "core/overloaded.h"
#include "support/catch.h"

namespace fakemx::dns::test {

namespace {

Name named(std::string_view text) {
    return Name::parse(text).value();
}

IpAddress ip(std::string_view text) {
    return IpAddress::parse(text).value();
}

std::pair<Type, Data> mx(std::uint16_t preference, std::string_view host) {
    return {Type::mx, Exchange{preference, named(host)}};
}
std::pair<Type, Data> a(std::string_view address) {
    return {Type::a, ip(address)};
}
std::pair<Type, Data> alias(std::string_view target) {
    return {Type::cname, named(target)};
}
std::pair<Type, Data> txt(std::string text) {
    return {Type::txt, Text{{std::move(text)}}};
}

Zones zones() {
    std::map<Name, Node> nodes;
    const auto add = [&](std::string_view name, std::vector<std::pair<Type, Data>> data) {
        nodes[named(name)].data = std::move(data);
    };
    add("163.com", {mx(10, "mx1.netease.com"), mx(10, "mx2.netease.com"), txt("v=spf1 -all")});
    add("null.163.com", {mx(0, ".")});
    add("a.deep.163.com", {a("192.0.2.9")});
    add("www.163.com", {alias("web.163.com")});
    add("web.163.com", {alias("a.deep.163.com")});
    add("out.163.com", {alias("elsewhere.test")});
    add("gone.163.com", {alias("missing.163.com")});
    add("loop.163.com", {alias("pool.163.com")});
    add("pool.163.com", {alias("loop.163.com")});
    add("*.wild.163.com", {mx(5, "mx1.netease.com")});
    add("host.wild.163.com", {a("192.0.2.7")});
    add("b.c.wild.163.com", {a("192.0.2.6")});
    add("*.alias.163.com", {alias("mx1.netease.com")});
    add("netease.com", {});
    add("mx1.netease.com", {a("192.0.2.1"), {Type::aaaa, ip("2001:db8::1")}});
    add("mx2.netease.com", {a("192.0.2.2"), a("192.0.2.3")});
    add("2.0.0.127.in-addr.arpa", {{Type::ptr, named("mx1.netease.com")}});
    add("*.only.test", {txt("all of them")});
    return Zones{std::move(nodes), {ip("127.0.0.1")}};
}

std::string text_of(const Data& data) {
    return std::visit(
        Overloaded{
            [](const IpAddress& address) { return address.text(); },
            [](const Name& name) { return name.text(); },
            [](const Exchange& one) {
                return fmt::format("{} {}", one.preference, one.host.text());
            },
            [](const Text& text) {
                return fmt::format("\"{}\"", fmt::join(text.strings, "\" \""));
            },
            [](const Soa& soa) { return soa.primary.text(); },
            [](const Tlsa& tlsa) { return fmt::format("{} octets", tlsa.octets.size()); },
        },
        data);
}

std::string lines_of(char section, const std::vector<Record>& records) {
    std::string lines;
    for (const Record& record : records)
        lines += fmt::format("{} {} {} {}\n", section, record.owner.text(), type_text(record.type),
                             text_of(record.data));
    return lines;
}

/// "NOERROR aa", then a line for each record: the section's letter, owner, type, data.
std::string shown(const Answer& answer) {
    return fmt::format("{}{}{}\n", dns::name(answer.rcode), answer.authoritative ? " aa" : "",
                       answer.truncated ? " tc" : "") +
           lines_of('=', answer.answer) + lines_of('-', answer.authority) +
           lines_of('+', answer.additional);
}

std::string asked(std::string_view name, Type type) {
    return shown(zones().look_up({.name = named(name), .type = type}, Rng{1}));
}

}  // namespace

TEST_CASE("what the zones answer") {
    struct Case {
        const char* why;
        const char* name;
        Type type;
        const char* answer;
    };
    const std::vector<Case> cases{
        {"the records of the type, and the addresses of the hosts they name", "163.com", Type::mx,
         "NOERROR aa\n= 163.com MX 10 mx1.netease.com\n= 163.com MX 10 mx2.netease.com\n"
         "+ mx1.netease.com A 192.0.2.1\n+ mx1.netease.com AAAA 2001:db8::1\n"
         "+ mx2.netease.com A 192.0.2.2\n+ mx2.netease.com A 192.0.2.3\n"},
        {"several addresses of a host", "mx2.netease.com", Type::a,
         "NOERROR aa\n= mx2.netease.com A 192.0.2.2\n= mx2.netease.com A 192.0.2.3\n"},
        {"RFC 7505: no mail, and no address of the root", "null.163.com", Type::mx,
         "NOERROR aa\n= null.163.com MX 0 .\n"},
        {"RFC 2308 §2.2: no data", "163.com", Type::aaaa, "NOERROR aa\n- 163.com SOA ns.163.com\n"},
        {"RFC 2308 §2.1: no such name", "missing.163.com", Type::mx,
         "NXDOMAIN aa\n- 163.com SOA ns.163.com\n"},
        {"RFC 4592 §2.2.2: a name with names beneath it exists", "deep.163.com", Type::a,
         "NOERROR aa\n- 163.com SOA ns.163.com\n"},
        {"in no zone", "example.test", Type::mx, "REFUSED\n"},
        {"above all zones", "com", Type::ns, "REFUSED\n"},
        {"above a zone, which is no step on the way to it", "arpa", Type::ns, "REFUSED\n"},
        {"the root", ".", Type::ns, "REFUSED\n"},
        {"an alias is followed", "www.163.com", Type::a,
         "NOERROR aa\n= www.163.com CNAME web.163.com\n= web.163.com CNAME a.deep.163.com\n"
         "= a.deep.163.com A 192.0.2.9\n"},
        {"an alias itself", "www.163.com", Type::cname,
         "NOERROR aa\n= www.163.com CNAME web.163.com\n"},
        {"an alias to somewhere without the type", "www.163.com", Type::mx,
         "NOERROR aa\n= www.163.com CNAME web.163.com\n= web.163.com CNAME a.deep.163.com\n"
         "- 163.com SOA ns.163.com\n"},
        {"an alias out of the zones ends there", "out.163.com", Type::a,
         "NOERROR aa\n= out.163.com CNAME elsewhere.test\n"},
        {"RFC 2308 §2.1: an alias to a name that is not there", "gone.163.com", Type::a,
         "NXDOMAIN aa\n= gone.163.com CNAME missing.163.com\n- 163.com SOA ns.163.com\n"},
        {"a circle of aliases ends", "loop.163.com", Type::a,
         "NOERROR aa\n= loop.163.com CNAME pool.163.com\n= pool.163.com CNAME loop.163.com\n"},
        {"RFC 4592 §3.3: a wildcard stands for names that are not there", "x.wild.163.com",
         Type::mx,
         "NOERROR aa\n= x.wild.163.com MX 5 mx1.netease.com\n"
         "+ mx1.netease.com A 192.0.2.1\n+ mx1.netease.com AAAA 2001:db8::1\n"},
        {"of any depth", "x.y.wild.163.com", Type::mx,
         "NOERROR aa\n= x.y.wild.163.com MX 5 mx1.netease.com\n"
         "+ mx1.netease.com A 192.0.2.1\n+ mx1.netease.com AAAA 2001:db8::1\n"},
        {"and has no other types", "x.wild.163.com", Type::a,
         "NOERROR aa\n- 163.com SOA ns.163.com\n"},
        {"not for those that are there", "host.wild.163.com", Type::mx,
         "NOERROR aa\n- 163.com SOA ns.163.com\n"},
        {"nor beneath them", "x.host.wild.163.com", Type::mx,
         "NXDOMAIN aa\n- 163.com SOA ns.163.com\n"},
        {"nor for a step on the way to another name", "c.wild.163.com", Type::mx,
         "NOERROR aa\n- 163.com SOA ns.163.com\n"},
        {"nor beneath that", "x.c.wild.163.com", Type::mx,
         "NXDOMAIN aa\n- 163.com SOA ns.163.com\n"},
        {"the wildcard itself", "*.wild.163.com", Type::mx,
         "NOERROR aa\n= *.wild.163.com MX 5 mx1.netease.com\n"
         "+ mx1.netease.com A 192.0.2.1\n+ mx1.netease.com AAAA 2001:db8::1\n"},
        {"a wildcard may be an alias", "x.alias.163.com", Type::a,
         "NOERROR aa\n= x.alias.163.com CNAME mx1.netease.com\n= mx1.netease.com A 192.0.2.1\n"},
        {"a wildcard whose parent nobody has declared", "x.only.test", Type::txt,
         "NOERROR aa\n= x.only.test TXT \"all of them\"\n"},
        {"that parent", "only.test", Type::txt, "NOERROR aa\n- only.test SOA ns.only.test\n"},
        {"an address backwards", "2.0.0.127.in-addr.arpa", Type::ptr,
         "NOERROR aa\n= 2.0.0.127.in-addr.arpa PTR mx1.netease.com\n"},
        {"the case of the question is kept", "MX2.netEase.com", Type::a,
         "NOERROR aa\n= MX2.netEase.com A 192.0.2.2\n= MX2.netEase.com A 192.0.2.3\n"},
        {"the top of a zone has NS, and they have addresses", "163.com", Type::ns,
         "NOERROR aa\n= 163.com NS ns.163.com\n+ ns.163.com A 127.0.0.1\n"},
        {"and SOA", "netease.com", Type::soa, "NOERROR aa\n= netease.com SOA ns.netease.com\n"},
        {"a zone does not reach above its top", "2.0.0.126.in-addr.arpa", Type::ptr, "REFUSED\n"},
        {"everything", "mx1.netease.com", Type::any,
         "NOERROR aa\n= mx1.netease.com A 192.0.2.1\n= mx1.netease.com AAAA 2001:db8::1\n"},
        {"an alias among everything is not followed", "www.163.com", Type::any,
         "NOERROR aa\n= www.163.com CNAME web.163.com\n"},
        {"a type that nobody knows", "163.com", static_cast<Type>(65),
         "NOERROR aa\n- 163.com SOA ns.163.com\n"},
    };
    for (const Case& one : cases) {
        INFO(one.why << ": " << one.name << " " << type_text(one.type));
        CHECK(asked(one.name, one.type) == one.answer);
    }
}

TEST_CASE("a name that fails does so whatever stands there, and whoever leads to it") {
    std::map<Name, Node> nodes;
    nodes[named("shop.test")].data = {alias("broken.shop.test")};
    nodes[named("broken.shop.test")] = {.fails = true, .data = {a("192.0.2.1")}};
    nodes[named("deep.broken.shop.test")].data = {a("192.0.2.2")};
    const Zones failing{std::move(nodes), {}};
    const auto rcode = [&](std::string_view name) {
        return shown(failing.look_up({.name = named(name), .type = Type::a}, Rng{1}));
    };
    CHECK(rcode("broken.shop.test") == "SERVFAIL\n");
    CHECK(rcode("shop.test") == "SERVFAIL\n");
    CHECK(rcode("deep.broken.shop.test") == "NOERROR aa\n= deep.broken.shop.test A 192.0.2.2\n");
}

TEST_CASE("a long row of aliases is not followed to its end") {
    std::map<Name, Node> nodes;
    for (int i = 0; i < 100; ++i) {
        nodes[named(fmt::format("a{}.test", i))].data = {alias(fmt::format("a{}.test", i + 1))};
    }
    const Zones many{std::move(nodes), {}};
    CHECK(many.look_up({.name = named("a0.test"), .type = Type::a}, Rng{1}).answer.size() == 16);
}

TEST_CASE("a missing name may be remembered for as long as the SOA says") {
    std::map<Name, Node> nodes;
    nodes[named("example.test")] = {.ttl = 60, .data = {mx(10, "mx.example.test")}};
    const Zones one{std::move(nodes), {}};
    const Answer answer = one.look_up({.name = named("no.example.test"), .type = Type::a}, Rng{1});
    REQUIRE(answer.authority.size() == 1);
    CHECK(answer.authority[0].ttl == 60);
    CHECK(std::get<Soa>(answer.authority[0].data).minimum == 60);
}

TEST_CASE("records take turns, or an order by chance that repeats") {
    std::map<Name, Node> nodes;
    for (const Order order : {Order::as_written, Order::rotate, Order::random}) {
        const auto name = named(fmt::format("o{}.test", static_cast<int>(order)));
        for (const char* address : {"192.0.2.1", "192.0.2.2", "192.0.2.3"})
            nodes[name].data.push_back(a(address));
        nodes[name].order = order;
    }
    const Zones ordered{std::move(nodes), {}};
    const auto row = [&](std::string_view name, std::uint64_t earlier, std::uint64_t seed) {
        std::string digits;
        const Answer answer =
            ordered.look_up({.name = named(name), .type = Type::a, .earlier = earlier}, Rng{seed});
        for (const Record& record : answer.answer) digits += text_of(record.data).back();
        return digits;
    };
    CHECK(row("o0.test", 0, 1) + row("o0.test", 1, 1) == "123123");
    CHECK(row("o1.test", 0, 1) + row("o1.test", 1, 1) + row("o1.test", 2, 1) +
              row("o1.test", 3, 1) ==
          "123231312123");
    std::map<std::string, int> seen;
    std::string one;
    std::string other;
    for (std::uint64_t earlier = 0; earlier < 60; ++earlier) {
        const std::string order = row("o2.test", earlier, 1);
        CHECK(order == row("O2.Test", earlier, 1));
        ++seen[order];
        one += order;
        other += row("o2.test", earlier, 2);
    }
    CHECK(seen.size() == 6);
    CHECK(one != other);
}

TEST_CASE("what a hook decides") {
    using Kind = Verdict::Kind;
    const auto decided = [](std::string_view name, Verdict verdict, Type type = Type::mx) {
        const auto answer = zones().answer({.name = named(name), .type = type}, verdict, Rng{1});
        return answer ? shown(*answer) : "silence";
    };
    CHECK(decided("163.com", {.kind = Kind::zones}) == asked("163.com", Type::mx));
    CHECK(decided("163.com", {.kind = Kind::serv_fail}) == "SERVFAIL\n");
    CHECK(decided("163.com", {.kind = Kind::refused}) == "REFUSED\n");
    CHECK(decided("163.com", {.kind = Kind::nx_domain}) ==
          "NXDOMAIN aa\n- 163.com SOA ns.163.com\n");
    CHECK(decided("163.com", {.kind = Kind::no_data}) == "NOERROR aa\n- 163.com SOA ns.163.com\n");
    CHECK(decided("example.test", {.kind = Kind::nx_domain}) == "NXDOMAIN aa\n");
    CHECK(decided("163.com", {.kind = Kind::silence}) == "silence");
    CHECK(decided("163.com", {.kind = Kind::truncated}).starts_with("NOERROR aa tc\n"));

    const Verdict records{.kind = Kind::records,
                          .records = {.data = {mx(5, "mx2.netease.com"), txt("other")}}};
    const std::string other =
        "NOERROR aa\n= {} MX 5 mx2.netease.com\n"
        "+ mx2.netease.com A 192.0.2.2\n+ mx2.netease.com A 192.0.2.3\n";
    CHECK(decided("163.com", records) == fmt::format(fmt::runtime(other), "163.com"));
    // Whatever the zones have, and whether they have anything.
    CHECK(decided("missing.163.com", records) ==
          fmt::format(fmt::runtime(other), "missing.163.com"));
    CHECK(decided("example.test", records) == fmt::format(fmt::runtime(other), "example.test"));
    CHECK(decided("163.com", records, Type::aaaa) == "NOERROR aa\n- 163.com SOA ns.163.com\n");
    // An alias is followed into the zones.
    CHECK(decided("163.com",
                  {.kind = Kind::records, .records = {.data = {alias("mx1.netease.com")}}},
                  Type::a) ==
          "NOERROR aa\n= 163.com CNAME mx1.netease.com\n= mx1.netease.com A 192.0.2.1\n");
}

TEST_CASE("records as the journal has them") {
    const auto as_text = [](Type type, Data data) {
        return text({.owner = named("163.com"), .type = type, .ttl = 60, .data = std::move(data)});
    };
    CHECK(as_text(Type::a, ip("192.0.2.1")) == "A 192.0.2.1");
    CHECK(as_text(Type::cname, named("MX1.netease.com")) == "CNAME mx1.netease.com");
    CHECK(as_text(Type::mx, Exchange{10, named("mx1.netease.com")}) == "MX 10 mx1.netease.com");
    CHECK(as_text(Type::mx, Exchange{0, Name{}}) == "MX 0 .");
    CHECK(as_text(Type::txt, Text{{"v=spf1 ", "-all"}}) == "TXT v=spf1 -all");
    CHECK(as_text(Type::soa, Soa{.primary = named("ns.163.com"), .mailbox = named("m.163.com")}) ==
          "SOA ns.163.com m.163.com 1 3600 600 86400 3600");
    CHECK(as_text(Type::tlsa, Tlsa{.octets = "\x0a\xff"}) == "TLSA 3 1 1 0aff");
}

}  // namespace fakemx::dns::test
