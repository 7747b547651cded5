// mx.seconds, mx.time and mx.network: what a profile counts with, from the texts that people write.
#include <fmt/format.h>

#include "core/ip_address.h"
#include "script/host.h"

namespace fakemx::script {

namespace {

int seconds(lua_State* L) {
    lua_pushinteger(L, std::chrono::floor<std::chrono::seconds>(check_duration(L, 1)).count());
    return 1;
}

int time(lua_State* L) {
    const std::string_view text = check_string(L, 1);
    const auto instant = parse_instant(text);
    if (!instant)
        raise_here(L, fmt::format("'{}' is no instant; write \"2026-01-01T02:00:00Z\"", text));
    lua_pushinteger(L, unix_seconds(*instant));
    return 1;
}

/// The bits of a prefix at `index`; `otherwise` where there are none.
std::size_t check_bits(lua_State* L, int index, std::size_t most, std::size_t otherwise) {
    if (lua_isnoneornil(L, index)) return otherwise;
    const lua_Integer bits = lua_isinteger(L, index) != 0 ? lua_tointeger(L, index) : -1;
    if (bits < 0 || bits > static_cast<lua_Integer>(most)) {
        raise_here(L, fmt::format("mx.network takes the bits of a prefix, from 0 to {}, as its {} "
                                  "argument",
                                  most, index == 2 ? "second" : "third"));
    }
    return static_cast<std::size_t>(bits);
}

int network(lua_State* L) {
    constexpr std::size_t bits_v4 = 32, bits_v6 = 128;
    const std::string_view text = check_string(L, 1);
    const auto address = IpAddress::parse(text);
    if (!address) raise_here(L, fmt::format("'{}' is no IP address", text));
    const std::size_t v4 = check_bits(L, 2, bits_v4, 24);
    const std::size_t v6 = check_bits(L, 3, bits_v6, 64);
    push(L, IpNetwork::of(*address, address->is_v6() ? v6 : v4).text());
    return 1;
}

}  // namespace

void open_values(lua_State* L) {
    bind(L, "seconds", seconds);
    bind(L, "time", time);
    bind(L, "network", network);
}

}  // namespace fakemx::script
