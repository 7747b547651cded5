// The domain name system as far as senders are judged by it: who looks a name up is told at once. Whose names these are (a profile's
// zones, a test's table) is not known here, and nobody is asked over a network.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/ip_address.h"

namespace fakemx::message {

enum class RecordType : std::uint8_t { a, aaaa, mx, txt, ptr };

struct LookUp {
    enum class Status : std::uint8_t {
        found,    ///< at least one value
        no_data,  ///< the name is there, and has nothing of this type
        no_name,  ///< NXDOMAIN
        failed,   ///< SERVFAIL, or no answer
    };
    Status status = Status::no_name;
    /// Addresses as text; of MX the hosts by preference; of TXT the strings of each record joined; of PTR names. Names without their
    /// last dot.
    std::vector<std::string> values{};
};

class Names {
public:
    virtual ~Names() = default;
    virtual LookUp look_up(std::string_view name, RecordType type) const = 0;
    /// Whether anything is known of what is called so, be it that it is not there. Of other names nothing can be concluded.
    virtual bool knows(std::string_view) const { return true; }
};

/// What a check of a sender comes to: the words of RFC 8601 §2.7.
enum class AuthResult : std::uint8_t { none, neutral, pass, fail, softfail, temperror, permerror };

std::string_view name(AuthResult result);

/// Where the PTR records of an address stand (RFC 1035 §3.5, RFC 3596 §2.5).
std::string reverse_name(const IpAddress& address);

}  // namespace fakemx::message
