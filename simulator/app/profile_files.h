// Where profiles lie: those that come with fakemx are found by name, anybody's by path.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/complaint.h"
#include "core/result.h"
#include "script/modules.h"

namespace fakemx::app {

/// The directory of the shipped profiles: $FAKEMX_PROFILES, else share/fakemx/profiles beside the
/// program's bin, else the profiles/ of the source tree that it was built in. Nothing where none is.
std::optional<std::string> shipped_profiles_directory();

struct ProfileFile {
    std::string name;  ///< of the file, without directory and ending
    std::string path;
};

/// In order of name.
std::vector<ProfileFile> shipped_profiles(const std::string& directory);

/// The file for what the user has written: a name ("netease") for a shipped profile, or a path, which
/// has a slash or ends in ".lua". An error is a sentence for the user.
Result<ProfileFile, Complaint> find_profile(std::string_view written);

/// The same for the model of a sender; those that come with fakemx are in senders/ of that directory.
Result<ProfileFile, Complaint> find_sender(std::string_view written);

/// It is the path of a file, and not a name.
bool is_path(std::string_view written);

struct Source {
    std::string text;
};

/// The whole text of a profile or of a module that one requires. An error begins with the path.
Result<Source, Complaint> read_source(const std::string& path);

/// What `require` finds for the profile at this path: "fakemx.NAME" in lib/ of the shipped profiles' directory, any other name
/// beside the profile; a dot in a name is a folder. A path, which the user may give where a profile asks for a file, is that file.
script::FindModule modules_beside(const std::string& profile_path);

/// The values of --set, or of another flag. Each is NAME=VALUE; the last one for a name counts.
Result<std::vector<std::pair<std::string, std::string>>, Complaint> parse_settings(
    const std::vector<std::string>& settings, std::string_view flag = "--set");

}  // namespace fakemx::app
