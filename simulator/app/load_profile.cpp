// From the file to the Lua host.
#include "app/load_profile.h"

#include <algorithm>

#include <fmt/format.h>

#include "app/profile_files.h"
#include "net/tls_hosts.h"

namespace fakemx::app {

std::optional<ProfileError> tls_refused(const engine::Profile& profile, const std::string& path) {
    for (const engine::HostProfile& host : profile.hosts) {
        if (const auto refusal = net::refusal_of(host.tls)) {
            return ProfileError{fmt::format("{}: tls of {}: {}", path, host.options.name, *refusal),
                                ""};
        }
    }
    return std::nullopt;
}

namespace {

Result<LoadedProfile, ProfileError> load(const journal::SourceFile& file,
                                         const script::Settings& settings,
                                         script::FindModule find) {
    auto loaded = script::load_profile(file.name, file.path, file.text, settings, std::move(find));
    if (!loaded) return ProfileError{loaded.error().describe(), loaded.error().traceback};
    if (auto refused = tls_refused((*loaded)->profile(), file.path)) return std::move(*refused);
    LoadedProfile made{std::move(*loaded), {file}};
    const auto& modules = made.policy->modules();
    made.sources.insert(made.sources.end(), modules.begin(), modules.end());
    return made;
}

}  // namespace

Result<LoadedProfile, ProfileError> load_profile(const std::string& written,
                                                 const script::Settings& settings) {
    const auto file = find_profile(written);
    if (!file) return ProfileError{file.error().message, ""};
    auto source = read_source(file->path);
    if (!source) return ProfileError{source.error().message, ""};
    return load({file->name, file->path, std::move(source->text)}, settings,
                modules_beside(file->path));
}

Result<LoadedProfile, ProfileError> load_profile(const std::vector<journal::SourceFile>& sources,
                                                 const script::Settings& settings) {
    const auto find =
        [&](const std::string& name) -> Result<journal::SourceFile, script::NoModule> {
        const auto found =
            std::find_if(sources.begin() + 1, sources.end(),
                         [&](const journal::SourceFile& source) { return source.name == name; });
        if (found != sources.end()) return *found;
        return script::NoModule{fmt::format("the journal has no module '{}'", name)};
    };
    return load(sources.front(), settings, find);
}

Result<script::LoadedSender, ProfileError> load_sender(const std::string& written,
                                                       const script::Settings& settings) {
    const auto file = find_sender(written);
    if (!file) return ProfileError{file.error().message, ""};
    const auto source = read_source(file->path);
    if (!source) return ProfileError{source.error().message, ""};
    auto loaded = script::load_sender(file->name, file->path, source->text, settings);
    if (!loaded) return ProfileError{loaded.error().describe(), loaded.error().traceback};
    return std::move(*loaded);
}

}  // namespace fakemx::app
