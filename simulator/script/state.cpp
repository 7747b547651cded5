// mx.state "name": the engine's store under a name.
#include <fmt/format.h>

#include "core/text.h"
#include "script/definition.h"
#include "script/host.h"

namespace fakemx::script {

namespace {

constexpr const char* metatable = "fakemx.Store";

// A look into an ordered map of a million keys.
constexpr std::uint64_t units_per_operation = 50;

std::string_view check_store(lua_State* L, std::string_view method) {
    if (luaL_testudata(L, 1, metatable) == nullptr) {
        raise_here(L, fmt::format("'{}' belongs behind a store, with a colon: store:{}(…)", method,
                                  method));
    }
    lua_getiuservalue(L, 1, 1);
    const std::string_view name = string_at(L, -1);
    lua_pop(L, 1);  // the store keeps it
    return name;
}

struct Call {
    engine::StateStore& state;
    std::string_view store;
    std::string key;
    Instant now;
};

Call begin(lua_State* L, std::string_view method) {
    const std::string_view store = check_store(L, method);
    Asking& asking = Host::of(L).asked(L, "mx.state");
    Sandbox::of(L).charge(L, units_per_operation);
    return {asking.state, store, check_key(L, 2), asking.now};
}

template <class Value>
Value or_raise(lua_State* L, const Call& call, const Result<Value, engine::StateError>& result) {
    if (!result)
        raise_here(L, fmt::format("state '{}', key '{}': {}", call.store, call.key,
                                  result.error().reason));
    return *result;
}

int push_count(lua_State* L, const Call& call,
               const Result<std::int64_t, engine::StateError>& result) {
    lua_pushinteger(L, or_raise(L, call, result));
    return 1;
}

int push_answer(lua_State* L, const Call& call, const Result<bool, engine::StateError>& result) {
    lua_pushboolean(L, or_raise(L, call, result) ? 1 : 0);
    return 1;
}

int add(lua_State* L) {
    const Call call = begin(L, "add");
    std::int64_t amount = 1;
    if (!lua_isnoneornil(L, 3)) {
        int is_integer = 0;
        amount = lua_tointegerx(L, 3, &is_integer);
        if (is_integer == 0) raise_here(L, "store:add takes a whole number");
    }
    return push_count(
        L, call, call.state.add(call.store, call.key, amount, optional_duration(L, 4), call.now));
}

int set(lua_State* L) {
    const Call call = begin(L, "set");
    engine::StateValue value;
    if (lua_isboolean(L, 3)) {
        value = lua_toboolean(L, 3) != 0;
    } else if (lua_isinteger(L, 3)) {
        value = std::int64_t{lua_tointeger(L, 3)};
    } else if (lua_type(L, 3) == LUA_TSTRING) {
        value = std::string{string_at(L, 3)};
    } else {
        raise_here(L, fmt::format("a store keeps strings, integers and booleans, not a {}",
                                  luaL_typename(L, 3)));
    }
    const auto result =
        call.state.set(call.store, call.key, std::move(value), optional_duration(L, 4), call.now);
    if (!result)
        raise_here(L, fmt::format("state '{}', key '{}': {}", call.store, call.key,
                                  result.error().reason));
    return 0;
}

int get(lua_State* L) {
    const Call call = begin(L, "get");
    const auto value = or_raise(L, call, call.state.get(call.store, call.key, call.now));
    if (!value) {
        lua_pushnil(L);
    } else if (const auto* truth = std::get_if<bool>(&*value)) {
        lua_pushboolean(L, *truth ? 1 : 0);
    } else if (const auto* count = std::get_if<std::int64_t>(&*value)) {
        lua_pushinteger(L, *count);
    } else {
        push(L, std::get<std::string>(*value));
    }
    return 1;
}

int hit(lua_State* L) {
    const Call call = begin(L, "hit");
    return push_count(L, call,
                      call.state.hit(call.store, call.key, check_duration(L, 3), call.now));
}

int hits(lua_State* L) {
    const Call call = begin(L, "hits");
    return push_count(L, call,
                      call.state.hits(call.store, call.key, check_duration(L, 3), call.now));
}

int include(lua_State* L) {
    const Call call = begin(L, "include");
    return push_count(L, call,
                      call.state.include(call.store, call.key, check_key(L, 3),
                                         optional_duration(L, 4), call.now));
}

int includes(lua_State* L) {
    const Call call = begin(L, "includes");
    return push_answer(L, call,
                       call.state.includes(call.store, call.key, check_key(L, 3), call.now));
}

int size(lua_State* L) {
    const Call call = begin(L, "size");
    return push_count(L, call, call.state.size(call.store, call.key, call.now));
}

int mark(lua_State* L) {
    const Call call = begin(L, "mark");
    return push_answer(L, call,
                       call.state.mark(call.store, call.key, optional_duration(L, 3), call.now));
}

int marked_for(lua_State* L) {
    const Call call = begin(L, "marked_for");
    return push_answer(L, call,
                       call.state.marked_for(call.store, call.key, check_duration(L, 3), call.now));
}

int forget(lua_State* L) {
    const Call call = begin(L, "forget");
    call.state.forget(call.store, call.key);
    return 0;
}

int state(lua_State* L) {
    if (lua_type(L, 1) != LUA_TSTRING || string_at(L, 1).empty())
        raise_here(L, "mx.state takes the name of the store, a string");
    lua_newuserdatauv(L, 0, 1);
    lua_pushvalue(L, 1);
    lua_setiuservalue(L, -2, 1);
    luaL_setmetatable(L, metatable);
    return 1;
}

}  // namespace

void open_state(lua_State* L) {
    bind(L, "state", state);
    define_object_type(
        L, {.metatable = metatable,
            .name = "store",
            .group = state_group,
            .methods = {{"add", add},
                        {"set", set},
                        {"get", get},
                        {"hit", hit},
                        {"hits", hits},
                        {"include", include},
                        {"includes", includes},
                        {"size", size},
                        {"mark", mark},
                        {"marked_for", marked_for},
                        {"forget", forget}},
            .write_complaint = "a store has no fields to write; use store:set(key, value)"});
}

}  // namespace fakemx::script
