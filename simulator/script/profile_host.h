// A profile written in Lua as the engine sees it: what it declares, and a policy that asks its hooks.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/result.h"
#include "engine/policy.h"
#include "engine/profile.h"
#include "journal/records.h"
#include "scenario/scenario.h"
#include "script/modules.h"
#include "script/script_error.h"

namespace fakemx::script {

using Settings = std::vector<std::pair<std::string, std::string>>;

class LuaProfile : public engine::Policy {
public:
    virtual const engine::Profile& profile() const = 0;

    /// Null where the file declares none.
    virtual const scenario::Scenario* scenario() const = 0;
    /// False: there is a scenario for the profile of another file, and `profile()` is of no use.
    virtual bool is_profile() const = 0;

    /// The files that it requires, in the order in which they ran.
    virtual const std::vector<journal::SourceFile>& modules() const = 0;

    /// What all Lua values of the profile take up, questions that are asleep included.
    virtual std::size_t lua_octets() const = 0;
};

/// Runs `source`, which errors call `file`, with the parameters that the user has set. `name` becomes
/// the profile's name. Without `find` there are no modules to require.
Result<std::unique_ptr<LuaProfile>, ScriptError> load_profile(std::string_view name,
                                                              std::string_view file,
                                                              std::string_view source,
                                                              const Settings& settings,
                                                              FindModule find = {});

/// The same for a file that may declare a scenario, and then need not declare a profile.
Result<std::unique_ptr<LuaProfile>, ScriptError> load_scenario(std::string_view name,
                                                               std::string_view file,
                                                               std::string_view source,
                                                               const Settings& settings,
                                                               FindModule find = {});

}  // namespace fakemx::script
