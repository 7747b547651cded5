// The certificates of a run: a CA and an intermediate that live in memory and are gone when it ends, and
// what they issue for the hosts of a profile, right or wrong in the way that is asked for. It must not
// know connections, nor read a clock.
#pragma once

#include <string>
#include <vector>

#include "core/time.h"
#include "engine/profile.h"
#include "net/openssl.h"

namespace fakemx::net {

/// What a server shows, and the key to it.
struct Identity {
    Owned<EVP_PKEY> key;
    Owned<X509> certificate;
    std::vector<Owned<X509>> chain;  ///< behind the certificate; never the root
};

/// Whom a certificate is for.
struct Subject {
    std::string host;
    std::vector<std::string> addresses;  ///< IP addresses besides those of the loopback interface
};

enum class KeyKind : std::uint8_t {
    elliptic,  ///< EC, P-256: takes a tenth of a millisecond to make
    rsa,       ///< 2048 bits: takes tens of milliseconds
};

class CertificateAuthority {
public:
    /// `wall` is the time of the wall clock, which clients compare with. Throws std::runtime_error where
    /// OpenSSL fails.
    explicit CertificateAuthority(Instant wall);

    /// A certificate for the host, its addresses, localhost, 127.0.0.1 and ::1. The weak key is always
    /// one of RSA. Throws std::runtime_error where OpenSSL fails.
    Identity issue(engine::Certificate kind, const Subject& subject,
                   KeyKind key = KeyKind::elliptic);

    /// The root, for clients to trust.
    std::string root_pem() const;

private:
    struct Issuer {
        Owned<EVP_PKEY> key;
        Owned<X509> certificate;
    };
    /// A root and, under it, an intermediate.
    struct Hierarchy {
        Issuer root, intermediate;
    };
    Hierarchy make_hierarchy(const std::string& name) const;

    Instant wall_;
    Hierarchy known_;
};

}  // namespace fakemx::net
