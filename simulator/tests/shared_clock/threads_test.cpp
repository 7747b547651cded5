// Threads of one process on the clock, and what they wait for each other with.

#include "shared_clock/fixture.h"
#include "support/catch.h"

using namespace fakemx;
using fakemx::test::waiter;

TEST_CASE("each thread has its own deadline", "[shared_clock]") {
    std::string expected;
    for (int hours = 1; hours <= 8; ++hours) {
        expected += "thread: " + std::to_string(hours) + " at " + std::to_string(hours * 3600) +
                    ".000000000\n";
    }
    CHECK(waiter("threads") == expected);
}

TEST_CASE("condition variables", "[shared_clock]") {
    const std::string output = waiter("condition");
    CHECK(output ==
          "timedwait timed out: 1 at 3600.000000000\n"
          "clockwait timed out: 1 at 7200.000000000\n"
          "monotonic timed out: 1 at 10800.000000000\n"
          "the past timed out: 1 at 10800.000000000\n"
          "signalled: 0 at 10900.000000000\n"
          "cnd_timedwait timed out: 1 at 10960.000000000\n");
}

TEST_CASE("semaphores", "[shared_clock]") {
    CHECK(waiter("semaphore") ==
          "sem_timedwait: -1 ETIMEDOUT at 3600.000000000\n"
          "sem_clockwait: -1 ETIMEDOUT at 7200.000000000\n"
          "sem_timedwait: 0 at 7300.000000000\n");
}

TEST_CASE("locks with a timeout", "[shared_clock]") {
    const std::string output = waiter("lock");
    CHECK(output.find("timed out: 1 at 61.000000000\nlocked: 1 at 10") == 0);
    CHECK(waiter("lock") == output);
}

TEST_CASE("a cancelled thread leaves its wait", "[shared_clock]") {
    CHECK(waiter("cancel") == "cancelled: 1 at 10.000000000\nsleep: 0 at 1010.000000000\n");
}
