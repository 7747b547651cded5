// Queries as octets, written by hand, and answers as text.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "dns/message.h"

namespace fakemx::test {

struct WireQuery {
    std::string name;
    dns::Type type = dns::Type::a;
    std::uint16_t id = 0x1234;
    std::uint16_t flags = 0x0100;  ///< RD
    std::uint16_t class_number = 1;
    std::optional<std::uint16_t> edns_octets{};
    std::uint8_t edns_version = 0;
};

/// RFC 1035 §4.1, with an OPT record of RFC 6891 §6.1 where it has EDNS.
std::string octets_of(const WireQuery& query);

/// As ldns reads and writes it: "NOERROR qr aa rd", then a line for each record with the letter of its section:
/// "= 163.com. 3600 IN MX 10 mx1.netease.com.". EDNS is a line "edns 4096".
std::string answer_text(std::string_view octets);

}  // namespace fakemx::test
