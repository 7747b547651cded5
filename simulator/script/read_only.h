// Tables that a profile can read and not change: the libraries, and what it built itself while it was
// loading. Lua has no such thing; the content moves to a hidden table behind the visible one, which
// keeps its identity. It must not know which tables those are.
#pragma once

#include <string_view>

struct lua_State;

namespace fakemx::script {

/// Makes the table at `index` read-only. Writing to it raises `complaint`. Lua looks metamethods up in a
/// metatable without asking that table's own metatable: what has this table as its metatable must be given
/// its content instead (follow_metatable).
void make_read_only(lua_State* L, int index, std::string_view complaint);

bool is_read_only(lua_State* L, int index);

/// Reading a field of the table at `index` that does not exist becomes an error that calls the table
/// `name` and proposes the nearest field. To be called before make_read_only, or instead of it.
void make_strict(lua_State* L, int index, std::string_view name);

/// Pushes the table that really holds the fields of the table at `index`.
void push_content(lua_State* L, int index);

/// Pushes the metatable that the table at `index` was given by a profile. False, and nothing pushed,
/// when there is none.
bool push_own_metatable(lua_State* L, int index);

/// The metatable of the table at `index` may have become read-only since it was set: puts the table
/// there that holds its fields now.
void follow_metatable(lua_State* L, int index);

/// Raises the error for the absent field at `key` of the strict table at `index`.
[[noreturn]] void raise_unknown_field(lua_State* L, int index, int key, std::string_view name);

}  // namespace fakemx::script
