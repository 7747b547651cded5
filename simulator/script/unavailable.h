// What Lua programmers look for in a profile and do not find, and what there is instead.
#pragma once

#include <string_view>

namespace fakemx::script {

/// `name` is a global (`os`) or a field of one (`math.random`). Empty for a name that Lua does not
/// have either.
std::string_view why_unavailable(std::string_view name);

}  // namespace fakemx::script
