// An order to a server that runs, over its control socket.
#pragma once

#include <string>

#include <boost/json.hpp>

#include "app/command.h"
#include "app/exit_status.h"
#include "core/result.h"
#include "http/message.h"

namespace fakemx::app {

/// For a subcommand that gives orders: --control, also behind the names of its own subcommands. Before those are added.
void add_control_option(Command& command, std::string& control);

/// The server's answer. What it refuses, and why there is none, is said here; then the exit status for that.
Result<boost::json::object, ExitStatus> order(const std::string& control,
                                              const http::Request& request);

}  // namespace fakemx::app
