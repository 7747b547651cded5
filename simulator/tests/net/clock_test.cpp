// The clocks that are really read: what can be said of them without a second clock beside them.
#include "net/clock.h"

#include "support/catch.h"

using namespace fakemx;

TEST_CASE("clocks never go back, and are told apart by name") {
    for (const auto& clock : {net::real_clock(), net::scaled_clock(60, default_epoch)}) {
        Instant last = clock->now();
        for (int i = 0; i < 10'000; ++i) {
            const Instant now = clock->now();
            REQUIRE(now >= last);
            last = now;
        }
    }
    CHECK(net::real_clock()->name() == "real");
    CHECK(net::scaled_clock(60, default_epoch)->name() == "x60");
}

TEST_CASE("a scaled clock begins at its epoch") {
    const Instant epoch = default_epoch + 24h;
    const auto clock = net::scaled_clock(1, epoch);
    CHECK(clock->now() >= epoch);
    CHECK(clock->now() < epoch + 1h);
}

TEST_CASE("a scaled clock waits as much less as it is faster") {
    const auto clock = net::scaled_clock(1000, default_epoch);
    CHECK(clock->wall_until(default_epoch) == std::chrono::nanoseconds::zero());
    CHECK(clock->wall_until(default_epoch - 1h) == std::chrono::nanoseconds::zero());
    CHECK(clock->wall_until(default_epoch + std::chrono::hours{1000}) <= std::chrono::hours{1});
    CHECK(clock->wall_until(default_epoch + std::chrono::hours{1000}) > std::chrono::minutes{50});
    // As far as instants go.
    CHECK(clock->wall_until(Instant::max()) > std::chrono::hours{1000});
}

TEST_CASE("a stepped clock stands until it is moved") {
    net::SteppedClock clock{default_epoch};
    CHECK(clock.name() == "stepped");
    CHECK(clock.now() == default_epoch);
    CHECK(clock.wall_until(default_epoch) == std::chrono::nanoseconds::zero());
    CHECK(clock.wall_until(default_epoch + 1us) == std::chrono::nanoseconds::max());
    clock.move_to(default_epoch + 5min);
    CHECK(clock.now() == default_epoch + 5min);
    CHECK(clock.wall_until(default_epoch + 5min) == std::chrono::nanoseconds::zero());
}

TEST_CASE("a wait is never too short") {
    for (const std::uint32_t factor : {1U, 7U, 60U, net::clock_factor_max}) {
        const auto clock = net::scaled_clock(factor, default_epoch);
        for (int i = 0; i < 100; ++i) {
            // When the wait is over, the instant has come: seen here the other way round.
            const Instant instant = clock->now();
            CHECK(clock->wall_until(instant) == std::chrono::nanoseconds::zero());
        }
    }
}
