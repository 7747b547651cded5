// What the protocol knows of TLS (RFC 3207, RFC 8314): that a connection is to be encrypted, and what came of
// it. How that is done belongs to whoever owns the socket.
#pragma once

#include <string>

namespace fakemx::smtp {

/// What a handshake has settled, and what it told about the client.
struct TlsFacts {
    std::string version;         ///< "TLSv1.3"
    std::string cipher;          ///< as IANA names it: "TLS_AES_256_GCM_SHA384"
    std::string server_name;     ///< SNI as the client sent it (RFC 6066 §3); empty without
    std::string client_subject;  ///< of the client's certificate; empty without
    bool resumed = false;        ///< an earlier session was taken up again

    bool operator==(const TlsFacts&) const = default;
};

}  // namespace fakemx::smtp
