// require, for anything but "fakemx" itself.
#include "script/modules.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/limits.h"
#include "script/sandbox.h"

namespace fakemx::script {

namespace {

bool is_module_name(std::string_view name) {
    constexpr std::string_view allowed =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.";
    return !name.empty() && name.front() != '.' && name.back() != '.' &&
           name.find("..") == std::string_view::npos &&
           name.find_first_not_of(allowed) == std::string_view::npos;
}

/// Adds a name to the list for as long as it lives.
class Running {
public:
    Running(std::vector<std::string>& names, const std::string& name) : names_(names) {
        names_.push_back(name);
    }
    ~Running() { names_.pop_back(); }
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;

private:
    std::vector<std::string>& names_;
};

}  // namespace

journal::SourceFile Modules::read(lua_State* L, const std::string& name) const {
    if (std::find(running_.begin(), running_.end(), name) != running_.end()) {
        raise_here(L, fmt::format("modules that require one another: {} -> {}",
                                  fmt::join(running_, " -> "), name));
    }
    if (files_.size() >= limits::modules_max)
        raise_here(L, fmt::format("a profile may have {} modules", limits::modules_max));
    if (!find_) raise_here(L, fmt::format("no file can be required here, and so not '{}'", name));
    auto file = find_(name);
    if (!file) raise_here(L, file.error().message);
    return std::move(*file);
}

void Modules::require(lua_State* L, const std::string& name, bool loading) {
    if (!is_module_name(name)) {
        raise_here(
            L, fmt::format("'{}' is no name of a module: write \"limits\" for limits.lua beside "
                           "this profile, \"shop.limits\" for shop/limits.lua, or "
                           "\"fakemx.greylist\" for what comes with fakemx",
                           name));
    }
    push(L, name, loading);
}

void Modules::require_file(lua_State* L, const std::string& written) {
    push(L, written, true);
}

void Modules::push(lua_State* L, const std::string& name, bool loading) {
    if (const auto known = values_.find(name); known != values_.end()) {
        lua_rawgeti(L, LUA_REGISTRYINDEX, known->second);
        return;
    }
    if (!loading) raise_here(L, "require belongs at the top of the file, outside hooks");
    journal::SourceFile file = read(L, name);
    Sandbox& sandbox = Sandbox::of(L);
    if (const auto error = sandbox.load(L, file.path, file.text)) sandbox.raise(L, *error);
    const std::string path = file.path;
    files_.push_back(std::move(file));
    {
        // An error in the module passes through here, and may be caught by whoever requires it.
        const Running running{running_, name};
        lua_call(L, 0, 1);
    }
    if (lua_isnil(L, -1))
        raise_here(L, fmt::format("{} returns nothing: a module ends with return", path));
    lua_pushvalue(L, -1);
    values_[name] = luaL_ref(L, LUA_REGISTRYINDEX);
}

const std::string* Modules::name_of(std::string_view file) const {
    const auto found = std::find_if(files_.begin(), files_.end(),
                                    [file](const auto& module) { return module.path == file; });
    return found == files_.end() ? nullptr : &found->name;
}

}  // namespace fakemx::script
