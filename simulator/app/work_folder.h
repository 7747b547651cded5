// A folder for the files of one run.
#pragma once

#include <optional>
#include <string>

namespace fakemx::app {

/// Removed at its end unless the user named it.
class WorkFolder {
public:
    WorkFolder() = default;
    ~WorkFolder();
    WorkFolder(const WorkFolder&) = delete;
    WorkFolder& operator=(const WorkFolder&) = delete;

    /// The named one, or where that is empty a new one for temporary files. Gives the error, if there is one.
    std::optional<std::string> make(const std::string& named);

    const std::string& path() const { return path_; }
    std::string file(const std::string& name) const { return path_ + '/' + name; }

private:
    std::string path_;
    bool is_ours_ = false;
};

}  // namespace fakemx::app
