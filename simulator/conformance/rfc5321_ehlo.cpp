// RFC 5321 §2.2, §3.2, §4.1.1.1, §4.1.3: EHLO, HELO, and what was offered.
#include <algorithm>

#include <fmt/format.h>

#include "conformance/chapters.h"
#include "conformance/grammar.h"
#include "conformance/hearing.h"
#include "conformance/reaction.h"
#include "core/text.h"
#include "smtp/extension.h"
#include "smtp/path.h"

namespace fakemx::conformance {

namespace {

using smtp::Verb;

bool is_greeting(const Exchange& exchange) {
    return exchange.verb == Verb::ehlo || exchange.verb == Verb::helo;
}

std::string_view name_of(const Exchange& exchange) {
    return trim(exchange.argument());
}

bool is_literal(std::string_view name) {
    return name.starts_with('[');
}

void ehlo_first(const Dialogue& d, Hearing& h) {
    if (d.exchanges.empty()) return;
    const Exchange& first = d.exchanges.front();
    // Who leaves at once has opened nothing.
    if (first.verb == Verb::quit) return;
    // LHLO has the verb of EHLO here (RFC 2033).
    h.kept_if(first.verb == Verb::ehlo, d, first, "the first command is {}", verb_of(first.line));
}

void ehlo_before_mail(const Dialogue& d, Hearing& h) {
    for (const Exchange& exchange : d.exchanges) {
        if (exchange.verb != Verb::mail) continue;
        h.kept_if(exchange.offer != 0, d, exchange,
                  exchange.in_tls ? "MAIL behind STARTTLS without another EHLO"
                                  : "MAIL without an EHLO or HELO that was accepted");
        return;
    }
}

void ehlo_fallback_helo(const Dialogue& d, Hearing& h) {
    for (const Exchange& exchange : in_step(d)) {
        const Reply* reply = exchange.reply();
        if (exchange.verb != Verb::ehlo || reply == nullptr ||
            (reply->code != 500 && reply->code != 502) || reply->lost)
            continue;
        const Exchange* next = d.next(exchange);
        if (next != nullptr && next->verb == Verb::helo) return h.kept();
        if (next == nullptr && !d.ended) return;
        return h.broken(d, exchange.last_event() + 1, reply->at,
                        next == nullptr ? fmt::format("no HELO behind {} to EHLO", reply->code)
                                        : fmt::format("{} behind {} to EHLO", verb_of(next->line),
                                                      reply->code));
    }
}

void ehlo_421_no_helo(const Dialogue& d, Hearing& h) {
    for (const Exchange& exchange : in_step(d)) {
        const Reply* reply = exchange.reply();
        if (exchange.verb != Verb::ehlo || reply == nullptr || reply->code != 421 || reply->lost)
            continue;
        const Exchange* next = d.next(exchange);
        // What was on its way already says nothing.
        if (next != nullptr && next->verb != Verb::quit && !next->pipelined)
            return h.broken(d, *next, fmt::format("{} behind 421", verb_of(next->line)));
        if (d.ended) h.kept();
    }
}

void ehlo_arg_fqdn(const Dialogue& d, Hearing& h) {
    for (const Exchange& exchange : d.exchanges) {
        if (!is_greeting(exchange)) continue;
        const std::string_view name = name_of(exchange);
        if (is_literal(name)) {
            // Its form is ehlo-literal-syntax's.
            h.kept();
            continue;
        }
        if (!is_ascii(name)) continue;  // ehlo-ascii's
        if (const std::string_view why = why_no_fqdn(name); why.empty()) {
            h.kept();
        } else {
            h.broken(d, exchange, fmt::format("'{}' is {}", escape_octets(name), why));
        }
    }
}

void ehlo_literal_syntax(const Dialogue& d, Hearing& h) {
    for (const Exchange& exchange : d.exchanges) {
        if (!is_greeting(exchange) || !is_literal(name_of(exchange))) continue;
        h.kept_if(smtp::is_address_literal(name_of(exchange)), d, exchange,
                  "'{}' is no address literal", escape_octets(name_of(exchange)));
    }
}

void ehlo_literal_own_address(const Dialogue& d, Hearing& h) {
    for (const Exchange& exchange : d.exchanges) {
        if (!is_greeting(exchange)) continue;
        const std::string_view name = name_of(exchange);
        if (!smtp::is_address_literal(name)) continue;
        std::string_view address = name.substr(1, name.size() - 2);
        if (equal_ignoring_case(address.substr(0, 5), "IPv6:")) address.remove_prefix(5);
        h.kept_if(same_address(address, d.client), d, exchange, "'{}' comes from {}", name,
                  d.client);
    }
}

void ehlo_no_trailing_text(const Dialogue& d, Hearing& h) {
    for (const Exchange& exchange : d.exchanges) {
        if (!is_greeting(exchange)) continue;
        const std::string_view argument = exchange.argument();
        h.kept_if(argument.find_first_of(" \t") == std::string_view::npos, d, exchange,
                  "there is something behind the name");
    }
}

void helo_arg_domain(const Dialogue& d, Hearing& h) {
    for (const Exchange& exchange : d.exchanges) {
        if (exchange.verb == Verb::helo)
            h.kept_if(!is_literal(name_of(exchange)), d, exchange, "HELO with an address literal");
    }
}

void ehlo_ascii(const Dialogue& d, Hearing& h) {
    for (const Exchange& exchange : d.exchanges) {
        if (is_greeting(exchange))
            h.kept_if(is_ascii(exchange.line), d, exchange,
                      "there are octets over 127 in the name");
    }
}

void ehlo_only_offered_params(const Dialogue& d, Hearing& h) {
    for (const Exchange& exchange : d.exchanges) {
        if ((exchange.verb != Verb::mail && exchange.verb != Verb::rcpt) || exchange.offer == 0)
            continue;
        const Offers& offers = d.offered(exchange);
        const auto& parameters = exchange.parameters;
        // Those of DSN, and those that were offered before TLS, have rules of their own.
        const auto missing =
            std::find_if(parameters.begin(), parameters.end(), [&](const smtp::Parameter& one) {
                return !is_dsn_parameter(one.keyword) &&
                       !offers_parameter(offers, exchange.verb, one) &&
                       !was_offered_before_tls(d, exchange, one);
            });
        h.kept_if(
            missing == parameters.end(), d, exchange,
            missing == parameters.end() ? "" : fmt::format("{} was not offered", missing->keyword));
    }
}

void helo_no_esmtp(const Dialogue& d, Hearing& h) {
    bool seen = false;
    for (const Exchange& exchange : in_step(d)) {
        if (exchange.offer == 0 || d.offered(exchange).esmtp) continue;
        seen = true;
        const bool pipelined = exchange.pipelined && exchange.verb != Verb::quit;
        const bool extends = exchange.verb == Verb::bdat || exchange.verb == Verb::auth ||
                             exchange.verb == Verb::starttls ||
                             exchange.odd(smtp::Anomaly::Kind::not_offered) ||
                             !exchange.parameters.empty();
        if (extends || pipelined)
            return h.broken(d, exchange,
                            pipelined ? "pipelined behind HELO" : "an extension behind HELO");
    }
    if (seen) h.kept();
}

/// RFC 8314 §5.2 has a mail user agent want TLS, and behind HELO there is none.
constexpr Senders all_but_user_agents{Sender::unknown, Sender::library, Sender::mta, Sender::relay,
                                      Sender::bulk};

constexpr Rule rules[] = {
    {.slug = "ehlo-first",
     .source = "RFC 5321 §2.2.1, §3.2, §4.1.1.1",
     .level = Level::should,
     .severity = Severity::minor,
     .stage = Stage::ehlo,
     .requirement = "Open the session with EHLO.",
     .remedy = "Send EHLO first, and HELO only where EHLO is not understood.",
     .unexercised = "no command was sent",
     .judge = ehlo_first},
    {.slug = "ehlo-before-mail",
     .source = "RFC 5321 §4.1.1.1, §4.1.4",
     .level = Level::must,
     .severity = Severity::major,
     .stage = Stage::ehlo,
     .requirement =
         "See EHLO or HELO accepted before MAIL, in the same session and behind STARTTLS again.",
     .remedy = "Send EHLO, and again behind the TLS handshake, and wait for 2yz.",
     .unexercised = "no MAIL was sent",
     .judge = ehlo_before_mail},
    {.slug = "ehlo-fallback-helo",
     .source = "RFC 5321 §2.2.1, §3.2",
     .level = Level::must,
     .severity = Severity::major,
     .stage = Stage::ehlo,
     .requirement = "Go back to HELO where EHLO is answered with 500 or 502.",
     .remedy = "Send HELO behind 500 or 502 to EHLO, unless an extension is required by policy.",
     .unexercised = "EHLO was never answered with 500 or 502, or the sender is a mail user agent, "
                    "which needs TLS",
     .judge = ehlo_fallback_helo,
     .senders = all_but_user_agents},
    {.slug = "ehlo-421-no-helo",
     .source = "RFC 5321 §3.8, §4.2.2, §4.3.2",
     .level = Level::derived,
     .severity = Severity::minor,
     .stage = Stage::ehlo,
     .requirement = "Take 421 to EHLO for the end of the session: no HELO behind it.",
     .remedy = "Go back to HELO behind 500 and 502 only; behind 421 close and try again later.",
     .unexercised = "EHLO was never answered with 421",
     .judge = ehlo_421_no_helo},
    {.slug = "ehlo-arg-fqdn",
     .source = "RFC 5321 §2.3.5, §4.1.1.1, §4.1.4",
     .level = Level::must,
     .severity = Severity::major,
     .stage = Stage::ehlo,
     .requirement =
         "Say a fully-qualified domain name in EHLO, or an address literal where there is none.",
     .remedy = "Take the host's full name; without one, an address literal: [192.0.2.1].",
     .unexercised = "no EHLO or HELO was sent",
     .judge = ehlo_arg_fqdn},
    {.slug = "ehlo-literal-syntax",
     .source = "RFC 5321 §4.1.3",
     .level = Level::grammar,
     .severity = Severity::minor,
     .stage = Stage::ehlo,
     .requirement = "Write address literals as [d.d.d.d] or [IPv6:…].",
     .remedy = "Put brackets around the address, and \"IPv6:\" before one of IPv6.",
     .unexercised = "no EHLO or HELO had an address literal",
     .judge = ehlo_literal_syntax},
    {.slug = "ehlo-literal-own-address",
     .source = "RFC 5321 §4.1.1.1",
     .level = Level::best_practice,
     .severity = Severity::info,
     .stage = Stage::ehlo,
     .requirement = "Name the own address in an address literal.",
     .remedy = "Take the local address of the connection, as getsockname gives it.",
     .unexercised = "no EHLO or HELO had an address literal",
     .judge = ehlo_literal_own_address},
    {.slug = "ehlo-no-trailing-text",
     .source = "RFC 5321 §4.1.1.1",
     .level = Level::should_not,
     .severity = Severity::minor,
     .stage = Stage::ehlo,
     .requirement = "Send nothing behind the argument of EHLO.",
     .remedy = "End the line behind the name, without a blank.",
     .unexercised = "no EHLO or HELO was sent",
     .judge = ehlo_no_trailing_text},
    {.slug = "helo-arg-domain",
     .source = "RFC 5321 §4.1.1.1",
     .level = Level::grammar,
     .severity = Severity::info,
     .stage = Stage::ehlo,
     .requirement = "Say a domain in HELO: its grammar has no address literal.",
     .remedy = "Say the host's name in HELO.",
     .unexercised = "no HELO was sent",
     .judge = helo_arg_domain},
    {.slug = "ehlo-ascii",
     .source = "RFC 6531 §3.7.1",
     .level = Level::must,
     .severity = Severity::minor,
     .stage = Stage::ehlo,
     .requirement = "Say an ASCII name in EHLO: an internationalized one as A-labels.",
     .remedy = "Convert the name with IDNA (\"xn--…\") before it is sent.",
     .unexercised = "no EHLO or HELO was sent",
     .judge = ehlo_ascii},
    {.slug = "ehlo-only-offered-params",
     .source = "RFC 5321 §2.2, §3.3, §4.1.1.3",
     .level = Level::must_not,
     .severity = Severity::major,
     .stage = Stage::mail,
     .requirement = "Use only parameters of MAIL and RCPT whose extension the EHLO reply in force "
                    "has offered.",
     .remedy = "Look the extension up in the last EHLO reply before a parameter is added.",
     .unexercised = "no MAIL was sent",
     .judge = ehlo_only_offered_params},
    {.slug = "helo-no-esmtp",
     .source = "RFC 5321 §2.2, §4.1.1.1",
     .level = Level::derived,
     .severity = Severity::major,
     .stage = Stage::ehlo,
     .requirement =
         "Behind HELO use no extension: no parameters, no pipelining, no STARTTLS, AUTH or BDAT.",
     .remedy = "Forget all extensions when HELO is sent.",
     .unexercised = "no HELO was accepted",
     .judge = helo_no_esmtp},
};

}  // namespace

std::span<const Rule> ehlo_rules() {
    return rules;
}

}  // namespace fakemx::conformance
