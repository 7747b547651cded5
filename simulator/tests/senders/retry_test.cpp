// Schedules, step by step.
#include "senders/retry.h"

#include <set>
#include <vector>

#include "support/catch.h"

namespace fakemx::senders::test {

namespace {

constexpr Instant start = default_epoch;

/// When a message is tried that arrived at the start and fails at once each time, in seconds.
std::vector<std::int64_t> tries(const Model& model, std::size_t count, std::uint64_t message = 0,
                                std::uint64_t seed = 1) {
    const Rng rng{seed};
    RetryState state;
    std::vector<std::int64_t> found;
    Instant now = start;
    while (found.size() < count) {
        const Instant due = next_try(
            model, state,
            {.failed_at = now, .arrived_at = start, .first_try_at = start, .message = message},
            rng);
        now = next_run(model, start, now, due);
        found.push_back((now - start) / Duration{1s});
    }
    return found;
}

using Seconds = std::vector<std::int64_t>;

}  // namespace

TEST_CASE("a wait grows by its factor up to its bound") {
    Model model;
    model.retry = {{.base = 60s, .factor = {2, 1}, .at_most = Duration{300s}}};
    CHECK(tries(model, 5) == Seconds{60, 180, 420, 720, 1020});
    model.retry = {{.base = 100s, .factor = {3, 2}}};
    CHECK(tries(model, 3) == Seconds{100, 250, 475});
}

TEST_CASE("steps follow each other by number and by time, and may begin anew") {
    Model model;
    model.retry = {
        {.base = 60s, .times = 2}, {.base = 300s, .until = Duration{1000s}}, {.base = 3600s}};
    CHECK(tries(model, 6) == Seconds{60, 120, 420, 720, 1020, 4620});
    model.retry = {{.base = 10s, .times = 1}, {.base = 20s, .times = 2}};
    model.retry_again_from = 0;
    CHECK(tries(model, 6) == Seconds{10, 30, 50, 60, 80, 100});
    model.retry_again_from = 1;
    CHECK(tries(model, 6) == Seconds{10, 30, 50, 70, 90, 110});
}

TEST_CASE("squares count from the arrival, and those that have passed are left out") {
    Model model;
    model.retry = {{.kind = RetryStep::Kind::square, .base = 400s}};
    CHECK(tries(model, 4) == Seconds{400, 1600, 3600, 6400});
    RetryState state;
    const Instant late = start + 1700s;
    CHECK(next_try(model, state, {late, start, start, 0}, Rng{1}) == start + 3600s);
}

TEST_CASE("age doubles the time, within its bounds and on the grid of queue runs") {
    Model model;
    model.retry = {{.kind = RetryStep::Kind::age, .at_least = 300s, .at_most = Duration{4000s}}};
    model.queue_run = 300s;
    CHECK(tries(model, 7) == Seconds{300, 600, 1200, 2400, 4800, 9000, 13'200});
}

TEST_CASE("a queue run is later than the failure before it") {
    Model model;
    model.retry = {{.base = 0s}};
    model.queue_run = 900s;
    CHECK(tries(model, 3) == Seconds{900, 1800, 2700});
    CHECK(next_run(model, start, start + 900s, start + 900s) == start + 1800s);
    CHECK(next_run(model, start, start + 1s, start + 900s) == start + 900s);
}

TEST_CASE("fractions of a second do not count") {
    Model model;
    model.retry = {{.kind = RetryStep::Kind::age, .at_least = 1s}};
    RetryState state;
    CHECK(next_try(model, state, {start + 300'900ms, start + 400ms, start, 0}, Rng{1}) ==
          start + 600s);
}

TEST_CASE("chance keeps within its bounds, repeats with the seed, and differs by message") {
    Model model;
    model.retry = {
        {.base = 1000s, .factor = {3, 2}, .factor_most = engine::Ratio{5, 2}, .spread = 30s}};
    std::set<Seconds> different;
    for (std::uint64_t message = 0; message < 50; ++message) {
        const Seconds once = tries(model, 3, message);
        CHECK(once == tries(model, 3, message));
        CHECK(once[0] >= 970);
        CHECK(once[0] <= 1030);
        CHECK(once[1] - once[0] >= 1500 - 30);
        CHECK(once[1] - once[0] <= 2500 + 30);
        different.insert(once);
    }
    CHECK(different.size() > 45);
    CHECK(tries(model, 3, 1, 1) != tries(model, 3, 1, 2));
}

TEST_CASE("a wait is read out of a reply") {
    CHECK(wait_in("Greylisted, try again in 300 seconds") == Duration{300s});
    CHECK(wait_in("wait 5 minutes, please") == Duration{5min});
    CHECK(wait_in("4.7.1 10 seconds") == Duration{10s});
    CHECK_FALSE(wait_in("please try again 15min later"));
    CHECK_FALSE(wait_in("in 999999999999999999999 seconds"));
    CHECK_FALSE(wait_in("100000 minutes"));
    CHECK_FALSE(wait_in(""));
}

}  // namespace fakemx::senders::test
