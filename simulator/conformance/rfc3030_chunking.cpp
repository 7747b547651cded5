// RFC 3030: CHUNKING and BINARYMIME.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "conformance/chapters.h"
#include "conformance/grammar.h"
#include "conformance/hearing.h"
#include "conformance/reaction.h"
#include "core/text.h"

namespace fakemx::conformance {

namespace {

using smtp::Verb;

bool is_last(const Exchange& exchange) {
    const auto chunk = smtp::parse_chunk_argument(trim(exchange.argument()));
    return chunk && chunk->last;
}

void bdat_only_if_offered(const Dialogue& d, Hearing& h) {
    for (const Exchange& exchange : d.exchanges) {
        if (exchange.offer == 0 || d.offered(exchange).has("CHUNKING")) continue;
        if (exchange.verb == Verb::bdat) {
            h.broken(d, exchange, "BDAT, and CHUNKING was not offered");
        } else if (exchange.verb == Verb::data) {
            h.kept();
        }
    }
}

void bdat_after_rcpt(const Dialogue& d, Hearing& h) {
    bool accepted = false;
    bool first = true;
    for (const Exchange& exchange : in_step(d)) {
        if (exchange.verb == Verb::mail) {
            accepted = false;
            first = true;
        } else if (exchange.verb == Verb::rcpt) {
            accepted = accepted || exchange.accepted();
        } else if (exchange.verb == Verb::bdat && std::exchange(first, false)) {
            h.kept_if(accepted && !exchange.pipelined, d, exchange,
                      !accepted ? "BDAT although no recipient was accepted"
                                : "BDAT before the replies to RCPT");
        }
    }
}

void bdat_exact_size(const Dialogue& d, Hearing& h) {
    for (const Exchange& exchange : d.exchanges) {
        if (exchange.verb != Verb::bdat || !d.offered(exchange).has("CHUNKING")) continue;
        if (exchange.spill) {
            h.broken(d, exchange.spill->event, exchange.spill->at,
                     "behind the chunk there is no command: its size is wrong");
        } else if (d.next(exchange) != nullptr) {
            h.kept();
        }
    }
}

void bdat_last(const Dialogue& d, Hearing& h) {
    bool open = false;   // a chunk was taken, and not the last one
    bool ended = false;  // LAST was sent
    bool failed = false;
    for (const Exchange& exchange : in_step(d)) {
        if (exchange.verb == Verb::bdat) {
            if (ended) return h.broken(d, exchange, "BDAT behind BDAT LAST");
            ended = is_last(exchange);
            open = !ended;
            const Reply* reply = exchange.message ? exchange.verdict() : exchange.last_reply();
            failed = failed || (reply != nullptr && reply->code / 100 != 2);
            if (ended) h.kept();
        } else if (exchange.verb == Verb::mail || exchange.verb == Verb::rset ||
                   exchange.verb == Verb::quit) {
            if (open && !failed && exchange.verb == Verb::quit)
                return h.broken(d, exchange, "QUIT before BDAT LAST");
            open = ended = failed = false;
        }
    }
}

void bdat_stop_on_error(const Dialogue& d, Hearing& h) {
    const Exchange* failed = nullptr;
    for (const Exchange& exchange : in_step(d)) {
        if (exchange.verb == Verb::bdat) {
            if (failed != nullptr && read_before(d, *failed, exchange) != Read::no)
                return hear_step(d, h, false, *failed, exchange,
                                 "another chunk behind one that was refused");
            const Reply* reply = exchange.message ? exchange.verdict() : exchange.last_reply();
            if (failed == nullptr && reply != nullptr && (reply->is(4) || reply->is(5)))
                failed = &exchange;
        } else if (std::exchange(failed, nullptr) != nullptr) {
            h.kept();
        }
    }
    if (failed != nullptr && d.ended) h.kept();
}

void bdat_rset_after_fail(const Dialogue& d, Hearing& h) {
    for (const Exchange& exchange : in_step(d)) {
        const Reply* reply = exchange.message ? exchange.verdict() : exchange.last_reply();
        if (exchange.verb != Verb::bdat || reply == nullptr || !(reply->is(4) || reply->is(5)))
            continue;
        if (!d.offered(exchange).has("CHUNKING")) continue;
        const Exchange* next = d.next(exchange);
        while (next != nullptr && next->verb == Verb::bdat) next = d.next(*next);
        if (next == nullptr) continue;
        // A transaction whose last chunk was refused is over.
        // EHLO does what RSET does (RFC 5321 §4.1.4).
        const bool may = next->verb == Verb::rset || next->verb == Verb::quit ||
                         next->verb == Verb::ehlo || next->verb == Verb::helo ||
                         (exchange.message && next->verb == Verb::mail);
        h.kept_if(may, d, *next, "{} behind a chunk that was refused", verb_of(next->line));
    }
}

void bdat_no_mix(const Dialogue& d, Hearing& h) {
    bool chunks = false;
    bool data = false;
    for (const Exchange& exchange : d.exchanges) {
        if (exchange.verb == Verb::mail || exchange.verb == Verb::rset) chunks = data = false;
        if (exchange.verb == Verb::bdat) {
            if (data && exchange.transaction != 0) return h.broken(d, exchange, "BDAT behind DATA");
            if (!chunks) h.kept();
            chunks = true;
        }
        if (exchange.verb == Verb::data) {
            if (chunks && exchange.transaction != 0)
                return h.broken(d, exchange, "DATA behind BDAT");
            data = true;
        }
    }
}

void bdat_crlf(const Dialogue& d, Hearing& h) {
    for (const Exchange& exchange : d.exchanges) {
        if (exchange.verb != Verb::bdat || !exchange.message) continue;
        const Exchange* mail = d.mail_of(exchange);
        if (mail == nullptr) continue;
        const auto body = parameter_of(*mail, "BODY");
        if (body && equal_ignoring_case(body->value, "BINARYMIME")) continue;
        const smtp::MessageSeen& seen = exchange.message->seen;
        h.kept_if(seen.bare_lf == 0 && seen.bare_cr == 0, d, exchange,
                  "{} LF and {} CR alone in chunks of text", seen.bare_lf, seen.bare_cr);
    }
}

void binarymime_conditions(const Dialogue& d, Hearing& h) {
    for (const Exchange& exchange : d.exchanges) {
        const auto body = parameter_of(exchange, "BODY");
        if (exchange.verb != Verb::mail || !body || !equal_ignoring_case(body->value, "BINARYMIME"))
            continue;
        const Offers& offers = d.offered(exchange);
        // Without BINARYMIME it is a parameter that was not offered.
        if (!offers.has("BINARYMIME")) continue;
        if (!offers.has("CHUNKING")) {
            h.broken(d, exchange, "BODY=BINARYMIME, and CHUNKING was not offered");
            continue;
        }
        const auto data =
            std::find_if(d.exchanges.begin(), d.exchanges.end(), [&](const Exchange& one) {
                return one.verb == Verb::data && one.transaction == exchange.transaction &&
                       one.transaction != 0;
            });
        h.kept_if(data == d.exchanges.end(), d, exchange, "BODY=BINARYMIME, and DATA behind it");
    }
}

constexpr Rule rules[] = {
    {.slug = "bdat-only-if-offered",
     .source = "RFC 3030 §2",
     .level = Level::grammar,
     .severity = Severity::critical,
     .stage = Stage::data,
     .requirement = "Use BDAT only where CHUNKING is offered.",
     .remedy = "Look for CHUNKING in the last EHLO reply; send DATA without it.",
     .unexercised = "CHUNKING was offered throughout, or no message was sent",
     .judge = bdat_only_if_offered},
    {.slug = "bdat-after-rcpt",
     .source = "RFC 3030 §2",
     .level = Level::grammar,
     .severity = Severity::major,
     .stage = Stage::data,
     .requirement =
         "Send BDAT once the replies to MAIL and RCPT are there, and a recipient was accepted.",
     .remedy = "Read all replies of the group before the first chunk.",
     .unexercised = "no BDAT was sent",
     .judge = bdat_after_rcpt},
    {.slug = "bdat-exact-size",
     .source = "RFC 3030 §2",
     .level = Level::grammar,
     .severity = Severity::critical,
     .stage = Stage::data,
     .requirement = "Send exactly as many octets as BDAT says.",
     .remedy = "Count the octets as they go over the wire, behind all conversions.",
     .unexercised = "no BDAT was sent",
     .judge = bdat_exact_size},
    {.slug = "bdat-last",
     .source = "RFC 3030 §2",
     .level = Level::must,
     .severity = Severity::major,
     .stage = Stage::data,
     .requirement = "Send one BDAT with LAST in a transaction, and no chunk behind it.",
     .remedy = "Say LAST on the last chunk, or send BDAT 0 LAST.",
     .unexercised = "no BDAT was sent",
     .judge = bdat_last},
    {.slug = "bdat-stop-on-error",
     .source = "RFC 3030 §2",
     .level = Level::must_not,
     .severity = Severity::major,
     .stage = Stage::data,
     .requirement = "Send no further chunk behind one that was refused.",
     .remedy = "Stop with the first 4yz or 5yz; what was on its way already may follow.",
     .unexercised = "no chunk was refused",
     .judge = bdat_stop_on_error},
    {.slug = "bdat-rset-after-fail",
     .source = "RFC 3030 §2",
     .level = Level::must,
     .severity = Severity::major,
     .stage = Stage::data,
     .requirement = "Behind a chunk that was refused send RSET or QUIT before anything else.",
     .remedy = "Send RSET when BDAT fails.",
     .unexercised = "no chunk was refused",
     .judge = bdat_rset_after_fail},
    {.slug = "bdat-no-mix",
     .source = "RFC 3030 §2",
     .level = Level::must_not,
     .severity = Severity::major,
     .stage = Stage::data,
     .requirement = "Use either DATA or BDAT in a transaction.",
     .remedy = "Decide before the message begins.",
     .unexercised = "no BDAT was sent",
     .judge = bdat_no_mix},
    {.slug = "bdat-crlf",
     .source = "RFC 3030 §2",
     .level = Level::must,
     .severity = Severity::major,
     .stage = Stage::data,
     .requirement = "Send text with CRLF line ends in chunks, too.",
     .remedy = "Convert line ends before the octets are counted.",
     .unexercised = "no message came by BDAT",
     .judge = bdat_crlf},
    {.slug = "binarymime-conditions",
     .source = "RFC 3030 §3",
     .level = Level::must_not,
     .severity = Severity::major,
     .stage = Stage::mail,
     .requirement = "Say BODY=BINARYMIME only where BINARYMIME and CHUNKING are offered, and send "
                    "the message by BDAT.",
     .remedy = "Look for both keywords in the last EHLO reply; encode the message without them.",
     .unexercised = "no message was declared binary",
     .judge = binarymime_conditions},
};

}  // namespace

std::span<const Rule> chunking_rules() {
    return rules;
}

}  // namespace fakemx::conformance
