// What a trusted peer says about the client that it speaks for, in a PROXY header or with XCLIENT; and how far a
// peer is trusted.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace fakemx::smtp {

/// A text that is empty, and a port that is not there: nothing was said of it, or it is not known.
struct Declaration {
    enum class By : std::uint8_t { xclient, proxy_v1, proxy_v2 };
    By by = By::xclient;
    std::string peer;    ///< IP address of whoever said it
    std::string client;  ///< IP address, or unknown_client; empty: the peer speaks for itself
    std::optional<std::uint16_t> port;
    std::string local;  ///< the address that the client connected to
    std::optional<std::uint16_t> local_port;
    std::string name;    ///< host name of the client
    std::string helo;    ///< what the client has said in EHLO or HELO
    bool esmtp = false;  ///< it was EHLO
    std::string login;   ///< whom an AUTH has shown

    bool operator==(const Declaration&) const = default;
};

/// The address of a client that has none that anybody knows, as Postfix names it.
inline constexpr std::string_view unknown_client = "unknown";

inline constexpr std::array<std::string_view, 3> declaration_names{"xclient", "proxy_v1",
                                                                   "proxy_v2"};

constexpr std::string_view name(Declaration::By by) {
    return declaration_names.at(static_cast<std::size_t>(by));
}

/// What is taken from the peer of a connection. Settled when it connects, by the address it really has.
struct PeerTrust {
    enum class Xclient : std::uint8_t {
        unspoken,  ///< the verb is not known
        refused,   ///< to others it is: 550
        taken,     ///< offered by EHLO
    };
    Xclient xclient = Xclient::unspoken;
    bool proxy = false;  ///< the connection begins with a PROXY header
};

}  // namespace fakemx::smtp
