// RFC 5321 §4.2, RFC 2920 §3: how replies travel, and replies that are none by the book.
#include <algorithm>

#include <fmt/format.h>

#include "conformance/chapters.h"
#include "conformance/hearing.h"
#include "conformance/limits.h"
#include "conformance/reaction.h"
#include "core/limits.h"

namespace fakemx::conformance {

namespace {

using smtp::Verb;

void reply_split(const Dialogue& d, Hearing& h) {
    each_form(d, h, "a reply in pieces", [](const Reply& reply) { return reply.in_pieces; });
}

void reply_coalesced(const Dialogue& d, Hearing& h) {
    for (const Exchange& exchange : d.exchanges) {
        const Exchange* before = d.previous(exchange);
        const Reply* reply = exchange.reply();
        if (exchange.verb != Verb::data || !exchange.pipelined || before == nullptr ||
            before->reply() == nullptr || reply == nullptr || reply->code != 354)
            continue;
        // Decided at one instant they leave together.
        if (before->reply()->leaves() != reply->leaves() || reply->in_pieces) continue;
        // Behind that there are other reasons to go.
        if (reply->pause != Duration::zero()) continue;
        if (exchange.message) {
            h.kept();
        } else if (d.ended_by_client()) {
            h.suspected(d, exchange, "gave up behind replies that came together");
        }
    }
}

/// What comes of a form that a client need not take, as long as it does something.
template <class Form>
void judge_survival(const Dialogue& d, Hearing& h, std::string_view what, const Form& has_form) {
    for (const Exchange& exchange : d.exchanges) {
        // Behind it there may be the 421 of a receiver that has waited enough.
        const Reply* reply = exchange.reply();
        if (reply == nullptr || reply->lost || reply->silent || !has_form(*reply)) continue;
        const bool waited = d.next(exchange) == nullptr && d.ended && !d.ended_by_client() &&
                            d.ended_at - reply->leaves() >= h.thresholds().hang_min;
        if (waited) {
            h.broken(d, exchange,
                     fmt::format("still waiting {} behind {}",
                                 format_duration(d.ended_at - reply->leaves()), what));
            continue;
        }
        const Reaction reaction = reaction_to(d, exchange);
        if (reaction == Reaction::unclear) continue;
        const bool blind = reaction == Reaction::went_on &&
                           should_go_on(d, exchange, *reply) == std::optional{false};
        h.kept_if(!blind, d, exchange, "took {} for success", what);
    }
}

void reply_overlong(const Dialogue& d, Hearing& h) {
    judge_survival(d, h, "a line of more than 512 octets",
                   [](const Reply& reply) { return longest_line(reply.text) > 512; });
}

void reply_bare_lf(const Dialogue& d, Hearing& h) {
    judge_survival(d, h, "a line that ends with LF alone",
                   [](const Reply& reply) { return reply.form.bare_lf; });
}

/// Whether the client still knows which reply belongs to which command behind this one. Who has lost count takes an earlier
/// reply for that to DATA, and what it says then is read as a message.
void judge_step(const Dialogue& d, Hearing& h, const Exchange& exchange, std::string_view what) {
    for (const Exchange* one = d.next(exchange); one != nullptr; one = d.next(*one)) {
        const Reply* reply = one->reply();
        if (one->verb != Verb::data || reply == nullptr || reply->code != 354 || one->message)
            continue;
        // It may have been stopped.
        if (d.ended)
            h.suspected(d, *one, fmt::format("no message behind 354, and {} before", what));
        return;
    }
    for (const Exchange* one = d.next(exchange); one != nullptr; one = d.next(*one)) {
        const Reply* reply = one->last_reply();
        if (reply == nullptr) continue;
        const auto wanted = should_go_on(d, *one, *reply);
        if (reaction_to(d, *one) == Reaction::unclear || !wanted) continue;
        if (*wanted == (reaction_to(d, *one) == Reaction::went_on)) return h.kept();
    }
    // It took the failure, or the disorder, for a reason to end.
    if (reaction_to(d, exchange) == Reaction::gave_up) h.kept();
}

void reply_mixed_multiline(const Dialogue& d, Hearing& h) {
    for (const Exchange& exchange : d.exchanges) {
        const Reply* reply = exchange.reply();
        if (reply != nullptr && reply->form.mixed_codes && !reply->lost)
            judge_step(d, h, exchange, "a reply with several codes");
    }
}

void reply_extra(const Dialogue& d, Hearing& h) {
    for (const Exchange& exchange : d.exchanges) {
        const Reply* reply = exchange.reply();
        // What stands behind STARTTLS is tls-response-injection's.
        if (reply != nullptr && reply->form.several && !reply->lost &&
            exchange.verb != Verb::starttls)
            judge_step(d, h, exchange, "two replies to one command");
    }
}

constexpr Rule rules[] = {
    {.slug = "reply-split",
     .source = "RFC 5321 §2.3.8, §4.2",
     .level = Level::derived,
     .severity = Severity::critical,
     .stage = Stage::any,
     .requirement = "Take replies that arrive in pieces, wherever they are cut.",
     .remedy = "Gather what is read until a whole line is there.",
     .unexercised = "no reply to be gone on from left in pieces",
     .judge = reply_split},
    {.slug = "reply-coalesced",
     .source = "RFC 2920 §3.1, §3.2",
     .level = Level::derived,
     .severity = Severity::major,
     .stage = Stage::any,
     .requirement = "Take several replies that arrive together.",
     .remedy = "Keep what has been read behind a reply for the next one.",
     .unexercised = "no group of commands was answered at once",
     .judge = reply_coalesced},
    {.slug = "reply-overlong",
     .source = "RFC 5321 §4.5.3.1.5",
     .level = Level::derived,
     .severity = Severity::minor,
     .stage = Stage::any,
     .requirement = "Take a reply line of more than 512 octets, or fail; neither hang nor take a "
                    "refusal for success.",
     .remedy = "Go on reading up to the end of the line, and go by its code.",
     .unexercised = "no line of a reply had more than 512 octets",
     .judge = reply_overlong},
    {.slug = "reply-mixed-multiline",
     .source = "RFC 5321 §4.2.1",
     .level = Level::derived,
     .severity = Severity::minor,
     .stage = Stage::any,
     .requirement = "Stay in step where the lines of one reply have several codes.",
     .remedy = "Let the character behind the code say whether a line is the last one.",
     .unexercised = "no reply had several codes",
     .judge = reply_mixed_multiline},
    {.slug = "reply-extra",
     .source = "RFC 5321 §4.2",
     .level = Level::derived,
     .severity = Severity::critical,
     .stage = Stage::any,
     .requirement = "Take a reply too many for no answer to the next command.",
     .remedy = "See whether anything has come before a command is sent; throw it away, or end the "
               "session.",
     .unexercised = "no command had two replies",
     .judge = reply_extra},
    {.slug = "reply-bare-lf",
     .source = "RFC 5321 §2.3.8",
     .level = Level::derived,
     .severity = Severity::info,
     .stage = Stage::any,
     .requirement = "Take a reply line that ends with LF alone, or fail; do not wait for ever.",
     .remedy = "Keep the time limit of the command while a line is incomplete.",
     .unexercised = "every reply line ended with CRLF",
     .judge = reply_bare_lf},
};

}  // namespace

std::span<const Rule> reply_form_rules() {
    return rules;
}

}  // namespace fakemx::conformance
