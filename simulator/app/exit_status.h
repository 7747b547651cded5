// What the program's exit status says.
#pragma once

namespace fakemx::app {

enum class ExitStatus : int {
    pass = 0,
    verdict_failed = 1,
    usage = 2,           ///< wrong use, or a profile with an error
    harness_failed = 3,  ///< fakemx itself could not do its work
};

constexpr int code(ExitStatus status) {
    return static_cast<int>(status);
}

}  // namespace fakemx::app
