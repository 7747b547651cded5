// One scenario from its files to the verdict: the receiver is played, the sender runs, and what it did is judged.
#pragma once

#include <string>
#include <vector>

#include "app/exit_status.h"
#include "app/play.h"
#include "app/scenario_files.h"

namespace fakemx::app {

/// What the command line says on top of the scenario.
struct ScenarioOptions {
    PlayOptions play;
    std::vector<std::string> listen;
    std::vector<std::string> command;  ///< empty: the scenario's
    bool each = false;                 ///< the command is run once for each message
    bool share_clock = false;
    std::string over;     ///< as the user gave it; empty: the scenario's
    std::string horizon;  ///< as the user gave it; empty: the scenario's
    std::string work;     ///< folder for what the run leaves; empty: one that is removed
    std::string junit;    ///< file for the report; empty: none
};

ExitStatus run_scenario(const ScenarioOptions& options, LoadedScenario scenario);

}  // namespace fakemx::app
