// The service extensions (RFC 5321 §2.2) that this server speaks: their keywords, and the parameters that they
// add to MAIL and RCPT. Knows the grammar of each value, not what becomes of it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "smtp/command.h"

namespace fakemx::smtp {

enum class Extension : std::uint8_t {
    pipelining,             ///< RFC 2920
    size,                   ///< RFC 1870
    eight_bit_mime,         ///< RFC 6152
    enhanced_status_codes,  ///< RFC 2034
    starttls,               ///< RFC 3207; not offered again once TLS is on
    chunking,               ///< RFC 3030
    binary_mime,            ///< RFC 3030
    auth,                   ///< RFC 4954
    smtputf8,               ///< RFC 6531
    dsn,                    ///< RFC 3461
    deliverby,              ///< RFC 2852
    futurerelease,          ///< RFC 4865
    mt_priority,            ///< RFC 6710
    requiretls,             ///< RFC 8689; offered inside TLS only
    limits,                 ///< RFC 9422
};

inline constexpr std::array<std::string_view, 15> extension_keywords{
    "PIPELINING",  "SIZE",       "8BITMIME",   "ENHANCEDSTATUSCODES",
    "STARTTLS",    "CHUNKING",   "BINARYMIME", "AUTH",
    "SMTPUTF8",    "DSN",        "DELIVERBY",  "FUTURERELEASE",
    "MT-PRIORITY", "REQUIRETLS", "LIMITS"};

/// A line of the EHLO reply.
struct Offer {
    Extension extension = Extension::pipelining;
    /// As the client sees it, in the profile's letter case and with what follows the keyword. A SIZE without
    /// a number is completed with the host's limit.
    std::string line;

    bool operator==(const Offer&) const = default;
};

/// The extension that a line of an EHLO reply offers (RFC 5321 §4.1.1.1: ehlo-keyword first); "AUTH=PLAIN", an
/// older form, counts as well.
std::optional<Extension> extension_of(std::string_view line);

/// The extension that brings the verb; nothing for those of RFC 5321.
std::optional<Extension> extension_of(Verb verb);

/// Extensions as they stand in the table, by their keywords.
std::vector<Offer> offers(std::initializer_list<Extension> extensions);

enum class ParameterFault : std::uint8_t {
    none,
    unknown,    ///< of no extension that this server speaks, or not on this command
    bad_value,  ///< against the grammar of its RFC
};

struct ParameterReading {
    ParameterFault fault = ParameterFault::none;
    Extension extension = Extension::size;  ///< that the parameter belongs to, unless it is unknown
};

/// Reads one parameter of MAIL (or of RCPT).
ParameterReading read_parameter(Verb verb, const Parameter& parameter);

/// By how many octets the extension makes the longest line of a verb longer (RFC 5321 §4.5.3.1.4).
std::size_t added_line_octets(Extension extension, Verb verb);

/// xtext (RFC 3461 §4): printable, with "+" and two upper-case hex digits for everything else. Gives what it
/// stands for.
std::optional<std::string> decode_xtext(std::string_view text);

}  // namespace fakemx::smtp
