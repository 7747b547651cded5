// From and to the structures of ldns, each of which is freed by its owner.
#include "dns/message.h"

#include <algorithm>
#include <cstdlib>
#include <ldns/ldns.h>
#include <limits>
#include <memory>

#include "core/assert.h"
#include "core/limits.h"
#include "core/overloaded.h"

namespace fakemx::dns {

namespace {

struct Free {
    void operator()(ldns_pkt* packet) const { ldns_pkt_free(packet); }
    void operator()(ldns_rr* record) const { ldns_rr_free(record); }
    void operator()(std::uint8_t* octets) const { std::free(octets); }  // NOLINT: ldns uses malloc
};
using Packet = std::unique_ptr<ldns_pkt, Free>;
using OwnedRecord = std::unique_ptr<ldns_rr, Free>;
using Octets = std::unique_ptr<std::uint8_t, Free>;

constexpr std::size_t header_octets = 12;
constexpr std::size_t tcp_octets_max = std::numeric_limits<std::uint16_t>::max();
constexpr std::uint16_t udp_octets_min = 512;
constexpr std::uint16_t class_in = 1;
constexpr std::uint16_t class_any = 255;
// Zone transfers are for secondary servers: there are none.
constexpr std::uint16_t type_ixfr = 251;
constexpr std::uint16_t type_axfr = 252;

template <class Pointer>
Pointer made(Pointer pointer) {
    // ldns gives null where memory is out.
    FAKEMX_ASSERT(pointer != nullptr);
    return pointer;
}

std::uint8_t octet_at(std::string_view octets, std::size_t at) {
    return static_cast<std::uint8_t>(octets.at(at));
}

// --- From the wire.

std::optional<Name> name_of(const ldns_rdf* rdf) {
    const std::string_view wire{reinterpret_cast<const char*>(ldns_rdf_data(rdf)),
                                ldns_rdf_size(rdf)};
    std::vector<std::string> labels;
    for (std::size_t at = 0; at < wire.size() && wire[at] != 0;) {
        const std::size_t size = octet_at(wire, at);
        if (at + 1 + size > wire.size()) return std::nullopt;
        labels.emplace_back(wire.substr(at + 1, size));
        at += 1 + size;
    }
    return Name::of_labels(std::move(labels));
}

std::optional<Query> query_of(const ldns_pkt& packet) {
    const ldns_rr_list* questions = ldns_pkt_question(&packet);
    if (ldns_rr_list_rr_count(questions) != 1) return std::nullopt;
    const ldns_rr* question = ldns_rr_list_rr(questions, 0);
    auto name = name_of(ldns_rr_owner(question));
    if (!name) return std::nullopt;
    Query query{.id = ldns_pkt_id(&packet),
                .recursion_desired = ldns_pkt_rd(&packet),
                .name = std::move(*name),
                .type = static_cast<Type>(ldns_rr_get_type(question)),
                .class_number = static_cast<std::uint16_t>(ldns_rr_get_class(question)),
                .edns = std::nullopt};
    if (ldns_pkt_edns(&packet)) {
        query.edns = Edns{.udp_octets = std::max(ldns_pkt_edns_udp_size(&packet), udp_octets_min),
                          .dnssec_ok = ldns_pkt_edns_do(&packet)};
    }
    return query;
}

/// What the query is refused for; nothing: it may be answered.
std::optional<Rcode> fault_of(const ldns_pkt& packet, const Query& query) {
    if (query.edns && ldns_pkt_edns_version(&packet) != 0) return Rcode::bad_vers;
    const auto type = static_cast<std::uint16_t>(query.type);
    if (type == type_axfr || type == type_ixfr) return Rcode::refused;
    if (query.class_number != class_in && query.class_number != class_any) return Rcode::refused;
    return std::nullopt;
}

/// A header alone: RFC 1035 §4.1.1, with the id and the opcode of the query.
std::string header_only(std::string_view query, Rcode rcode) {
    std::string octets{query.substr(0, 2)};
    // QR, and of the query its opcode and RD.
    octets += static_cast<char>(0x80 | (octet_at(query, 2) & 0x79));
    octets += static_cast<char>(rcode);
    return octets + std::string(header_octets - octets.size(), '\0');
}

// --- To the wire.

ldns_rdf* rdf_of(ldns_rdf_type type, std::string_view octets) {
    return made(ldns_rdf_new_frm_data(type, octets.size(), octets.data()));
}

ldns_rdf* rdf_of(const Name& name) {
    std::string wire;
    for (const std::string& label : name.labels()) {
        wire += static_cast<char>(label.size());
        wire += label;
    }
    wire += '\0';
    return rdf_of(LDNS_RDF_TYPE_DNAME, wire);
}

ldns_rdf* number8(std::uint8_t number) {
    return made(ldns_native2rdf_int8(LDNS_RDF_TYPE_INT8, number));
}
ldns_rdf* number16(std::uint16_t number) {
    return made(ldns_native2rdf_int16(LDNS_RDF_TYPE_INT16, number));
}
ldns_rdf* number32(std::uint32_t number) {
    return made(ldns_native2rdf_int32(LDNS_RDF_TYPE_INT32, number));
}

ldns_rdf* rdf_of(const IpAddress& address) {
    const auto octets = address.octets();
    return rdf_of(address.is_v6() ? LDNS_RDF_TYPE_AAAA : LDNS_RDF_TYPE_A,
                  {reinterpret_cast<const char*>(octets.data()), octets.size()});
}

std::vector<ldns_rdf*> rdfs_of(const Data& data) {
    return std::visit(
        Overloaded{
            [](const IpAddress& address) { return std::vector{rdf_of(address)}; },
            [](const Name& target) { return std::vector{rdf_of(target)}; },
            [](const Exchange& exchange) {
                return std::vector{number16(exchange.preference), rdf_of(exchange.host)};
            },
            [](const Text& text) {
                std::vector<ldns_rdf*> strings;
                for (const std::string& string : text.strings) {
                    strings.push_back(
                        rdf_of(LDNS_RDF_TYPE_STR, static_cast<char>(string.size()) + string));
                }
                return strings;
            },
            [](const Soa& soa) {
                return std::vector{rdf_of(soa.primary),   rdf_of(soa.mailbox), number32(soa.serial),
                                   number32(soa.refresh), number32(soa.retry), number32(soa.expire),
                                   number32(soa.minimum)};
            },
            [](const Tlsa& tlsa) {
                return std::vector{number8(tlsa.usage), number8(tlsa.selector),
                                   number8(tlsa.matching), rdf_of(LDNS_RDF_TYPE_HEX, tlsa.octets)};
            },
        },
        data);
}

OwnedRecord record_of(const Record& record) {
    OwnedRecord made_record{made(ldns_rr_new())};
    ldns_rr_set_owner(made_record.get(), rdf_of(record.owner));
    ldns_rr_set_type(made_record.get(), static_cast<ldns_rr_type>(record.type));
    ldns_rr_set_class(made_record.get(), LDNS_RR_CLASS_IN);
    ldns_rr_set_ttl(made_record.get(), record.ttl);
    for (ldns_rdf* rdf : rdfs_of(record.data)) ldns_rr_push_rdf(made_record.get(), rdf);
    return made_record;
}

void push(ldns_pkt& packet, ldns_pkt_section section, const std::vector<Record>& records) {
    for (const Record& record : records) {
        OwnedRecord one = record_of(record);
        if (ldns_pkt_push_rr(&packet, section, one.get())) static_cast<void>(one.release());
    }
}

/// Without records.
Packet frame_of(const Query& query, const Answer& answer) {
    Packet packet{made(ldns_pkt_new())};
    ldns_pkt_set_id(packet.get(), query.id);
    ldns_pkt_set_qr(packet.get(), true);
    ldns_pkt_set_rd(packet.get(), query.recursion_desired);
    ldns_pkt_set_aa(packet.get(), answer.authoritative);
    const auto rcode = static_cast<std::uint16_t>(answer.rcode);
    ldns_pkt_set_rcode(packet.get(), static_cast<ldns_pkt_rcode>(rcode & 0xF));
    OwnedRecord question{made(ldns_rr_new())};
    ldns_rr_set_question(question.get(), true);
    ldns_rr_set_owner(question.get(), rdf_of(query.name));
    ldns_rr_set_type(question.get(), static_cast<ldns_rr_type>(query.type));
    ldns_rr_set_class(question.get(), static_cast<ldns_rr_class>(query.class_number));
    if (ldns_pkt_push_rr(packet.get(), LDNS_SECTION_QUESTION, question.get()))
        static_cast<void>(question.release());
    if (query.edns) {
        ldns_pkt_set_edns_udp_size(packet.get(), limits::dns_udp_octets_max);
        ldns_pkt_set_edns_extended_rcode(packet.get(), static_cast<std::uint8_t>(rcode >> 4));
        ldns_pkt_set_edns_do(packet.get(), query.edns->dnssec_ok);
    }
    return packet;
}

/// Nothing where it has more octets than a message can have.
std::optional<std::string> octets_of(const ldns_pkt& packet) {
    std::uint8_t* octets = nullptr;
    std::size_t size = 0;
    const ldns_status status = ldns_pkt2wire(&octets, &packet, &size);
    const Octets owner{octets};
    if (status != LDNS_STATUS_OK || size > tcp_octets_max) return std::nullopt;
    return std::string{reinterpret_cast<const char*>(octets), size};
}

}  // namespace

std::string_view name(Transport transport) {
    return transport == Transport::udp ? "udp" : "tcp";
}

std::variant<Query, BadQuery, NoQuery> read_query(std::string_view octets) {
    const bool is_response = octets.size() >= header_octets && (octet_at(octets, 2) & 0x80) != 0;
    if (octets.size() < header_octets || is_response) return NoQuery{};
    const bool is_standard = (octet_at(octets, 2) & 0x78) == 0;
    if (!is_standard) return BadQuery{header_only(octets, Rcode::not_imp), Rcode::not_imp, {}};
    const BadQuery unreadable{header_only(octets, Rcode::form_err), Rcode::form_err, {}};
    if (octets.size() > limits::dns_query_octets_max) return unreadable;
    ldns_pkt* parsed = nullptr;
    const ldns_status status =
        ldns_wire2pkt(&parsed, reinterpret_cast<const std::uint8_t*>(octets.data()), octets.size());
    const Packet packet{parsed};
    if (status != LDNS_STATUS_OK) return unreadable;
    auto query = query_of(*packet);
    if (!query) return unreadable;
    const auto fault = fault_of(*packet, *query);
    if (!fault) return std::move(*query);
    Written answer = write_answer(*query, {.rcode = *fault}, Transport::udp);
    return BadQuery{std::move(answer.octets), *fault, std::move(*query)};
}

Written write_answer(const Query& query, const Answer& answer, Transport transport) {
    const std::size_t octets_max =
        transport == Transport::tcp ? tcp_octets_max
        : query.edns                ? std::min(query.edns->udp_octets, limits::dns_udp_octets_max)
                                    : udp_octets_min;
    const bool is_cut = answer.truncated && transport == Transport::udp;
    for (const bool with_additional : {true, false}) {
        if (is_cut) break;
        const Packet packet = frame_of(query, answer);
        push(*packet, LDNS_SECTION_ANSWER, answer.answer);
        push(*packet, LDNS_SECTION_AUTHORITY, answer.authority);
        if (with_additional) push(*packet, LDNS_SECTION_ADDITIONAL, answer.additional);
        auto octets = octets_of(*packet);
        if (octets && octets->size() <= octets_max) return {std::move(*octets), false};
    }
    const Packet packet = frame_of(query, answer);
    ldns_pkt_set_tc(packet.get(), true);
    return {octets_of(*packet).value_or(""), true};
}

}  // namespace fakemx::dns
