// A record is read as a whole before anything in it is looked up: a mistake anywhere in it decides (RFC 7208 §4.6).
#include "message/spf.h"

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include <fmt/format.h>

#include "core/limits.h"
#include "core/text.h"
#include "message/spf_record.h"

namespace fakemx::message {

namespace {

constexpr std::array<std::string_view, 7> result_names{"none",     "neutral",   "pass",     "fail",
                                                       "softfail", "temperror", "permerror"};

/// RFC 7208 §3.4 wants a record to fit into 512. Eleven of 64 KiB were measured to take 0.15 s, and a hook has 10 ms.
constexpr std::size_t record_octets_max = 4096;

bool same_network(const IpAddress& a, const IpAddress& b, std::size_t bits) {
    if (a.is_v6() != b.is_v6()) return false;
    for (std::size_t i = 0; i < bits; ++i) {
        const auto mask = static_cast<std::uint8_t>(0x80U >> (i % 8));
        if ((a.octets()[i / 8] & mask) != (b.octets()[i / 8] & mask)) return false;
    }
    return true;
}

/// §4.3: at least two labels, none of them empty or over 63 octets.
bool is_domain(std::string_view domain) {
    if (domain.ends_with('.')) domain.remove_suffix(1);
    if (domain.empty() || domain.size() > limits::domain_octets_max) return false;
    constexpr std::size_t label_octets_max = 63;
    std::size_t labels = 0;
    while (true) {
        const std::size_t end = std::min(domain.find('.'), domain.size());
        if (end == 0 || end > label_octets_max) return false;
        ++labels;
        if (end == domain.size()) return labels > 1;
        domain.remove_prefix(end + 1);
    }
}

/// An address as %{i} has it: IPv6 as 32 hexadecimal digits with dots between them (§7.3).
std::string dotted(const IpAddress& address) {
    if (!address.is_v6()) return address.text();
    std::string text;
    for (const std::uint8_t octet : address.octets())
        text += fmt::format("{}{:x}.{:x}", text.empty() ? "" : ".", octet >> 4, octet & 0xf);
    return text;
}

/// Ends a check where it stands.
struct Stop {
    AuthResult result;
    std::string explanation;
};

class Check {
public:
    Check(const Names& names, const SpfIdentity& identity, std::string sender_domain)
        : names_(names), identity_(identity), sender_domain_(std::move(sender_domain)) {}

    SpfResult host(const std::string& domain);
    std::uint32_t lookups() const { return lookups_; }

private:
    SpfResult evaluate(const std::string& domain, const SpfRecord& record);
    std::optional<Stop> count_lookup();
    std::optional<Stop> look_up(const std::string& name, RecordType type,
                                std::vector<std::string>& values, bool is_term = true);
    std::optional<Stop> matches(const std::string& domain, const SpfMechanism& mechanism,
                                bool& matched);
    std::optional<Stop> matches_address(const std::string& name, const SpfMechanism& mechanism,
                                        bool is_term, bool& matched);
    const std::vector<std::string>& validated_names();
    bool matches_ptr(std::string target);
    std::string validated_name(const std::string& domain);
    std::string value_of(char letter, const std::string& domain);
    std::string expand(std::string_view spec, const std::string& domain);

