// Timers of POSIX, timer descriptors, message queues, and the times of files.

#include "shared_clock/fixture.h"
#include "support/catch.h"

using namespace fakemx;
using fakemx::test::ClockFixture;
using fakemx::test::waiter;

TEST_CASE("timers that send signals", "[shared_clock]") {
    CHECK(waiter("timer") ==
          "timer_create: 0 at 0.000000000\n"
          "timer_settime: 0 at 0.000000000\n"
          "signal: 10 at 3600.000001000\n"
          "value 77, code 1\n"
          "signal: 10 at 3660.000001000\n"
          "value 77, code 1\n"
          "signal: 10 at 3720.000001000\n"
          "value 77, code 1\n"
          "left 40.000000000, every 60.000000000\n"
          "left 40.000000000, every 60.000000000\n"
          "signal: 10 at 3840.000001000\n"
          "timer_delete: 0 at 3840.000001000\n"
          "deleted: -1 EINVAL at 3840.000001000\n");
}

TEST_CASE("timer descriptors", "[shared_clock]") {
    CHECK(waiter("timerfd") ==
          "timerfd_settime: 0 at 0.000000000\n"
          "poll: 0 at 600.000000000\n"
          "left 3000.000000000, every 60.000000000\n"
          "poll: 1 at 3600.000000000\n"
          "expirations: 1 at 3600.000000000\n"
          "expirations: 1 at 3660.000000000\n"
          "expirations: 10 at 4260.000000000\n"
          "epoll_wait: 1 at 4320.000000000\n"
          "expirations: 1 at 4320.000000000\n"
          "sleep: 0 at 7920.000000000\n"
          "nothing yet: -1 EAGAIN at 7920.000000000\n"
          "poll: 1 at 7925.000000000\n");
}

TEST_CASE("message queues", "[shared_clock]") {
    CHECK(waiter("queue") ==
          "mq_timedreceive: -1 ETIMEDOUT at 60.000000000\n"
          "mq_timedsend: 0 at 60.000000000\n"
          "mq_timedsend: -1 ETIMEDOUT at 120.000000000\n"
          "mq_timedreceive: 1 at 120.000000000\n");
}

TEST_CASE("files that are touched have virtual times", "[shared_clock]") {
    ClockFixture fixture;
    fixture.start({FAKEMX_WAITER, "files", fixture.path("file")});
    CHECK(fixture.run() == ClockFixture::Ending::all_ended);
    CHECK(fixture.output() ==
          "utime: 0 at 1000.000000000\n"
          "utimes: 1 at 1001.000000000\n"
          "utimensat: 2 at 1002.000000000\n"
          "utime of a time: 12345 at 1002.000000000\n"
          "futimens: 2 at 1002.000000000\n");
}
