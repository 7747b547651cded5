// How a sender goes about failures: when it comes back, from where, and what else waits meanwhile.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/time.h"
#include "diagnosis/case.h"
#include "diagnosis/course.h"

namespace fakemx::diagnosis {

/// More tries of one delivery within an hour: a storm. Exim, Postfix and all others that were measured stay below.
inline constexpr std::uint64_t storm_tries = 12;
/// What is new within any span of this length, against the mean of such spans: a burst, from so many times on, and so many deliveries.
inline constexpr Duration burst_window = 5min;
inline constexpr std::uint64_t burst_times = 5;
inline constexpr std::uint64_t burst_deliveries = 20;
inline constexpr std::int64_t burst_windows_least = 6;  ///< fewer say nothing about the mean
/// Attempts at other domains that one would expect while one fails, before their absence says something.
inline constexpr std::uint64_t blocking_attempts = 10;

/// Of the deliveries of one sender (see sender_of).
struct Discipline {
    std::string sender;
    std::uint64_t deliveries = 0;

    // Coming back.
    std::uint64_t failed = 0;   ///< deliveries of which a round failed for now, at all of its hosts
    std::uint64_t retried = 0;  ///< of them: that came again
    std::vector<Duration>
        waits;  ///< between rounds (oracle::rounds_of), shortest first; hosts of one pool are one round
    std::uint64_t several_waits = 0;  ///< deliveries with two waits and more
    std::uint64_t growing =
        0;  ///< of them: none is shorter than the one before, the last is longer than the first
    std::uint64_t steady = 0;  ///< of them: all within a tenth of each other
    std::uint64_t hinted =
        0;  ///< rounds whose replies ask for a wait, and that were followed by another
    std::uint64_t early = 0;              ///< of them: by one that came before
    std::uint64_t after_5yz = 0;          ///< deliveries that were tried again after 5yz
    std::uint64_t at_once = 0;            ///< deliveries of which two tries ran at the same time
    std::uint64_t tries_per_hour = 0;     ///< of one delivery, within any hour
    std::uint64_t attempts_per_hour = 0;  ///< of all, within any hour
    std::uint64_t storms = 0;             ///< deliveries with more than storm_tries

    // Other addresses after a failure.
    std::uint64_t rotated =
        0;  ///< deliveries that came back from an address that had not tried them
    std::uint64_t rotated_to = 0;        ///< such addresses
    std::uint64_t rotated_unproven = 0;  ///< of them: from which nothing had been accepted before

    // New deliveries by windows.
    std::int64_t windows = 0;       ///< from the first to the last
    std::uint64_t window_peak = 0;  ///< the most within so long, wherever that begins
    std::optional<Instant> burst;   ///< when that began, where it is one

    bool storm() const { return storms != 0; }
};

/// While everything to one domain failed, others of the same sender went on, or did not.
struct Blocking {
    std::string sender;
    std::string domain;  ///< that failed
    Instant from{};
    Instant until{};
    std::uint64_t others_expected =
        0;  ///< attempts at other domains, by how many there are at other times
    std::uint64_t others = 0;
    bool blocked() const { return others * 10 < others_expected; }
};

/// An address that mail of several kinds comes from.
struct Mixture {
    std::string sending_ip;
    std::vector<std::string> streams;  ///< templates, or domains in From where there are none
};

struct Manners {
    std::vector<Discipline> senders;  ///< most deliveries first
    std::vector<Blocking> blocking;   ///< only where enough would be expected
    std::vector<Mixture> mixtures;
};

Manners manners_of(const Case& all, const Courses& courses, Duration round_gap);

}  // namespace fakemx::diagnosis
