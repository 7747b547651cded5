// Reverse and forward paths (RFC 5321 §4.1.2) and what they are made of. The parser never guesses:
// what does not fit the grammar is an error, with its reason.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/result.h"

namespace fakemx::smtp {

/// Why a piece of a command is not what RFC 5321 §4.1.2 allows.
enum class PathError : std::uint8_t {
    no_angle_bracket,  ///< the path does not begin with "<" or never ends
    bad_source_route,
    bad_local_part,
    bad_domain,
    bad_address_literal,
    local_part_too_long,
    domain_too_long,
    path_too_long,
    empty,  ///< "<>" where a mailbox is needed
};

std::string_view describe(PathError error);

/// A mailbox, or the null reverse path, or "<Postmaster>" without a domain.
struct Path {
    std::string local_part;  ///< as written, with the quotes of a quoted string
    std::string domain;  ///< as written: a domain or an address literal in brackets; may be empty

    bool operator==(const Path&) const = default;

    bool null() const { return local_part.empty() && domain.empty(); }
    /// "local@domain", "Postmaster", or "" for the null path. Source routes are not kept: RFC 5321
    /// §4.1.1.3 tells a receiver to ignore them.
    std::string address() const;
    bool ascii() const;
};

struct ParsedPath {
    Path path;
    std::size_t octets = 0;  ///< length of the path in the input, angle brackets included
};

/// Reads "<" [source-route ":"] mailbox ">" at the start of `text`; "<>" gives the null path.
/// `utf8`: with the characters that RFC 6531 §3.3 adds; the text must be valid UTF-8 then.
Result<ParsedPath, PathError> parse_path(std::string_view text, bool utf8 = false);

/// Domain of RFC 5321 §4.1.2: labels of letters, digits and inner hyphens, joined by dots.
bool is_domain(std::string_view text, bool utf8 = false);

/// "[192.0.2.1]" or "[IPv6:2001:db8::1]" (RFC 5321 §4.1.3).
bool is_address_literal(std::string_view text);

}  // namespace fakemx::smtp
