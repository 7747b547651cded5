// Verdicts as values in Lua.
#pragma once

#include "script/lua_api.h"
#include "smtp/verdict.h"

namespace fakemx::script {

void push_verdict(lua_State* L, smtp::Verdict verdict);

/// Null where the value at `index` is none.
const smtp::Verdict* to_verdict(lua_State* L, int index);

}  // namespace fakemx::script
