// RFC 5322, RFC 3834: the header section of what was sent.
#include <algorithm>

#include <fmt/format.h>

#include "conformance/chapters.h"
#include "conformance/grammar.h"
#include "conformance/hearing.h"
#include "core/text.h"

namespace fakemx::conformance {

namespace {

using smtp::Verb;

template <class Judge>
void each_header(const Dialogue& d, const Judge& judge) {
    for (const Exchange& exchange : d.exchanges) {
        if (exchange.message && exchange.message->header && exchange.message->header->present)
            judge(exchange, *exchange.message->header);
    }
}

void msg_date_from(const Dialogue& d, Hearing& h) {
    each_header(d, [&](const Exchange& exchange, const HeaderFacts& header) {
        h.kept_if(header.date == 1 && header.from == 1, d, exchange,
                  "{} fields Date and {} fields From", header.date, header.from);
    });
}

void msg_single_fields(const Dialogue& d, Hearing& h) {
    each_header(d, [&](const Exchange& exchange, const HeaderFacts& header) {
        h.kept_if(header.repeated.empty(), d, exchange, "more than one {}", header.repeated);
    });
}

void msg_id(const Dialogue& d, Hearing& h) {
    each_header(d, [&](const Exchange& exchange, const HeaderFacts& header) {
        h.kept_if(
            header.message_id != 0 && header.message_id_valid, d, exchange,
            header.message_id == 0 ? "no Message-ID" : "a Message-ID that is not <left@right>");
    });
}

void msg_header_line(const Dialogue& d, Hearing& h) {
    each_header(d, [&](const Exchange& exchange, const HeaderFacts& header) {
        if (header.long_lines == 0) {
            h.kept();
        } else {
            h.broken(d, exchange,
                     fmt::format("a line of {} octets in {}", header.longest_line,
                                 escape_octets(header.longest_line_name)));
        }
    });
}

void msg_header_ascii(const Dialogue& d, Hearing& h) {
    each_header(d, [&](const Exchange& exchange, const HeaderFacts& header) {
        const Exchange* mail = d.mail_of(exchange);
        if (mail == nullptr) return;
        // Where SMTPUTF8 is offered and not said, utf8-param-required judges.
        const bool offered = d.offered(exchange).has("SMTPUTF8");
        if (!header.eight_bit || !offered)
            h.kept_if(!header.eight_bit, d, exchange, "octets over 127 in the header section");
    });
}

void msg_no_return_path(const Dialogue& d, Hearing& h) {
    each_header(d, [&](const Exchange& exchange, const HeaderFacts& header) {
        h.kept_if(header.return_path == 0, d, exchange, "a field Return-Path");
    });
}

void msg_auto_envelope(const Dialogue& d, Hearing& h) {
    each_header(d, [&](const Exchange& exchange, const HeaderFacts& header) {
        const Exchange* mail = d.mail_of(exchange);
        // A notice is null-sender-only-notices'; this is about replies that a machine has written.
        if (!header.auto_submitted || header.report || mail == nullptr) return;
        const auto& path = mail->path;
        if (!path) return;
        const bool never =
            std::any_of(d.exchanges.begin(), d.exchanges.end(), [&](const Exchange& one) {
                if (one.verb != Verb::rcpt || one.transaction != exchange.transaction) return false;
                const auto notify = parameter_of(one, "NOTIFY");
                return notify && equal_ignoring_case(notify->value, "NEVER");
            });
        h.kept_if(path->null() || never, d, *mail,
                  "an automatic reply with a sender who gets notices");
    });
}

constexpr Rule rules[] = {
    {.slug = "msg-date-from",
     .source = "RFC 5322 §3.6",
     .level = Level::must,
     .severity = Severity::major,
     .stage = Stage::data,
     .requirement = "Send exactly one field Date and one field From.",
     .remedy = "Add what is missing before the message is sent.",
     .unexercised = "no message arrived",
     .judge = msg_date_from},
    {.slug = "msg-single-fields",
     .source = "RFC 5322 §3.6",
     .level = Level::must,
     .severity = Severity::minor,
     .stage = Stage::data,
     .requirement = "Send at most one each of Sender, Reply-To, To, Cc, Bcc, Message-ID, "
                    "In-Reply-To, References and Subject.",
     .remedy = "Put all addresses in one field, and set a field in the place of adding it.",
     .unexercised = "no message arrived",
     .judge = msg_single_fields},
    {.slug = "msg-id",
     .source = "RFC 5322 §3.6.4",
     .level = Level::should,
     .severity = Severity::minor,
     .stage = Stage::data,
     .requirement = "Send a Message-ID of the form <left@right>.",
     .remedy = "Add a Message-ID that is unique, in angle brackets.",
     .unexercised = "no message arrived",
     .judge = msg_id},
    {.slug = "msg-header-line",
     .source = "RFC 5322 §2.1.1",
     .level = Level::must,
     .severity = Severity::minor,
     .stage = Stage::data,
     .requirement = "Send header lines of at most 998 octets without their CRLF.",
     .remedy = "Fold long fields.",
     .unexercised = "no message arrived",
     .judge = msg_header_line},
    {.slug = "msg-header-ascii",
     .source = "RFC 5322 §2.2; RFC 6531 §3.2",
     .level = Level::must,
     .severity = Severity::minor,
     .stage = Stage::data,
     .requirement = "Send the header section in ASCII where SMTPUTF8 is not offered.",
     .remedy = "Write encoded-words (RFC 2047) there.",
     .unexercised = "no message arrived where SMTPUTF8 was not offered",
     .judge = msg_header_ascii},
    {.slug = "msg-no-return-path",
     .source = "RFC 5321 §4.4",
     .level = Level::should_not,
     .severity = Severity::minor,
     .stage = Stage::data,
     .requirement = "Send no field Return-Path: the last receiver adds it.",
     .remedy = "Take Return-Path out before the message is sent.",
     .unexercised = "no message arrived",
     .judge = msg_no_return_path},
    {.slug = "msg-auto-envelope",
     .source = "RFC 3834 §3.3",
     .level = Level::best_practice,
     .severity = Severity::info,
     .stage = Stage::mail,
     .requirement = "Send automatic replies with the null reverse path, or with NOTIFY=NEVER.",
     .remedy = "Use MAIL FROM:<> for what a machine answers.",
     .unexercised = "no automatic reply was sent",
     .judge = msg_auto_envelope},
};

}  // namespace

std::span<const Rule> message_rules() {
    return rules;
}

}  // namespace fakemx::conformance
