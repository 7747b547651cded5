// The command line as a whole: finds the subcommand, runs it, and turns every way to fail into a line
// on stderr and an exit status.
#pragma once

namespace fakemx::app {

/// The whole program.
int run(int argc, char* argv[]);

}  // namespace fakemx::app
