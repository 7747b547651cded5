// Lines into words. What is malformed is still taken apart as far as it goes, so that it can be judged.
#include "conformance/grammar.h"

#include <algorithm>
#include <array>

#include "core/ip_address.h"
#include "core/text.h"
#include "smtp/extension.h"
#include "smtp/path.h"

namespace fakemx::conformance {

namespace {

constexpr std::size_t verb_octets_max = 16;

/// Names that everybody has for themselves.
constexpr std::array<std::string_view, 3> names_for_here{".localhost", ".localdomain", ".local"};

/// Where the path ends: at the ">" that is in no quoted string.
std::size_t end_of_path(std::string_view line) {
    bool quoted = false;
    for (std::size_t i = 0; i < line.size(); ++i) {
        if (quoted && line[i] == '\\') {
            ++i;
        } else if (line[i] == '"') {
            quoted = !quoted;
        } else if (line[i] == '>' && !quoted) {
            return i;
        }
    }
    return line.size();
}

}  // namespace

std::string verb_of(std::string_view line) {
    return escape_octets(
        ascii_upper(line.substr(0, std::min(line.find_first_of(" \t:"), verb_octets_max))));
}

bool is_path_command(const Exchange& exchange) {
    return exchange.verb == smtp::Verb::mail || exchange.verb == smtp::Verb::rcpt;
}

std::string_view path_text(std::string_view line) {
    const std::size_t begin = std::min(line.find('<'), line.size());
    const std::size_t end = end_of_path(line);
    return begin < end && end < line.size() ? line.substr(begin + 1, end - begin - 1)
                                            : std::string_view{};
}

bool is_fqdn(std::string_view name) {
    return why_no_fqdn(name).empty();
}

std::string_view why_no_fqdn(std::string_view name) {
    if (name.empty()) return "empty";
    if (IpAddress::parse(name)) return "an IP address without brackets";
    if (!smtp::is_domain(name)) return "no domain";
    if (name.find('.') == std::string_view::npos) return "no fully-qualified name";
    const std::string lower = ascii_lower(name);
    const bool here = std::any_of(names_for_here.begin(), names_for_here.end(),
                                  [&](std::string_view end) { return lower.ends_with(end); });
    return here ? "a name that every host has for itself" : std::string_view{};
}

bool same_address(std::string_view a, std::string_view b) {
    const auto left = IpAddress::parse(a);
    const auto right = IpAddress::parse(b);
    return left && right && left->unmapped() == right->unmapped();
}

void read_path_command(Exchange& exchange) {
    if (exchange.verb != smtp::Verb::mail && exchange.verb != smtp::Verb::rcpt) return;
    auto read = smtp::parse_path_argument(exchange.argument(),
                                          exchange.verb == smtp::Verb::mail ? "FROM" : "TO", true);
    if (read) {
        exchange.path = std::move(read->path);
    } else {
        exchange.fault = read.error();
    }
    std::string_view rest = exchange.line;
    rest.remove_prefix(std::min(end_of_path(rest) + 1, rest.size()));
    while (!rest.empty()) {
        const std::size_t blank = rest.find(' ');
        const std::string_view word = rest.substr(0, blank);
        if (!word.empty()) {
            const std::size_t equals = word.find('=');
            const bool has_value = equals != std::string_view::npos;
            exchange.parameters.push_back(
                {.keyword = ascii_upper(word.substr(0, equals)),
                 .value = has_value ? std::string{word.substr(equals + 1)} : "",
                 .has_value = has_value});
        }
        rest.remove_prefix(blank == std::string_view::npos ? rest.size() : blank + 1);
    }
}

const smtp::Parameter* parameter_of(const Exchange& exchange, std::string_view keyword) {
    return smtp::find_parameter(exchange.parameters, keyword);
}

std::string mechanism_of(const Exchange& exchange) {
    const std::string_view argument = exchange.argument();
    return ascii_upper(argument.substr(0, argument.find(' ')));
}

bool sends_password(const Exchange& exchange) {
    if (exchange.verb != smtp::Verb::auth) return false;
    const std::string mechanism = mechanism_of(exchange);
    return mechanism == "PLAIN" || mechanism == "LOGIN" || mechanism == "XOAUTH2";
}

bool is_dsn_parameter(std::string_view keyword) {
    return keyword == "RET" || keyword == "ENVID" || keyword == "NOTIFY" || keyword == "ORCPT";
}

bool offers_parameter(const Offers& offers, smtp::Verb verb, const smtp::Parameter& parameter) {
    const auto reading = smtp::read_parameter(verb, parameter);
    if (reading.fault == smtp::ParameterFault::unknown) return offers.has(parameter.keyword);
    // A value that nobody knows for BODY belongs to the extension that brought BODY.
    if (reading.fault == smtp::ParameterFault::bad_value && parameter.keyword == "BODY")
        return offers.has("8BITMIME");
    return offers.has(smtp::extension_keywords.at(static_cast<std::size_t>(reading.extension)));
}

bool was_offered_before_tls(const Dialogue& dialogue, const Exchange& exchange,
                            const smtp::Parameter& parameter) {
    if (!exchange.in_tls || offers_parameter(dialogue.offered(exchange), exchange.verb, parameter))
        return false;
    return std::any_of(dialogue.offers.begin(), dialogue.offers.end(), [&](const Offers& offers) {
        return !offers.in_tls && offers_parameter(offers, exchange.verb, parameter);
    });
}

}  // namespace fakemx::conformance
