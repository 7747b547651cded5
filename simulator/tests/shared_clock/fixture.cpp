// Starts, looks, jumps, and cleans up. It must not know what the programs do.

#include "shared_clock/fixture.h"

#include <cstdlib>
#include <fcntl.h>
#include <fstream>
#include <iterator>
#include <poll.h>
#include <signal.h>
#include <stdexcept>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/catch.h"

namespace fakemx::test {

using shared_clock::Activity;
using shared_clock::ProcessTree;
using shared_clock::SharedClock;

ClockFixture::ClockFixture() {
    auto clock = SharedClock::create(path("clock"), clock_epoch);
    if (!clock) throw std::runtime_error{clock.error()};
    clock_ = std::move(*clock);
    tree_ = std::make_unique<ProcessTree>(*clock_);
    ::chmod(path("").c_str(), 0755);
}

ClockFixture::~ClockFixture() {
    for (const pid_t process : started_) {
        ::kill(-process, SIGKILL);
        ::kill(process, SIGKILL);
    }
    while (::waitpid(-1, nullptr, 0) > 0) {
    }
}

pid_t ClockFixture::start(const std::vector<std::string>& command) {
    std::vector<char*> words;
    for (const std::string& word : command) words.push_back(const_cast<char*>(word.c_str()));
    words.push_back(nullptr);
    const std::string file = path("output"), page = clock_->path();
    const pid_t process = ::fork();
    if (process < 0) throw std::runtime_error{"fork"};
    if (process == 0) {
        // A group of its own, by which the fixture ends all of it.
        ::setpgid(0, 0);
        const int output = ::open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0666);
        ::dup2(output, 1);
        ::close(output);
        ::setenv("LD_PRELOAD", FAKEMX_CLOCK_PRELOAD, 1);
        ::setenv("FAKEMX_CLOCK", page.c_str(), 1);
        ::execvp(words[0], words.data());
        ::_exit(127);
    }
    ::setpgid(process, process);
    started_.push_back(process);
    return process;
}

/// Whether processes are left.
bool ClockFixture::reap() {
    for (;;) {
        int status = 0;
        const pid_t ended = ::waitpid(-1, &status, WNOHANG);
        if (ended < 0) return false;
        if (ended == 0) return true;
        if (status == 0) continue;
        failures_ += "process " + std::to_string(ended) + ": " + std::to_string(status) + "\n";
    }
}

ClockFixture::Ending ClockFixture::run(const std::function<bool()>& at_quiet,
                                       const std::function<void()>& at_held) {
    while (reap()) {
        ++looks_;
        const auto look = tree_->look();
        if (!look) {
            stranger_ = look.error();
            return Ending::stranger;
        }
        if (*look == Activity::held && at_held) at_held();
        if (*look != Activity::quiet) {
            // The processors are the program's for a while.
            const timespec pace{0, 50'000};
            ::ppoll(nullptr, 0, &pace, nullptr);
            continue;
        }
        if (at_quiet && !at_quiet()) return Ending::nobody_waits;
        const auto deadline = clock_->earliest_deadline();
        if (!deadline) {
            // Unless the last process ended between the reaping and the look.
            if (reap()) return Ending::nobody_waits;
            break;
        }
        clock_->move_to(*deadline);
        clock_->wake_first();
        ++jumps_;
    }
    return Ending::all_ended;
}

std::string ClockFixture::output() const {
    std::ifstream file{path("output")};
    return {std::istreambuf_iterator<char>{file}, {}};
}

std::string waiter(const std::string& part, const std::vector<std::string>& arguments) {
    ClockFixture fixture;
    std::vector<std::string> command{FAKEMX_WAITER, part};
    command.insert(command.end(), arguments.begin(), arguments.end());
    fixture.start(command);
    const auto ending = fixture.run();
    std::string output = fixture.output();
    if (fixture.stranger()) {
        output += "stranger: " + fixture.stranger()->name + ": " + fixture.stranger()->why + "\n";
    }
    if (ending == ClockFixture::Ending::nobody_waits) {
        output += "nobody waits; " + fixture.tree().last_reason() + "\n";
    }
    return output + fixture.failures();
}

}  // namespace fakemx::test
