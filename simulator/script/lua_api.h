// The C interface of Lua as this folder uses it: the headers, and what makes them fit C++ types. The
// library is the C++ build of Lua, whose errors are exceptions that run destructors; it must not be
// mixed with the C build. Knows nothing of profiles.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

// Which of the two the library wants is found out at configure time, by linking.
#ifdef FAKEMX_LUA_HAS_CXX_NAMES
#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#else
#include <lua.hpp>
#endif

namespace fakemx::script {

inline void push(lua_State* L, std::string_view text) {
    lua_pushlstring(L, text.data(), text.size());
}

/// The text, or nil.
inline void push_optional(lua_State* L, const std::optional<std::string>& text) {
    if (text) {
        push(L, *text);
    } else {
        lua_pushnil(L);
    }
}

inline void push_count(lua_State* L, std::uint64_t count) {
    lua_pushinteger(L, static_cast<lua_Integer>(count));
}

/// The octets of the string at `index`, which must be one. They live as long as Lua keeps the string.
inline std::string_view string_at(lua_State* L, int index) {
    std::size_t size = 0;
    const char* octets = lua_tolstring(L, index, &size);
    return {octets, size};
}

inline std::string_view check_string(lua_State* L, int argument) {
    std::size_t size = 0;
    const char* octets = luaL_checklstring(L, argument, &size);
    return {octets, size};
}

}  // namespace fakemx::script
