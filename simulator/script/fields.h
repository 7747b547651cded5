// Reading what tables of a declaration hold. What does not fit is an error at the line of whoever calls mx.profile or the like.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/time.h"
#include "script/definition.h"
#include "script/lua_api.h"

namespace fakemx::script {

/// Nothing but the members of the group stands in the table.
void check_fields(lua_State* L, int table, const Group& group);

/// The list of strings at `index`; `what` names it in the error.
std::vector<std::string> read_strings(lua_State* L, int index, std::string_view what);

/// Octets: a whole number, or a text such as "70MiB".
std::uint64_t read_size(lua_State* L, int index, std::string_view what);

// The field of a table; nothing where it is not there.

std::optional<std::string> read_text(lua_State* L, int table, const char* field,
                                     std::string_view what);
std::optional<Duration> read_duration(lua_State* L, int table, const char* field);
std::optional<std::uint64_t> read_count(lua_State* L, int table, const char* field,
                                        std::string_view what, std::uint64_t max);
std::optional<bool> read_boolean(lua_State* L, int table, const char* field, std::string_view what);

}  // namespace fakemx::script
