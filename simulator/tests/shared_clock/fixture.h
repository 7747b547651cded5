// A sender's processes under the shared clock, in one test: starts a program with the preload library, looks, and jumps
// from deadline to deadline until all of it has ended.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "shared_clock/process_tree.h"
#include "shared_clock/shared_clock.h"
#include "support/directory.h"

namespace fakemx::test {

/// A whole second, so that texts stay short.
inline constexpr Instant clock_epoch = default_epoch;

class ClockFixture {
public:
    ClockFixture();
    ~ClockFixture();

    /// Starts the program with LD_PRELOAD and FAKEMX_CLOCK. Its output is kept.
    pid_t start(const std::vector<std::string>& command);

    enum class Ending { all_ended, nobody_waits, stranger };
    /// Jumps until no process is left. `at_quiet` is called at each quiet point before the jump; false: stop there.
    /// `at_held` is called where all sleep, and one of them by the kernel's clock.
    Ending run(const std::function<bool()>& at_quiet = {},
               const std::function<void()>& at_held = {});

    /// What the program has written.
    std::string output() const;
    const std::optional<shared_clock::Stranger>& stranger() const { return stranger_; }
    /// Wait statuses of all processes that ended, as a text for a message if one is not 0.
    const std::string& failures() const { return failures_; }
    Duration elapsed() const { return clock_->now() - clock_epoch; }
    int jumps() const { return jumps_; }
    int looks() const { return looks_; }
    shared_clock::SharedClock& clock() { return *clock_; }
    shared_clock::ProcessTree& tree() { return *tree_; }
    std::string path(const std::string& name) const { return directory_.file(name); }

private:
    bool reap();

    Directory directory_;
    std::unique_ptr<shared_clock::SharedClock> clock_;
    std::unique_ptr<shared_clock::ProcessTree> tree_;
    std::vector<pid_t> started_;
    std::optional<shared_clock::Stranger> stranger_;
    std::string failures_;
    int jumps_ = 0;
    int looks_ = 0;
};

/// What the waiter's part prints, started with those arguments and run to its end.
std::string waiter(const std::string& part, const std::vector<std::string>& arguments = {});

}  // namespace fakemx::test
