// What is due when, in the order of time, and of planning where the time is the same. It must not know what the
// entries mean.
#pragma once

#include <cstdint>
#include <optional>
#include <queue>
#include <vector>

#include "core/time.h"

namespace fakemx::senders {

class Agenda {
public:
    enum class Kind : std::uint8_t { arrival, message, queue_run, incoming, timer, gone };

    struct Entry {
        Instant at;
        std::uint64_t turn;
        std::uint32_t who;         ///< a message or a connection
        std::uint32_t generation;  ///< of the connection
        Kind kind;
    };

    void add(Instant at, Kind kind, std::uint32_t who = 0, std::uint32_t generation = 0) {
        entries_.push({at, ++turns_, who, generation, kind});
    }

    std::optional<Instant> next() const {
        if (entries_.empty()) return std::nullopt;
        return entries_.top().at;
    }

    Entry take() {
        const Entry entry = entries_.top();
        entries_.pop();
        return entry;
    }

private:
    struct Later {
        bool operator()(const Entry& a, const Entry& b) const {
            return a.at != b.at ? a.at > b.at : a.turn > b.turn;
        }
    };
    std::priority_queue<Entry, std::vector<Entry>, Later> entries_;
    std::uint64_t turns_ = 0;
};

}  // namespace fakemx::senders
