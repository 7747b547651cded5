// Looking for files.
#include "app/profile_files.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>

#include <fmt/format.h>

#include "core/limits.h"
#include "core/text.h"

namespace fakemx::app {

namespace fs = std::filesystem;

namespace {

/// How far up from the program the source tree may begin: build/<preset>/bin and some.
constexpr int levels_up_max = 6;

}  // namespace

std::optional<std::string> shipped_profiles_directory() {
    std::error_code ignored;
    if (const char* named = std::getenv("FAKEMX_PROFILES"); named != nullptr && *named != '\0') {
        return named;
    }
    const fs::path program = fs::read_symlink("/proc/self/exe", ignored);
    const fs::path installed = program.parent_path().parent_path() / "share/fakemx/profiles";
    if (fs::is_directory(installed, ignored)) return installed.string();
    fs::path above = program.parent_path();
    for (int level = 0; level < levels_up_max && above.has_relative_path(); ++level) {
        above = above.parent_path();
        if (fs::is_directory(above / "profiles", ignored) &&
            fs::exists(above / "CMakeLists.txt", ignored)) {
            return (above / "profiles").string();
        }
    }
    return std::nullopt;
}

std::vector<ProfileFile> shipped_profiles(const std::string& directory) {
    std::vector<ProfileFile> found;
    std::error_code error;
    for (fs::directory_iterator entry{directory, error}, end; !error && entry != end;
         entry.increment(error)) {
        const fs::path& path = entry->path();
        if (path.extension() == ".lua") found.push_back({path.stem().string(), path.string()});
    }
    std::sort(found.begin(), found.end(),
              [](const auto& a, const auto& b) { return a.name < b.name; });
    return found;
}

bool is_path(std::string_view written) {
    return written.find('/') != std::string_view::npos || written.ends_with(".lua");
}

namespace {

/// `what` it is to be, and where in the directory of the shipped profiles those with a name are.
Result<ProfileFile, Complaint> find_file(std::string_view written, std::string_view what,
                                         std::string_view within) {
    if (is_path(written)) {
        return ProfileFile{fs::path{written}.stem().string(), std::string{written}};
    }
    auto directory = shipped_profiles_directory();
    if (!directory) {
        return Complaint{
            fmt::format("{}: the shipped profiles are not to be found; FAKEMX_PROFILES may "
                        "name their directory",
                        written)};
    }
    *directory += within;
    const auto shipped = shipped_profiles(*directory);
    std::vector<std::string_view> names;
    for (const auto& profile : shipped) {
        if (profile.name == written) return profile;
        names.push_back(profile.name);
    }
    return Complaint{
        fmt::format("{}: no such {} in {}{} (a file of yours needs a slash or .lua: "
                    "./{}.lua)",
                    written, what, *directory, did_you_mean(written, names), written)};
}

}  // namespace

Result<ProfileFile, Complaint> find_profile(std::string_view written) {
    return find_file(written, "profile", "");
}

Result<ProfileFile, Complaint> find_sender(std::string_view written) {
    return find_file(written, "sender", "/senders");
}

Result<Source, Complaint> read_source(const std::string& path) {
    const auto failed = [&] {
        return Complaint{fmt::format("{}: {}", path, std::strerror(errno))};
    };
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file{std::fopen(path.c_str(), "re"),
                                                               &std::fclose};
    if (!file) return failed();
    std::string source(limits::profile_octets_max + 1, '\0');
    const std::size_t octets = std::fread(source.data(), 1, source.size(), file.get());
    if (std::ferror(file.get()) != 0) return failed();
    if (octets > limits::profile_octets_max) {
        return Complaint{fmt::format("{}: more than {} octets", path, limits::profile_octets_max)};
    }
    source.resize(octets);
    return Source{std::move(source)};
}

script::FindModule modules_beside(const std::string& profile_path) {
    return [folder = fs::path{profile_path}.parent_path()](
               const std::string& name) -> Result<journal::SourceFile, script::NoModule> {
        if (is_path(name)) {
            auto source = read_source(name);
            if (!source) return script::NoModule{source.error().message};
            return journal::SourceFile{name, name, std::move(source->text)};
        }
        constexpr std::string_view ours = "fakemx.";
        std::string within = name;
        fs::path place = folder;
        if (name.starts_with(ours)) {
            const auto directory = shipped_profiles_directory();
            if (!directory) {
                return script::NoModule{fmt::format(
                    "{}: what comes with fakemx is not to be found; FAKEMX_PROFILES may name its "
                    "directory",
                    name)};
            }
            place = fs::path{*directory} / "lib";
            within.erase(0, ours.size());
        }
        std::replace(within.begin(), within.end(), '.', '/');
        const std::string path = (place / (within + ".lua")).string();
        std::error_code ignored;
        if (!fs::exists(path, ignored)) {
            std::vector<std::string_view> names;
            const auto others = shipped_profiles(fs::path{path}.parent_path().string());
            for (const ProfileFile& other : others) names.push_back(other.name);
            const std::string stem = fs::path{path}.stem().string();
            return script::NoModule{fmt::format("there is no module '{}': no file {}{}", name, path,
                                                did_you_mean(stem, names))};
        }
        auto source = read_source(path);
        if (!source) return script::NoModule{source.error().message};
        return journal::SourceFile{name, path, std::move(source->text)};
    };
}

Result<std::vector<std::pair<std::string, std::string>>, Complaint> parse_settings(
    const std::vector<std::string>& settings, std::string_view flag) {
    std::vector<std::pair<std::string, std::string>> parsed;
    for (const std::string& setting : settings) {
        const std::size_t equals = setting.find('=');
        if (equals == std::string::npos || equals == 0) {
            return Complaint{fmt::format("{} {}: not of the form NAME=VALUE", flag, setting)};
        }
        const std::string name = setting.substr(0, equals);
        std::erase_if(parsed, [&](const auto& earlier) { return earlier.first == name; });
        parsed.emplace_back(name, setting.substr(equals + 1));
    }
    return parsed;
}

}  // namespace fakemx::app
