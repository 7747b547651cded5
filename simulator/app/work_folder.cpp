// Making and removing it.
#include "app/work_folder.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include <fmt/format.h>

namespace fakemx::app {

namespace fs = std::filesystem;

WorkFolder::~WorkFolder() {
    std::error_code ignored;
    if (is_ours_) fs::remove_all(path_, ignored);
}

std::optional<std::string> WorkFolder::make(const std::string& named) {
    std::error_code error;
    if (!named.empty()) {
        fs::create_directories(named, error);
        if (error) return fmt::format("{}: {}", named, error.message());
        path_ = fs::absolute(named).string();
        return std::nullopt;
    }
    const fs::path folder = fs::temp_directory_path(error);
    if (error) return fmt::format("no folder for temporary files (TMPDIR): {}", error.message());
    std::string pattern = (folder / "fakemx-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr)
        return fmt::format("{}: {}", pattern, std::strerror(errno));
    path_ = pattern;
    is_ours_ = true;
    // Daemons that give up their rights must be able to read the messages.
    fs::permissions(pattern, fs::perms{0755}, error);
    if (error) return fmt::format("{}: {}", pattern, error.message());
    return std::nullopt;
}

}  // namespace fakemx::app
