// How much by when, and how long it took.
#pragma once

#include <cstdint>
#include <vector>

#include "core/time.h"
#include "diagnosis/case.h"
#include "diagnosis/course.h"
#include "diagnosis/segment.h"

namespace fakemx::diagnosis {

/// What arrived within an interval.
struct Interval {
    Instant from{};
    Tally tally;              ///< of attempts
    std::uint64_t first = 0;  ///< of `tally.attempted`: those that were the first of their delivery
    std::uint64_t expired =
        0;  ///< deliveries that were given up in it, by what is known at the end
};

struct Volumes {
    Instant begin{};  ///< of the first interval: a round one
    Duration length{};
    std::vector<Interval> intervals;
    Tally sum;
    std::uint64_t expired = 0;
};

/// `length` zero: one that gives at most two dozen rows, or so.
Volumes volumes_of(const Case& all, Duration length, Duration round_gap);

/// From the arrival of the first attempt to the end of the one that was accepted.
struct Latency {
    std::vector<Duration> sorted;  ///< of each delivery that was accepted, shortest first
    std::uint64_t at_once = 0;     ///< of them: at their first try
};

Latency latency_of(const Case& all, const Courses& courses);

/// When the sender gave up a delivery, notices aside, that was neither accepted nor rejected, if it did (oracle::gave_up_at).
std::vector<Instant> given_up(const Case& all, Duration round_gap);

}  // namespace fakemx::diagnosis
