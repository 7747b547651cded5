// Sockets with timeouts, and connections whose data the kernel holds back.

#include "shared_clock/fixture.h"
#include "support/catch.h"

using namespace fakemx;
using fakemx::test::waiter;

TEST_CASE("timeouts of sockets", "[shared_clock]") {
    CHECK(waiter("timeouts") ==
          "asked for: 30 at 0.000000000\n"
          "recv: -1 EAGAIN at 30.000000000\n"
          "read: -1 EAGAIN at 60.000000000\n"
          "recv at once: -1 EAGAIN at 60.000000000\n"
          "recv: 1 at 70.000000000\n"
          "send: -1 EAGAIN at 100.000000000\n");
}

TEST_CASE("data that wait for an acknowledgement are under way", "[shared_clock]") {
    CHECK(waiter("nagle") ==
          "client's timeouts: 0 at 0.000000000\n"
          "server's timeouts: 0 at 0.000000000\n");
}

TEST_CASE("data that wait for their reader are not", "[shared_clock]") {
    CHECK(waiter("closed-window") == "sleep: 0 at 3600.000000000\npoll: 0 at 7200.000000000\n");
}

TEST_CASE("who waits for another machine is a stranger", "[shared_clock]") {
    const std::string output = waiter("outside");
    CHECK(
        (output == "no route: 0 at 0.000000000\n" ||
         output == "stranger: fakemx_waiter: it talks to 192.0.2.1, which is not on the clock\n"));
}
