// Octets: what is read of a query, what becomes of damaged ones, and how answers look and fit.
#include "dns/message.h"

#include <string>

#include <fmt/format.h>

#include "core/limits.h"
#include "support/catch.h"
#include "support/dns_wire.h"

namespace fakemx::dns::test {

using Catch::Matchers::Contains;
using fakemx::test::answer_text;
using fakemx::test::octets_of;
using fakemx::test::WireQuery;

namespace {

Query read(const WireQuery& wire) {
    const auto read = read_query(octets_of(wire));
    REQUIRE(std::holds_alternative<Query>(read));
    return std::get<Query>(read);
}

/// What is said to a bad query; "nothing" where it is none.
std::string said_to(std::string_view octets) {
    const auto read = read_query(octets);
    if (std::holds_alternative<NoQuery>(read)) return "nothing";
    if (std::holds_alternative<Query>(read)) return "a query";
    return answer_text(std::get<BadQuery>(read).answer);
}

Record address(std::string_view owner, std::string_view text) {
    const auto ip = IpAddress::parse(text).value();
    return {Name::parse(owner).value(), ip.is_v6() ? Type::aaaa : Type::a, 300, ip};
}

Answer many(int count) {
    Answer answer{.authoritative = true};
    for (int i = 0; i < count; ++i)
        answer.answer.push_back(address("pool.test", fmt::format("192.0.{}.{}", i / 256, i % 256)));
    return answer;
}

}  // namespace

TEST_CASE("a query is read") {
    const Query query = read({.name = "MX1.Example", .type = Type::mx});
    CHECK(query.id == 0x1234);
    CHECK(query.recursion_desired);
    CHECK(query.name.text() == "MX1.Example");
    CHECK(query.type == Type::mx);
    CHECK_FALSE(query.edns);
    CHECK_FALSE(read({.name = ".", .flags = 0}).recursion_desired);
    CHECK(read({.name = ".", .flags = 0}).name.is_root());
    CHECK(read({.name = "a", .edns_octets = 1232}).edns->udp_octets == 1232);
    // RFC 6891 §6.2.3: values below 512 are 512.
    CHECK(read({.name = "a", .edns_octets = 0}).edns->udp_octets == 512);
    CHECK(read({.name = "a", .class_number = 255}).class_number == 255);
}

TEST_CASE("what is no query gets no answer") {
    CHECK(said_to("") == "nothing");
    CHECK(said_to("elevenocts.") == "nothing");
    // An answer: two servers must not begin to talk.
    CHECK(said_to(octets_of({.name = "a", .flags = 0x8100})) == "nothing");
}

TEST_CASE("a bad query gets an answer that says so") {
    const std::string good = octets_of({.name = "mx1.example"});
    CHECK(said_to(good) == "a query");
    for (std::size_t octets = 12; octets < good.size(); ++octets) {
        INFO(octets);
        CHECK(said_to(std::string_view{good}.substr(0, octets)) == "FORMERR qr rd\n");
    }
    std::string none = good;
    none[5] = 0;
    CHECK(said_to(none.substr(0, 12)) == "FORMERR qr rd\n");
    std::string two = good;
    two[5] = 2;
    CHECK(said_to(two + good.substr(12)) == "FORMERR qr rd\n");
    std::string circle = good;
    circle.replace(12, 2, "\xC0\x0C");
    CHECK(said_to(circle) == "FORMERR qr rd\n");
    CHECK(said_to(good + std::string(limits::dns_query_octets_max, 'x')) == "FORMERR qr rd\n");
    // STATUS, RFC 1035 §4.1.1.
    CHECK(said_to(octets_of({.name = "a", .flags = 0x1100})) == "NOTIMPL qr rd\n");
    CHECK_THAT(said_to(octets_of({.name = "a", .type = static_cast<Type>(252)})),
               Contains("REFUSED qr rd\n? a. IN AXFR"));
    // Chaos.
    CHECK_THAT(said_to(octets_of({.name = "version.bind", .type = Type::txt, .class_number = 3})),
               Contains("REFUSED qr rd\n? version.bind. CH TXT"));
    // RFC 6891 §6.1.3: 16, of which the upper bits are in the OPT record.
    const auto newer = read_query(octets_of({.name = "a", .edns_octets = 1232, .edns_version = 1}));
    CHECK(std::get<BadQuery>(newer).rcode == Rcode::bad_vers);
    CHECK_THAT(answer_text(std::get<BadQuery>(newer).answer), Contains("edns 4096"));
}

TEST_CASE("an answer has all kinds of records") {
    const Name owner = Name::parse("163.com").value();
    const Name host = Name::parse("mx1.netease.com").value();
    Answer answer{.authoritative = true};
    answer.answer = {{owner, Type::mx, 18000, Exchange{10, host}},
                     {owner, Type::mx, 18000, Exchange{0, Name{}}},
                     {owner, Type::txt, 60, Text{{"v=spf1 ", "-all"}}},
                     {owner, Type::cname, 60, host},
                     {owner, Type::ptr, 60, host},
                     {owner, Type::tlsa, 60, Tlsa{3, 1, 1, std::string(32, '\xAB')}},
                     address("163.com", "192.0.2.1"),
                     address("163.com", "2001:db8::1")};
    answer.authority = {{owner, Type::soa, 60, Soa{.primary = host, .mailbox = owner}}};
    answer.additional = {{host, Type::ns, 0, host}};
    const Written written = write_answer(
        read({.name = "163.COM", .type = Type::any, .edns_octets = 4096}), answer, Transport::udp);
    CHECK_FALSE(written.truncated);
    CHECK(answer_text(written.octets) ==
          "NOERROR qr aa rd\n"
          "? 163.COM. IN ANY\n"
          // A name that is there already is pointed to (RFC 1035 §4.1.4), and has its letters.
          "= 163.COM. 18000 IN MX 10 mx1.netease.COM.\n"
          "= 163.COM. 18000 IN MX 0 .\n"
          "= 163.COM. 60 IN TXT \"v=spf1 \" \"-all\"\n"
          "= 163.COM. 60 IN CNAME mx1.netease.COM.\n"
          "= 163.COM. 60 IN PTR mx1.netease.COM.\n"
          "= 163.COM. 60 IN TLSA 3 1 1 "
          "abababababababababababababababababababababababababababababababab\n"
          "= 163.COM. 300 IN A 192.0.2.1\n"
          "= 163.COM. 300 IN AAAA 2001:db8::1\n"
          "- 163.COM. 60 IN SOA mx1.netease.COM. 163.COM. 1 3600 600 86400 3600\n"
          "+ mx1.netease.COM. 0 IN NS mx1.netease.COM.\n"
          "edns 4096\n");
}

TEST_CASE("an answer fits, or says that it does not") {
    const auto fits = [](int count, std::optional<std::uint16_t> edns, Transport transport) {
        const Written written =
            write_answer(read({.name = "pool.test", .edns_octets = edns}), many(count), transport);
        CHECK_THAT(answer_text(written.octets), Contains(written.truncated ? " tc" : " rd"));
        if (written.truncated) CHECK(written.octets.size() < 60);
        return written.truncated ? 0 : written.octets.size();
    };
    // 27 octets for header and question, 16 for each record, 11 for EDNS.
    CHECK(fits(30, {}, Transport::udp) == 27 + 30 * 16);
    CHECK(fits(31, {}, Transport::udp) == 0);
    CHECK(fits(31, 512, Transport::udp) == 0);
    CHECK(fits(74, 1232, Transport::udp) == 27 + 74 * 16 + 11);
    CHECK(fits(75, 1232, Transport::udp) == 0);
    // Whatever the client takes.
    CHECK(fits(253, 65535, Transport::udp) == 27 + 253 * 16 + 11);
    CHECK(fits(254, 65535, Transport::udp) == 0);
    CHECK(fits(4000, {}, Transport::tcp) == 27 + 4000 * 16);
    CHECK(fits(4095, {}, Transport::tcp) == 0);
}

TEST_CASE("what stands beside the answer goes first") {
    Answer answer = many(20);
    for (int i = 0; i < 20; ++i) answer.additional.push_back(address("pool.test", "192.0.2.1"));
    const Written written = write_answer(read({.name = "pool.test"}), answer, Transport::udp);
    CHECK_FALSE(written.truncated);
    CHECK(written.octets.size() == 27 + 20 * 16);
}

TEST_CASE("an answer may be cut on purpose, over UDP") {
    Answer answer = many(1);
    answer.truncated = true;
    const Query query = read({.name = "pool.test"});
    CHECK(answer_text(write_answer(query, answer, Transport::udp).octets) ==
          "NOERROR qr aa tc rd\n? pool.test. IN A\n");
    CHECK_THAT(answer_text(write_answer(query, answer, Transport::tcp).octets),
               Contains("= pool.test. 300 IN A 192.0.0.0"));
}

}  // namespace fakemx::dns::test
