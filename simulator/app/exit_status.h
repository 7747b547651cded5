// How the program ends, for scripts and CI. Part of the public interface.
#pragma once

namespace fakemx::app {

enum class ExitStatus : int {
    pass = 0,
    verdict_failed = 1,  ///< the sender under test did something wrong
    usage = 2,           ///< wrong options, or a profile with errors
    harness_failed = 3,  ///< fakemx itself could not do its work: no port, no disk, no such file
};

}  // namespace fakemx::app
