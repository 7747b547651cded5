// Reading what tables of a declaration hold.
#include "script/fields.h"

#include <fmt/format.h>

#include "core/limits.h"
#include "core/text.h"
#include "script/host.h"
#include "script/parameters.h"

namespace fakemx::script {

std::vector<std::string> read_strings(lua_State* L, int index, std::string_view what) {
    std::vector<std::string> texts;
    if (lua_type(L, index) != LUA_TTABLE)
        raise_here(L, fmt::format("{} is a list of strings", what));
    for (lua_Integer i = 1; i <= luaL_len(L, index); ++i) {
        if (lua_geti(L, index, i) != LUA_TSTRING)
            raise_here(L, fmt::format("{} is a list of strings", what));
        texts.emplace_back(string_at(L, -1));
        lua_pop(L, 1);
    }
    return texts;
}

std::uint64_t read_size(lua_State* L, int index, std::string_view what) {
    std::optional<std::uint64_t> octets;
    if (lua_isinteger(L, index) != 0 && lua_tointeger(L, index) >= 0) {
        octets = static_cast<std::uint64_t>(lua_tointeger(L, index));
    } else if (lua_type(L, index) == LUA_TSTRING) {
        const std::string_view text = string_at(L, index);
        const std::size_t unit_at = text.find_first_not_of("0123456789");
        const std::string_view unit = unit_at == std::string_view::npos ? "" : text.substr(unit_at);
        const std::uint64_t factor = unit.empty()    ? 1
                                     : unit == "KiB" ? 1024
                                     : unit == "MiB" ? 1024 * 1024
                                     : unit == "GiB" ? 1024 * 1024 * 1024
                                                     : 0;
        const auto count = parse_decimal(text.substr(0, unit_at));
        if (count && factor != 0 && *count <= limits::message_octets_max / factor)
            octets = *count * factor;
    }
    if (!octets || *octets > limits::message_octets_max) {
        raise_here(L, fmt::format("{} takes octets or a size such as \"70MiB\", at most {}", what,
                                  limits::message_octets_max));
    }
    return *octets;
}

void check_fields(lua_State* L, int table, const Group& group) {
    for (const std::string& key : string_keys(L, table, group.name)) {
        if (!has_member(group, key)) raise_here(L, no_such_member(group, "field", key));
    }
}

std::optional<std::string> read_text(lua_State* L, int table, const char* field,
                                     std::string_view what) {
    if (!push_given(L, table, field)) return std::nullopt;
    if (lua_type(L, -1) != LUA_TSTRING) raise_here(L, fmt::format("{} is a string", what));
    std::string text{string_at(L, -1)};
    lua_pop(L, 1);
    return text;
}

std::optional<Duration> read_duration(lua_State* L, int table, const char* field) {
    if (!push_given(L, table, field)) return std::nullopt;
    const Duration duration = check_duration(L, lua_gettop(L));
    lua_pop(L, 1);
    return duration;
}

std::optional<std::uint64_t> read_count(lua_State* L, int table, const char* field,
                                        std::string_view what, std::uint64_t max) {
    if (!push_given(L, table, field)) return std::nullopt;
    const lua_Integer count = lua_isinteger(L, -1) != 0 ? lua_tointeger(L, -1) : -1;
    if (count < 0 || static_cast<std::uint64_t>(count) > max)
        raise_here(L, fmt::format("{} is a whole number from 0 to {}", what, max));
    lua_pop(L, 1);
    return static_cast<std::uint64_t>(count);
}

std::optional<bool> read_boolean(lua_State* L, int table, const char* field,
                                 std::string_view what) {
    if (!push_given(L, table, field)) return std::nullopt;
    if (!lua_isboolean(L, -1)) raise_here(L, fmt::format("{} is true or false", what));
    const bool value = lua_toboolean(L, -1) != 0;
    lua_pop(L, 1);
    return value;
}

}  // namespace fakemx::script
