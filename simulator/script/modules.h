// Files that a profile requires: each runs once, inside the profile's sandbox, and is remembered with the profile. It must not
// know where files lie.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "journal/records.h"
#include "script/lua_api.h"

namespace fakemx::script {

/// Why there is no such module: a sentence for the user.
struct NoModule {
    std::string message;
};

/// The file that `require "name"` means.
using FindModule = std::function<Result<journal::SourceFile, NoModule>(const std::string& name)>;

class Modules {
public:
    explicit Modules(FindModule find) : find_(std::move(find)) {}

    /// Pushes what the module's file has returned; runs the file, the first time. `loading`: files may run.
    /// Raises an error at the caller's place.
    void require(lua_State* L, const std::string& name, bool loading);

    /// The same for what may be the path of a file as well, while files may run.
    void require_file(lua_State* L, const std::string& written);

    /// In the order in which they were required.
    const std::vector<journal::SourceFile>& files() const { return files_; }

    /// The module that this file is; null for other files.
    const std::string* name_of(std::string_view file) const;

private:
    void push(lua_State* L, const std::string& name, bool loading);
    journal::SourceFile read(lua_State* L, const std::string& name) const;

    FindModule find_;
    std::vector<journal::SourceFile> files_;
    std::map<std::string, int> values_;  ///< by name; references in the registry
    std::vector<std::string> running_;   ///< the innermost last
};

}  // namespace fakemx::script
