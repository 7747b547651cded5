// What a sender shows of itself, as fields of the session and of arguments.
#pragma once

#include <string_view>

#include "engine/policy.h"
#include "script/lua_api.h"

namespace fakemx::script {

// Each pushes the field of this name; false, and nothing pushed, where there is none.
bool push_session_result(lua_State* L, const engine::Question& question, std::string_view name);
/// `hello`: the name that the client greets with.
bool push_hello_result(lua_State* L, const engine::Question& question, std::string_view hello,
                       std::string_view name);
bool push_mail_result(lua_State* L, const engine::Question& question, const smtp::Path& path,
                      std::string_view name);
bool push_message_result(lua_State* L, const engine::Question& question, std::string_view name);

}  // namespace fakemx::script
