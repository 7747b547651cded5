// Whether the kernel holds back, for a while that the virtual clock does not count, something that the processes of
// the tree have sent: the data of a TCP connection that wait for an acknowledgement, a connection that is being made.
// Pipes, UNIX sockets and datagrams on the loopback interface need no look: they are handed over within the call
// that sends them.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <unordered_set>
#include <vector>

#include "shared_clock/proc.h"

namespace fakemx::shared_clock {

/// The TCP sockets of one process.
class ProcessSockets {
public:
    explicit ProcessSockets(pid_t process);

    /// The process has run: its descriptors may be others now.
    void forget() { stale_ = true; }

    /// One look. The process sleeps, and keeps its descriptors while this goes on.
    bool has_data_under_way();

private:
    void scan();
    /// A copy of the process's descriptor, to ask it questions; none if that is not permitted.
    Descriptor copy_of(int number) const;

    pid_t process_;
    Descriptor handle_;
    bool stale_ = true;
    std::vector<int> tcp_;
    std::unordered_set<std::uint64_t> others_;
};

}  // namespace fakemx::shared_clock
