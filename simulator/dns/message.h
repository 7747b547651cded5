// Messages of the domain name system (RFC 1035 §4, EDNS: RFC 6891) as octets: what a query asks for, and how an answer
// looks. The only user of ldns. It must not know what the answer is, nor where octets come from.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "dns/record.h"

namespace fakemx::dns {

enum class Transport : std::uint8_t { udp, tcp };

std::string_view name(Transport transport);

struct Edns {
    std::uint16_t udp_octets = 512;  ///< that the client takes
    bool dnssec_ok = false;          ///< comes back as it came (RFC 3225 §3)
    bool operator==(const Edns&) const = default;
};

/// A query with one question.
struct Query {
    std::uint16_t id = 0;
    bool recursion_desired = false;
    Name name;  ///< in the case in which it came
    Type type = Type::a;
    std::uint16_t class_number = 1;
    std::optional<Edns> edns;
    bool operator==(const Query&) const = default;
};

/// Something that gets an answer without anybody being asked.
struct BadQuery {
    std::string answer;  ///< octets
    Rcode rcode = Rcode::form_err;
    std::optional<Query> query;  ///< where its question could be read
};

/// No query at all: nothing is said to it, or two servers could talk to each other for ever.
struct NoQuery {};

/// At most limits::dns_query_octets_max are looked at; longer ones are bad.
std::variant<Query, BadQuery, NoQuery> read_query(std::string_view octets);

struct Written {
    std::string octets;
    bool truncated = false;  ///< TC is set, and no records are in it
};

/// Over UDP it has as many octets as the client takes: what is said beside the answer is left out first, then all of it,
/// with TC. Over TCP it has up to 65,535.
Written write_answer(const Query& query, const Answer& answer, Transport transport);

}  // namespace fakemx::dns
