// RFC 9422: LIMITS; and what else an EHLO reply may hold that is none of the client's concern.
#include <algorithm>

#include <fmt/format.h>

#include "conformance/chapters.h"
#include "conformance/grammar.h"
#include "conformance/hearing.h"
#include "core/text.h"
#include "smtp/extension.h"

namespace fakemx::conformance {

namespace {

using smtp::Verb;

/// The limit of this name in the line LIMITS: "MAILMAX=3 RCPTMAX=10"; nothing where it is not there or no number.
std::optional<std::uint64_t> limit_of(const Offers& offers, std::string_view name) {
    std::string_view rest = offers.value("LIMITS").value_or("");
    while (!rest.empty()) {
        const std::size_t blank = rest.find(' ');
        const std::string_view word = rest.substr(0, blank);
        const std::size_t equals = word.find('=');
        if (equals != std::string_view::npos && equal_ignoring_case(word.substr(0, equals), name))
            return parse_decimal(word.substr(equals + 1));
        rest.remove_prefix(blank == std::string_view::npos ? rest.size() : blank + 1);
    }
    return std::nullopt;
}

void limits_mailmax(const Dialogue& d, Hearing& h) {
    std::uint64_t mails = 0;
    for (const Exchange& exchange : d.exchanges) {
        if (exchange.verb != Verb::mail) continue;
        const auto most = limit_of(d.offered(exchange), "MAILMAX");
        if (!most) continue;
        if (++mails > *most)
            return h.broken(d, exchange,
                            fmt::format("MAIL number {} where {} are the limit", mails, *most));
        // Only who comes to the limit shows anything.
        if (mails == *most) h.kept();
    }
}

void limits_rcptmax(const Dialogue& d, Hearing& h) {
    std::uint64_t recipients = 0;
    for (const Exchange& exchange : d.exchanges) {
        if (exchange.verb == Verb::mail) recipients = 0;
        if (exchange.verb != Verb::rcpt) continue;
        const auto most = limit_of(d.offered(exchange), "RCPTMAX");
        if (!most) continue;
        if (++recipients > *most)
            return h.broken(
                d, exchange,
                fmt::format("RCPT number {} where {} are the limit", recipients, *most));
        if (recipients == *most) h.kept();
    }
}

/// Whether the client went on behind an EHLO reply of this kind. One that ends the session there may have stumbled over it.
template <class Odd>
void each_odd_offer(const Dialogue& d, Hearing& h, std::string_view what, const Odd& is_odd) {
    for (const Exchange& exchange : d.exchanges) {
        if (exchange.verb != Verb::ehlo || !exchange.accepted()) continue;
        const Exchange* next = d.next(exchange);
        if (next == nullptr || next->offer == 0 || !is_odd(d.offered(*next))) {
            if (next != nullptr || !d.ended_by_client() || d.offers.empty() ||
                !is_odd(d.offers.back()))
                continue;
            h.suspected(d, d.ended_event, d.ended_at,
                        fmt::format("left behind an EHLO reply with {}", what));
            continue;
        }
        const bool stumbled =
            next->verb == Verb::quit || next->verb == Verb::helo || next->verb == Verb::rset;
        if (stumbled) {
            h.suspected(d, *next,
                        fmt::format("{} behind an EHLO reply with {}", verb_of(next->line), what));
        } else {
            h.kept();
        }
    }
}

bool is_number(std::string_view text) {
    return parse_decimal(text).has_value();
}

void limits_malformed(const Dialogue& d, Hearing& h) {
    each_odd_offer(d, h, "a malformed limit", [](const Offers& offers) {
        const auto limits = offers.value("LIMITS");
        if (!limits) return false;
        const std::size_t equals = limits->find('=');
        return equals == std::string_view::npos ||
               !is_number(limits->substr(equals + 1, limits->find(' ', equals) - equals - 1));
    });
}

void size_zero(const Dialogue& d, Hearing& h) {
    each_odd_offer(d, h, "SIZE without a limit", [](const Offers& offers) {
        const auto size = offers.value("SIZE");
        return size && (size->empty() || *size == "0");
    });
}

void ehlo_unknown_keywords(const Dialogue& d, Hearing& h) {
    each_odd_offer(d, h, "keywords that nobody knows", [](const Offers& offers) {
        return std::any_of(offers.keywords.begin(), offers.keywords.end(), [](const auto& one) {
            const bool known = smtp::extension_of(one.first).has_value() || one.first == "HELP" ||
                               one.first == "VRFY" || one.first == "EXPN" || one.first == "ETRN";
            const bool odd_size =
                one.first == "SIZE" && !one.second.empty() && !is_number(one.second);
            return !known || odd_size;
        });
    });
}

constexpr Rule rules[] = {
    {.slug = "ehlo-unknown-keywords",
     .source = "RFC 5321 §2.2.2, §4.1.1.1",
     .level = Level::derived,
     .severity = Severity::major,
     .stage = Stage::ehlo,
     .requirement = "Pass over keywords and parameters in the EHLO reply that are not known.",
     .remedy = "Look for the keywords that are wanted, and for nothing else.",
     .unexercised = "no EHLO reply had keywords that nobody knows",
     .judge = ehlo_unknown_keywords},
    {.slug = "size-zero",
     .source = "RFC 1870 §3, §4",
     .level = Level::grammar,
     .severity = Severity::major,
     .stage = Stage::ehlo,
     .requirement = "Take SIZE 0, and SIZE without a number, for no limit.",
     .remedy = "Compare sizes only with a limit that is a number above 0.",
     .unexercised = "no EHLO reply had SIZE without a limit",
     .judge = size_zero},
    {.slug = "limits-mailmax",
     .source = "RFC 9422",
     .level = Level::should_not,
     .severity = Severity::minor,
     .stage = Stage::mail,
     .requirement = "Send no more MAIL in a session than MAILMAX allows.",
     .remedy = "Begin another session when the limit is reached.",
     .unexercised = "no session came to a MAILMAX",
     .judge = limits_mailmax},
    {.slug = "limits-rcptmax",
     .source = "RFC 9422",
     .level = Level::should_not,
     .severity = Severity::minor,
     .stage = Stage::rcpt,
     .requirement = "Send no more RCPT in a transaction than RCPTMAX allows.",
     .remedy = "Send the other recipients in another transaction.",
     .unexercised = "no transaction came to a RCPTMAX",
     .judge = limits_rcptmax},
    {.slug = "limits-malformed",
     .source = "RFC 9422",
     .level = Level::grammar,
     .severity = Severity::info,
     .stage = Stage::ehlo,
     .requirement = "Pass over limits that are malformed or not known.",
     .remedy = "Take a limit that is no number for none.",
     .unexercised = "no EHLO reply had a malformed limit",
     .judge = limits_malformed},
};

}  // namespace

std::span<const Rule> limits_rules() {
    return rules;
}

}  // namespace fakemx::conformance
