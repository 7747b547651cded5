// The base library: what is left of it, ordered iteration, errors that cannot be swallowed, and text
// without addresses.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "script/libraries.h"
#include "script/lua_api.h"
#include "script/read_only.h"
#include "script/sandbox.h"

namespace fakemx::script {

namespace {

constexpr std::uint64_t string_octets_per_unit = 64;

// Runs a stock function, which is the upvalue, in place: same stack, same name in error messages.
int charged(lua_State* L) {
    std::uint64_t octets = 0;
    for (int argument = lua_gettop(L); argument > 0; --argument) {
        if (lua_type(L, argument) == LUA_TSTRING) octets += lua_rawlen(L, argument);
    }
    if (octets >= string_octets_per_unit) {
        Sandbox::of(L).charge(L, octets / string_octets_per_unit);
    }
    return lua_tocfunction(L, lua_upvalueindex(1))(L);
}

int finish_pcall(lua_State* L, int status, lua_KContext) {
    if (status == LUA_OK || status == LUA_YIELD) return lua_gettop(L);
    if (Sandbox::of(L).must_not_be_caught(status)) return lua_error(L);
    lua_pushboolean(L, 0);
    lua_insert(L, -2);
    return 2;
}

int pcall(lua_State* L) {
    luaL_checkany(L, 1);
    lua_pushboolean(L, 1);
    lua_insert(L, 1);
    const int status = lua_pcallk(L, lua_gettop(L) - 2, LUA_MULTRET, 0, 0, finish_pcall);
    return finish_pcall(L, status, 0);
}

int tostring(lua_State* L) {
    luaL_checkany(L, 1);
    push_text(L, 1);
    return 1;
}

int print(lua_State* L) {
    const int count = lua_gettop(L);
    std::string line;
    for (int argument = 1; argument <= count; ++argument) {
        if (argument > 1) line += '\t';
        push_text(L, argument);
        line += string_at(L, -1);
        lua_pop(L, 1);
    }
    Sandbox::of(L).log(L, line);
    return 0;
}

int getmetatable(lua_State* L) {
    luaL_checkany(L, 1);
    if (lua_type(L, 1) != LUA_TTABLE || !push_own_metatable(L, 1)) lua_pushnil(L);
    return 1;
}

int setmetatable(lua_State* L) {
    // The collector would run the first and empty tables by the second at moments that nobody can
    // foresee; the third would run when a session goes away; the fourth hides what errors show.
    constexpr std::array refused = {"__gc", "__mode", "__close", "__metatable"};
    luaL_checktype(L, 1, LUA_TTABLE);
    luaL_argexpected(L, lua_isnil(L, 2) || lua_istable(L, 2), 2, "nil or table");
    lua_settop(L, 2);
    if (is_read_only(L, 1)) raise_here(L, "setmetatable: the table is a constant");
    if (luaL_getmetafield(L, 1, "__metatable") != LUA_TNIL)
        raise_here(L, "setmetatable: the table is protected");
    if (lua_istable(L, 2)) {
        push_content(L, 2);
        lua_replace(L, 2);
        for (const char* const name : refused) {
            lua_pushstring(L, name);
            if (lua_rawget(L, 2) != LUA_TNIL) {
                raise_here(L, std::string{name} + " is not available in a profile");
            }
            lua_pop(L, 1);
        }
    }
    lua_setmetatable(L, 1);
    return 1;
}

// A key of a table, in the order: numbers, strings, booleans.
struct Key {
    enum class Rank : std::uint8_t { number, string, boolean };

