// The clock that fakemx and its sender share, as the server's clock and as the one who says when the server may look at its
// sockets and when time goes on. What it must not know: what is being tested, and when that is over.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "app/complaint.h"
#include "core/result.h"
#include "engine/simulator.h"
#include "net/clock.h"
#include "net/server.h"

namespace fakemx::app {

class SharedTime {
public:
    /// What happens to the run, from time to time.
    struct Callbacks {
        /// At every turn, whether somebody runs or not: false ends the run.
        std::function<bool()> at_turn;
        /// All sleep, and all that they have sent is answered: false ends the run before time goes on.
        std::function<bool()> at_quiet;
        /// The run ends because time cannot go on: a process is not on the clock, or nobody waits for anything.
        std::function<void(std::string why, bool is_stranger)> at_standstill;
        /// Time never goes beyond this instant.
        std::function<Instant()> horizon;
    };

    /// Makes the page that the clock is shared by. Before the first process of the sender is started.
    static Result<std::unique_ptr<SharedTime>, Complaint> create(Instant epoch);
    ~SharedTime();

    net::SteppedClock& clock();

    /// What puts a process and all that it starts on this clock.
    std::vector<std::pair<std::string, std::string>> environment() const;

    /// Takes the server's loop over; before it runs.
    void conduct(net::Server& server, engine::Simulator& simulator, Callbacks callbacks);

    /// How often time has gone on.
    std::uint64_t jumps() const;

private:
    class Parts;
    explicit SharedTime(std::unique_ptr<Parts> parts);
    std::unique_ptr<Parts> parts_;
};

}  // namespace fakemx::app
