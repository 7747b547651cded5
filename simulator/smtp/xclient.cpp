// One small reader per attribute.
#include "smtp/xclient.h"

#include <algorithm>
#include <array>

#include "core/ip_address.h"
#include "core/limits.h"
#include "core/text.h"
#include "smtp/extension.h"

namespace fakemx::smtp {

namespace {

bool is_unavailable(std::string_view value) {
    return equal_ignoring_case(value, "[UNAVAILABLE]");
}

/// An IPv4 address as it is, an IPv6 address behind "IPV6:".
bool read_address(std::string_view value, std::string_view unavailable, std::string& address) {
    if (is_unavailable(value)) {
        address = unavailable;
        return true;
    }
    constexpr std::string_view prefix = "IPV6:";
    const bool v6 = equal_ignoring_case(value.substr(0, prefix.size()), prefix);
    const auto read = IpAddress::parse(v6 ? value.substr(prefix.size()) : value);
    if (!read || read->is_v6() != v6) return false;
    address = read->unmapped().text();
    return true;
}

bool read_port(std::string_view value, std::optional<std::uint16_t>& port) {
    port.reset();
    if (is_unavailable(value)) return true;
    const auto number = parse_decimal(value);
    if (!number || *number > 65'535) return false;
    port = static_cast<std::uint16_t>(*number);
    return true;
}

bool read_name(std::string_view value, std::string& name) {
    name.clear();
    if (is_unavailable(value) || equal_ignoring_case(value, "[TEMPUNAVAIL]")) return true;
    // What resolvers give for a PTR record, which may be more than a Domain of RFC 5321.
    const bool fits =
        !value.empty() && value.size() <= limits::domain_octets_max &&
        std::all_of(value.begin(), value.end(), [](char c) {
            return is_ascii_letter(c) || is_ascii_digit(c) || c == '-' || c == '.' || c == '_';
        });
    if (fits) name = value;
    return fits;
}

bool read_text(std::string_view value, std::string& text) {
    text.clear();
    if (is_unavailable(value)) return true;
    const bool fits =
        !value.empty() && value.size() <= limits::domain_octets_max &&
        std::all_of(value.begin(), value.end(), [](char c) { return c >= ' ' && c <= '~'; });
    if (fits) text = value;
    return fits;
}

bool read_protocol(std::string_view value, bool& esmtp) {
    esmtp = equal_ignoring_case(value, "ESMTP");
    return esmtp || equal_ignoring_case(value, "SMTP");
}

bool set(std::string_view name, std::string_view value, Declaration& to) {
    const auto is = [&](std::string_view other) { return equal_ignoring_case(name, other); };
    if (is("NAME")) return read_name(value, to.name);
    if (is("ADDR")) return read_address(value, unknown_client, to.client);
    if (is("PORT")) return read_port(value, to.port);
    if (is("PROTO")) return read_protocol(value, to.esmtp);
    if (is("HELO")) return read_text(value, to.helo);
    if (is("LOGIN")) return read_text(value, to.login);
    if (is("DESTADDR")) return read_address(value, "", to.local);
    if (is("DESTPORT")) return read_port(value, to.local_port);
    return false;
}

}  // namespace

std::optional<Declaration> parse_xclient(std::string_view argument, Declaration before) {
    argument = trim(argument);
    if (argument.empty()) return std::nullopt;
    while (!argument.empty()) {
        const std::size_t end = std::min(argument.find(' '), argument.size());
        const std::string_view attribute = argument.substr(0, end);
        argument = trim(argument.substr(end));
        const std::size_t equals = attribute.find('=');
        if (equals == std::string_view::npos) return std::nullopt;
        const auto value = decode_xtext(attribute.substr(equals + 1));
        if (!value || !set(attribute.substr(0, equals), *value, before)) return std::nullopt;
    }
    before.by = Declaration::By::xclient;
    return before;
}

}  // namespace fakemx::smtp
