// What the options of all subcommands have in common.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "app/complaint.h"
#include "core/ip_address.h"
#include "core/result.h"

namespace CLI {  // NOLINT(readability-identifier-naming): as CLI11 calls it
class App;
}

namespace fakemx::app {

/// Gives every flag its variable: --ready-file is FAKEMX_READY_FILE. An option that may be given several
/// times gets its values with take_from_environment().
void set_environment_names(CLI::App& command);

/// The networks that the values of an option name.
Result<std::vector<IpNetwork>, Complaint> read_networks(std::string_view option,
                                                        const std::vector<std::string>& values);

/// The values of an option that was not given, from its variable, where blanks stand between them.
void take_from_environment(const CLI::App& command, const std::string& option,
                           std::vector<std::string>& values);

}  // namespace fakemx::app
