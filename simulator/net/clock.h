// The clocks that are really read. Everything else in the program is told what time it is; only a
// driver asks one of these.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "core/time.h"

namespace fakemx::net {

class Clock {
public:
    virtual ~Clock() = default;

    /// Never goes back.
    virtual Instant now() = 0;
    /// How long to wait, by the wall, until now() is at or after `instant`: zero if it is already, and
    /// never too short.
    virtual std::chrono::nanoseconds wall_until(Instant instant) = 0;
    /// "real", "x60", "stepped".
    virtual std::string name() const = 0;
};

/// Stands still until it is moved.
class SteppedClock : public Clock {
public:
    explicit SteppedClock(Instant epoch) : now_(epoch) {}

    /// `instant` is not before now().
    virtual void move_to(Instant instant);

    Instant now() override { return now_; }
    std::chrono::nanoseconds wall_until(Instant instant) override;
    std::string name() const override { return "stepped"; }

private:
    Instant now_;
};

/// A wall second counts for more than one second at most this many times: at 100,000 the five days
/// that a sender keeps trying pass in 4.3 s, and one µs of the wall is already a tenth of a second.
inline constexpr std::uint32_t clock_factor_max = 100'000;

/// What the wall clock says. For what outsiders compare with theirs, such as certificates; everything
/// else goes by a Clock.
Instant wall_time();

/// Measures by the wall, for what is waited for with patience or told to a person. From when it was made.
class Stopwatch {
public:
    Stopwatch() : begun_(std::chrono::steady_clock::now()) {}
    std::chrono::nanoseconds elapsed() const { return std::chrono::steady_clock::now() - begun_; }

private:
    std::chrono::steady_clock::time_point begun_;
};

/// Begins at the wall time of now and goes on evenly, whatever becomes of the wall clock.
std::unique_ptr<Clock> real_clock();

/// Begins at `epoch`; a wall second is `factor` seconds. `factor` is 1 to clock_factor_max.
std::unique_ptr<Clock> scaled_clock(std::uint32_t factor, Instant epoch);

}  // namespace fakemx::net
