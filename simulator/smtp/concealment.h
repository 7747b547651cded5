// Secrets among the octets of a client, and what is kept in their place by whoever keeps the octets: others,
// as many, that lead a session to the same effects. It must not know who keeps them.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "smtp/auth.h"

namespace fakemx::smtp {

/// Octets of a client that nobody may keep.
struct Concealed {
    std::size_t behind;  ///< octets that came behind them, up to the last one that was received
    std::size_t octets;  ///< how many they are
    std::string
        stand_in;  ///< kept in the place of the first of them; the others become stand_in_for()
};

/// As many octets, of which nothing but their kind is known: CR, LF, NUL, blank, tab, over 127, or another one.
std::string stand_in_for(std::string_view secret);

/// Where in `text` a password may begin (see without_credentials); npos: nowhere.
std::size_t credentials_begin(std::string_view text);

/// `text`, without the credentials in it.
std::string stand_in_for_line(std::string_view text);

/// For a client's response in base64 that ends with this proof, or has it where the mechanism puts it: the same
/// response with another proof, of which only stand_in_fits() can be told.
std::string stand_in_for_proof(Mechanism mechanism, std::string_view response,
                               std::string_view proof, bool fits);

/// What a proof that came from stand_in_for_proof() was found to be. An empty proof has no stand-in: nothing.
bool stand_in_fits(std::string_view proof);

}  // namespace fakemx::smtp
