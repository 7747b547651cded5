// RFC 1870: SIZE.
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
void each_message(const Dialogue& d, const Judge& judge) {
    for (const Exchange& exchange : d.exchanges) {
        if (!exchange.message || !d.offered(exchange).has("SIZE")) continue;
        const Exchange* mail = d.mail_of(exchange);
        if (mail != nullptr) judge(exchange, *mail, exchange.message->seen.octets);
    }
}

/// The limit that is offered; nothing without one (RFC 1870 §3: 0 is none).
std::optional<std::uint64_t> limit_of(const Offers& offers) {
    const auto limit = parse_decimal(offers.value("SIZE").value_or(""));
    return limit && *limit != 0 ? limit : std::nullopt;
}

void size_respect_limit(const Dialogue& d, Hearing& h) {
    for (const Exchange& exchange : d.exchanges) {
        const auto limit = limit_of(d.offered(exchange));
        if (!limit) continue;
        if (exchange.message) {
            h.kept_if(exchange.message->seen.octets <= *limit, d, exchange,
                      fmt::format("{} octets where {} are the limit", exchange.message->seen.octets,
                                  *limit));
        } else if (exchange.verb == Verb::mail) {
            // It may ask, and be told 552.
            const auto size = parameter_of(exchange, "SIZE");
            const auto octets = size ? parse_decimal(size->value) : std::nullopt;
            if (octets && *octets > *limit && !exchange.accepted()) h.kept();
        }
    }
}

void size_declare(const Dialogue& d, Hearing& h) {
    each_message(d, [&](const Exchange&, const Exchange& mail, std::uint64_t octets) {
        if (octets < h.thresholds().large_message_octets) return;
        h.kept_if(parameter_of(mail, "SIZE") != nullptr, d, mail,
                  fmt::format("no SIZE= for {} octets", octets));
    });
}

void size_accurate(const Dialogue& d, Hearing& h) {
    each_message(d, [&](const Exchange&, const Exchange& mail, std::uint64_t octets) {
        const auto size = parameter_of(mail, "SIZE");
        const auto declared = size ? parse_decimal(size->value) : std::nullopt;
        if (!declared) return;
        const bool fits = *declared >= octets &&
                          *declared <= octets + octets / 10 + h.thresholds().size_slack_octets;
        h.kept_if(fits, d, mail, fmt::format("SIZE={} for {} octets", *declared, octets));
    });
}

void size_syntax(const Dialogue& d, Hearing& h) {
    for (const Exchange& exchange : d.exchanges) {
        const auto& parameters = exchange.parameters;
        const auto is_size = [](const smtp::Parameter& one) { return one.keyword == "SIZE"; };
        const auto size = std::find_if(parameters.begin(), parameters.end(), is_size);
        if (exchange.verb != Verb::mail || size == parameters.end()) continue;
        const auto times = std::count_if(parameters.begin(), parameters.end(), is_size);
        const bool digits = !size->value.empty() && size->value.size() <= 20 &&
                            std::all_of(size->value.begin(), size->value.end(), is_ascii_digit);
        h.kept_if(digits && times == 1, d, exchange,
                  times != 1 ? "SIZE= twice"
                             : fmt::format("'{}' is no number of 1 to 20 digits",
                                           escape_octets(size->value)));
    }
}

void size_552_mail(const Dialogue& d, Hearing& h) {
    for (const Exchange& exchange : d.exchanges) {
        const Reply* reply = exchange.reply();
        if (exchange.verb != Verb::mail || reply == nullptr || reply->lost ||
            (reply->code != 552 && reply->code != 452) || !parameter_of(exchange, "SIZE"))
            continue;
        const Exchange* next = d.next(exchange);
        while (next != nullptr && next->pipelined && next->verb != Verb::mail) next = d.next(*next);
        if (next == nullptr && !d.ended) return;
        const bool ends = next == nullptr || next->verb == Verb::rset || next->verb == Verb::quit;
        h.kept_if(ends, d, next != nullptr ? *next : exchange,
                  fmt::format("neither RSET nor QUIT behind {} to MAIL", reply->code));
    }
}

constexpr Rule rules[] = {
    {.slug = "size-respect-limit",
     .source = "RFC 1870 §4, §7; RFC 5321 §4.5.3.1.7",
     .level = Level::should,
     .severity = Severity::major,
     .stage = Stage::mail,
     .requirement = "Send no message that is larger than the limit in the EHLO reply.",
     .remedy =
         "Compare the size with the limit, and fail the message with 5.3.4 without sending it.",
     .unexercised = "no limit was offered, or no message was sent",
     .judge = size_respect_limit},
    {.slug = "size-declare",
     .source = "RFC 5321 §4.5.3.1.7",
     .level = Level::should,
     .severity = Severity::minor,
     .stage = Stage::mail,
     .requirement = "Declare the size of a large message where SIZE is offered.",
     .remedy = "Add SIZE= to MAIL.",
     .unexercised = "SIZE was not offered, or no large message was sent",
     .judge = size_declare},
    {.slug = "size-accurate",
     .source = "RFC 1870 §5, §6",
     .level = Level::should,
     .severity = Severity::minor,
     .stage = Stage::mail,
     .requirement = "Declare at least the message's size, with CRLF for line ends and without the "
                    "dots put before lines.",
     .remedy = "Count each line end as two octets.",
     .unexercised = "no message had its size declared",
     .judge = size_accurate},
    {.slug = "size-syntax",
     .source = "RFC 1870 §3, §6",
     .level = Level::must,
     .severity = Severity::minor,
     .stage = Stage::mail,
     .requirement = "Write SIZE= with one to twenty digits, once.",
     .remedy = "Write the number of octets in decimal digits.",
     .unexercised = "no message had its size declared",
     .judge = size_syntax},
    {.slug = "size-552-mail",
     .source = "RFC 1870 §6.2",
     .level = Level::should,
     .severity = Severity::major,
     .stage = Stage::mail,
     .requirement = "Behind 552 or 452 to MAIL with SIZE=, send RSET or QUIT at once.",
     .remedy = "Give the transaction up: RSET or QUIT; what was on its way already may follow.",
     .unexercised = "MAIL with SIZE= was never answered with 552 or 452",
     .judge = size_552_mail},
};

}  // namespace

std::span<const Rule> size_rules() {
    return rules;
}

}  // namespace fakemx::conformance