    Rank rank;
    bool is_integer = false;
    lua_Integer integer = 0;  // or the boolean
    lua_Number number = 0;
    std::string_view string;
};

// Exact, where a conversion of either side would not be.
bool less_mixed(lua_Integer a, lua_Number b) {
    constexpr lua_Number limit = 9223372036854775808.0;  // 2^63
    if (b >= limit) return true;
    if (b < -limit) return false;
    return a < static_cast<lua_Integer>(std::ceil(b));
}

bool less_number(const Key& a, const Key& b) {
    if (a.is_integer && b.is_integer) return a.integer < b.integer;
    if (!a.is_integer && !b.is_integer) return a.number < b.number;
    // A float that is a key has no integer equal to it.
    return a.is_integer ? less_mixed(a.integer, b.number) : !less_mixed(b.integer, a.number);
}

bool operator<(const Key& a, const Key& b) {
    if (a.rank != b.rank) return a.rank < b.rank;
    switch (a.rank) {
        case Key::Rank::number: return less_number(a, b);
        case Key::Rank::string: return a.string < b.string;
        case Key::Rank::boolean: return a.integer < b.integer;
    }
    return false;
}

Key key_at(lua_State* L, int index) {
    switch (lua_type(L, index)) {
        case LUA_TNUMBER:
            if (lua_isinteger(L, index) != 0) {
                return {.rank = Key::Rank::number,
                        .is_integer = true,
                        .integer = lua_tointeger(L, index),
                        .string = {}};
            }
            return {.rank = Key::Rank::number, .number = lua_tonumber(L, index), .string = {}};
        case LUA_TSTRING: return {.rank = Key::Rank::string, .string = string_at(L, index)};
        case LUA_TBOOLEAN:
            return {.rank = Key::Rank::boolean, .integer = lua_toboolean(L, index), .string = {}};
        default: break;
    }
    raise_here(L, std::string{"iterating over a table with a key that is a "} +
                      luaL_typename(L, index) +
                      ": only numbers, strings and booleans have an order");
}

void push_key(lua_State* L, const Key& key) {
    switch (key.rank) {
        case Key::Rank::number:
            if (key.is_integer) {
                lua_pushinteger(L, key.integer);
            } else {
                lua_pushnumber(L, key.number);
            }
            break;
        case Key::Rank::string: push(L, key.string); break;
        case Key::Rank::boolean: lua_pushboolean(L, static_cast<int>(key.integer)); break;
    }
}

// Upvalues: the content; its keys in order, or nil when they are 1 to the count; the count; the index
// of the latest key.
int next_ordered_pair(lua_State* L) {
    const int content = lua_upvalueindex(1);
    const int keys = lua_upvalueindex(2);
    const lua_Integer count = lua_tointeger(L, lua_upvalueindex(3));
    for (lua_Integer at = lua_tointeger(L, lua_upvalueindex(4)) + 1; at <= count; ++at) {
        if (lua_isnil(L, keys)) {
            lua_pushinteger(L, at);
        } else {
            lua_rawgeti(L, keys, at);
        }
        lua_pushvalue(L, -1);
        if (lua_rawget(L, content) != LUA_TNIL) {
            lua_pushinteger(L, at);
            lua_replace(L, lua_upvalueindex(4));
            return 2;
        }
        lua_pop(L, 2);  // the body of the loop has removed it
    }
    lua_pushinteger(L, count);
    lua_replace(L, lua_upvalueindex(4));
    lua_pushnil(L);
    return 1;
}

std::vector<Key> keys_of(lua_State* L, int content) {
    std::vector<Key> keys;
    lua_pushnil(L);
    while (lua_next(L, content) != 0) {
        lua_pop(L, 1);
        keys.push_back(key_at(L, -1));
    }
    Sandbox::of(L).charge(L, keys.size());
    return keys;
}

bool is_sequence(const std::vector<Key>& keys) {
    const auto count = static_cast<lua_Integer>(keys.size());
    return std::all_of(keys.begin(), keys.end(), [count](const Key& key) {
        return key.is_integer && key.integer >= 1 && key.integer <= count;
    });
}

void push_keys(lua_State* L, const std::vector<Key>& keys) {
    lua_createtable(L, static_cast<int>(keys.size()), 0);
    lua_Integer at = 0;
    for (const auto& key : keys) {
        push_key(L, key);
        lua_rawseti(L, -2, ++at);
    }
}

}  // namespace

int ordered_pairs(lua_State* L) {
    luaL_checkany(L, 1);
    if (luaL_getmetafield(L, 1, "__pairs") != LUA_TNIL) {
        lua_pushvalue(L, 1);
        lua_call(L, 1, 3);
        return 3;
    }
    luaL_checktype(L, 1, LUA_TTABLE);
    push_content(L, 1);
    auto keys = keys_of(L, lua_gettop(L));
    if (is_sequence(keys)) {
        lua_pushnil(L);
    } else {
        std::sort(keys.begin(), keys.end());
        push_keys(L, keys);
    }
    lua_pushinteger(L, static_cast<lua_Integer>(keys.size()));
    lua_pushinteger(L, 0);
    lua_pushcclosure(L, next_ordered_pair, 4);
    return 1;
}

int ordered_next(lua_State* L) {
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 2);
    push_content(L, 1);
    const auto keys = keys_of(L, 3);
    const Key* least = nullptr;
    const bool first = lua_isnil(L, 2);
    const Key previous = first ? Key{.rank = Key::Rank::number, .string = {}} : key_at(L, 2);
    for (const auto& key : keys) {
        if ((first || previous < key) && (least == nullptr || key < *least)) least = &key;
    }
    if (least == nullptr) {
        lua_pushnil(L);
        return 1;
    }
    push_key(L, *least);
    lua_pushvalue(L, -1);
    lua_rawget(L, 3);
    return 2;
}

