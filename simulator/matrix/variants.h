// From one message as it is sent to the five variants of it. What a variant leaves out is cut out of the octets, so that everything
// else (encodings, boundaries, the order of parts, what is broken) stays as it was. It sends nothing and reads no file.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "matrix/tracking.h"
#include "matrix/variant.h"

namespace fakemx::matrix {

/// One variant, or why there is none.
struct Made {
    std::string why_not;            ///< empty where it was made
    std::vector<std::string> done;  ///< to the message, in words
    std::string head;               ///< header fields in front of Message-ID
    std::string rest;               ///< what follows it: more fields, the empty line, the body

    bool made() const { return why_not.empty(); }
};

struct Kit {
    std::array<Made, variants.size()> made;
    std::vector<std::string> done;  ///< to every variant
    std::string subject;            ///< decoded
    std::string from_domain;        ///< of the header field From
    std::string digest;             ///< of the message
    TrackingCount tracking;
    std::uint64_t octets = 0;  ///< of the message, with lines that end in CRLF
    bool was_signed = false;   ///< it had a DKIM signature, which no variant has

    const Made& operator[](Variant variant) const { return made.at(index(variant)); }
};

/// What is wrong with a message that has no variants, in words.
struct NoVariants {
    std::string message;
};

/// `message`: header and body, with lines that end in CRLF or LF. A variant that would be the same as the one before it is not made.
Result<Kit, NoVariants> make_variants(std::string_view message);

/// A variant as it is sent. `copy` counts from 1, and is part of its Message-ID with `tag`, which tells one run from another.
std::string copy_of(const Kit& kit, Variant variant, std::uint32_t copy, std::string_view tag);

/// As it goes behind DATA (RFC 5321 §4.5.2), without the final dot.
std::string dot_stuffed(std::string_view message);

/// Which variant a message is: by X-Fakemx-Variant, or else by what is in it.
struct Recognised {
    Variant variant = Variant::a;
    bool by_field = false;
};

/// `content` may be cut off.
Recognised recognise(std::string_view content);

}  // namespace fakemx::matrix
