// Reading what tables of a declaration hold.
#include "script/fields.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/limits.h"
#include "core/text.h"
#include "script/host.h"
#include "script/parameters.h"

namespace fakemx::script {

lua_Integer check_list(lua_State* L, int index, std::string_view what, std::string_view form,
                       bool names_beside) {
    if (lua_type(L, index) != LUA_TTABLE) raise_here(L, fmt::format("{} {}", what, form));
    lua_Integer elements = 0;
    lua_Integer last = 0;
    for (lua_pushnil(L); lua_next(L, index) != 0; lua_pop(L, 1)) {
        if (lua_isinteger(L, -2) != 0 && lua_tointeger(L, -2) >= 1) {
            ++elements;
            last = std::max(last, lua_tointeger(L, -2));
        } else if (!names_beside || lua_type(L, -2) != LUA_TSTRING) {
            raise_here(L, fmt::format("{} {}", what, form));
        }
    }
    if (elements > static_cast<lua_Integer>(limits::letters_max))
        raise_here(L, fmt::format("{} has at most {} elements", what, limits::letters_max));
    if (last != elements)
        raise_here(
            L, fmt::format("{} has a hole: of its {} elements there are {}", what, last, elements));
    return elements;
}

std::vector<std::string> read_strings(lua_State* L, int index, std::string_view what,
                                      bool names_beside) {
    constexpr std::string_view form = "is a list of strings";
    const lua_Integer elements = check_list(L, index, what, form, names_beside);
    std::vector<std::string> texts;
    for (lua_Integer i = 1; i <= elements; ++i) {
        if (lua_rawgeti(L, index, i) != LUA_TSTRING)
            raise_here(L, fmt::format("{} {}", what, form));
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

Fields::Fields(lua_State* L, int table, const Group& group, std::string prefix)
    : lua_(L), table_(table), prefix_(std::move(prefix)) {
    for (const std::string& key : string_keys(L, table, group.name)) {
        if (!has_member(group, key)) raise_here(L, no_such_member(group, "field", key));
    }
}

bool Fields::push(const char* name) const {
    return push_given(lua_, table_, name);
}

bool Fields::given(const char* name) const {
    if (!push(name)) return false;
    lua_pop(lua_, 1);
    return true;
}

bool Fields::push_table(const char* name, std::string_view form) const {
    if (!push(name)) return false;
    if (lua_type(lua_, -1) != LUA_TTABLE) refuse(name, form);
    return true;
}

void Fields::read(const char* name, std::string& value) const {
    if (!push(name)) return;
    if (lua_type(lua_, -1) != LUA_TSTRING) refuse(name, "is a string");
    value = string_at(lua_, -1);
    lua_pop(lua_, 1);
}

void Fields::read(const char* name, bool& value) const {
    if (!push(name)) return;
    if (!lua_isboolean(lua_, -1)) refuse(name, "is true or false");
    value = lua_toboolean(lua_, -1) != 0;
    lua_pop(lua_, 1);
}

void Fields::read(const char* name, std::vector<std::string>& value) const {
    if (!push(name)) return;
    value = read_strings(lua_, lua_gettop(lua_), prefix_ + name);
    lua_pop(lua_, 1);
}

void Fields::read(const char* name, Duration& value, bool zero_allowed) const {
    if (!push(name)) return;
    const Duration duration = check_duration(lua_, lua_gettop(lua_), prefix_ + name);
    if (!zero_allowed && duration == Duration::zero()) refuse(name, "is longer than 0s");
    // So long that sums of a few of them are still instants.
    if (duration > std::chrono::hours{24 * 36'500}) refuse(name, "is at most a hundred years");
    value = duration;
    lua_pop(lua_, 1);
}

std::uint64_t Fields::pop_count(const char* name, std::uint64_t least, std::uint64_t most) const {
    const bool fits = lua_isinteger(lua_, -1) != 0 && lua_tointeger(lua_, -1) >= 0 &&
                      static_cast<std::uint64_t>(lua_tointeger(lua_, -1)) >= least &&
                      static_cast<std::uint64_t>(lua_tointeger(lua_, -1)) <= most;
    if (!fits) refuse(name, fmt::format("is a whole number from {} to {}", least, most));
    const auto count = static_cast<std::uint64_t>(lua_tointeger(lua_, -1));
    lua_pop(lua_, 1);
    return count;
}

void Fields::refuse(std::string_view name, std::string_view complaint) const {
    raise_here(lua_, fmt::format("{}{} {}", prefix_, name, complaint));
}

}  // namespace fakemx::script
