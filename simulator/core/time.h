// Time as an argument: the only clock type of the pure folders, and it cannot be read.
// It must not know where an instant comes from; `net` reads clocks, a virtual run makes instants up.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace fakemx {

/// A clock without `now()`. Its instants count microseconds since 1970-01-01T00:00:00Z.
struct VirtualClock {
    using rep = std::int64_t;
    using period = std::micro;
    using duration = std::chrono::duration<rep, period>;
    using time_point = std::chrono::time_point<VirtualClock>;
    static constexpr bool is_steady = true;
};

using Duration = VirtualClock::duration;
using Instant = VirtualClock::time_point;

using namespace std::chrono_literals;

/// Where scaled and stepped clocks begin unless told otherwise: 2026-01-01T00:00:00Z.
inline constexpr Instant default_epoch{std::chrono::seconds{1'767'225'600}};

/// `at + by`, or the last instant there is where that would overflow: a profile may wait for 200,000
/// years. `by` is not negative.
constexpr Instant later(Instant at, Duration by) {
    return at > Instant::max() - by ? Instant::max() : at + by;
}

/// Whole seconds since 1970, as a Unix time (rounded towards the past).
std::int64_t unix_seconds(Instant instant);

/// RFC 3339, UTC, microseconds when there are any: `2026-01-01T00:05:00Z`. Years have four digits: an
/// instant outside of 0000 to 9999 is written as the nearest one within.
std::string format_instant(Instant instant);

/// As a header field has it (RFC 5322 §3.3), UTC: `Thu, 01 Jan 2026 00:05:00 +0000`. Years as in format_instant.
std::string format_date_time(Instant instant);

/// Reads what format_instant writes, with or without a fraction of up to six digits. The zone must be Z.
std::optional<Instant> parse_instant(std::string_view text);

/// `0s`, `250ms`, `1m30s`, `2h`, `5d`: exact, in the units that are not zero, largest first.
std::string format_duration(Duration duration);

/// Reads one or more number-unit pairs, largest unit first or not: `90s`, `1h30m`, `250ms`, `5d`.
/// Units are us, ms, s, m, h, d. Nothing for a bare number, a sign, a blank or an overflow.
std::optional<Duration> parse_duration(std::string_view text);

}  // namespace fakemx
