// The sender under test as processes: started, watched for their end, and ended with everything they have started.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <utility>
#include <vector>

#include "app/complaint.h"
#include "core/result.h"

namespace fakemx::app {

/// Names of the variables around us that stand for flags of ours: not meant for a fakemx that we start, nor for one that a sender calls.
std::vector<std::string> variables_for_flags();

class SenderProcess {
public:
    /// Starts the command in a process group of its own, with nothing on its standard input and its standard output on
    /// our standard error: standard output is for reports. `environment` is set on top of ours, of which no FAKEMX_ variable
    /// but FAKEMX_PROFILES and FAKEMX_CACHE is passed on. From here on this process is the parent of whatever the command leaves behind.
    static Result<SenderProcess, Complaint> start(
        const std::vector<std::string>& words,
        const std::vector<std::pair<std::string, std::string>>& environment);

    SenderProcess(SenderProcess&& other) noexcept
        : leader_(std::exchange(other.leader_, 0)), status_(other.status_) {}
    SenderProcess(const SenderProcess&) = delete;
    SenderProcess& operator=(const SenderProcess&) = delete;
    SenderProcess& operator=(SenderProcess&&) = delete;
    /// Ends whoever is left.
    ~SenderProcess();

    /// Of the command itself.
    pid_t id() const { return leader_; }

    /// Collects whoever has ended. False: nobody is left.
    bool reap();

    /// The command has ended, with this exit status; 128 and the number of the signal that ended it.
    std::optional<int> status() const { return status_; }

    /// SIGTERM to the command and its group; to all that are left after a while SIGKILL, whatever they have become.
    void end();

private:
    explicit SenderProcess(pid_t leader) : leader_(leader) {}

    pid_t leader_;
    std::optional<int> status_;
};

}  // namespace fakemx::app
