// What the options of all subcommands have in common.
#pragma once

#include <string>
#include <vector>

namespace CLI {  // NOLINT(readability-identifier-naming): as CLI11 calls it
class App;
}

namespace fakemx::app {

/// Gives every flag its variable: --ready-file is FAKEMX_READY_FILE. An option that may be given several
/// times gets its values with take_from_environment().
void set_environment_names(CLI::App& command);

/// The values of an option that was not given, from its variable, where blanks stand between them.
void take_from_environment(const CLI::App& command, const std::string& option,
                           std::vector<std::string>& values);

}  // namespace fakemx::app
