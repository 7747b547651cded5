// Finds functions that assign to variables outside themselves. In a profile such a variable would be
// memory that no snapshot and no journal knows. It reads Lua's bytecode, because no interface of Lua
// tells; it must not know what a profile is.
#pragma once

#include <optional>
#include <string>

struct lua_State;

namespace fakemx::script {

struct OuterAssignment {
    std::string variable;
    int line = 0;
};

/// The first assignment, in the Lua function on top of the stack or in one that is written inside it,
/// to a variable that is local to neither. Nothing, too, when this version of Lua writes its bytecode
/// in another way than 5.4 does.
std::optional<OuterAssignment> find_outer_assignment(lua_State* L);

}  // namespace fakemx::script
