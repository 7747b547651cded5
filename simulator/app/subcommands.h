// The subcommands, each in a file of its own. Each adds itself to the command line; `chosen` becomes
// what is to be run once the whole line is parsed.
#pragma once

#include "app/command.h"

namespace fakemx::app {

void add_serve(Command& program);
void add_run(Command& program);
void add_check(Command& program);
void add_log(Command& program);
void add_sink(Command& program);
void add_clock(Command& program);
void add_state(Command& program);
/// `behind_dashes`: the words behind "--", which have been taken off the line.
void add_conform(Command& program, std::vector<std::string> behind_dashes);
void add_report(Command& program);
void add_replay(Command& program);
void add_simulate(Command& program);
void add_matrix(Command& program);
void add_list(Command& program);

}  // namespace fakemx::app
