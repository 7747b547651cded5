// The parts of Lua's standard library that a profile sees, each cut down and made deterministic and
// bounded. For the sandbox only.
#pragma once

#include <initializer_list>

struct lua_State;

namespace fakemx::script {

/// Each pushes a table of functions. The stock library of the same name must be on top of the stack
/// and stays below; for the base library that is the table of globals.
void push_base_library(lua_State* L);
void push_string_library(lua_State* L);
void push_table_library(lua_State* L);
void push_math_library(lua_State* L);
void push_utf8_library(lua_State* L);

/// Copies fields of the table below the top into the table on top.
void take_stock(lua_State* L, std::initializer_list<const char*> names);

/// The same for functions that look at every octet of their string arguments: they are charged.
void take_charged(lua_State* L, std::initializer_list<const char*> names);

/// Pushes `index` as text, as tostring does: no addresses.
void push_text(lua_State* L, int index);

/// Ordered iteration.
int ordered_pairs(lua_State* L);
int ordered_next(lua_State* L);

/// What `pairs` and string.gmatch return moves on with every call: state of its own.
bool is_pairs_iterator(lua_State* L, int index);
bool is_match_iterator(lua_State* L, int index);

}  // namespace fakemx::script
