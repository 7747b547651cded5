// Resource records and the answers that are made of them, as values. How they look on the wire is for message.h.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/ip_address.h"
#include "core/time.h"
#include "dns/name.h"

namespace fakemx::dns {

/// Types of RFC 1035 §3.2.2, 3596, 6698. A query may ask for any other number as well.
enum class Type : std::uint16_t {
    a = 1,
    ns = 2,
    cname = 5,
    soa = 6,
    ptr = 12,
    mx = 15,
    txt = 16,
    aaaa = 28,
    tlsa = 52,
    any = 255,
};

/// "MX"; "TYPE65" for a number without a name here (RFC 3597 §5).
std::string type_text(Type type);

struct Exchange {
    std::uint16_t preference = 0;
    Name host;  ///< the root, with preference 0 and alone: no mail is taken (RFC 7505)
    bool operator==(const Exchange&) const = default;
};
struct Text {
    std::vector<std::string> strings;  ///< of up to 255 octets each
    bool operator==(const Text&) const = default;
};
struct Soa {
    Name primary, mailbox;
    std::uint32_t serial = 1;
    /// In seconds. `minimum` is how long a missing name may be remembered (RFC 2308 §4).
    std::uint32_t refresh = 3600, retry = 600, expire = 86400, minimum = 3600;
    bool operator==(const Soa&) const = default;
};
/// RFC 6698 §2.1.
struct Tlsa {
    std::uint8_t usage = 3, selector = 1, matching = 1;
    std::string octets;
    bool operator==(const Tlsa&) const = default;
};

/// An address for A and AAAA, a name for CNAME, PTR and NS.
using Data = std::variant<IpAddress, Name, Exchange, Text, Soa, Tlsa>;

struct Record {
    Name owner;
    Type type = Type::a;
    std::uint32_t ttl = 0;  ///< seconds
    Data data;
    bool operator==(const Record&) const = default;
};

/// The type and the data as zone files have them, names in lower case and without the last dot: "MX 10 mx1.example".
std::string text(const Record& record);

/// RFC 1035 §4.1.1, RFC 6891 §9. The numbers are those of the wire.
enum class Rcode : std::uint16_t {
    no_error = 0,
    form_err = 1,
    serv_fail = 2,
    nx_domain = 3,
    not_imp = 4,
    refused = 5,
    bad_vers = 16,
};

/// "NOERROR", "NXDOMAIN", …
std::string_view name(Rcode rcode);

/// What goes back for a question.
struct Answer {
    Rcode rcode = Rcode::no_error;
    bool authoritative = false;
    /// Over UDP the records are left out, and TC says that they are to be had over TCP.
    bool truncated = false;
    std::vector<Record> answer;
    std::vector<Record> authority;
    std::vector<Record> additional;
    bool operator==(const Answer&) const = default;
};

}  // namespace fakemx::dns
