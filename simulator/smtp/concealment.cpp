// Stand-ins, octet for octet.
#include "smtp/concealment.h"

#include <algorithm>

#include "core/assert.h"
#include "core/text.h"

namespace fakemx::smtp {

namespace {

// Of proofs as they are before base64.
constexpr char fitting = '+';
constexpr char unfitting = '-';
/// No octet of base64, of a verb that anybody knows, or of the "*" that cancels AUTH.
constexpr char filler = '!';
constexpr char eight_bit_filler = '\xFF';

char kind_of(char c) {
    if (c == '\r' || c == '\n' || c == '\0' || c == ' ' || c == '\t') return c;
    return is_ascii(c) ? filler : eight_bit_filler;
}

}  // namespace

std::string stand_in_for(std::string_view secret) {
    // A response of no octets tells nothing, and is told apart from others.
    if (trim(secret) == "=") return std::string{secret};
    std::string shape{secret};
    std::transform(shape.begin(), shape.end(), shape.begin(), kind_of);
    return shape;
}

std::size_t credentials_begin(std::string_view text) {
    constexpr std::string_view verb = "AUTH";
    for (std::size_t start = 0; start < text.size();) {
        const std::size_t end = std::min(text.find_first_of("\r\n", start), text.size() - 1) + 1;
        const std::string_view line = text.substr(start, end - start);
        const std::size_t begin = std::min(line.find_first_not_of(" \t"), line.size());
        const std::size_t behind = begin + verb.size();
        const bool auth = equal_ignoring_case(line.substr(begin, verb.size()), verb);
        const std::size_t mechanism = auth ? line.find_first_not_of(" \t\r\n", behind) : behind;
        if (mechanism != behind) {
            const std::size_t secret = mechanism == std::string_view::npos
                                           ? mechanism
                                           : line.find_first_of(" \t\r\n", mechanism);
            if (secret != std::string_view::npos) return start + secret;
            // Also behind a CR or LF alone, which is no end of a line: what follows belongs to the exchange.
            if (end != text.size()) return end;
        }
        start = end;
    }
    return std::string_view::npos;
}

std::string stand_in_for_line(std::string_view text) {
    const std::size_t begin = std::min(credentials_begin(text), text.size());
    return std::string{text.substr(0, begin)} + stand_in_for(text.substr(begin));
}

std::string stand_in_for_proof(Mechanism mechanism, std::string_view response,
                               std::string_view proof, bool fits) {
    auto decoded = decode_base64(response);
    if (!decoded || proof.empty()) return std::string{response};
    // "user=" user ^A "auth=Bearer " token ^A ^A
    const std::size_t behind = mechanism == Mechanism::xoauth2 ? 2 : 0;
    FAKEMX_ASSERT(decoded->size() >= proof.size() + behind);
    decoded->replace(decoded->size() - behind - proof.size(), proof.size(), proof.size(),
                     fits ? fitting : unfitting);
    return encode_base64(*decoded);
}

bool stand_in_fits(std::string_view proof) {
    return proof.front() == fitting;
}

}  // namespace fakemx::smtp
