// From what the user has written behind `fakemx run` to a scenario and the receiver that it names.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "app/load_profile.h"
#include "app/profile_files.h"
#include "core/result.h"
#include "scenario/scenario.h"

namespace fakemx::app {

struct LoadedScenario {
    scenario::Scenario scenario;
    std::string folder;  ///< of the file: its paths are relative to it
    /// The file itself, whose functions expectations may call.
    std::unique_ptr<script::LuaProfile> file;
    /// Where the scenario names another file's profile.
    std::unique_ptr<script::LuaProfile> other;
    /// Of the receiver, for replay.
    script::Settings settings;
    std::vector<journal::SourceFile> sources;

    script::LuaProfile& receiver() const { return other ? *other : *file; }
};

/// `written` is the path of a scenario or a profile, or the name of a shipped one; a profile alone is a scenario that expects
/// every message to be delivered once. `settings` are parameters of the receiver.
Result<LoadedScenario, ProfileError> load_scenario(const std::string& written,
                                                   const script::Settings& settings);

/// Those for fakemx run, then the pack of fakemx conform; each in order of name.
std::vector<ProfileFile> shipped_scenarios(const std::string& directory);

}  // namespace fakemx::app
