// zones = { … } of mx.profile, and the same table for one name in mx.dns.records.
#include <algorithm>

#include <fmt/format.h>

#include "core/limits.h"
#include "core/text.h"
#include "script/definition.h"
#include "script/fields.h"
#include "script/host.h"
#include "script/names.h"
#include "script/parameters.h"

namespace fakemx::script {

namespace {

/// RFC 2181 §8.
constexpr std::int64_t ttl_seconds_max = 0x7FFFFFFF;
/// RFC 1035 §3.3: a string of a TXT record.
constexpr std::size_t string_octets_max = 255;
/// What steps between mx hosts whose preferences are left out.
constexpr std::uint16_t preference_step = 10;

dns::Name check_name(lua_State* L, std::string_view text, std::string_view what) {
    auto name = dns::Name::parse(text);
    if (!name) raise_here(L, fmt::format("{}: '{}' is no domain name", what, text));
    return *std::move(name);
}

/// The string, or the strings of the list, that the table has under this name.
std::vector<std::string> read_list(lua_State* L, int table, const char* field) {
    if (!push_given(L, table, field)) return {};
    std::vector<std::string> texts;
    if (lua_type(L, -1) == LUA_TSTRING) {
        texts.emplace_back(string_at(L, -1));
    } else {
        texts = read_strings(L, lua_gettop(L), field);
    }
    lua_pop(L, 1);
    return texts;
}

void add(lua_State* L, dns::Node& node, dns::Type type, dns::Data data) {
    if (node.data.size() >= limits::dns_records_max)
        raise_here(L, fmt::format("one name may have {} records", limits::dns_records_max));
    node.data.emplace_back(type, std::move(data));
}

/// One element of mx, on top of the stack: "host", or { 10, "host" }.
dns::Exchange check_exchange(lua_State* L, lua_Integer place) {
    if (lua_type(L, -1) == LUA_TSTRING) {
        const auto preference = std::min<lua_Integer>(place * preference_step, 0xFFFF);
        return {static_cast<std::uint16_t>(preference), check_name(L, string_at(L, -1), "mx")};
    }
    const char* const complaint =
        "mx is a list of hosts, each \"HOST\" or { PREFERENCE, \"HOST\" }";
    if (lua_type(L, -1) != LUA_TTABLE || lua_rawlen(L, -1) != 2) raise_here(L, complaint);
    const int one = lua_gettop(L);
    lua_rawgeti(L, one, 1);
    lua_rawgeti(L, one, 2);
    if (lua_isinteger(L, -2) == 0 || lua_type(L, -1) != LUA_TSTRING) raise_here(L, complaint);
    const lua_Integer preference = lua_tointeger(L, -2);
    if (preference < 0 || preference > 0xFFFF)
        raise_here(L, "a preference of mx is a whole number from 0 to 65535");
    dns::Exchange exchange{static_cast<std::uint16_t>(preference),
                           check_name(L, string_at(L, -1), "mx")};
    lua_pop(L, 2);
    return exchange;
}

void read_exchanges(lua_State* L, int table, dns::Node& node) {
    if (!push_given(L, table, "mx")) return;
    if (lua_type(L, -1) == LUA_TSTRING) {
        add(L, node, dns::Type::mx, check_exchange(L, 1));
        return lua_pop(L, 1);
    }
    const int list = lua_gettop(L);
    const lua_Integer count =
        check_list(L, list, "mx", "is a list: mx = { { 10, \"mx1.example\" } }");
    for (lua_Integer i = 1; i <= count; ++i) {
        lua_rawgeti(L, list, i);
        add(L, node, dns::Type::mx, check_exchange(L, i));
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
}

void read_addresses(lua_State* L, int table, const char* field, bool v6, dns::Node& node) {
    for (const std::string& text : read_list(L, table, field)) {
        const auto address = IpAddress::parse(text);
        if (!address || address->is_v6() != v6)
            raise_here(L, fmt::format("{}: '{}' is no IPv{} address", field, text, v6 ? 6 : 4));
        add(L, node, v6 ? dns::Type::aaaa : dns::Type::a, *address);
    }
}

void read_texts(lua_State* L, int table, dns::Node& node) {
    for (const std::string& whole : read_list(L, table, "txt")) {
        dns::Text text;
        for (std::size_t at = 0; at == 0 || at < whole.size(); at += string_octets_max)
            text.strings.push_back(whole.substr(at, string_octets_max));
        add(L, node, dns::Type::txt, std::move(text));
    }
}

std::optional<std::uint8_t> octet_of(std::string_view text) {
    const auto number = parse_decimal(text);
    if (!number || *number > 0xFF) return std::nullopt;
    return static_cast<std::uint8_t>(*number);
}

std::optional<std::string> octets_of_hex(std::string_view hex) {
    std::string octets;
    if (hex.empty() || hex.size() % 2 != 0) return std::nullopt;
    for (std::size_t at = 0; at < hex.size(); at += 2) {
        unsigned value = 0;
        for (const char c : hex.substr(at, 2)) {
            const char digit = ascii_lower(c);
            const bool is_letter = digit >= 'a' && digit <= 'f';
            if (!is_letter && !is_ascii_digit(digit)) return std::nullopt;
            value = value * 16 + static_cast<unsigned>(is_letter ? digit - 'a' + 10 : digit - '0');
        }
        octets += static_cast<char>(value);
    }
    return octets;
}

/// RFC 6698 §2.2: "3 1 1 0a1b…".
std::optional<dns::Tlsa> parse_tlsa(std::string_view text) {
    std::vector<std::string_view> words;
    for (text = trim(text); !text.empty(); text = trim(text)) {
        words.push_back(text.substr(0, text.find(' ')));
        text.remove_prefix(words.back().size());
    }
    if (words.size() != 4) return std::nullopt;
    const auto usage = octet_of(words[0]);
    const auto selector = octet_of(words[1]);
    const auto matching = octet_of(words[2]);
    auto octets = octets_of_hex(words[3]);
    if (!usage || !selector || !matching || !octets) return std::nullopt;
    return dns::Tlsa{*usage, *selector, *matching, *std::move(octets)};
}

void read_settings(lua_State* L, const Fields& fields, dns::Node& node) {
    std::optional<Duration> ttl;
    fields.read("ttl", ttl);
    if (ttl) {
        const auto seconds = std::chrono::floor<std::chrono::seconds>(*ttl);
        if (seconds != *ttl || seconds.count() > ttl_seconds_max)
            raise_here(L, "ttl has whole seconds, and 68 years at most");
        node.ttl = static_cast<std::uint32_t>(seconds.count());
    }
    fields.read("order", dns::order_names, node.order);
    fields.read("fails", node.fails);
}

}  // namespace

dns::Node read_node(lua_State* L, int table) {
    const Fields fields{L, table, zone_group};
    dns::Node node;
    read_exchanges(L, table, node);
    read_addresses(L, table, "a", false, node);
    read_addresses(L, table, "aaaa", true, node);
    read_texts(L, table, node);
    for (const std::string& target : read_list(L, table, "ptr"))
        add(L, node, dns::Type::ptr, check_name(L, target, "ptr"));
    for (const std::string& text : read_list(L, table, "tlsa")) {
        auto tlsa = parse_tlsa(text);
        if (!tlsa) raise_here(L, fmt::format("tlsa: '{}' is not like \"3 1 1 0a1b…\"", text));
        add(L, node, dns::Type::tlsa, *std::move(tlsa));
    }
    std::optional<std::string> target;
    fields.read("cname", target);
    if (target) {
        if (!node.data.empty()) raise_here(L, "a name with cname has no other records");
        add(L, node, dns::Type::cname, check_name(L, *target, "cname"));
    }
    read_settings(L, fields, node);
    return node;
}

namespace {

/// The table of names on top of the stack; `what` is its name in errors.
NamesOfZones read_names(lua_State* L, std::string_view what) {
    NamesOfZones names;
    const int zones = lua_gettop(L);
    if (lua_type(L, zones) != LUA_TTABLE) {
        raise_here(
            L,
            fmt::format("{0} is a table of names: {{ [\"example.test\"] = {{ mx = … }} }}", what));
    }
    for (const std::string& key : string_keys(L, zones, what)) {
        // An address stands for its PTR.
        const auto address = IpAddress::parse(key);
        dns::Name name = address ? dns::Name::reverse_of(*address) : check_name(L, key, what);
        if (lua_getfield(L, zones, key.c_str()) != LUA_TTABLE)
            raise_here(
                L, fmt::format("{}: '{}' is a table such as {{ a = \"127.0.0.2\" }}", what, key));
        if (!names.try_emplace(std::move(name), read_node(L, lua_gettop(L))).second)
            raise_here(L, fmt::format("{} names {} twice", what, key));
        if (names.size() > limits::dns_names_max)
            raise_here(L, fmt::format("{} may have {} names", what, limits::dns_names_max));
        lua_pop(L, 1);
    }
    return names;
}

}  // namespace

NamesOfZones read_zones(lua_State* L, int table) {
    NamesOfZones names;
    if (!push_given(L, table, "zones")) return names;
    names = read_names(L, "zones");
    lua_pop(L, 1);
    return names;
}

NamesOfZones read_sender_zones(lua_State* L, int table) {
    NamesOfZones names;
    std::string file;
    Fields{L, table}.read("sender_zones", file);
    if (file.empty()) return names;
    Host::of(L).modules.require_file(L, file);
    names = read_names(L, file);
    lua_pop(L, 1);
    return names;
}

}  // namespace fakemx::script
