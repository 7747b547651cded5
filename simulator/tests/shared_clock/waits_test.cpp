// Every blocking call of the C library with a timeout ends exactly at its deadline, and says what it says on Linux.

#include "shared_clock/fixture.h"
#include "support/catch.h"

using namespace fakemx;
using fakemx::test::waiter;

TEST_CASE("waits for descriptors end at their deadlines", "[shared_clock]") {
    CHECK(waiter("poll") ==
          "poll: 0 at 3600.000000000\n"
          "ppoll: 0 at 7200.000001000\n"
          "ppoll with a mask: 0 at 10800.000002000\n"
          "poll of nothing: 0 at 10800.001002000\n"
          "poll of no length: 0 at 10800.001002000\n");
    CHECK(waiter("select") ==
          "select: 0 at 3600.000001000\n"
          "left 0.000000, set 0\n"
          "pselect: 0 at 7200.000002000\n"
          "select of nothing: 0 at 7200.250002000\n"
          "select of a negative time: -1 EINVAL at 7200.250002000\n");
    CHECK(waiter("epoll") ==
          "epoll_wait: 0 at 3600.000000000\n"
          "epoll_pwait: 0 at 7200.000000000\n"
          "epoll_pwait2: 0 at 10800.000001000\n");
}

TEST_CASE("sleeps end at their deadlines", "[shared_clock]") {
    CHECK(waiter("sleep") ==
          "nanosleep: 0 at 3600.000001000\n"
          "clock_nanosleep: 0 at 7200.000002000\n"
          "until monotonic: 0 at 10800.000002000\n"
          "until realtime: 0 at 14400.000002000\n"
          "until the past: 0 at 14400.000002000\n"
          "sleep: 0 at 446400.000002000\n"
          "usleep: 0 at 446400.000003000\n"
          "thrd_sleep: 0 at 450000.000004000\n"
          "nanosleep of a bad time: -1 EINVAL at 450000.000004000\n");
}

TEST_CASE("all clocks show the same time", "[shared_clock]") {
    CHECK(waiter("clocks") ==
          "1767225602 1767225602 1767225602 1767225602 1767225602\n"
          "100002.000000000 100002.000000000\n");
}

TEST_CASE("a descriptor that becomes ready ends a wait before its deadline", "[shared_clock]") {
    CHECK(waiter("ready") ==
          "poll: 1 at 600.000000000\n"
          "select: 1 at 600.000000000\n"
          "left 3600.000000\n"
          "wait: 0 at 1200.000000000\n");
}

TEST_CASE("a loop that waits for the clock to tick is a wait", "[shared_clock]") {
    const std::string first = waiter("spin");
    CHECK(first.find("spun: 1 at 1.") == 0);
    CHECK(first.find("spun with poll: 1 at 2.") != std::string::npos);
    CHECK(waiter("spin") == first);
}
