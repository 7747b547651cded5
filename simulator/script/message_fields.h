// The message of the hook `message`, as its fields and methods show it to a profile.
#pragma once

#include <string_view>

#include "engine/policy.h"
#include "script/lua_api.h"

namespace fakemx::script {

/// Pushes the field of the message that is asked about; false, and nothing pushed, where it has none of that name.
bool push_message_field(lua_State* L, const engine::Question& question, std::string_view name);

/// For its methods: the question about the message that the first argument is. Anything else there is an error that shows how to call
/// `method`, by an example.
const engine::Question& check_message(lua_State* L, std::string_view method,
                                      std::string_view example);

}  // namespace fakemx::script
