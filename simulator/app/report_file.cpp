// Asking the file system.
#include "app/report_file.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <unistd.h>

#include <fmt/format.h>

namespace fakemx::app {

namespace fs = std::filesystem;

std::optional<std::string> check_report_file(std::string_view flag, const std::string& path) {
    if (path.empty()) return std::nullopt;
    std::error_code error;
    const std::string named = fs::path{path}.parent_path().string();
    const std::string folder = named.empty() ? "." : named;
    if (!fs::is_directory(folder, error))
        return fmt::format("{} {}: there is no folder {}", flag, path, folder);
    if (fs::is_directory(path, error)) return fmt::format("{} {}: is a folder", flag, path);
    if (::access(folder.c_str(), W_OK) != 0)
        return fmt::format("{} {}: {}: {}", flag, path, folder, std::strerror(errno));
    return std::nullopt;
}

std::optional<std::string> clear_report_file(std::string_view flag, const std::string& path) {
    if (auto wrong = check_report_file(flag, path)) return wrong;
    std::error_code error;
    if (fs::is_regular_file(fs::symlink_status(path, error))) fs::remove(path, error);
    return std::nullopt;
}

}  // namespace fakemx::app
