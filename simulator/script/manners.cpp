// mx.manners{…}: a list of manners, tables of hooks. At each moment the first that answers wins, and the profile's own hook comes
// behind them all.
#include <algorithm>

#include <fmt/format.h>

#include "core/assert.h"
#include "core/limits.h"
#include "core/text.h"
#include "script/definition.h"
#include "script/fields.h"
#include "script/host.h"
#include "script/parameters.h"

namespace fakemx::script {

namespace {

/// Takes the functions, and makes one that asks them in turn. Written in Lua so that each of them may sleep.
constexpr std::string_view in_turn = R"lua(
local functions = ...
return function(s, argument)
  for i = 1, #functions do
    local verdict = functions[i](s, argument)
    if verdict ~= nil then return verdict end
  end
end
)lua";

/// Where the functions of a hook that is called so are kept; null for what is none.
std::vector<DefinedHook>* functions_for(Host& host, std::string_view name) {
    if (name == query_hook_name) return &host.query_manners;
    const auto hook = std::find(smtp::hook_names.begin(), smtp::hook_names.end(), name);
    if (hook == smtp::hook_names.end()) return nullptr;
    return &host.manners.at(static_cast<std::size_t>(hook - smtp::hook_names.begin()));
}

/// Puts one function in the place of the profile's own, which comes last of them.
void join(lua_State* L, Host& host, std::vector<DefinedHook>& functions, DefinedHook& own) {
    if (functions.empty()) return;
    if (own.ref != 0) functions.push_back(own);
    const auto error = host.sandbox.load(L, "mx.manners", in_turn);
    FAKEMX_ASSERT(!error);
    lua_createtable(L, static_cast<int>(functions.size()), 0);
    for (std::size_t n = 0; n < functions.size(); ++n) {
        lua_rawgeti(L, LUA_REGISTRYINDEX, functions[n].ref);
        lua_rawseti(L, -2, static_cast<lua_Integer>(n) + 1);
    }
    lua_call(L, 1, 1);
    own = {luaL_ref(L, LUA_REGISTRYINDEX), functions.front().place};
}

void read_manner(lua_State* L, int table, Host& host, std::vector<std::string>& names) {
    for (const std::string& key : string_keys(L, table, "a manner")) {
        lua_getfield(L, table, key.c_str());
        if (key == "name") {
            if (lua_type(L, -1) != LUA_TSTRING) raise_here(L, "a manner's name is a string");
            std::string name{string_at(L, -1)};
            if (std::find(names.begin(), names.end(), name) != names.end()) {
                raise_here(L,
                           fmt::format("two manners are named '{0}', and would share what they "
                                       "remember; give one another name: {{ name = \"{0}2\", … }}",
                                       name));
            }
            names.push_back(std::move(name));
        } else {
            std::vector<DefinedHook>* const functions = functions_for(host, key);
            if (functions == nullptr) {
                raise_here(L, fmt::format("a manner has hooks and a name, and no '{}'{}", key,
                                          did_you_mean(key, smtp::hook_names)));
            }
            if (lua_type(L, -1) != LUA_TFUNCTION) {
                raise_here(L, fmt::format("{} of a manner is a function, not a {}", key,
                                          luaL_typename(L, -1)));
            }
            lua_pushvalue(L, -1);
            functions->push_back({luaL_ref(L, LUA_REGISTRYINDEX), place_of_caller(L)});
        }
        lua_pop(L, 1);
    }
}

int declare_manners(lua_State* L) {
    Host& host = Host::of(L);
    if (!host.loading) raise_here(L, "mx.manners belongs at the top of the file, outside hooks");
    if (host.has_manners) raise_here(L, "mx.manners is called once, with all of them in a list");
    host.has_manners = true;
    if (lua_type(L, 1) != LUA_TTABLE)
        raise_here(L, "mx.manners takes a list: mx.manners { greylist { delay = \"5m\" } }");
    for (lua_pushnil(L); lua_next(L, 1) != 0; lua_pop(L, 1)) {
        if (lua_isinteger(L, -2) == 0)
            raise_here(L, "mx.manners takes a list of manners, without names");
    }
    const lua_Integer count = luaL_len(L, 1);
    if (count > static_cast<lua_Integer>(limits::manners_max))
        raise_here(L, fmt::format("a profile may have {} manners", limits::manners_max));
    std::vector<std::string> names;
    for (lua_Integer i = 1; i <= count; ++i) {
        if (lua_geti(L, 1, i) != LUA_TTABLE) {
            raise_here(L, fmt::format("manner {} is a {}, and not a table of hooks", i,
                                      luaL_typename(L, -1)));
        }
        read_manner(L, lua_gettop(L), host, names);
        lua_pop(L, 1);
    }
    return 0;
}

}  // namespace

void join_manners(Host& host) {
    lua_State* const L = host.sandbox.main();
    for (std::size_t i = 0; i < host.hooks.size(); ++i)
        join(L, host, host.manners.at(i), host.hooks.at(i));
    join(L, host, host.query_manners, host.query_hook);
}

void open_manners(lua_State* L) {
    bind(L, "manners", declare_manners);
}

}  // namespace fakemx::script
