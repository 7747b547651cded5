// From the file to the Lua host.
#include "app/load_profile.h"

#include "app/profile_files.h"

namespace fakemx::app {

Result<LoadedProfile, ProfileError> load_profile(const std::string& written,
                                                 const script::Settings& settings) {
    const auto file = find_profile(written);
    if (!file) return ProfileError{file.error().message, ""};
    const auto source = read_source(file->path);
    if (!source) return ProfileError{source.error().message, ""};
    auto loaded = script::load_profile(file->name, file->path, source->text, settings);
    if (!loaded) return ProfileError{loaded.error().describe(), loaded.error().traceback};
    return LoadedProfile{std::move(*loaded)};
}

}  // namespace fakemx::app
