// Finding and loading scenarios.
#include "app/scenario_files.h"

#include <algorithm>
#include <filesystem>
#include <optional>

#include <fmt/format.h>

#include "core/text.h"
#include "engine/notice_host.h"

namespace fakemx::app {

namespace fs = std::filesystem;

namespace {

/// A shipped scenario's name comes before that of a shipped profile.
Result<ProfileFile, Complaint> find(const std::string& written) {
    const auto directory = shipped_profiles_directory();
    if (is_path(written) || !directory) return find_profile(written);
    const std::vector<ProfileFile> scenarios = shipped_scenarios(*directory);
    std::vector<ProfileFile> all = shipped_profiles(*directory);
    all.insert(all.begin(), scenarios.begin(), scenarios.end());
    std::vector<std::string_view> names;
    for (const ProfileFile& file : all) {
        if (file.name == written) return file;
        names.push_back(file.name);
    }
    return Complaint{fmt::format("there is no scenario and no profile '{}'{}", written,
                                 did_you_mean(written, names))};
}

/// The file of a profile that a scenario names: beside it, if it is a path.
std::string beside(const std::string& folder, const std::string& written) {
    if (!is_path(written) || fs::path{written}.is_absolute()) return written;
    return (fs::path{folder} / written).string();
}

scenario::Scenario scenario_of(const script::LuaProfile& profile) {
    scenario::Scenario made;
    made.name = profile.profile().name;
    made.summary = profile.profile().summary;
    made.expect.push_back({.title = {}, .kind = oracle::DeliveredOnce{}, .selection = {}});
    return made;
}

/// A letter for a host that the receiver does not have.
std::optional<ProfileError> astray(const LoadedScenario& made, const std::string& path) {
    std::vector<std::string_view> names;
    for (const auto& host : made.receiver().profile().hosts) names.push_back(host.options.name);
    if (!made.scenario.notices.empty()) names.push_back(engine::notice_host_name);
    for (const scenario::Letter& letter : made.scenario.send) {
        const bool is_there = std::find(names.begin(), names.end(), letter.host) != names.end();
        if (letter.host.empty() || is_there) continue;
        return ProfileError{fmt::format("{}: send: no host is called '{}'{}", path, letter.host,
                                        did_you_mean(letter.host, names)),
                            ""};
    }
    return std::nullopt;
}

}  // namespace

std::vector<ProfileFile> shipped_scenarios(const std::string& directory) {
    std::vector<ProfileFile> all = shipped_profiles((fs::path{directory} / "scenarios").string());
    for (ProfileFile& file : shipped_profiles((fs::path{directory} / "conformance").string()))
        all.push_back(std::move(file));
    return all;
}

Result<LoadedScenario, ProfileError> load_scenario(const std::string& written,
                                                   const script::Settings& settings) {
    const auto file = find(written);
    if (!file) return ProfileError{file.error().message, ""};
    const auto source = read_source(file->path);
    if (!source) return ProfileError{source.error().message, ""};
    // Only mx.profile looks at the settings: those for another file's profile do not disturb this one.
    auto loaded = script::load_scenario(file->name, file->path, source->text, settings,
                                        modules_beside(file->path));
    if (!loaded) return ProfileError{loaded.error().describe(), loaded.error().traceback};
    LoadedScenario made;
    made.folder = fs::path{file->path}.parent_path().string();
    made.file = std::move(*loaded);
    made.scenario =
        made.file->scenario() != nullptr ? *made.file->scenario() : scenario_of(*made.file);
    if (made.file->is_profile()) {
        made.settings = settings;
        made.sources = {{file->name, file->path, source->text}};
        const auto& modules = made.file->modules();
        made.sources.insert(made.sources.end(), modules.begin(), modules.end());
        if (auto refused = tls_refused(made.file->profile(), file->path))
            return std::move(*refused);
        if (auto error = astray(made, file->path)) return std::move(*error);
        return made;
    }
    script::Settings all = made.scenario.params;
    all.insert(all.end(), settings.begin(), settings.end());
    auto other = load_profile(beside(made.folder, made.scenario.profile), all);
    if (!other) {
        return ProfileError{fmt::format("{}: profile: {}", file->path, other.error().message),
                            other.error().traceback};
    }
    made.other = std::move(other->policy);
    made.settings = std::move(all);
    made.sources = std::move(other->sources);
    if (auto error = astray(made, file->path)) return std::move(*error);
    return made;
}

}  // namespace fakemx::app
