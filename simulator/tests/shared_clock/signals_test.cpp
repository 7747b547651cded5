// Signals end waits as they do on Linux, and alarms come when they are due.

#include "shared_clock/fixture.h"
#include "support/catch.h"

using namespace fakemx;
using fakemx::test::waiter;

TEST_CASE("a signal ends a wait, and what is left of it is told") {
    CHECK(waiter("interrupted") ==
          "select: -1 EINTR at 5.000000000\n"
          "left 55.000000\n"
          "nanosleep: -1 EINTR at 10.000000000\n"
          "left 55.000000000\n"
          "sleep: 55 at 15.000000000\n"
          "poll: -1 EINTR at 20.000000000\n"
          "poll without end: -1 EINTR at 25.000000000\n"
          "epoll_wait: -1 EINTR at 30.000000000\n"
          "pause: -1 EINTR at 35.000000000\n"
          "sigsuspend: -1 EINTR at 40.000000000\n"
          "caught 8\n");
}

TEST_CASE("alarm and setitimer", "[shared_clock]") {
    CHECK(waiter("alarm") ==
          "no alarm before: 0 at 0.000000000\n"
          "alarm left: 3000 at 600.000000000\n"
          "caught 0\n"
          "tick at 7801.000000000\n"
          "tick at 7801.500000000\n"
          "tick at 7802.000000000\n"
          "tick at 7802.500000000\n"
          "next in 0.500000, then every 0.500000\n"
          "caught 4\n");
}

TEST_CASE("waits for signals, with all signals blocked", "[shared_clock]") {
    CHECK(waiter("sigwait") ==
          "sigtimedwait: -1 EAGAIN at 3600.000000000\n"
          "sigtimedwait: 14 at 3660.000000000\n"
          "sigwaitinfo: 14 at 3720.000000000\n"
          "sigwait: 14 at 3780.000000000\n"
          "poll: 0 at 3781.000000000\n"
          "sleep: 0 at 3841.000000000\n");
}

TEST_CASE("a wait left by a jump out of a handler means nothing any more", "[shared_clock]") {
    CHECK(waiter("jump") ==
          "jumped at 5.000000000\n"
          "read: 1 at 10000.000000000\n"
          "sleep: 0 at 10012.000000000\n");
}

TEST_CASE("a handler that waits itself", "[shared_clock]") {
    CHECK(waiter("nested") ==
          "handler napped at 105.000000000\n"
          "poll: 0 at 105.000000000\n"
          "sleep: 0 at 165.000000000\n");
}

TEST_CASE("an alarm outlives exec", "[shared_clock]") {
    CHECK(waiter("exec") ==
          "exec at 30.000000000\n"
          "sleep: 930 at 70.000000000\n"
          "caught 1\n");
}

TEST_CASE("a child of fork has no alarm", "[shared_clock]") {
    CHECK(waiter("fork") ==
          "parent's sleep: 900 at 100.000000000\n"
          "child's sleep: 0 at 1000.000000000\n"
          "child's alarm: 0 at 1000.000000000\n"
          "child caught: 0 at 1000.000000000\n"
          "child killed by: 14 at 1100.000000000\n");
}

TEST_CASE("a program that resets all signals stays on the clock", "[shared_clock]") {
    CHECK(waiter("reset") ==
          "sleep: 0 at 3600.000000000\n"
          "pause: -1 EINTR at 3601.000000000\n");
}
