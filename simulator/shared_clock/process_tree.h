// The processes that descend from this one, and whether they all sleep. It must not know what they are for.
//
// A look is sound: "quiet" means that there was an instant at which every thread of the tree slept, that no data of
// theirs were under way in the kernel, and that nothing but a deadline of the shared clock, or this process, can wake
// them. docs/internals/SHARED-CLOCK.md has the argument.
#pragma once

#include <memory>
#include <string>

#include "core/result.h"
#include "shared_clock/shared_clock.h"
#include "shared_clock/stranger.h"

namespace fakemx::shared_clock {

enum class Activity {
    busy,
    /// As quiet, but for a wait of the C library's own (its resolver), which ends by the kernel's clock: what they have
    /// sent may be answered, and time must stand still.
    held,
    quiet,
};

class ProcessTree {
public:
    /// Makes this process the one that orphans of the tree are given to (PR_SET_CHILD_SUBREAPER). It is this process
    /// that has to wait for its children, those it did not start included.
    explicit ProcessTree(SharedClock& clock);
    ~ProcessTree();
    ProcessTree(const ProcessTree&) = delete;
    ProcessTree& operator=(const ProcessTree&) = delete;

    /// One check, no waiting inside. After a quiet one the clock knows all deadlines; before it is moved, the caller
    /// sees to it that its own sockets have nothing to read.
    Result<Activity, Stranger> look();

    /// What kept the last look from being more than busy, for messages: "exim4 (123) runs".
    std::string last_reason() const;

private:
    class Look;
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace fakemx::shared_clock
