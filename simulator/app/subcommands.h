// The subcommands, each in a file of its own. Each adds itself to the command line; `chosen` becomes
// what is to be run once the whole line is parsed.
#pragma once

#include <functional>

#include "app/exit_status.h"

namespace CLI {
class App;
}

namespace fakemx::app {

using Chosen = std::function<ExitStatus()>;

void add_serve(CLI::App& program, Chosen& chosen);
void add_run(CLI::App& program, Chosen& chosen);
void add_check(CLI::App& program, Chosen& chosen);
void add_log(CLI::App& program, Chosen& chosen);
void add_sink(CLI::App& program, Chosen& chosen);
void add_clock(CLI::App& program, Chosen& chosen);
void add_state(CLI::App& program, Chosen& chosen);
void add_replay(CLI::App& program, Chosen& chosen);
void add_simulate(CLI::App& program, Chosen& chosen);
void add_list(CLI::App& program, Chosen& chosen);

}  // namespace fakemx::app
