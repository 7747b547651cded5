// Whether the kernel holds back, for a while that the virtual clock does not count, something that the processes of
// the tree have sent: the data of a TCP connection that wait for an acknowledgement, a connection that is being made,
// a packet of the loopback interface that a processor has yet to deliver. Pipes and UNIX sockets need no look: what is
// written there is handed over within the call that writes it.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <sys/types.h>
#include <unordered_set>
#include <vector>

#include "shared_clock/proc.h"

namespace fakemx::shared_clock {

/// Addresses and ports of a connection, as the kernel gives them, its own end first.
struct ConnectionEnds {
    std::string own;
    std::string peer;
};

/// How many octets have arrived at the other end of a connection; nothing where that is not known.
using Arrivals = std::function<std::optional<std::uint64_t>(const ConnectionEnds& sender)>;

/// The sockets of the Internet families of one process, but for those that listen.
class ProcessSockets {
public:
    explicit ProcessSockets(pid_t process);

    /// The process has run: its descriptors may be others now.
    void forget() { stale_ = true; }

    /// One look. The process sleeps, and keeps its descriptors while this goes on. What has arrived and is only not acknowledged yet is
    /// not under way: a receiver may keep its acknowledgement to itself for 40 ms.
    bool has_data_under_way(const Arrivals& arrived);

    /// How many octets the other end of that connection has received, where it is a socket of this process.
    std::optional<std::uint64_t> received_from(const ConnectionEnds& sender);

    /// The address of a peer on another machine, which goes by its own clock: "192.0.2.1". Of a process that sleeps.
    std::optional<std::string> outside_peer() const;

private:
    void scan();
    /// A copy of the process's descriptor, to ask it questions; none if that is not permitted.
    Descriptor copy_of(int number) const;

    pid_t process_;
    Descriptor handle_;
    bool stale_ = true;
    std::vector<int> watched_;
    /// Inodes of sockets of other families.
    std::unordered_set<std::uint64_t> others_;
};

/// The packets that processors have received, the loopback interface's among them, and not yet delivered. Mostly that is
/// done within the call that sends them; a processor with more to do leaves them to a kernel thread, which on a loaded
/// machine takes milliseconds.
class PacketQueues {
public:
    PacketQueues() : file_{"/proc/net/softnet_stat"} {}

    /// To be called before the processes are looked at, and `have_moved` after that.
    void begin() { read(processed_); }
    /// Whether packets are queued, or were delivered in between: then what they woke may not have been seen.
    bool have_moved();

private:
    /// Fills in how many packets each processor has delivered. Whether any are queued.
    bool read(std::vector<std::uint32_t>& processed) const;

    ProcFile file_;
    std::vector<std::uint32_t> processed_;
    std::vector<std::uint32_t> now_;
    int moves_in_a_row_ = 0;
};

}  // namespace fakemx::shared_clock
