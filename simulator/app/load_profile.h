// From what the user has written to a profile that can be played.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/result.h"
#include "engine/profile.h"
#include "journal/records.h"
#include "script/profile_host.h"
#include "script/sender_host.h"

namespace fakemx::app {

/// A profile's declarations, and the policy that answers for it.
struct LoadedProfile {
    std::unique_ptr<script::LuaProfile> policy;
    std::vector<journal::SourceFile> sources;  ///< the profile's, then those of its modules

    const engine::Profile& profile() const { return policy->profile(); }
};

/// What is wrong with a profile.
struct ProfileError {
    std::string message;    ///< begins with "file:line: " where there is a line
    std::string traceback;  ///< may be empty
};

/// What OpenSSL does not take of what the hosts of the profile in the file at `path` say of TLS.
std::optional<ProfileError> tls_refused(const engine::Profile& profile, const std::string& path);

/// `written` is a name or a path; `settings` are the parameters that the user sets. What a profile says
/// of TLS is tried on OpenSSL.
Result<LoadedProfile, ProfileError> load_profile(const std::string& written,
                                                 const script::Settings& settings);

/// The same without files: from their texts, the profile's first and then those of the modules that it requires.
Result<LoadedProfile, ProfileError> load_profile(const std::vector<journal::SourceFile>& sources,
                                                 const script::Settings& settings);
/// The model of a sender; `settings` are those parameters of it that the user sets.
Result<script::LoadedSender, ProfileError> load_sender(const std::string& written,
                                                       const script::Settings& settings);

}  // namespace fakemx::app
