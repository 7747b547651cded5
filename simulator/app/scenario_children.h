// Scenarios played by processes of their own, several at once: each is a fakemx run, so that none can disturb another.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace fakemx::app {

struct ChildRun {
    std::string name;                ///< what it is called by who has it run
    std::vector<std::string> words;  ///< behind the program's name
    std::string report;              ///< file for its standard output
    std::string log;                 ///< file for what it and its sender say besides
    int status = -1;  ///< once it has ended; 128 and the number of the signal that ended it
};

/// Runs all, at most `at_once` of them at the same time, and tells of each that has ended. Variables for flags are ours and not
/// theirs. False: a signal came; all were ended.
bool run_children(std::vector<ChildRun>& runs, std::size_t at_once,
                  const std::function<void(const ChildRun&)>& ended);

}  // namespace fakemx::app
