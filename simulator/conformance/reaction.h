// What a client does behind a reply, as far as its next step shows: what several chapters judge a reply's effect by.
#pragma once

#include <cstdint>

#include "conformance/dialogue.h"

namespace fakemx::conformance {

enum class Reaction : std::uint8_t { went_on, gave_up, unclear };

Reaction reaction_to(const Dialogue& dialogue, const Exchange& exchange);

/// RCPT was answered with 251 and an internationalized path, in a transaction with SMTPUTF8 (RFC 6531 §3.7.4.1).
bool names_international_path(const Dialogue& dialogue, const Exchange& exchange);

}  // namespace fakemx::conformance
