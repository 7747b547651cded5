// RFC 6152: 8BITMIME.
#include <algorithm>

#include "conformance/chapters.h"
#include "conformance/grammar.h"
#include "conformance/hearing.h"
#include "core/text.h"

namespace fakemx::conformance {

namespace {

using smtp::Verb;

/// Messages with octets over 127 and their MAIL, where 8BITMIME was offered.
template <class Judge>
void each_eight_bit(const Dialogue& d, const Judge& judge) {
    for (const Exchange& exchange : d.exchanges) {
        if (!exchange.message || !exchange.message->seen.eight_bit ||
            !d.offered(exchange).has("8BITMIME"))
            continue;
        const Exchange* mail = d.mail_of(exchange);
        if (mail != nullptr) judge(exchange, *mail);
    }
}

void eight_bit_body_param(const Dialogue& d, Hearing& h) {
    each_eight_bit(d, [&](const Exchange& exchange, const Exchange& mail) {
        // Of an internationalized header SMTPUTF8 speaks (RFC 6531 §3.6).
        const auto& header = exchange.message->header;
        if (parameter_of(mail, "SMTPUTF8") && header && !header->eight_bit_body) return;
        const auto body = parameter_of(mail, "BODY");
        const bool said = body && (equal_ignoring_case(body->value, "8BITMIME") ||
                                   equal_ignoring_case(body->value, "BINARYMIME"));
        h.kept_if(said, d, mail, "octets over 127 in the message, and no BODY=8BITMIME");
    });
}

void eight_bit_mime_only(const Dialogue& d, Hearing& h) {
    each_eight_bit(d, [&](const Exchange& exchange, const Exchange& mail) {
        const auto& header = exchange.message->header;
        const auto body = parameter_of(mail, "BODY");
        if (!header || !header->present || !body || !equal_ignoring_case(body->value, "8BITMIME"))
            return;
        // The parts of a multipart say for themselves how they are encoded.
        const bool matches = header->transfer_encoding == "8bit" ||
                             header->transfer_encoding == "binary" ||
                             header->content_type.starts_with("multipart/") ||
                             header->content_type.starts_with("message/");
        h.kept_if(header->mime_version && matches, d, exchange,
                  header->mime_version ? "octets over 127 in a part that does not say 8bit"
                                       : "octets over 127 without MIME-Version");
    });
}

constexpr Rule rules[] = {
    {.slug = "8bit-body-param",
     .source = "RFC 6152 §3",
     .level = Level::must,
     .severity = Severity::minor,
     .stage = Stage::mail,
     .requirement = "Say BODY=8BITMIME for a message with octets over 127.",
     .remedy = "Look through the message, or its transfer encodings, before MAIL is sent.",
     .unexercised = "no message with octets over 127 was sent where 8BITMIME was offered",
     .judge = eight_bit_body_param},
    {.slug = "8bit-mime-only",
     .source = "RFC 5321 §2.4; RFC 6152 §3",
     .level = Level::must_not,
     .severity = Severity::minor,
     .stage = Stage::data,
     .requirement =
         "Send octets over 127 with 8BITMIME only in MIME messages that say how they are encoded.",
     .remedy = "Add MIME-Version and Content-Transfer-Encoding: 8bit.",
     .unexercised = "no message with octets over 127 was sent as 8BITMIME",
     .judge = eight_bit_mime_only},
};

}  // namespace

std::span<const Rule> eight_bit_rules() {
    return rules;
}

}  // namespace fakemx::conformance
