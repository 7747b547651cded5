// The PROXY protocol, versions 1 and 2, as HAProxy's proxy-protocol.txt describes it: a header in front of everything
// else on a connection, by which a proxy says for whom it speaks. Knows its octets, not who may send it.
#pragma once

#include <cstddef>
#include <string_view>

#include "smtp/declaration.h"

namespace fakemx::smtp {

struct ProxyReading {
    enum class Progress : std::uint8_t {
        more,  ///< so far it may become a header
        done,
        bad,  ///< see `fault`
    };
    Progress progress = Progress::more;
    /// Of the header; of a bad one, those up to the octet that shows it. However the octets arrive, these
    /// are the same.
    std::size_t octets = 0;
    std::string_view fault;  ///< a sentence
    /// Without a client where the proxy speaks for itself (LOCAL, UNKNOWN, UNSPEC), or for a client that has no
    /// TCP connection.
    Declaration declaration;
};

/// Reads the header at the beginning of `octets`.
ProxyReading read_proxy_header(std::string_view octets);

}  // namespace fakemx::smtp