    const Names& names_;
    const SpfIdentity& identity_;
    std::string sender_domain_;
    std::uint32_t lookups_ = 0;
    std::uint32_t void_lookups_ = 0;
    std::optional<std::vector<std::string>> validated_names_;
};

std::optional<Stop> Check::count_lookup() {
    if (++lookups_ > limits::spf_lookups_max)
        return Stop{AuthResult::permerror, "too many lookups"};
    return std::nullopt;
}

/// `is_term`: what the term itself asks for, rather than one of the names that it has found. §4.6.4 counts terms.
std::optional<Stop> Check::look_up(const std::string& name, RecordType type,
                                   std::vector<std::string>& values, bool is_term) {
    LookUp found = names_.look_up(name, type);
    if (found.status == LookUp::Status::failed)
        return Stop{AuthResult::temperror, fmt::format("{} cannot be looked up", name)};
    if (is_term && found.status != LookUp::Status::found &&
        ++void_lookups_ > limits::spf_void_lookups_max) {
        return Stop{AuthResult::permerror, "too many lookups of what is not there"};
    }
    values = std::move(found.values);
    return std::nullopt;
}

std::optional<Stop> Check::matches_address(const std::string& name, const SpfMechanism& mechanism,
                                           bool is_term, bool& matched) {
    const bool v6 = identity_.client.is_v6();
    std::vector<std::string> values;
    if (auto stop = look_up(name, v6 ? RecordType::aaaa : RecordType::a, values, is_term))
        return stop;
    for (const std::string& value : values) {
        const auto address = IpAddress::parse(value);
        matched = matched || (address && same_network(*address, identity_.client,
                                                      v6 ? mechanism.bits_v6 : mechanism.bits_v4));
    }
    return std::nullopt;
}

/// The names of the client's address that lead back to it, in lower case. §5.5: of many the first ten are looked at, and what goes
/// wrong is no name.
const std::vector<std::string>& Check::validated_names() {
    if (validated_names_) return *validated_names_;
    validated_names_.emplace();
    const LookUp found = names_.look_up(reverse_name(identity_.client), RecordType::ptr);
    const auto type = identity_.client.is_v6() ? RecordType::aaaa : RecordType::a;
    for (std::size_t i = 0; i < std::min<std::size_t>(found.values.size(), limits::spf_names_max);
         ++i) {
        const LookUp back = names_.look_up(found.values[i], type);
        const bool is_valid = std::any_of(
            back.values.begin(), back.values.end(),
            [&](const std::string& value) { return IpAddress::parse(value) == identity_.client; });
        if (is_valid) validated_names_->push_back(ascii_lower(found.values[i]));
    }
    return *validated_names_;
}

bool is_below(std::string_view name, std::string_view domain) {
    return name.size() > domain.size() && name.ends_with(domain) &&
           name[name.size() - domain.size() - 1] == '.';
}

bool Check::matches_ptr(std::string target) {
    target = ascii_lower(target);
    if (target.ends_with('.')) target.pop_back();
    const auto& valid = validated_names();
    return std::any_of(valid.begin(), valid.end(), [&](const std::string& name) {
        return name == target || is_below(name, target);
    });
}

/// §7.3, "p": the domain itself, else a name below it, else any, else "unknown".
std::string Check::validated_name(const std::string& domain) {
    std::string wanted = ascii_lower(domain);
    const auto& valid = validated_names();
    if (valid.empty()) return "unknown";
    if (std::find(valid.begin(), valid.end(), wanted) != valid.end()) return wanted;
    const auto below = std::find_if(valid.begin(), valid.end(), [&](const std::string& name) {
        return is_below(name, wanted);
    });
    return below != valid.end() ? *below : valid.front();
}

std::optional<Stop> Check::matches(const std::string& domain, const SpfMechanism& mechanism,
                                   bool& matched) {
    const std::string target = mechanism.target.empty() ? domain : expand(mechanism.target, domain);
    switch (mechanism.kind) {
        case SpfMechanism::Kind::all: matched = true; return std::nullopt;
        case SpfMechanism::Kind::ip4:
        case SpfMechanism::Kind::ip6: {
            const auto address = IpAddress::parse(mechanism.target);
            const bool v6 = mechanism.kind == SpfMechanism::Kind::ip6;
            matched = address && same_network(*address, identity_.client,
                                              v6 ? mechanism.bits_v6 : mechanism.bits_v4);
            return std::nullopt;
        }
        case SpfMechanism::Kind::a:
            if (auto stop = count_lookup()) return stop;
            return matches_address(target, mechanism, true, matched);
        case SpfMechanism::Kind::mx: {
            if (auto stop = count_lookup()) return stop;
            std::vector<std::string> hosts;
            if (auto stop = look_up(target, RecordType::mx, hosts)) return stop;
            if (hosts.size() > limits::spf_names_max)
                return Stop{AuthResult::permerror, "too many MX hosts"};
            for (const std::string& host : hosts) {
                if (matched) break;
                if (auto stop = matches_address(host, mechanism, false, matched)) return stop;
            }
            return std::nullopt;
        }
        case SpfMechanism::Kind::ptr:
            if (auto stop = count_lookup()) return stop;
            matched = matches_ptr(target);
            return std::nullopt;
        case SpfMechanism::Kind::exists: {
            if (auto stop = count_lookup()) return stop;
            std::vector<std::string> values;
            if (auto stop = look_up(target, RecordType::a, values)) return stop;
            matched = !values.empty();
            return std::nullopt;
        }
        case SpfMechanism::Kind::include: {
            if (auto stop = count_lookup()) return stop;
            const SpfResult inner = host(target);
            // §5.2.
            if (inner.result == AuthResult::temperror)
                return Stop{AuthResult::temperror, inner.explanation};
            if (inner.result == AuthResult::permerror)
                return Stop{AuthResult::permerror, inner.explanation};
            if (inner.result == AuthResult::none)
                return Stop{AuthResult::permerror,
                            fmt::format("{} includes {}, which has no record", domain, target)};
            matched = inner.result == AuthResult::pass;
            return std::nullopt;
        }
    }
    return std::nullopt;
}

SpfResult Check::evaluate(const std::string& domain, const SpfRecord& record) {
    for (const SpfMechanism& mechanism : record.mechanisms) {
        bool matched = false;
        if (auto stop = matches(domain, mechanism, matched))
            return {.result = stop->result, .domain = domain, .explanation = stop->explanation};
        if (matched) {
            return {.result = mechanism.qualifier, .domain = domain, .explanation = mechanism.text};
        }
    }
    if (!record.redirect)
        return {.result = AuthResult::neutral, .domain = domain, .explanation = "nothing matches"};
    if (auto stop = count_lookup())
        return {.result = stop->result, .domain = domain, .explanation = stop->explanation};
    SpfResult other = host(expand(*record.redirect, domain));
    // §6.1.
    if (other.result == AuthResult::none) other.result = AuthResult::permerror;
    return other;
}

SpfResult Check::host(const std::string& domain) {
    SpfResult result{.domain = domain};
    if (!is_domain(domain)) {
        result.explanation = "no domain";
        return result;
    }
    const LookUp found = names_.look_up(domain, RecordType::txt);
    if (found.status == LookUp::Status::failed) {
        result.result = AuthResult::temperror;
        result.explanation = fmt::format("{} cannot be looked up", domain);
        return result;
    }
    const std::string* text = nullptr;
    for (const std::string& value : found.values) {
        const bool is_record = value.size() >= 6 &&
                               equal_ignoring_case(value.substr(0, 6), "v=spf1") &&
                               (value.size() == 6 || value[6] == ' ');
        if (!is_record) continue;
        if (text != nullptr) {
            result.result = AuthResult::permerror;
            result.explanation = fmt::format("{} has two records", domain);
            return result;
        }
        text = &value;
    }
    if (text == nullptr) {
        result.explanation = fmt::format("{} has no record", domain);
        return result;
    }
    if (text->size() > record_octets_max) {
        result.result = AuthResult::permerror;
        result.explanation = fmt::format("the record of {} is too long", domain);
        return result;
    }
    const auto record = parse_spf_record(*text);
    if (!record) {
        result.result = AuthResult::permerror;
        result.explanation = fmt::format("the record of {} is malformed", domain);
        return result;
    }
    return evaluate(domain, *record);
}

/// §7.3: the labels of a value, the last `count` of them, perhaps from right to left.
std::string transform(std::string_view value, std::string_view how) {
    const std::size_t digits = std::min(how.find_first_not_of("0123456789"), how.size());
    const auto count = parse_decimal(how.substr(0, digits));
    how.remove_prefix(digits);
    const bool reversed = how.starts_with('r') || how.starts_with('R');
    if (reversed) how.remove_prefix(1);
    const std::string_view delimiters = how.empty() ? "." : how;
    std::vector<std::string_view> labels;
    while (true) {
        const std::size_t end = std::min(value.find_first_of(delimiters), value.size());
        labels.push_back(value.substr(0, end));
        if (end == value.size()) break;
        value.remove_prefix(end + 1);
    }
    if (reversed) std::reverse(labels.begin(), labels.end());
    const std::size_t kept = count ? std::min<std::size_t>(labels.size(), *count) : labels.size();
    std::string text;
    for (std::size_t i = labels.size() - kept; i < labels.size(); ++i) {
        if (!text.empty()) text += '.';
        text += labels[i];
    }
    return text;
}

/// §7.3: what an upper case letter asks for.
std::string url_escaped(std::string_view value) {
    std::string text;
    for (const char c : value) {
        if (is_ascii_letter(c) || is_ascii_digit(c) ||
            std::string_view{"-._~"}.find(c) != std::string_view::npos) {
            text += c;
        } else {
            text += fmt::format("%{:02X}", static_cast<unsigned char>(c));
        }
    }
    return text;
}

std::string Check::value_of(char letter, const std::string& domain) {
    std::string local_part = identity_.local_part.empty() ? "postmaster" : identity_.local_part;
    switch (letter) {
        case 's': return local_part + "@" + sender_domain_;
        case 'l': return local_part;
        case 'o': return sender_domain_;
        case 'd': return domain;
        case 'i': return dotted(identity_.client);
        case 'h': return identity_.helo;
        case 'v': return identity_.client.is_v6() ? "ip6" : "in-addr";
        case 'p': return validated_name(domain);
        default: return "";
    }
}

std::string Check::expand(std::string_view spec, const std::string& domain) {
    std::string text;
    for (std::size_t i = 0; i < spec.size(); ++i) {
        if (spec[i] != '%') {
            text += spec[i];
            continue;
        }
        const char next = spec[++i];
        if (next != '{') {
            text += next == '%' ? "%" : next == '_' ? " " : "%20";
            continue;
        }
        const std::size_t end = spec.find('}', i);
        const std::string_view macro = spec.substr(i + 1, end - i - 1);
        const char letter = ascii_lower(macro.front());
        const std::string value = transform(value_of(letter, domain), macro.substr(1));
        text += letter == macro.front() ? value : url_escaped(value);
        i = end;
    }
    // §7.3: too long a name loses labels on its left.
    constexpr std::size_t name_octets_max = 253;
    if (text.size() <= name_octets_max) return text;
    const std::size_t dot = text.find('.', text.size() - name_octets_max - 1);
    return dot == std::string::npos ? text : text.substr(dot + 1);
}

}  // namespace

std::string_view name(AuthResult result) {
    return result_names.at(static_cast<std::size_t>(result));
}

std::string reverse_name(const IpAddress& address) {
    std::string text;
    const auto octets = address.octets();
    for (std::size_t i = octets.size(); i-- != 0;) {
        text += address.is_v6() ? fmt::format("{:x}.{:x}.", octets[i] & 0xf, octets[i] >> 4)
                                : fmt::format("{}.", octets[i]);
    }
    return text + (address.is_v6() ? "ip6.arpa" : "in-addr.arpa");
}

SpfResult check_spf(const Names& names, const SpfIdentity& identity) {
    const std::string domain =
        ascii_lower(identity.domain.empty() ? identity.helo : identity.domain);
    Check check{names, identity, domain};
    SpfResult result = check.host(domain);
    // Whose record has decided it, behind a redirect, is not who was asked about.
    result.domain = domain;
    result.lookups = std::min<std::uint32_t>(check.lookups(), limits::spf_lookups_max + 1);
    return result;
}

}  // namespace fakemx::message
