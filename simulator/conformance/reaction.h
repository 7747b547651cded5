// What a client does behind a reply, as far as its next step shows: what several chapters judge a reply's effect by.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "conformance/dialogue.h"
#include "conformance/grammar.h"
#include "conformance/hearing.h"

namespace fakemx::conformance {

/// The commands up to the first one that got one reply too many, or none while others followed. From there on a client may take
/// each reply for that to another command, through no fault of its own; reply-extra speaks of it.
std::span<const Exchange> in_step(const Dialogue& d);
bool is_in_step(const Dialogue& d, const Exchange& exchange);

/// The session was over before this reply left: nobody has seen it.
bool came_too_late(const Dialogue& d, const Reply& reply);

/// Whether the reply to a command can have been read before a later one was sent.
enum class Read : std::uint8_t {
    no,       ///< it was on its way, or may have been: this client sends commands in groups
    perhaps,  ///< it might have been, of a client that does so and has not shown it
    yes,
};
Read read_before(const Dialogue& d, const Exchange& exchange, const Exchange& later);

/// The first command behind this one for which its reply may have been read; null without one.
const Exchange* next_informed(const Dialogue& d, const Exchange& exchange);

/// Judges a client by a command behind `exchange`: what may have been on its way when the reply left proves nothing.
void hear_step(const Dialogue& d, Hearing& h, bool is_kept, const Exchange& exchange,
               const Exchange& later, std::string what);

/// QUIT or RSET that was there before the reply to `exchange`, or to the message behind it, although that was held back for long: the
/// client has not waited for it. It is read with the reply; when it was said is not told. Null where there is none, or it is one of a group.
const Exchange* tired_of_waiting(const Dialogue& d, const Exchange& exchange,
                                 const Thresholds& thresholds);

enum class Reaction : std::uint8_t { went_on, gave_up, unclear };

/// By the next step alone.
Reaction reaction_to(const Dialogue& d, const Exchange& exchange);
/// The same; but who goes on behind MAIL or RCPT and gives the transaction up without another reason, before the message, has
/// not taken the reply for what it is.
Reaction reaction_in_the_end(const Dialogue& d, const Exchange& exchange);

/// RCPT was answered with 251 and an internationalized path, in a transaction with SMTPUTF8 (RFC 6531 §3.7.4.1).
bool names_international_path(const Dialogue& dialogue, const Exchange& exchange);

/// Whether going on is right, by the reply's first digit; nothing where both are.
std::optional<bool> should_go_on(const Dialogue& d, const Exchange& exchange, const Reply& reply);

/// Of the longest line of a reply, with its code and CRLF.
std::size_t longest_line(std::string_view text);

/// Judges each reply to a command that has this form by whether the client went on where it should. Who gives up where it should
/// does what one would do that takes the form for a failure: that shows nothing.
template <class Form>
void each_form(const Dialogue& d, Hearing& h, std::string_view what, const Form& has_form) {
    for (const Exchange& exchange : in_step(d)) {
        const Reply* reply = exchange.last_reply();
        if (reply == nullptr || reply->lost || reply->silent || !has_form(*reply)) continue;
        const auto wanted = should_go_on(d, exchange, *reply);
        const Reaction reaction = reaction_in_the_end(d, exchange);
        if (reaction == Reaction::unclear || !wanted) continue;
        const Exchange* next = d.next(exchange);
        const Exchange& place = next != nullptr ? *next : exchange;
        if (reaction == Reaction::went_on) {
            hear_step(d, h, *wanted, exchange, place,
                      fmt::format("went on behind {} to {}", what, verb_of(exchange.line)));
        } else if (*wanted) {
            // A client may have had nothing to send.
            h.suspected(d, place,
                        fmt::format("gave up behind {} to {}", what, verb_of(exchange.line)));
        }
    }
}

}  // namespace fakemx::conformance
