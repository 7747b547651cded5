// RFC 6531: SMTPUTF8.
#include <algorithm>

#include "conformance/chapters.h"
#include "conformance/grammar.h"
#include "conformance/hearing.h"
#include "core/text.h"

namespace fakemx::conformance {

namespace {

using smtp::Verb;

bool is_path_command(const Exchange& exchange) {
    return exchange.verb == Verb::mail || exchange.verb == Verb::rcpt;
}

/// The transaction that a MAIL began: its commands up to the next MAIL.
template <class Judge>
void each_transaction(const Dialogue& d, const Judge& judge) {
    for (auto mail = d.exchanges.begin(); mail != d.exchanges.end(); ++mail) {
        if (mail->verb != Verb::mail || mail->offer == 0) continue;
        const auto end = std::find_if(mail + 1, d.exchanges.end(),
                                      [](const Exchange& one) { return one.verb == Verb::mail; });
        judge(*mail, mail, end);
    }
}

void utf8_not_without_ext(const Dialogue& d, Hearing& h) {
    for (const Exchange& exchange : d.exchanges) {
        if (!is_path_command(exchange) || exchange.offer == 0 ||
            d.offered(exchange).has("SMTPUTF8"))
            continue;
        h.kept_if(is_ascii(exchange.line), d, exchange,
                  "an internationalized address, and SMTPUTF8 was not offered");
    }
}

void utf8_param_required(const Dialogue& d, Hearing& h) {
    each_transaction(d, [&](const Exchange& mail, auto begin, auto end) {
        if (!d.offered(mail).has("SMTPUTF8")) return;
        const bool address = std::any_of(begin, end, [](const Exchange& one) {
            return is_path_command(one) && !is_ascii(one.line) && is_utf8(one.line);
        });
        const bool header = std::any_of(begin, end, [](const Exchange& one) {
            return one.message && one.message->header && one.message->header->eight_bit;
        });
        if (!address && !header) return;
        h.kept_if(parameter_of(mail, "SMTPUTF8") != nullptr, d, mail,
                  address ? "an internationalized address without SMTPUTF8"
                          : "an internationalized header without SMTPUTF8");
    });
}

void utf8_param_unneeded(const Dialogue& d, Hearing& h) {
    each_transaction(d, [&](const Exchange& mail, auto begin, auto end) {
        if (!d.offered(mail).has("SMTPUTF8")) return;
        const bool ascii = std::all_of(begin, end, [](const Exchange& one) {
            return !is_path_command(one) || is_ascii(one.line);
        });
        const auto message =
            std::find_if(begin, end, [](const Exchange& one) { return one.message.has_value(); });
        // A header deep inside may need it, where octets over 127 are somewhere.
        if (!ascii || message == end || message->message->seen.eight_bit) return;
        h.kept_if(!parameter_of(mail, "SMTPUTF8"), d, mail,
                  "SMTPUTF8 for a message that is all ASCII");
    });
}

constexpr Rule rules[] = {
    {.slug = "utf8-not-without-ext",
     .source = "RFC 6531 §3.2, §3.5",
     .level = Level::must_not,
     .severity = Severity::critical,
     .stage = Stage::mail,
     .requirement = "Send no internationalized address to a server that does not offer SMTPUTF8.",
     .remedy = "Fail the message there, or use its ASCII form where there is one.",
     .unexercised = "SMTPUTF8 was offered throughout, or no MAIL was sent",
     .judge = utf8_not_without_ext},
    {.slug = "utf8-param-required",
     .source = "RFC 6531 §3.4",
     .level = Level::must,
     .severity = Severity::major,
     .stage = Stage::mail,
     .requirement = "Say SMTPUTF8 in MAIL when the envelope or the header section needs it.",
     .remedy = "Look through the addresses and the header before MAIL is sent.",
     .unexercised = "no internationalized message was sent where SMTPUTF8 was offered",
     .judge = utf8_param_required},
    {.slug = "utf8-param-unneeded",
     .source = "RFC 6531 §3.4",
     .level = Level::should_not,
     .severity = Severity::minor,
     .stage = Stage::mail,
     .requirement = "Say no SMTPUTF8 for a message and an envelope that are ASCII.",
     .remedy = "Add SMTPUTF8 only where it is needed.",
     .unexercised = "no ASCII message was sent where SMTPUTF8 was offered",
     .judge = utf8_param_unneeded},
};

}  // namespace

std::span<const Rule> smtputf8_rules() {
    return rules;
}

}  // namespace fakemx::conformance