bool is_pairs_iterator(lua_State* L, int index) {
    return lua_tocfunction(L, index) == next_ordered_pair;
}

void push_text(lua_State* L, int index) {
    const int value = lua_absindex(L, index);
    luaL_checkstack(L, 3, nullptr);
    if (luaL_getmetafield(L, value, "__tostring") != LUA_TNIL) {
        lua_pushvalue(L, value);
        lua_call(L, 1, 1);
        if (lua_isstring(L, -1) == 0) raise_here(L, "'__tostring' must return a string");
        return;
    }
    switch (lua_type(L, value)) {
        case LUA_TNIL:
        case LUA_TBOOLEAN:
        case LUA_TNUMBER:
        case LUA_TSTRING: luaL_tolstring(L, value, nullptr); return;
        default: break;
    }
    // Stock Lua adds the address, which differs from run to run.
    const int kind = luaL_getmetafield(L, value, "__name");
    if (kind == LUA_TSTRING) return;
    if (kind != LUA_TNIL) lua_pop(L, 1);
    lua_pushstring(L, luaL_typename(L, value));
}

void take_stock(lua_State* L, std::initializer_list<const char*> names) {
    for (const char* const name : names) {
        lua_getfield(L, -2, name);
        lua_setfield(L, -2, name);
    }
}

void take_charged(lua_State* L, std::initializer_list<const char*> names) {
    for (const char* const name : names) {
        lua_getfield(L, -2, name);
        lua_pushcclosure(L, charged, 1);
        lua_setfield(L, -2, name);
    }
}

void push_base_library(lua_State* L) {
    constexpr luaL_Reg ours[] = {
        {"getmetatable", getmetatable},
        {"next", ordered_next},
        {"pairs", ordered_pairs},
        {"pcall", pcall},
        {"print", print},
        {"setmetatable", setmetatable},
        {"tostring", tostring},
        {nullptr, nullptr},
    };
    lua_newtable(L);
    take_stock(L, {"assert", "error", "ipairs", "select", "type", "_VERSION"});
    take_charged(L, {"tonumber"});
    luaL_setfuncs(L, ours, 0);
}

void push_math_library(lua_State* L) {
    // What IEEE 754 defines to the last bit, and no chance.
    lua_newtable(L);
    take_stock(L, {"abs", "ceil", "floor", "fmod", "huge", "max", "min", "maxinteger", "mininteger",
                   "modf", "pi", "sqrt", "tointeger", "type", "ult"});
}

void push_utf8_library(lua_State* L) {
    lua_newtable(L);
    take_stock(L, {"charpattern"});
    take_charged(L, {"char", "codepoint", "codes", "len", "offset"});
}

}  // namespace fakemx::script
