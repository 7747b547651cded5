// Clocks that go are the steady clock of the system, from an origin and by a factor.
#include "net/clock.h"

#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include "core/assert.h"

namespace fakemx::net {

namespace {

using Steady = std::chrono::steady_clock;
using std::chrono::nanoseconds;

class SteadyClock final : public Clock {
public:
    SteadyClock(std::string name, std::uint32_t factor, Instant origin)
        : name_(std::move(name)), factor_(factor), origin_(origin) {
        FAKEMX_ASSERT(factor >= 1 && factor <= clock_factor_max);
    }

    Instant now() override {
        // In two parts, so that nothing overflows within three hundred thousand years.
        const std::int64_t wall = elapsed().count();
        return origin_ + Duration{wall / 1000 * factor_ + wall % 1000 * factor_ / 1000};
    }

    nanoseconds wall_until(Instant instant) override {
        // So far ahead that nobody waits for it, and near enough to count in nanoseconds.
        constexpr std::int64_t far = std::numeric_limits<std::int64_t>::max() / 2000;
        const std::int64_t ahead = std::min((instant - origin_).count(), far);
        if (ahead <= 0) return nanoseconds::zero();
        const nanoseconds wall{ahead / factor_ * 1000 +
                               (ahead % factor_ * 1000 + factor_ - 1) / factor_};
        return std::max(wall - elapsed(), nanoseconds::zero());
    }

    std::string name() const override { return name_; }

private:
    nanoseconds elapsed() const { return Steady::now() - begun_; }

    std::string name_;
    std::int64_t factor_;
    Instant origin_;
    Steady::time_point begun_ = Steady::now();
};

}  // namespace

void SteppedClock::move_to(Instant instant) {
    FAKEMX_ASSERT(instant >= now_);
    now_ = instant;
}

nanoseconds SteppedClock::wall_until(Instant instant) {
    // Waiting does not help.
    return instant <= now_ ? nanoseconds::zero() : nanoseconds::max();
}

Instant wall_time() {
    const auto wall = std::chrono::system_clock::now().time_since_epoch();
    return Instant{std::chrono::duration_cast<Duration>(wall)};
}

std::unique_ptr<Clock> real_clock() {
    return std::make_unique<SteadyClock>("real", 1, wall_time());
}

std::unique_ptr<Clock> scaled_clock(std::uint32_t factor, Instant epoch) {
    return std::make_unique<SteadyClock>(fmt::format("x{}", factor), factor, epoch);
}

}  // namespace fakemx::net
