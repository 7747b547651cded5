// Terms of a record, one after the other (RFC 7208 §4.6.1, §7.1).
#include "message/spf_record.h"

#include <algorithm>
#include <array>

#include "core/ip_address.h"
#include "core/text.h"

namespace fakemx::message {

namespace {

constexpr std::array<std::string_view, 8> kind_names{"all", "include", "a",   "mx",
                                                     "ptr", "ip4",     "ip6", "exists"};

/// A number from 0 to `most`, without leading zeros.
std::optional<std::size_t> parse_bits(std::string_view text, std::size_t most) {
    const auto bits = parse_decimal(text);
    if (!bits || *bits > most || (text.size() > 1 && text.front() == '0')) return std::nullopt;
    return static_cast<std::size_t>(*bits);
}

constexpr std::string_view digits = "0123456789";

/// Takes a number and the slashes in front of it from the end of `text`; false where it does not fit.
bool take_prefix(std::string_view& text, std::string_view slashes, std::size_t most,
                 std::size_t& bits) {
    const std::size_t at = text.rfind(slashes);
    if (at == std::string_view::npos) return true;
    const std::string_view number = text.substr(at + slashes.size());
    // A slash may also stand in a macro or in a label.
    if (number.empty() || number.find_first_not_of(digits) != std::string_view::npos) return true;
    const auto parsed = parse_bits(number, most);
    if (!parsed) return false;
    bits = *parsed;
    text = text.substr(0, at);
    return true;
}

/// The inside of "%{...}".
bool is_macro(std::string_view macro) {
    if (macro.empty() ||
        std::string_view{"slodiphv"}.find(ascii_lower(macro.front())) == std::string_view::npos)
        return false;
    macro.remove_prefix(1);
    const std::size_t count = std::min(macro.find_first_not_of(digits), macro.size());
    if (count != 0 && parse_decimal(macro.substr(0, count)).value_or(0) == 0) return false;
    macro.remove_prefix(count);
    if (macro.starts_with('r') || macro.starts_with('R')) macro.remove_prefix(1);
    return macro.find_first_not_of(".-+,/_=") == std::string_view::npos;
}

/// §7.1, macro-string: every "%" begins a macro, and each macro is well-formed. Where the last one ends, 0 without any; nothing for what
/// is none.
std::optional<std::size_t> end_of_macros(std::string_view text) {
    std::size_t last = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (c <= 0x20 || c >= 0x7f) return std::nullopt;
        if (c != '%') continue;
        if (++i == text.size()) return std::nullopt;
        if (text[i] == '{') {
            const std::size_t end = text.find('}', i);
            if (end == std::string_view::npos || !is_macro(text.substr(i + 1, end - i - 1)))
                return std::nullopt;
            i = end;
        } else if (std::string_view{"%_-"}.find(text[i]) == std::string_view::npos) {
            return std::nullopt;
        }
        last = i + 1;
    }
    return last;
}

/// §7.1: letters, digits and hyphens between them, and not digits alone.
bool is_top_label(std::string_view label) {
    return !label.empty() && label.front() != '-' && label.back() != '-' &&
           label.find_first_not_of(digits) != std::string_view::npos &&
           std::all_of(label.begin(), label.end(),
                       [](char c) { return is_ascii_letter(c) || is_ascii_digit(c) || c == '-'; });
}

/// §7.1: ends with a macro, or with a dot and the label of a top level domain.
bool is_domain_spec(std::string_view text) {
    const auto macros = end_of_macros(text);
    if (!macros || text.empty()) return false;
    if (*macros == text.size()) return true;
    if (text.ends_with('.')) text.remove_suffix(1);
    const std::size_t dot = text.rfind('.');
    return dot != std::string_view::npos && is_top_label(text.substr(dot + 1));
}

std::optional<SpfMechanism> parse_mechanism(std::string_view term) {
    SpfMechanism mechanism;
    mechanism.text = term;
    switch (term.front()) {
        case '+': mechanism.qualifier = AuthResult::pass; break;
        case '-': mechanism.qualifier = AuthResult::fail; break;
        case '~': mechanism.qualifier = AuthResult::softfail; break;
        case '?': mechanism.qualifier = AuthResult::neutral; break;
        default: mechanism.text = "+" + mechanism.text; break;
    }
    if (std::string_view{"+-~?"}.find(term.front()) != std::string_view::npos)
        term.remove_prefix(1);
    const std::size_t end = std::min(term.find_first_of(":/"), term.size());
    const std::string kind = ascii_lower(term.substr(0, end));
    const auto* const known = std::find(kind_names.begin(), kind_names.end(), kind);
    if (known == kind_names.end()) return std::nullopt;
    mechanism.kind = static_cast<SpfMechanism::Kind>(known - kind_names.begin());
    std::string_view rest = term.substr(end);
    const bool named = rest.starts_with(':');
    if (named) rest.remove_prefix(1);
    switch (mechanism.kind) {
        case SpfMechanism::Kind::all:
            return rest.empty() && !named ? std::optional{mechanism} : std::nullopt;
        case SpfMechanism::Kind::ip4:
        case SpfMechanism::Kind::ip6: {
            const bool v6 = mechanism.kind == SpfMechanism::Kind::ip6;
            const std::size_t slash = rest.find('/');
            if (slash != std::string_view::npos) {
                const auto bits = parse_bits(rest.substr(slash + 1), v6 ? 128 : 32);
                if (!bits) return std::nullopt;
                (v6 ? mechanism.bits_v6 : mechanism.bits_v4) = *bits;
                rest = rest.substr(0, slash);
            }
            const auto address = IpAddress::parse(rest);
            if (!named || !address || address->is_v6() != v6) return std::nullopt;
            break;
        }
        case SpfMechanism::Kind::a:
        case SpfMechanism::Kind::mx:
            if (!take_prefix(rest, "//", 128, mechanism.bits_v6) ||
                !take_prefix(rest, "/", 32, mechanism.bits_v4))
                return std::nullopt;
            if (named && !is_domain_spec(rest)) return std::nullopt;
            if (!named && !rest.empty()) return std::nullopt;
            break;
        case SpfMechanism::Kind::ptr:
            if (named ? !is_domain_spec(rest) : !rest.empty()) return std::nullopt;
            break;
        case SpfMechanism::Kind::include:
        case SpfMechanism::Kind::exists:
            if (!named || !is_domain_spec(rest)) return std::nullopt;
            break;
    }
    mechanism.target = rest;
    return mechanism;
}

}  // namespace

