// What a simulation shows: how long deliveries took, what limited them, and volumes by interval. It must not know
// how that is printed or drawn.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/time.h"
#include "senders/plan.h"

namespace fakemx::senders {

/// Hosts asked within an interval. attempted = accepted + deferred + rejected + lost.
struct Volume {
    Instant from{};
    std::uint64_t attempted = 0;
    std::uint64_t accepted = 0;
    std::uint64_t deferred = 0;
    std::uint64_t rejected = 0;
    std::uint64_t lost = 0;    ///< no reply that means anything
    std::uint64_t queued = 0;  ///< messages in the queue when the interval ends
    std::uint64_t expired = 0;
};

/// An answer that was no acceptance.
struct Limit {
    std::uint32_t answer = 0;  ///< index in Result::answers
    std::uint64_t asked = 0;
    std::uint64_t messages = 0;  ///< that had it at least once
};

struct Report {
    std::uint64_t accepted = 0;
    std::uint64_t rejected = 0;
    std::uint64_t expired = 0;
    std::uint64_t queued = 0;
    std::vector<Duration> delivery_times;  ///< from arrival to acceptance, shortest first
    std::vector<std::uint32_t> tries;  ///< of messages that are not queued any more, fewest first
    std::uint64_t tries_all = 0;       ///< of all messages
    std::vector<Limit> limits;         ///< most asked first
    Duration interval{};
    std::vector<Volume> volumes;
    std::vector<Duration>
        first_tries;  ///< when the first message was tried, counted from its arrival
};

/// `interval` zero: one that gives a table of at most two dozen rows.
Report report_of(const Result& result, Duration interval);

}  // namespace fakemx::senders
