// What shows that a process does not go by the shared clock: an image without the page, a Go program, a thread that
// sleeps with a timeout of the kernel's.
#pragma once

#include <optional>
#include <string>
#include <sys/types.h>

#include "shared_clock/proc.h"
#include "shared_clock/stranger.h"

namespace fakemx::shared_clock {

/// The name of the system call, if the thread sleeps in it with a timeout, or may: then the kernel's own clock wakes it.
const char* timed_call(const SleepingCall& call);

/// Why the program that the process runs cannot be on the clock: nothing if it can. `inode` and `name` are the page's.
std::optional<StrangerKind> why_not_on_page(pid_t process, ino_t inode, const std::string& name);

/// The file whose code stands at that address of the process.
std::string code_at(pid_t process, std::uint64_t address);

/// Whether that file is the C library, whose own waits cannot be intercepted: a resolver that waits for its answer.
bool is_c_library(const std::string& file);

}  // namespace fakemx::shared_clock
