// The recording, taken apart for replay: calls in their order, each with the octets that belong to it, however late
// they were written. Internal to this folder.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "engine/recording.h"
#include "engine/replay.h"

namespace fakemx::engine {

class ReplayedClients {
public:
    explicit ReplayedClients(RecordedRun& recorded) : recorded_(recorded) {}

    struct Next {
        Call call;
        std::string octets;  ///< of an Arrival
    };
    /// The next call; nothing behind the last one.
    Result<std::optional<Next>, ReplayStuck> next();
    /// The same, and it comes once more.
    Result<const Call*, ReplayStuck> peek();

private:
    struct Stream {
        std::string octets;  // recorded and not used
        bool cut = false;
        InputCut::Why why = InputCut::Why::unread;
    };

    Result<bool, ReplayStuck> read_on();
    Result<void, ReplayStuck> take(const Recorded& record);
    Result<void, ReplayStuck> take(const InputBody& body);
    Result<void, ReplayStuck> fill(Next& next, std::size_t count);

    RecordedRun& recorded_;
    RecordingReader reader_;
    bool over_ = false;
    std::deque<Call> calls_;
    std::map<std::uint64_t, Stream> streams_;
    std::map<std::pair<std::uint64_t, std::uint32_t>, std::string> messages_;
};

}  // namespace fakemx::engine
