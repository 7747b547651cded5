// A modelled sender written in Lua: a table, read once. No code of it runs while it is simulated.
#pragma once

#include <string_view>
#include <vector>

#include "core/result.h"
#include "engine/profile.h"
#include "script/profile_host.h"
#include "script/script_error.h"
#include "senders/model.h"

namespace fakemx::script {

struct LoadedSender {
    senders::Model model;
    std::vector<engine::ProfileParameter> parameters;
};

/// Runs `source`, which errors call `file`, with the parameters that the user has set. `name` becomes the
/// sender's name.
Result<LoadedSender, ScriptError> load_sender(std::string_view name, std::string_view file,
                                              std::string_view source, const Settings& settings);

}  // namespace fakemx::script
