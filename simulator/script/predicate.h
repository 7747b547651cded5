// mx.expect.that: a Lua function that is shown the deliveries and says whether they are as they should be.
#pragma once

#include "oracle/expectation.h"
#include "script/lua_api.h"

namespace fakemx::script {

/// Pops a function. The host of `L` must outlive what is made of it.
oracle::Predicate predicate(lua_State* L);

}  // namespace fakemx::script
