// Queries to the name server: whatever comes, what goes back is an answer to it that fits, and the question in it is the
// one that was asked.
#include <map>
#include <string>
#include <variant>

#include "core/limits.h"
#include "core/overloaded.h"
#include "dns/message.h"
#include "dns/zones.h"
#include "fuzz/reader.h"

using namespace fakemx;
using fakemx::fuzz::must;

namespace {

dns::Name named(std::string_view text) {
    return dns::Name::parse(text).value();
}

dns::Zones zones() {
    std::map<dns::Name, dns::Node> nodes;
    nodes[named("163.com")].data = {
        {dns::Type::mx, dns::Exchange{10, named("mx1.163.com")}},
        {dns::Type::txt, dns::Text{{std::string(255, 'x'), std::string(255, '\xFF')}}}};
    auto& pool = nodes[named("*.163.com")];
    pool.order = dns::Order::random;
    for (std::uint8_t i = 0; i < 100; ++i) {
        const std::array<std::uint8_t, 4> octets{192, 0, 2, i};
        pool.data.emplace_back(dns::Type::a, IpAddress::v4(octets));
    }
    nodes[named("a.b.163.com")].data = {{dns::Type::cname, named("x.163.com")}};
    nodes[dns::Name{}].data = {{dns::Type::mx, dns::Exchange{0, dns::Name{}}}};
    return dns::Zones{std::move(nodes), {*IpAddress::parse("127.0.0.1")}};
}

/// The question of an answer, as a query.
dns::Query question_of(std::string octets) {
    octets[2] = static_cast<char>(octets[2] & 0x7F);
    // Its records are read again as well.
    auto read = dns::read_query(octets);
    if (auto* bad = std::get_if<dns::BadQuery>(&read); bad != nullptr && bad->query)
        return *bad->query;
    must(std::holds_alternative<dns::Query>(read));
    return std::get<dns::Query>(read);
}

void look_at(const dns::Query& query) {
    static const dns::Zones names = zones();
    const dns::Answer answer =
        names.look_up({.name = query.name, .type = query.type, .earlier = query.id}, Rng{1});
    must(dns::Name::parse(query.name.text()) == query.name);
    const dns::Written udp = dns::write_answer(query, answer, dns::Transport::udp);
    const dns::Written tcp = dns::write_answer(query, answer, dns::Transport::tcp);
    must(udp.octets.size() <= (query.edns ? query.edns->udp_octets : 512));
    must(udp.octets.size() <= limits::dns_udp_octets_max && !tcp.truncated);
    must(udp.octets.size() <= tcp.octets.size());
    if (tcp.octets.size() > limits::dns_query_octets_max) return;
    const dns::Query again = question_of(tcp.octets);
    must(again.id == query.id && again.type == query.type && again.name == query.name);
    must(again.name.text() == query.name.text() &&
         again.edns.has_value() == query.edns.has_value());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* octets, std::size_t size) {
    const std::string_view input = fuzz::Reader{octets, size}.rest();
    std::visit(
        Overloaded{
            [](const dns::Query& query) { look_at(query); },
            [&](const dns::BadQuery& bad) {
                must(bad.answer.size() >= 12 && bad.answer.substr(0, 2) == input.substr(0, 2));
                must((bad.answer[2] & 0x80) != 0);
                if (bad.query) look_at(*bad.query);
            },
            [](dns::NoQuery) {},
        },
        dns::read_query(input));
    return 0;
}
