// SPF (RFC 7208): may this client send for this domain? The function check_host() of §4, bounded as §4.6.4 asks for.
#pragma once

#include <string>
#include <string_view>

#include "core/ip_address.h"
#include "message/names.h"

namespace fakemx::message {

struct SpfIdentity {
    IpAddress client;
    std::string helo;
    std::string local_part;  ///< of the reverse path; empty for the null one
    std::string
        domain;  ///< of the reverse path; empty for the null one, whose domain is that of HELO (§2.4)

    bool operator==(const SpfIdentity&) const = default;
};

struct SpfResult {
    AuthResult result = AuthResult::none;
    std::string domain;       ///< that was checked
    std::string explanation;  ///< what decided it: "-all", "too many lookups"; for people
    std::uint32_t lookups = 0;
};

SpfResult check_spf(const Names& names, const SpfIdentity& identity);

}  // namespace fakemx::message
