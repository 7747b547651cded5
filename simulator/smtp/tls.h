// What the protocol knows of TLS (RFC 3207, RFC 8314): that a connection is to be encrypted, and what came of
// it. How that is done belongs to whoever owns the socket.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace fakemx::smtp {

/// Of a TLS handshake that failed: what came was SMTP and no ClientHello.
inline constexpr std::string_view spoke_in_the_clear = "no TLS: the client spoke in the clear";

/// What a client says that it can do (RFC 8446 §4.1.2), before anything is chosen.
struct ClientHello {
    std::string versions;      ///< in its order: "TLSv1.3 TLSv1.2"; empty: nothing is known
    std::uint32_t suites = 0;  ///< cipher suites
    std::uint32_t anonymous_suites = 0;  ///< of them, those without a certificate
    std::uint32_t modern_suites =
        0;  ///< with forward secrecy and authenticated encryption (RFC 9325 §4.2)

    bool operator==(const ClientHello&) const = default;
};

/// What a handshake has settled, and what it told about the client.
struct TlsFacts {
    std::string version;         ///< "TLSv1.3"
    std::string cipher;          ///< as IANA names it: "TLS_AES_256_GCM_SHA384"
    std::string server_name;     ///< SNI as the client sent it (RFC 6066 §3); empty without
    std::string client_subject;  ///< of the client's certificate; empty without
    bool resumed = false;        ///< an earlier session was taken up again
    ClientHello hello{};
    /// What is wrong with the certificate that was shown, as profiles name it: "expired"; empty: nothing.
    std::string certificate{};

    bool operator==(const TlsFacts&) const = default;
};

}  // namespace fakemx::smtp
