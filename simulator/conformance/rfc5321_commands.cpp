// RFC 5321 §2.3.8, §2.4, §4.1, §4.3, §4.5.3.1: command lines and their order.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "conformance/chapters.h"
#include "conformance/grammar.h"
#include "conformance/hearing.h"
#include "conformance/reaction.h"
#include "core/limits.h"
#include "core/text.h"
#include "smtp/extension.h"
#include "smtp/path.h"

namespace fakemx::conformance {

namespace {

using smtp::Verb;
using Kind = smtp::Anomaly::Kind;

void cmd_crlf(const Dialogue& d, Hearing& h) {
    for (const Exchange& exchange : d.exchanges) {
        const bool clean = std::none_of(exchange.line.begin(), exchange.line.end(),
                                        [](char c) { return c == '\r' || c == '\n' || c == '\0'; });
        h.kept_if(clean, d, exchange, "CR, LF or NUL within a line");
    }
    // A line that ends with LF alone never ends.
    const Oddity* cut = d.oddity(Kind::cut_off_line);
    if (cut != nullptr && cut->detail.find_first_of("\r\n") != std::string::npos)
        h.broken(d, cut->event, cut->at, "a line that does not end with CRLF");
}

/// By what was offered, lines with this verb may be so much longer.
std::size_t added_line_octets(const Offers& offers, Verb verb) {
    std::size_t octets = 0;
    for (const auto& [keyword, value] : offers.keywords) {
        const auto extension = smtp::extension_of(keyword);
        if (extension) octets += smtp::added_line_octets(*extension, verb);
    }
    return octets;
}

void cmd_line_512(const Dialogue& d, Hearing& h) {
    for (const Exchange& exchange : d.exchanges) {
        // The line of AUTH has a limit of its own, and its credentials are not here.
        if (exchange.verb == Verb::auth) continue;
        const std::size_t octets = exchange.line.size() + 2;
        std::size_t octets_max = limits::command_line_octets_max;
        if (octets > octets_max)
            octets_max += added_line_octets(d.offered(exchange), exchange.verb);
        h.kept_if(!exchange.odd(Kind::line_too_long) && octets <= octets_max, d, exchange,
                  "longer than {} octets", octets_max);
    }
}

void cmd_ascii(const Dialogue& d, Hearing& h) {
    for (const Exchange& exchange : d.exchanges) {
        // Addresses in UTF-8 are RFC 6531's, and the name in EHLO ehlo-ascii's.
        const bool path = is_path_command(exchange);
        const bool name = exchange.verb == Verb::ehlo || exchange.verb == Verb::helo;
        const bool other = name || (path && is_utf8(exchange.line));
        h.kept_if(is_ascii(exchange.line) || other, d, exchange, "octets over 127");
    }
}

void cmd_no_args(const Dialogue& d, Hearing& h) {
    for (const Exchange& exchange : d.exchanges) {
        if (exchange.verb != Verb::rset && exchange.verb != Verb::data &&
            exchange.verb != Verb::quit)
            continue;
        h.kept_if(exchange.line.size() == 4, d, exchange, "{} with something behind it",
                  smtp::name(exchange.verb));
    }
}

void cmd_verbs_known(const Dialogue& d, Hearing& h) {
    for (const Exchange& exchange : d.exchanges) {
        // A line of AUTH that came too late to be one.
        if (exchange.line == "[redacted]") continue;
        const auto extension = smtp::extension_of(exchange.verb);
        const auto keyword = extension
                                 ? smtp::extension_keywords.at(static_cast<std::size_t>(*extension))
                                 : std::string_view{};
        const bool again = exchange.verb == Verb::starttls && exchange.in_tls;  // tls-no-second's
        const bool offered = !extension || d.offered(exchange).has(keyword) || again;
        const bool known = exchange.verb != Verb::unknown && exchange.verb != Verb::unsupported;
        if (known && offered) {
            h.kept();
        } else {
            h.broken(d, exchange,
                     known ? fmt::format("{} was not offered", verb_of(exchange.line))
                           : fmt::format("nobody knows {}", verb_of(exchange.line)));
        }
    }
}

void cmd_wait_reply(const Dialogue& d, Hearing& h) {
    // Behind one reply too many nobody knows what belongs to what.
    for (const Exchange& exchange : in_step(d)) {
        // Of the first one greet-wait speaks; what is offered decides about the others, and pipe-only-if-offered about HELO.
        if (exchange.offer == 0 || d.offered(exchange).has("PIPELINING")) continue;
        const Exchange* before = d.previous(exchange);
        // Behind a message data-nothing-after-dot judges.
        if (before == nullptr || before->message) continue;
        // And behind EHLO pipe-only-if-offered.
        if (before->verb == Verb::ehlo) continue;
        if (tired_of_waiting(d, *before, h.thresholds()) != nullptr) continue;
        if (exchange.pipelined) {
            h.broken(d, exchange,
                     fmt::format("{} before the reply to {}", verb_of(exchange.line),
                                 verb_of(before->line)));
        } else if (const Reply* reply = before->last_reply();
                   reply != nullptr && reply->after > Duration::zero()) {
            h.kept();
        }
    }
}

void cmd_order(const Dialogue& d, Hearing& h) {
    // What was sent, accepted or not: who goes on behind a refusal breaks other rules.
    bool mail = false;
    bool recipient = false;
    for (const Exchange& exchange : d.exchanges) {
        switch (exchange.verb) {
            case Verb::mail:
                mail = true;
                recipient = false;
                h.kept();
                break;
            case Verb::rcpt:
                h.kept_if(mail, d, exchange, "RCPT without MAIL");
                recipient = true;
                break;
            case Verb::data: h.kept_if(recipient, d, exchange, "DATA without RCPT"); break;
            case Verb::rset:
            case Verb::ehlo:
            case Verb::helo: mail = recipient = false; break;
            default: break;
        }
        if (exchange.message) mail = recipient = false;
    }
}

void cmd_no_nested_mail(const Dialogue& d, Hearing& h) {
    for (const Exchange& exchange : d.exchanges) {
        if (exchange.verb != Verb::mail || d.previous(exchange) == nullptr) continue;
        // Accepted inside a transaction never happens, so that the number is the one before.
        const bool open = exchange.transaction != 0 && !exchange.accepted();
        const bool second = std::any_of(d.exchanges.data(), &exchange, [](const Exchange& earlier) {
            return earlier.verb == Verb::mail;
        });
        if (second) h.kept_if(!open, d, exchange, "MAIL inside a transaction");
    }
}

void cmd_domain_ldh(const Dialogue& d, Hearing& h) {
    for (const Exchange& exchange : d.exchanges) {
        if (exchange.verb != Verb::mail && exchange.verb != Verb::rcpt) continue;
        const std::string_view path = path_text(exchange.line);
        const std::size_t at = path.rfind('@');
        if (at == std::string_view::npos) continue;
        const std::string_view domain = path.substr(at + 1);
        if (domain.starts_with('[')) continue;
        const bool utf8 = d.offered(exchange).has("SMTPUTF8");
        if (smtp::is_domain(domain, utf8) && domain.size() <= limits::domain_octets_max) {
            h.kept();
        } else {
            h.broken(d, exchange, fmt::format("'{}' is no domain", escape_octets(domain)));
        }
    }
}

constexpr Rule rules[] = {
    {.slug = "cmd-crlf",
     .source = "RFC 5321 §2.3.8, §2.4",
     .level = Level::must,
     .severity = Severity::major,
     .stage = Stage::any,
     .requirement = "End each command line with CRLF, and have no CR, LF or NUL inside of one.",
     .remedy = "Write CR LF behind each command, and refuse arguments that have either.",
     .unexercised = "no command was sent",
     .judge = cmd_crlf},
    {.slug = "cmd-line-512",
     .source = "RFC 5321 §4.5.3.1.4",
     .level = Level::should_not,
     .severity = Severity::minor,
     .stage = Stage::any,
     .requirement = "Send no command line of more than 512 octets with its CRLF, and what the "
                    "extensions that are offered add.",
     .remedy = "Refuse an address or a parameter that makes the line longer.",
     .unexercised = "no command was sent",
     .judge = cmd_line_512},
    {.slug = "cmd-ascii",
     .source = "RFC 5321 §2.4; RFC 6531 §3.2",
     .level = Level::must,
     .severity = Severity::major,
     .stage = Stage::any,
     .requirement = "Send commands in ASCII; addresses may be UTF-8 where SMTPUTF8 is in force.",
     .remedy = "Refuse addresses and parameters that are neither ASCII nor UTF-8.",
     .unexercised = "no command was sent",
     .judge = cmd_ascii},
    {.slug = "cmd-no-args",
     .source = "RFC 5321 §4.1.1",
     .level = Level::must_not,
     .severity = Severity::minor,
     .stage = Stage::any,
     .requirement = "Send nothing behind RSET, DATA and QUIT, not even a blank.",
     .remedy = "Write CRLF right behind the verb.",
     .unexercised = "neither RSET nor DATA nor QUIT was sent",
     .judge = cmd_no_args},
    {.slug = "cmd-verbs-known",
     .source = "RFC 5321 §2.2.2, §4.1.5",
     .level = Level::must,
     .severity = Severity::minor,
     .stage = Stage::any,
     .requirement = "Use only the verbs of SMTP and of extensions that the EHLO reply offers.",
     .remedy = "Look the extension up in the last EHLO reply before its verb is sent.",
     .unexercised = "no command was sent",
     .judge = cmd_verbs_known},
    {.slug = "cmd-wait-reply",
     .source = "RFC 5321 §4.3.1",
     .level = Level::must,
     .severity = Severity::major,
     .stage = Stage::any,
     .requirement = "Where PIPELINING is not offered, wait for each reply before the next command.",
     .remedy =
         "Read the whole reply before the next command is written, unless PIPELINING is offered.",
     .unexercised = "PIPELINING was offered, or every reply came at once",
     .judge = cmd_wait_reply},
    {.slug = "cmd-order",
     .source = "RFC 5321 §3.3, §4.1.4",
     .level = Level::must,
     .severity = Severity::major,
     .stage = Stage::any,
     .requirement = "Send MAIL, then RCPT, then DATA.",
     .remedy = "Keep the order of a transaction; after an error begin again with MAIL.",
     .unexercised = "no MAIL was sent",
     .judge = cmd_order},
    {.slug = "cmd-no-nested-mail",
     .source = "RFC 5321 §4.1.4",
     .level = Level::must_not,
     .severity = Severity::major,
     .stage = Stage::mail,
     .requirement = "Send no MAIL while a transaction is open.",
     .remedy = "Send RSET before the next MAIL when a transaction was given up.",
     .unexercised = "there was one MAIL in each session",
     .judge = cmd_no_nested_mail},
    {.slug = "cmd-domain-ldh",
     .source = "RFC 5321 §4.1.2",
     .level = Level::must_not,
     .severity = Severity::minor,
     .stage = Stage::mail,
     .requirement = "Use letters, digits and hyphens in domains, in labels of at most 63 octets "
                    "and 255 in all.",
     .remedy = "Refuse an address whose domain has other characters, such as \"_\".",
     .unexercised = "no path had a domain",
     .judge = cmd_domain_ldh},
};

}  // namespace

std::span<const Rule> command_rules() {
    return rules;
}

}  // namespace fakemx::conformance
