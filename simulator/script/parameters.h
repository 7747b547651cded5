// The parameters of a profile: declared with mx.param.*, set by the user, and put where a profile names
// them. What a profile declares besides belongs to profile_reader.cpp.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "script/lua_api.h"

namespace fakemx::script {

struct Host;

/// The keys of the table at `index`, strings only; others are an error.
std::vector<std::string> string_keys(lua_State* L, int index, std::string_view what);

/// Fills in mx.params, the table at `values`, from the declarations at `declared`. `presets`: what choices
/// set; 0: there are none. What the user has set wins over a preset, and that over the default.
void read_parameters(lua_State* L, Host& host, int declared, int presets, int values);

/// Pushes what the table has under this name; a parameter stands for its value. False: nothing pushed,
/// there is none.
bool push_given(lua_State* L, int table, const char* name);

/// Adds mx.param to the table on top of the stack.
void open_parameters(lua_State* L);

}  // namespace fakemx::script
