// From what the user has written to a profile that can be played.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/result.h"
#include "engine/policy.h"
#include "engine/profile.h"

namespace fakemx::app {

using Settings = std::vector<std::pair<std::string, std::string>>;

struct LoadedProfile {
    std::string path;
    engine::Profile profile;
    std::unique_ptr<engine::Policy> policy;
};

/// What is wrong with a profile: a line for the user, with file and line where there are some.
struct ProfileError {
    std::string message;
    std::string traceback;  ///< may be empty
};

/// `written` is a name or a path; `settings` are the parameters that the user sets.
Result<LoadedProfile, ProfileError> load_profile(const std::string& written, const Settings& settings);

}  // namespace fakemx::app
