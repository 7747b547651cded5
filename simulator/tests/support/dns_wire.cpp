// Written without the code under test; read by ldns.
#include "support/dns_wire.h"

#include <algorithm>
#include <cstdlib>
#include <ldns/ldns.h>

#include <fmt/format.h>

namespace fakemx::test {

namespace {

void put16(std::string& out, unsigned number) {
    out += static_cast<char>(number >> 8 & 0xFF);
    out += static_cast<char>(number & 0xFF);
}

std::string lines_of(char section, const ldns_rr_list* records) {
    std::string lines;
    for (std::size_t i = 0; i < ldns_rr_list_rr_count(records); ++i) {
        char* text = ldns_rr2str(ldns_rr_list_rr(records, i));
        std::string line{text};
        std::free(text);  // NOLINT: ldns uses malloc
        std::replace(line.begin(), line.end(), '\t', ' ');
        lines += fmt::format("{} {}", section, line);
    }
    return lines;
}

}  // namespace

std::string octets_of(const WireQuery& query) {
    std::string out;
    put16(out, query.id);
    put16(out, query.flags);
    for (const unsigned count : {1U, 0U, 0U, query.edns_octets ? 1U : 0U}) put16(out, count);
    std::string_view rest = query.name;
    while (!rest.empty() && rest != ".") {
        const std::string_view label = rest.substr(0, rest.find('.'));
        out += static_cast<char>(label.size());
        out += label;
        rest.remove_prefix(std::min(rest.size(), label.size() + 1));
    }
    out += '\0';
    put16(out, static_cast<unsigned>(query.type));
    put16(out, query.class_number);
    if (!query.edns_octets) return out;
    out += '\0';
    put16(out, 41);
    put16(out, *query.edns_octets);
    put16(out, query.edns_version);
    put16(out, 0);
    put16(out, 0);
    return out;
}

std::string answer_text(std::string_view octets) {
    ldns_pkt* packet = nullptr;
    const ldns_status status =
        ldns_wire2pkt(&packet, reinterpret_cast<const std::uint8_t*>(octets.data()), octets.size());
    if (status != LDNS_STATUS_OK) return ldns_get_errorstr_by_id(status);
    char* rcode = ldns_pkt_rcode2str(ldns_pkt_get_rcode(packet));
    std::string text = fmt::format(
        "{}{}{}{}{}\n", rcode, ldns_pkt_qr(packet) ? " qr" : "", ldns_pkt_aa(packet) ? " aa" : "",
        ldns_pkt_tc(packet) ? " tc" : "", ldns_pkt_rd(packet) ? " rd" : "");
    std::free(rcode);  // NOLINT: ldns uses malloc
    text += lines_of('?', ldns_pkt_question(packet));
    text += lines_of('=', ldns_pkt_answer(packet));
    text += lines_of('-', ldns_pkt_authority(packet));
    text += lines_of('+', ldns_pkt_additional(packet));
    if (ldns_pkt_edns(packet)) text += fmt::format("edns {}\n", ldns_pkt_edns_udp_size(packet));
    ldns_pkt_free(packet);
    return text;
}

}  // namespace fakemx::test
