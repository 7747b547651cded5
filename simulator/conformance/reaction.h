// What a client does behind a reply, as far as its next step shows: what several chapters judge a reply's effect by.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include <fmt/format.h>

#include "conformance/dialogue.h"
#include "conformance/grammar.h"
#include "conformance/hearing.h"

namespace fakemx::conformance {

enum class Reaction : std::uint8_t { went_on, gave_up, unclear };

Reaction reaction_to(const Dialogue& d, const Exchange& exchange);

/// RCPT was answered with 251 and an internationalized path, in a transaction with SMTPUTF8 (RFC 6531 §3.7.4.1).
bool names_international_path(const Dialogue& dialogue, const Exchange& exchange);

/// Whether going on is right, by the reply's first digit; nothing where both are.
std::optional<bool> should_go_on(const Dialogue& d, const Exchange& exchange, const Reply& reply);

/// Of the longest line of a reply, with its code and CRLF.
std::size_t longest_line(std::string_view text);

/// Judges each reply to a command that has this form by whether the client went on where it should.
template <class Form>
void each_form(const Dialogue& d, Hearing& h, std::string_view what, const Form& has_form) {
    for (const Exchange& exchange : d.exchanges) {
        const Reply* reply = exchange.last_reply();
        if (reply == nullptr || reply->lost || reply->silent) continue;
        const Reaction reaction = reaction_to(d, exchange);
        if (reaction == Reaction::unclear || !has_form(*reply)) continue;
        const auto wanted = should_go_on(d, exchange, *reply);
        if (!wanted) continue;
        const Exchange* next = d.next(exchange);
        const Exchange& place = next != nullptr ? *next : exchange;
        if (*wanted == (reaction == Reaction::went_on)) {
            h.kept();
        } else if (reaction == Reaction::went_on) {
            h.broken(d, place,
                     fmt::format("went on behind {} to {}", what, verb_of(exchange.line)));
        } else {
            // A client may have had nothing to send.
            h.suspected(d, place,
                        fmt::format("gave up behind {} to {}", what, verb_of(exchange.line)));
        }
    }
}

}  // namespace fakemx::conformance
