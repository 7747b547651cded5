// From the file to the Lua host.
#include "app/load_profile.h"

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

Result<LoadedProfile, ProfileError> load_profile(const std::string& written,
                                                 const script::Settings& settings) {
    const auto file = find_profile(written);
    if (!file) return ProfileError{file.error().message, ""};
    auto source = read_source(file->path);
    if (!source) return ProfileError{source.error().message, ""};
    return load_profile(journal::SourceFile{file->name, file->path, std::move(source->text)},
                        settings);
}

Result<LoadedProfile, ProfileError> load_profile(const journal::SourceFile& file,
                                                 const script::Settings& settings) {
    auto loaded = script::load_profile(file.name, file.path, file.text, settings);
    if (!loaded) return ProfileError{loaded.error().describe(), loaded.error().traceback};
    if (auto refused = tls_refused((*loaded)->profile(), file.path)) return std::move(*refused);
    return LoadedProfile{std::move(*loaded), {file}};
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
