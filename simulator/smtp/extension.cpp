// One table for the parameters, one small check per grammar.
#include "smtp/extension.h"

#include <algorithm>
#include <utility>

#include "core/text.h"
#include "core/time.h"

namespace fakemx::smtp {

namespace {

bool is_digits(std::string_view text, std::size_t most) {
    return !text.empty() && text.size() <= most &&
           std::all_of(text.begin(), text.end(), is_ascii_digit);
}

bool is_one_of(std::string_view text, std::initializer_list<std::string_view> words) {
    return std::any_of(words.begin(), words.end(),
                       [&](std::string_view word) { return equal_ignoring_case(text, word); });
}

int hex_digit(char c) {
    if (is_ascii_digit(c)) return c - '0';
    // RFC 3461 §4: hexchar = "+" 2(DIGIT / "A" … "F"), upper case.
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool is_size(const Parameter& parameter) {
    return parse_size_value(parameter.value).has_value();
}

bool is_body(const Parameter& parameter) {
    return is_one_of(parameter.value, {"7BIT", "8BITMIME"});
}

bool is_binary_body(const Parameter& parameter) {
    return equal_ignoring_case(parameter.value, "BINARYMIME");
}

bool has_no_value(const Parameter& parameter) {
    return !parameter.has_value;
}

// RFC 3461 §4.3
bool is_ret(const Parameter& parameter) {
    return is_one_of(parameter.value, {"FULL", "HDRS"});
}

// RFC 3461 §4.4: xtext for at most 100 printable characters.
bool is_envid(const Parameter& parameter) {
    const auto id = decode_xtext(parameter.value);
    return id && !id->empty() && parameter.value.size() <= 100 &&
           std::all_of(id->begin(), id->end(), [](char c) { return c >= ' ' && c <= '~'; });
}

// RFC 3461 §4.1: NEVER alone, or a list without repetitions.
bool is_notify(const Parameter& parameter) {
    if (equal_ignoring_case(parameter.value, "NEVER")) return true;
    std::array<bool, 3> seen{};
    std::string_view rest = parameter.value;
    while (true) {
        constexpr std::array<std::string_view, 3> events{"SUCCESS", "FAILURE", "DELAY"};
        const std::size_t comma = rest.find(',');
        const auto found = std::find_if(events.begin(), events.end(), [&](std::string_view event) {
            return equal_ignoring_case(event, rest.substr(0, comma));
        });
        if (found == events.end()) return false;
        if (std::exchange(seen.at(static_cast<std::size_t>(found - events.begin())), true))
            return false;
        if (comma == std::string_view::npos) return true;
        rest.remove_prefix(comma + 1);
    }
}

// RFC 3461 §4.2: addr-type ";" xtext, at most 500 characters. The type utf-8 of RFC 6533 §3 writes its
// characters as they are or as \x{…}.
bool is_orcpt(const Parameter& parameter) {
    if (parameter.value.size() > 500) return false;
    const std::size_t semicolon = parameter.value.find(';');
    if (semicolon == std::string::npos || semicolon == 0) return false;
    const std::string_view type = std::string_view{parameter.value}.substr(0, semicolon);
    const std::string_view address = std::string_view{parameter.value}.substr(semicolon + 1);
    const bool atom = std::all_of(type.begin(), type.end(), [](char c) {
        return is_ascii_letter(c) || is_ascii_digit(c) || c == '-';
    });
    if (!atom || address.empty()) return false;
    return equal_ignoring_case(type, "utf-8") || decode_xtext(address).has_value();
}

// RFC 4954 §5: a mailbox as xtext, or "<>".
bool is_auth(const Parameter& parameter) {
    if (parameter.value == "<>") return true;
    const auto mailbox = decode_xtext(parameter.value);
    if (!mailbox || mailbox->empty()) return false;
    const std::string text = '<' + *mailbox + '>';
    const auto path = parse_path(text, true);
    return path && path->octets == text.size();
}

// RFC 2852 §4: by-time ";" by-mode [by-trace]; with mode R the time is greater than zero.
bool is_by(const Parameter& parameter) {
    std::string_view text = parameter.value;
    const bool negative = text.starts_with('-');
    if (negative || text.starts_with('+')) text.remove_prefix(1);
    const std::size_t semicolon = text.find(';');
    if (semicolon == std::string_view::npos || !is_digits(text.substr(0, semicolon), 9))
        return false;
    const bool later = !negative && parse_decimal(text.substr(0, semicolon)).value_or(0) > 0;
    const std::string mode = ascii_upper(text.substr(semicolon + 1));
    if (mode == "N" || mode == "NT") return true;
    return later && (mode == "R" || mode == "RT");
}

// RFC 4865 §4: 1 to 999,999,999 seconds.
bool is_holdfor(const Parameter& parameter) {
    return is_digits(parameter.value, 9) && parse_decimal(parameter.value).value_or(0) > 0;
}

// RFC 4865 §4: date-time of RFC 3339, in UTC.
bool is_holduntil(const Parameter& parameter) {
    return parameter.value.ends_with('Z') && parse_instant(parameter.value).has_value();
}

// RFC 6710 §4.1: -9 to 9 without leading zeros.
bool is_mt_priority(const Parameter& parameter) {
    std::string_view text = parameter.value;
    if (text.starts_with('-')) text.remove_prefix(1);
    return text.size() == 1 && is_ascii_digit(text.front()) &&
           (text.front() != '0' || parameter.value == "0");
}

struct Rule {
    std::string_view keyword;
    Verb verb;
    Extension extension;
    bool (*fits)(const Parameter&);
};

constexpr std::array rules{
    Rule{"SIZE", Verb::mail, Extension::size, is_size},
    Rule{"BODY", Verb::mail, Extension::binary_mime, is_binary_body},
    Rule{"BODY", Verb::mail, Extension::eight_bit_mime, is_body},
    Rule{"SMTPUTF8", Verb::mail, Extension::smtputf8, has_no_value},
    Rule{"RET", Verb::mail, Extension::dsn, is_ret},
    Rule{"ENVID", Verb::mail, Extension::dsn, is_envid},
    Rule{"NOTIFY", Verb::rcpt, Extension::dsn, is_notify},
    Rule{"ORCPT", Verb::rcpt, Extension::dsn, is_orcpt},
    Rule{"AUTH", Verb::mail, Extension::auth, is_auth},
    Rule{"BY", Verb::mail, Extension::deliverby, is_by},
    Rule{"HOLDFOR", Verb::mail, Extension::futurerelease, is_holdfor},
    Rule{"HOLDUNTIL", Verb::mail, Extension::futurerelease, is_holduntil},
    Rule{"MT-PRIORITY", Verb::mail, Extension::mt_priority, is_mt_priority},
    Rule{"REQUIRETLS", Verb::mail, Extension::requiretls, has_no_value},
};

}  // namespace

std::optional<Extension> extension_of(std::string_view line) {
    const auto end =
        std::find_if(line.begin(), line.end(), [](char c) { return c == ' ' || c == '='; });
    const std::string_view keyword = line.substr(0, static_cast<std::size_t>(end - line.begin()));
    for (std::size_t i = 0; i < extension_keywords.size(); ++i) {
        if (equal_ignoring_case(keyword, extension_keywords[i])) return static_cast<Extension>(i);
    }
    return std::nullopt;
}

std::optional<Extension> extension_of(Verb verb) {
    switch (verb) {
        case Verb::starttls: return Extension::starttls;
        case Verb::bdat: return Extension::chunking;
        case Verb::auth: return Extension::auth;
        case Verb::helo:
        case Verb::ehlo:
        case Verb::mail:
        case Verb::rcpt:
        case Verb::data:
        case Verb::rset:
        case Verb::noop:
        case Verb::vrfy:
        case Verb::expn:
        case Verb::help:
        case Verb::quit:
        case Verb::xclient:
        case Verb::unsupported:
        case Verb::unknown: break;
    }
    return std::nullopt;
}

std::vector<Offer> offers(std::initializer_list<Extension> extensions) {
    std::vector<Offer> made;
    for (const Extension extension : extensions) {
        const auto keyword = extension_keywords.at(static_cast<std::size_t>(extension));
        made.push_back({extension, std::string{keyword}});
    }
    return made;
}

ParameterReading read_parameter(Verb verb, const Parameter& parameter) {
    ParameterReading reading{ParameterFault::unknown, {}};
    for (const Rule& rule : rules) {
        if (rule.verb != verb || rule.keyword != parameter.keyword) continue;
        if (rule.fits(parameter)) return {ParameterFault::none, rule.extension};
        reading = {ParameterFault::bad_value, rule.extension};
    }
    return reading;
}

std::size_t added_line_octets(Extension extension, Verb verb) {
    const bool mail = verb == Verb::mail;
    switch (extension) {
        case Extension::size: return mail ? 26 : 0;            // RFC 1870 §3 (7)
        case Extension::eight_bit_mime: return mail ? 17 : 0;  // RFC 6152 §2 (6)
        case Extension::binary_mime: return mail ? 16 : 0;     // RFC 3030 §3 (6)
        case Extension::auth: return mail ? 500 : 0;           // RFC 4954 §3 (6)
        case Extension::smtputf8:                              // RFC 6531 §3.1 (6)
            return mail || verb == Verb::vrfy || verb == Verb::expn ? 10 : 0;
        case Extension::dsn:  // RFC 3461 §5.4: 1036 octets
            return mail || verb == Verb::rcpt ? 1036 - 512 : 0;
        case Extension::deliverby: return mail ? 17 : 0;      // RFC 2852 §2 (5)
        case Extension::futurerelease: return mail ? 34 : 0;  // RFC 4865 §3 (6)
        case Extension::mt_priority: return mail ? 15 : 0;    // RFC 6710 §3 (6)
        case Extension::requiretls: return mail ? 11 : 0;     // RFC 8689 §2 (6)
        case Extension::pipelining:
        case Extension::enhanced_status_codes:
        case Extension::starttls:
        case Extension::chunking:
        case Extension::limits: return 0;
    }
    return 0;
}

std::optional<std::string> decode_xtext(std::string_view text) {
    std::string result;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (c < '!' || c > '~' || c == '=') return std::nullopt;
        if (c != '+') {
            result += c;
            continue;
        }
        if (text.size() - i < 3) return std::nullopt;
        const int high = hex_digit(text[i + 1]);
        const int low = hex_digit(text[i + 2]);
        if (high < 0 || low < 0) return std::nullopt;
        result += static_cast<char>(high * 16 + low);
        i += 2;
    }
    return result;
}

}  // namespace fakemx::smtp
