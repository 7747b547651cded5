// A recorded run once more (recording.h): the same calls to a receiver that is made anew, and the same must come of
// them. The first difference ends it. Knows neither files nor Lua: whoever starts it brings the recording and the
// receiver.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/result.h"
#include "engine/simulator.h"

namespace fakemx::engine {

/// The recorded run cannot be read any further.
struct Unreadable {
    std::string message;
};

/// Where the recorded run comes from. Each is asked until it has nothing more.
class RecordedRun {
public:
    struct Events {
        std::uint64_t session = 0;
        std::vector<std::string> json;  ///< in their full form, in their order
    };
    struct Message {
        std::uint64_t session = 0;
        std::uint32_t transaction = 0;
        std::string content;
    };

    virtual ~RecordedRun() = default;

    virtual Result<std::optional<std::string>, Unreadable> next_inputs() = 0;
    /// Those of a session in their order; those of several, in any.
    virtual Result<std::optional<Events>, Unreadable> next_events() = 0;
    virtual Result<std::optional<Message>, Unreadable> next_message() = 0;
    /// The run was not cut off by a kill.
    virtual bool complete() const = 0;
};

/// What is different, for a person: events as the journal has them (JSON, full form).
struct ReplayDifference {
    Instant at{};
    std::uint64_t session = 0;
    std::string input;                  ///< what the receiver was told just then
    std::vector<std::string> before;    ///< the last events of the session that are the same
    std::vector<std::string> expected;  ///< what the recorded run has next
    std::vector<std::string> got;       ///< what came this time
    std::string what;  ///< where events do not show it: in a sentence; may be empty
};

/// Why it cannot go on.
struct ReplayStuck {
    std::string why;
};

/// Nothing was different.
struct ReplayedAlike {
    std::uint64_t calls = 0;
    std::uint64_t sessions = 0;
    std::uint64_t events = 0;
    Instant last{};
};

using ReplayOutcome = std::variant<ReplayedAlike, ReplayDifference, ReplayStuck>;

/// `options` are those of the recorded run. Everything that comes of it goes to `sink` as well, which may be null.
ReplayOutcome replay(RecordedRun& recorded, const Profile& profile, Policy& policy,
                     Simulator::Options options, journal::Sink* sink);

}  // namespace fakemx::engine
