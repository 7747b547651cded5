// Holds a message that arrived against the one that the sender was given: whether they are the same, and if not, what kind of
// mistake explains it. Knows texts, and neither sessions nor rules.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace fakemx::conformance {

struct Copy;

/// What became of a body on its way: the most particular thing that explains all of the difference.
enum class BodyChange : std::uint8_t {
    none,
    dots,         ///< lines have a dot too many or too few before them
    empty_lines,  ///< empty lines at the end, too many or too few
    last_line,    ///< one without an end came in part, not at all, or with a dot
    cut,          ///< the end is missing
    mended,   ///< what SMTP cannot carry is gone: control characters, lines of more than 998 octets
    recoded,  ///< another transfer encoding, and what it says is another thing, too
    other,
};

/// Sets what `copy` has of both. `whole`: `arrived` is all of it; otherwise only its header section is looked at. Line ends (CR, LF,
/// CRLF) are the same, and so is whether the last line has one; so are bodies in other transfer encodings that say the same (RFC 6152
/// §3 has senders do so).
void compare(std::string_view given, std::string_view arrived, bool whole, Copy& copy);

}  // namespace fakemx::conformance
