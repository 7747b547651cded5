// mx.expect.*: what a scenario expects, from Lua to oracle::Expectation.
#pragma once

#include <vector>

#include "oracle/expectation.h"
#include "script/fields.h"
#include "script/lua_api.h"

namespace fakemx::script {

/// The list in the field `expect`; empty where there is none.
std::vector<oracle::Expectation> read_expectations(lua_State* L, const Fields& fields);

/// Adds mx.expect to the table on top of the stack.
void open_expectations(lua_State* L);

}  // namespace fakemx::script
