// Every reason for which a process cannot be on the shared clock, and what is said of it. docs/reference/shared-clock.md shows the
// list to those whose sender is concerned.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <sys/types.h>

namespace fakemx::shared_clock {

enum class StrangerKind {
    go_program,
    no_c_library,
    no_page,
    unreadable,
    own_timeout,
    library_timeout,
    outside_peer,
    never_wakes,
    no_slots,
};

/// One row of the list.
struct StrangerFacts {
    StrangerKind kind;
    /// The enumerator's.
    std::string_view name;
    /// As the report has it; `{}` stands for what is seen of the process: a system call, a file, an address.
    std::string_view message;
    /// Which senders are meant, for people.
    std::string_view senders;
    /// What can be done about it.
    std::string_view remedy;
};

/// In the order of the enumeration.
const std::array<StrangerFacts, 9>& stranger_facts();

/// A process that is not on the shared clock, or waits for somebody who is not. To go on would give a wrong schedule.
struct Stranger {
    pid_t process;
    /// As the kernel has it, at most 15 octets; none where it is not one process that is concerned.
    std::string name;
    StrangerKind kind;
    std::string why;
};

/// The message of that kind, with what was seen in the places of `{}`.
std::string why(StrangerKind kind, std::string_view first = {}, std::string_view second = {});

}  // namespace fakemx::shared_clock
