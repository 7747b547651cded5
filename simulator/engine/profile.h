// What a profile declares, without its hooks: who it is, the hosts it plays, the parameters it takes.
// Whoever loads a profile (script) fills this in; the engine reads it. How a user writes it is settled
// in docs/reference/lua.md.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/time.h"
#include "dns/zones.h"
#include "smtp/host.h"

namespace fakemx::engine {

/// A ratio such as 1/20: chance takes integers, so that it repeats on every machine.
struct Ratio {
    std::int64_t numerator = 0;
    std::int64_t denominator = 1;

    bool operator==(const Ratio&) const = default;
};

using ParameterValue = std::variant<bool, std::int64_t, Duration, Ratio, std::string>;

struct ProfileParameter {
    std::string name;
    std::string summary;
    ParameterValue value;  ///< the default, or what the user set instead
};

/// How the certificate of a host relates to what a client should expect. "valid" chains to the CA of this run
/// and names the host.
enum class Certificate : std::uint8_t {
    valid,
    expired,
    not_yet_valid,
    wrong_host,
    self_signed,
    unknown_ca,            ///< of a CA that nobody is told of
    weak_key,              ///< RSA with 1024 bits
    weak_hash,             ///< signed with SHA-1
    missing_intermediate,  ///< the chain has a gap
};

inline constexpr std::array<std::string_view, 9> certificate_names{
    "valid",      "expired",  "not_yet_valid", "wrong_host",          "self_signed",
    "unknown_ca", "weak_key", "weak_hash",     "missing_intermediate"};

enum class TlsVersion : std::uint8_t { tls_1_0, tls_1_1, tls_1_2, tls_1_3 };

inline constexpr std::array<std::string_view, 4> tls_version_names{"TLSv1", "TLSv1.1", "TLSv1.2",
                                                                   "TLSv1.3"};

/// What a host is like as a TLS server.
struct TlsOptions {
    Certificate certificate = Certificate::valid;
    TlsVersion oldest = TlsVersion::tls_1_2;
    TlsVersion newest = TlsVersion::tls_1_3;
    std::string ciphers;  ///< in OpenSSL's notation, TLS 1.2 and older; empty: its default
    bool ask_client_certificate = false;  ///< RFC 8446 §4.3.2; none, or any, is taken

    bool operator==(const TlsOptions&) const = default;
};

/// What becomes of a client that connects.
enum class Connections : std::uint8_t {
    accept,
    refuse,  ///< nobody listens: TCP RST to its SYN
    ignore,  ///< the kernel takes it, and nobody ever speaks to it
    full,    ///< the queue is full: its SYN is dropped
};

inline constexpr std::array<std::string_view, 4> connections_names{"accept", "refuse", "ignore",
                                                                   "full"};

struct HostProfile {
    smtp::HostOptions options;
    TlsOptions tls;
    std::string address;  ///< listens here; empty: wherever the server is told to
    Connections connections = Connections::accept;
    std::uint32_t receive_window =
        0;  ///< octets that a client may send ahead; 0: as the system does it
};

struct Profile {
    std::string name;  ///< file name without directory and ending
    std::string summary;
    std::vector<ProfileParameter> parameters;  ///< in order of name
    std::vector<HostProfile> hosts;            ///< at least one
    /// The header field that names the template which a message was made from.
    std::string template_header = "X-Template-ID";
    std::map<dns::Name, dns::Node> names;  ///< as declared; see name_zones.h for the rest
};

}  // namespace fakemx::engine
