// RFC 5321 §2.3.5, §3.3, §3.6, §4.1.1.2, §4.1.1.3, §4.1.2, §4.5.3.1: MAIL, RCPT and the paths in them.
#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "conformance/chapters.h"
#include "conformance/grammar.h"
#include "conformance/hearing.h"
#include "core/limits.h"
#include "core/text.h"

namespace fakemx::conformance {

namespace {

using smtp::Verb;

/// What is wrong with "FROM:<path> [parameters]"; empty: nothing.
std::string fault_of(const Exchange& exchange) {
    if (exchange.odd(smtp::Anomaly::Kind::blank_after_colon)) return "a blank behind the colon";
    if (!exchange.fault) return {};
    switch (exchange.fault->kind) {
        case smtp::SyntaxError::Kind::keyword:
            return exchange.verb == Verb::mail ? "no 'FROM:<'" : "no 'TO:<'";
        case smtp::SyntaxError::Kind::path:
            return std::string{smtp::describe(exchange.fault->path)};
        // These have rules of their own.
        case smtp::SyntaxError::Kind::parameters: return {};
        case smtp::SyntaxError::Kind::trailing: return "something behind the path";
    }
    return {};
}

/// Too long is addr-length's.
bool is_too_long(const Exchange& exchange) {
    return exchange.fault && exchange.fault->kind == smtp::SyntaxError::Kind::path &&
           (exchange.fault->path == smtp::PathError::local_part_too_long ||
            exchange.fault->path == smtp::PathError::domain_too_long ||
            exchange.fault->path == smtp::PathError::path_too_long);
}

/// A source route that cannot be read is still one.
bool has_source_route(const Exchange& exchange) {
    const std::string_view argument = exchange.argument();
    const std::size_t bracket = argument.find('<');
    if (bracket == std::string_view::npos) return false;
    const std::string_view path = argument.substr(bracket + 1);
    // Without a colon it is no path at all.
    return path.starts_with('@') &&
           path.substr(0, path.find('>')).find(':') != std::string_view::npos;
}

void judge_syntax(const Dialogue& d, Hearing& h, Verb verb) {
    for (const Exchange& exchange : d.exchanges) {
        if (exchange.verb != verb || is_too_long(exchange)) continue;
        // The domain's characters are cmd-domain-ldh's, and octets over 127 cmd-ascii's.
        const std::string fault = fault_of(exchange);
        const bool other = fault == smtp::describe(smtp::PathError::bad_domain) ||
                           fault == smtp::describe(smtp::PathError::bad_source_route);
        h.kept_if(fault.empty() || other, d, exchange, fault);
    }
}

void mail_syntax(const Dialogue& d, Hearing& h) {
    judge_syntax(d, h, Verb::mail);
}

void rcpt_syntax(const Dialogue& d, Hearing& h) {
    judge_syntax(d, h, Verb::rcpt);
}

void addr_fqdn(const Dialogue& d, Hearing& h) {
    for (const Exchange& exchange : d.exchanges) {
        if (exchange.verb != Verb::mail && exchange.verb != Verb::rcpt) continue;
        const auto& path = exchange.path;
        if (!path || path->null()) continue;
        if (path->domain.empty()) {
            h.kept_if(
                exchange.verb == Verb::rcpt && equal_ignoring_case(path->local_part, "postmaster"),
                d, exchange, "an address without a domain");
        } else if (!path->domain.starts_with('[')) {
            if (path->domain.find('.') != std::string::npos) {
                h.kept();
            } else {
                h.broken(
                    d, exchange,
                    fmt::format("'{}' is no fully-qualified name", escape_octets(path->domain)));
            }
        }
    }
}

void addr_length(const Dialogue& d, Hearing& h) {
    for (const Exchange& exchange : d.exchanges) {
        if (exchange.verb != Verb::mail && exchange.verb != Verb::rcpt) continue;
        h.kept_if(!is_too_long(exchange), d, exchange, fault_of(exchange));
    }
}

void addr_no_source_route(const Dialogue& d, Hearing& h) {
    for (const Exchange& exchange : d.exchanges) {
        if (is_path_command(exchange))
            h.kept_if(!has_source_route(exchange), d, exchange, "a source route");
    }
}

void mail_params_syntax(const Dialogue& d, Hearing& h) {
    for (const Exchange& exchange : d.exchanges) {
        const auto& parameters = exchange.parameters;
        if (parameters.empty()) continue;
        std::string fault;
        std::set<std::string_view> seen;
        for (const smtp::Parameter& one : parameters) {
            // Their values have rules of their own.
            if (one.keyword == "SIZE" || one.keyword == "AUTH" || is_dsn_parameter(one.keyword))
                continue;
            const bool keyword =
                !one.keyword.empty() &&
                (is_ascii_letter(one.keyword.front()) || is_ascii_digit(one.keyword.front())) &&
                std::all_of(one.keyword.begin(), one.keyword.end(), [](char c) {
                    return is_ascii_letter(c) || is_ascii_digit(c) || c == '-';
                });
            // RFC 6531 §3.3 lets values have octets over 127.
            const bool value = std::all_of(one.value.begin(), one.value.end(), [](char c) {
                return (c > ' ' && c < 127 && c != '=') || !is_ascii(c);
            });
            const bool valueless = one.keyword == "SMTPUTF8" || one.keyword == "REQUIRETLS";
            if (!keyword || !value || (one.has_value && one.value.empty())) {
                fault = fmt::format("'{}' is no parameter", escape_octets(one.keyword));
            } else if (valueless && one.has_value) {
                fault = fmt::format("{} has a value", one.keyword);
            } else if (!seen.insert(one.keyword).second) {
                fault = fmt::format("{} twice", one.keyword);
            }
        }
        h.kept_if(fault.empty(), d, exchange, fault);
    }
}

void null_sender_only_notices(const Dialogue& d, Hearing& h) {
    for (const Exchange& exchange : d.exchanges) {
        if (!exchange.message || !exchange.message->header) continue;
        const Exchange* mail = d.mail_of(exchange);
        if (mail == nullptr) continue;
        const auto& path = mail->path;
        if (!path) continue;
        const HeaderFacts& header = *exchange.message->header;
        h.kept_if(!path->null() || header.report || header.auto_submitted, d, *mail,
                  "<> with a message that is no notice");
    }
}

void bcc_privacy(const Dialogue& d, Hearing& h) {
    for (const Exchange& exchange : d.exchanges) {
        if (!exchange.message || !exchange.message->header) continue;
        const HeaderFacts& header = *exchange.message->header;
        h.kept_if(header.bcc == 0 && header.apparently_to == 0, d, exchange,
                  header.bcc != 0 ? "a field Bcc with addresses" : "a field Apparently-To");
    }
}

constexpr Rule rules[] = {
    {.slug = "mail-syntax",
     .source = "RFC 5321 §3.3, §4.1.1.2, §4.1.2",
     .level = Level::grammar,
     .severity = Severity::major,
     .stage = Stage::mail,
     .requirement =
         "Write MAIL FROM:<path>, with angle brackets and without blanks beside the colon.",
     .remedy = "Write \"MAIL FROM:<\", the address alone, and \">\".",
     .unexercised = "no MAIL was sent",
     .judge = mail_syntax},
    {.slug = "rcpt-syntax",
     .source = "RFC 5321 §3.3, §4.1.1.3, §4.1.2",
     .level = Level::grammar,
     .severity = Severity::major,
     .stage = Stage::rcpt,
     .requirement = "Write RCPT TO:<path>, with one path in angle brackets and without blanks "
                    "beside the colon.",
     .remedy = "Write \"RCPT TO:<\", the address alone, and \">\"; a command for each recipient.",
     .unexercised = "no RCPT was sent",
     .judge = rcpt_syntax},
    {.slug = "addr-fqdn",
     .source = "RFC 5321 §2.3.5",
     .level = Level::must,
     .severity = Severity::major,
     .stage = Stage::rcpt,
     .requirement = "Use fully-qualified domains in addresses; <Postmaster> alone may have none.",
     .remedy = "Complete the address with its domain before it is sent.",
     .unexercised = "no address was sent",
     .judge = addr_fqdn},
    {.slug = "addr-length",
     .source = "RFC 5321 §4.5.3.1.1, §4.5.3.1.2, §4.5.3.1.3",
     .level = Level::should_not,
     .severity = Severity::minor,
     .stage = Stage::rcpt,
     .requirement = "Send no local part of more than 64 octets, no domain of more than 255 and no "
                    "path of more than 256.",
     .remedy = "Refuse longer addresses before they are sent.",
     .unexercised = "no address was sent",
     .judge = addr_length},
    {.slug = "addr-no-source-route",
     .source = "RFC 5321 §3.3, §3.6.1, §4.1.1.3",
     .level = Level::should_not,
     .severity = Severity::minor,
     .stage = Stage::rcpt,
     .requirement = "Send no source routes.",
     .remedy = "Send the mailbox alone: <user@domain>.",
     .unexercised = "no address was sent",
     .judge = addr_no_source_route},
    {.slug = "mail-params-syntax",
     .source = "RFC 5321 §4.1.2; RFC 1870 §6; RFC 6152 §3; RFC 3461 §4.5",
     .level = Level::must,
     .severity = Severity::minor,
     .stage = Stage::mail,
     .requirement = "Write parameters as KEYWORD or KEYWORD=value, each once.",
     .remedy = "Write no blanks beside \"=\", and leave \"=\" out where the keyword has no value.",
     .unexercised = "no parameter was sent",
     .judge = mail_params_syntax},
    {.slug = "null-sender-only-notices",
     .source = "RFC 5321 §4.5.5",
     .level = Level::should,
     .severity = Severity::minor,
     .stage = Stage::mail,
     .requirement = "Use the null reverse path for notices only.",
     .remedy = "Give ordinary mail a sender to whom notices can be sent.",
     .unexercised = "no message arrived",
     .judge = null_sender_only_notices},
    {.slug = "bcc-privacy",
     .source = "RFC 5321 §7.2; RFC 5322 §3.6.3",
     .level = Level::should_not,
     .severity = Severity::major,
     .stage = Stage::data,
     .requirement =
         "Show blind copies in no header field: no Bcc with addresses, no Apparently-To.",
     .remedy = "Take the field Bcc out before the message is sent; the envelope has its addresses.",
     .unexercised = "no message arrived",
     .judge = bcc_privacy},
};

}  // namespace

std::span<const Rule> path_rules() {
    return rules;
}

}  // namespace fakemx::conformance
