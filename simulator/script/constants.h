// What a profile built while it was loading becomes constant: its hooks may read it and not change it.
// What is to be remembered belongs in the state store, where it is seen, reset and repeated. It must
// not know what the tables are for.
#pragma once

#include <optional>

#include "script/script_error.h"

struct lua_State;

namespace fakemx::script {

/// Pops a function and makes every table that it can reach read-only, through variables, fields and
/// metatables. An error when it, or a function that it can reach, assigns to a variable that outlives
/// the call.
std::optional<ScriptError> make_constant(lua_State* L);

}  // namespace fakemx::script
