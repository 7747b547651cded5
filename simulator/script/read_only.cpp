// Shadow tables: the visible table is emptied, so that every access goes through its metatable.
#include "script/read_only.h"

#include <algorithm>
#include <string>
#include <vector>

#include "core/text.h"
#include "script/lua_api.h"
#include "script/sandbox.h"
#include "script/unavailable.h"

namespace fakemx::script {

namespace {

// The address is the key, in the metatable of a read-only table, under which its content is found.
constexpr char content_key = 0;

// The address is the key in the registry of a table that leads from each content to its visible table.
constexpr char visible_tables_key = 0;

int refuse_write(lua_State* L) {
    raise_here(L, string_at(L, lua_upvalueindex(1)));
}

int content_length(lua_State* L) {
    lua_pushinteger(L, luaL_len(L, lua_upvalueindex(1)));
    return 1;
}

// Of a table whose metatable finds fields by a function: the function is given the table that one can see.
// Upvalues: the content, the function.
int find_field(lua_State* L) {
    lua_pushvalue(L, 2);
    if (lua_rawget(L, lua_upvalueindex(1)) != LUA_TNIL) return 1;
    lua_pushvalue(L, lua_upvalueindex(2));
    lua_pushvalue(L, 1);
    lua_pushvalue(L, 2);
    lua_call(L, 2, 1);
    return 1;
}

int unknown_field(lua_State* L) {
    raise_unknown_field(L, 1, 2, string_at(L, lua_upvalueindex(1)));
}

bool is_metamethod_name(lua_State* L, int index) {
    return lua_type(L, index) == LUA_TSTRING && string_at(L, index).starts_with("__");
}

void push_visible_tables(lua_State* L) {
    if (lua_rawgetp(L, LUA_REGISTRYINDEX, &visible_tables_key) != LUA_TNIL) return;
    lua_pop(L, 1);
    lua_newtable(L);
    lua_pushvalue(L, -1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &visible_tables_key);
}
void move_content(lua_State* L, int from, int to) {
    lua_pushnil(L);
    while (lua_next(L, from) != 0) {
        lua_pushvalue(L, -2);
        lua_insert(L, -2);
        lua_rawset(L, to);
        lua_pushvalue(L, -1);
        lua_pushnil(L);
        lua_rawset(L, from);
    }
}

void copy_metamethods(lua_State* L, int from, int to) {
    lua_pushnil(L);
    while (lua_next(L, from) != 0) {
        if (is_metamethod_name(L, -2)) {
            lua_pushvalue(L, -2);
            lua_insert(L, -2);
            lua_rawset(L, to);
        } else {
            lua_pop(L, 1);
        }
    }
}

void set_raw(lua_State* L, int table, const char* key) {
    lua_pushstring(L, key);
    lua_insert(L, -2);
    lua_rawset(L, table);
}

}  // namespace

void make_read_only(lua_State* L, int index, std::string_view complaint) {
    if (is_read_only(L, index)) return;
    luaL_checkstack(L, 12, nullptr);
    const int table = lua_absindex(L, index);
    lua_newtable(L);
    const int content = lua_gettop(L);
    lua_newtable(L);
    const int guard = lua_gettop(L);
    if (lua_getmetatable(L, table) != 0) {
        push_content(L, -1);
        copy_metamethods(L, lua_gettop(L), guard);
        lua_setmetatable(L, content);
        lua_pop(L, 1);
    }
    move_content(L, table, content);
    lua_pushvalue(L, content);
    lua_pushstring(L, "__index");
    if (lua_rawget(L, guard) == LUA_TFUNCTION) {
        lua_pushcclosure(L, find_field, 2);
    } else {
        lua_pop(L, 1);
    }
    set_raw(L, guard, "__index");
    push(L, complaint);
    lua_pushcclosure(L, refuse_write, 1);
    set_raw(L, guard, "__newindex");
    if (luaL_getmetafield(L, content, "__len") == LUA_TNIL) {
        lua_pushvalue(L, content);
        lua_pushcclosure(L, content_length, 1);
        set_raw(L, guard, "__len");
    } else {
        lua_pop(L, 1);  // copied above
    }
    lua_pushvalue(L, content);
    lua_rawsetp(L, guard, &content_key);
    push_visible_tables(L);
    lua_pushvalue(L, content);
    lua_pushvalue(L, table);
    lua_rawset(L, -3);
    lua_pop(L, 1);
    lua_pushvalue(L, guard);
    lua_setmetatable(L, table);
    lua_settop(L, content - 1);
}

bool is_read_only(lua_State* L, int index) {
    if (lua_getmetatable(L, index) == 0) return false;
    const bool found = lua_rawgetp(L, -1, &content_key) != LUA_TNIL;
    lua_pop(L, 2);
    return found;
}

void push_content(lua_State* L, int index) {
    const int table = lua_absindex(L, index);
    if (lua_getmetatable(L, table) != 0) {
        if (lua_rawgetp(L, -1, &content_key) != LUA_TNIL) {
            lua_remove(L, -2);
            return;
        }
        lua_pop(L, 2);
    }
    lua_pushvalue(L, table);
}

bool push_own_metatable(lua_State* L, int index) {
    push_content(L, index);
    if (lua_getmetatable(L, -1) == 0) {
        lua_pop(L, 1);
        return false;
    }
    lua_remove(L, -2);
    lua_pushstring(L, "__metatable");
    const bool ours = lua_rawget(L, -2) != LUA_TNIL;
    lua_pop(L, ours ? 2 : 1);
    if (ours) return false;
    push_visible_tables(L);
    lua_pushvalue(L, -2);
    const bool moved = lua_rawget(L, -2) != LUA_TNIL;
    lua_replace(L, moved ? -3 : -2);
    lua_pop(L, 1);
    return true;
}

void follow_metatable(lua_State* L, int index) {
    push_content(L, index);
    if (lua_getmetatable(L, -1) != 0) {
        push_content(L, -1);
        lua_setmetatable(L, -3);
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
}

void make_strict(lua_State* L, int index, std::string_view name) {
    const int table = lua_absindex(L, index);
    lua_createtable(L, 0, 2);
    push(L, name);
    lua_pushcclosure(L, unknown_field, 1);
    lua_setfield(L, -2, "__index");
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
    lua_setmetatable(L, table);
}

void raise_unknown_field(lua_State* L, int index, int key, std::string_view name) {
    std::string message{name};
    if (lua_type(L, key) != LUA_TSTRING) {
        raise_here(L, message + " has no field of type " + luaL_typename(L, key));
    }
    const std::string field{string_at(L, key)};
    if (const auto reason = why_unavailable(message + "." + field); !reason.empty()) {
        raise_here(
            L, message + "." + field + " is not available in a profile: " + std::string{reason});
    }
    push_content(L, index);
    std::vector<std::string_view> fields;
    lua_pushnil(L);
    while (lua_next(L, -2) != 0) {
        lua_pop(L, 1);
        if (lua_type(L, -1) == LUA_TSTRING) fields.push_back(string_at(L, -1));
    }
    std::sort(fields.begin(), fields.end());
    raise_here(L, message + " has no field '" + field + "'" + did_you_mean(field, fields));
}

}  // namespace fakemx::script