std::optional<SpfRecord> parse_spf_record(std::string_view text) {
    SpfRecord record;
    bool explained = false;
    text.remove_prefix(std::string_view{"v=spf1"}.size());
    while (true) {
        text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
        if (text.empty()) return record;
        const std::string_view term = text.substr(0, text.find(' '));
        text.remove_prefix(term.size());
        const std::size_t equals = term.find('=');
        const std::string_view modifier = term.substr(0, equals);
        const bool is_modifier =
            equals != std::string_view::npos && !modifier.empty() &&
            is_ascii_letter(modifier.front()) &&
            std::all_of(modifier.begin(), modifier.end(), [](char c) {
                return is_ascii_letter(c) || is_ascii_digit(c) || c == '-' || c == '_' || c == '.';
            });
        if (!is_modifier) {
            auto mechanism = parse_mechanism(term);
            if (!mechanism) return std::nullopt;
            record.mechanisms.push_back(std::move(*mechanism));
            continue;
        }
        const std::string_view value = term.substr(equals + 1);
        if (equal_ignoring_case(modifier, "redirect")) {
            // §6: each at most once.
            if (record.redirect || !is_domain_spec(value)) return std::nullopt;
            record.redirect = value;
        } else if (equal_ignoring_case(modifier, "exp")) {
            if (explained || !is_domain_spec(value)) return std::nullopt;
            explained = true;
        } else if (!end_of_macros(value)) {
            return std::nullopt;
        }
    }
}

}  // namespace fakemx::message
