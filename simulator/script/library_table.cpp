// The table library: the stock functions, charged for the elements that they touch, and a sort of our
// own. The stock sort asks the clock which element to compare with, and leaves equal elements in an
// order that depends on it.
#include <algorithm>
#include <bit>
#include <cstdint>
#include <numeric>
#include <vector>

#include "script/libraries.h"
#include "script/lua_api.h"
#include "script/read_only.h"
#include "script/sandbox.h"

namespace fakemx::script {

namespace {

int stock(lua_State* L) {
    return lua_tocfunction(L, lua_upvalueindex(1))(L);
}

void charge_range(lua_State* L, lua_Integer first, lua_Integer last) {
    if (last < first) return;
    Sandbox::of(L).charge(L, static_cast<std::uint64_t>(last) - static_cast<std::uint64_t>(first));
}

int concat(lua_State* L) {
    luaL_checktype(L, 1, LUA_TTABLE);
    const lua_Integer first = luaL_optinteger(L, 3, 1);
    charge_range(L, first, luaL_opt(L, luaL_checkinteger, 4, luaL_len(L, 1)));
    return stock(L);
}

int insert(lua_State* L) {
    luaL_checktype(L, 1, LUA_TTABLE);
    if (lua_gettop(L) == 3) charge_range(L, luaL_checkinteger(L, 2), luaL_len(L, 1));
    return stock(L);
}

int remove(lua_State* L) {
    luaL_checktype(L, 1, LUA_TTABLE);
    if (lua_gettop(L) > 1) charge_range(L, luaL_checkinteger(L, 2), luaL_len(L, 1));
    return stock(L);
}

int move(lua_State* L) {
    charge_range(L, luaL_checkinteger(L, 2), luaL_checkinteger(L, 3));
    return stock(L);
}

int unpack(lua_State* L) {
    const lua_Integer first = luaL_optinteger(L, 2, 1);
    charge_range(L, first, luaL_opt(L, luaL_checkinteger, 3, luaL_len(L, 1)));
    return stock(L);
}

// Compares two elements of the table at `elements`, by the function at 2 or by `<`.
bool element_less(lua_State* L, int elements, lua_Integer a, lua_Integer b) {
    const bool custom = !lua_isnil(L, 2);
    if (custom) lua_pushvalue(L, 2);
    lua_rawgeti(L, elements, a);
    lua_rawgeti(L, elements, b);
    bool less = false;
    if (custom) {
        lua_call(L, 2, 1);
        less = lua_toboolean(L, -1) != 0;
        lua_pop(L, 1);
    } else {
        less = lua_compare(L, -2, -1, LUA_OPLT) != 0;
        lua_pop(L, 2);
    }
    return less;
}

// Stable, and safe with a comparison that contradicts itself, which std::stable_sort need not be.
void merge_sort(lua_State* L, int elements, std::vector<lua_Integer>& order) {
    std::vector<lua_Integer> merged(order.size());
    for (std::size_t width = 1; width < order.size(); width *= 2) {
        for (std::size_t start = 0; start < order.size(); start += 2 * width) {
            const std::size_t middle = std::min(start + width, order.size());
            const std::size_t end = std::min(start + 2 * width, order.size());
            std::size_t left = start;
            std::size_t right = middle;
            for (std::size_t to = start; to < end; ++to) {
                const bool take_right =
                    left == middle ||
                    (right < end && element_less(L, elements, order[right], order[left]));
                merged[to] = take_right ? order[right++] : order[left++];
            }
        }
        order.swap(merged);
    }
}

int sort(lua_State* L) {
    luaL_checktype(L, 1, LUA_TTABLE);
    if (!lua_isnoneornil(L, 2)) luaL_checktype(L, 2, LUA_TFUNCTION);
    lua_settop(L, 2);
    if (is_read_only(L, 1)) raise_here(L, "table.sort: the table is a constant; sort a copy");
    const lua_Integer count = luaL_len(L, 1);
    if (count < 2) return 0;
    const auto size = static_cast<std::uint64_t>(count);
    Sandbox::of(L).charge(L, size);
    Sandbox::of(L).charge(L, size * static_cast<std::uint64_t>(std::bit_width(size)));
    lua_createtable(L, static_cast<int>(count), 0);
    for (lua_Integer at = 1; at <= count; ++at) {
        lua_geti(L, 1, at);
        lua_rawseti(L, 3, at);
    }
    std::vector<lua_Integer> order(size);
    std::iota(order.begin(), order.end(), 1);
    merge_sort(L, 3, order);
    lua_Integer to = 0;
    for (const lua_Integer from : order) {
        lua_rawgeti(L, 3, from);
        lua_seti(L, 1, ++to);
    }
    return 0;
}

void take_with(lua_State* L, const char* name, lua_CFunction wrapper) {
    lua_getfield(L, -2, name);
    lua_pushcclosure(L, wrapper, 1);
    lua_setfield(L, -2, name);
}

}  // namespace

void push_table_library(lua_State* L) {
    lua_newtable(L);
    take_stock(L, {"pack"});
    take_with(L, "concat", concat);
    take_with(L, "insert", insert);
    take_with(L, "move", move);
    take_with(L, "remove", remove);
    take_with(L, "unpack", unpack);
    lua_pushcfunction(L, sort);
    lua_setfield(L, -2, "sort");
}

}  // namespace fakemx::script
