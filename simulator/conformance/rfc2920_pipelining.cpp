// RFC 2920: command pipelining.
#include <algorithm>

#include <fmt/format.h>

#include "conformance/chapters.h"
#include "conformance/grammar.h"
#include "conformance/hearing.h"
#include "conformance/reaction.h"

namespace fakemx::conformance {

namespace {

using smtp::Verb;

void pipe_only_if_offered(const Dialogue& d, Hearing& h) {
    for (const Exchange& exchange : in_step(d)) {
        const Exchange* before = d.previous(exchange);
        if (before == nullptr || d.offered(exchange).has("PIPELINING")) continue;
        if (tired_of_waiting(d, *before, h.thresholds()) != nullptr) continue;
        // Behind an EHLO reply without the keyword, cmd-wait-reply judges what overlaps; and helo-no-esmtp behind HELO.
        const bool knows_offers = exchange.offer != 0 && before->verb != Verb::ehlo;
        if (!exchange.pipelined) {
            h.kept();
        } else if (!knows_offers)
            return h.broken(d, exchange,
                            fmt::format("{} before the reply to {}", verb_of(exchange.line),
                                        verb_of(before->line)));
    }
}

/// RFC 2920 §3.1: nothing may follow them in a group. BDAT and AUTH have rules of their own, and so has STARTTLS.
bool ends_group(const Exchange& exchange) {
    switch (exchange.verb) {
        case Verb::ehlo:
        case Verb::data:
        case Verb::vrfy:
        case Verb::expn:
        case Verb::quit:
        case Verb::noop: return true;
        default: return false;
    }
}

void pipe_last_in_group(const Dialogue& d, Hearing& h) {
    bool group = false;
    for (const Exchange& exchange : in_step(d)) {
        const Exchange* before = d.previous(exchange);
        if (before == nullptr || !d.offered(*before).has("PIPELINING")) continue;
        if (tired_of_waiting(d, *before, h.thresholds()) != nullptr) continue;
        group = group || exchange.pipelined;
        // Behind the end of data anything may follow that a group may begin with.
        if (exchange.pipelined && ends_group(*before) && !before->message)
            return h.broken(d, exchange,
                            fmt::format("{} behind {} in one group", verb_of(exchange.line),
                                        verb_of(before->line)));
        if (exchange.message && exchange.message->seen.before_354 && exchange.verb == Verb::data)
            return h.broken(d, exchange, "message data before the reply to DATA");
    }
    if (group) h.kept();
}

void pipe_354_no_rcpt(const Dialogue& d, Hearing& h) {
    bool accepted = false;
    const Exchange* last = nullptr;  // RCPT
    for (const Exchange& exchange : in_step(d)) {
        if (exchange.verb == Verb::mail) {
            accepted = false;
            last = nullptr;
        } else if (exchange.verb == Verb::rcpt) {
            last = &exchange;
            accepted = accepted || exchange.accepted();
        } else if (exchange.verb == Verb::data && last != nullptr && !accepted &&
                   exchange.message && read_before(d, *last, exchange) == Read::no) {
            h.kept_if(exchange.message->seen.octets == 0, d, exchange,
                      "{} octets of a message for nobody", exchange.message->seen.octets);
        }
    }
}

void pipe_mail_rejected(const Dialogue& d, Hearing& h) {
    for (const Exchange& exchange : in_step(d)) {
        const Reply* reply = exchange.reply();
        if (exchange.verb != Verb::mail || reply == nullptr || !(reply->is(4) || reply->is(5)))
            continue;
        // Of the message's size RFC 1870 speaks, of authentication RFC 4954.
        if (reply->code == 552 || reply->code == 452 || reply->code == 530) continue;
        // So do rules for 421, and for MAIL inside a transaction.
        if (reply->code == 421 || exchange.transaction != 0) continue;
        // What was on its way is no fault; the first command behind it is.
        const Exchange* next = next_informed(d, exchange);
        if (next == nullptr) {
            if (d.ended) h.kept();
            return;
        }
        // No transaction is open: all may follow but what belongs to one.
        const bool goes_on =
            next->verb == Verb::rcpt || next->verb == Verb::data || next->verb == Verb::bdat;
        hear_step(d, h, !goes_on, exchange, *next,
                  fmt::format("{} behind a MAIL that was refused", verb_of(next->line)));
    }
}

constexpr Rule rules[] = {
    {.slug = "pipe-only-if-offered",
     .source = "RFC 2920 §3, §3.1; RFC 5321 §4.3.1",
     .level = Level::must,
     .severity = Severity::major,
     .stage = Stage::any,
     .requirement = "Send commands in groups only where the EHLO reply in force offers PIPELINING.",
     .remedy = "Wait for the EHLO reply, look for PIPELINING in it, and wait for each reply where "
               "it is not there.",
     .unexercised = "PIPELINING was offered throughout",
     .judge = pipe_only_if_offered},
    {.slug = "pipe-last-in-group",
     .source = "RFC 2920 §3.1",
     .level = Level::must,
     .severity = Severity::major,
     .stage = Stage::any,
     .requirement = "Let EHLO, DATA, VRFY, EXPN, QUIT and NOOP be the last command of a group.",
     .remedy = "Wait for the reply to these before anything else is written.",
     .unexercised = "no group of commands was sent",
     .judge = pipe_last_in_group},
    {.slug = "pipe-354-no-rcpt",
     .source = "RFC 2920 §3.1",
     .level = Level::should,
     .severity = Severity::major,
     .stage = Stage::data,
     .requirement = "Where DATA got 354 although no recipient was accepted, send a single dot.",
     .remedy = "Look at the replies to RCPT before the message is sent behind a 354.",
     .unexercised = "DATA never got 354 without a recipient",
     .judge = pipe_354_no_rcpt},
    {.slug = "pipe-mail-rejected",
     .source = "RFC 2920 §3.1; RFC 5321 §3.3",
     .level = Level::must,
     .severity = Severity::major,
     .stage = Stage::mail,
     .requirement = "Where MAIL is refused, end the transaction; with other commands on their way, "
                    "read their replies first.",
     .remedy = "Count the replies of the group, and go by the one to MAIL.",
     .unexercised = "no MAIL was refused",
     .judge = pipe_mail_rejected},
};

}  // namespace

std::span<const Rule> pipelining_rules() {
    return rules;
}

}  // namespace fakemx::conformance
