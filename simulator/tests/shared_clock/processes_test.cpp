// Several processes on one clock: it moves only while all of them sleep, and whoever is not on it is found.

#include <array>
#include <chrono>
#include <cstdlib>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "shared_clock/fixture.h"
#include "shared_clock/sockets.h"
#include "support/catch.h"

using namespace fakemx;
using fakemx::shared_clock::StrangerKind;
using fakemx::test::ClockFixture;
using fakemx::test::waiter;

TEST_CASE("without a page the library does nothing", "[shared_clock]") {
    ClockFixture fixture;
    const std::string command = std::string{"FAKEMX_CLOCK=/nonexistent LD_PRELOAD="} +
                                FAKEMX_CLOCK_PRELOAD + " " + FAKEMX_WAITER + " burn >" +
                                fixture.path("output");
    REQUIRE(std::system(command.c_str()) == 0);
    // The child's 200 ms of work took at least as long.
    CHECK(fixture.output().find("select: 1 at ") == 0);
    CHECK(fixture.output() != "select: 1 at 0.000000000\n");
}

TEST_CASE("two processes that talk never time out", "[shared_clock]") {
    CHECK(waiter("conversation") ==
          "timeouts: 0 at 0.000000000\n"
          "child: 0 at 0.000000000\n"
          "silence: 0 at 3600.000000000\n");
}

TEST_CASE("the clock stands still while a child works", "[shared_clock]") {
    CHECK(waiter("burn") == "select: 1 at 0.000000000\n");
}

TEST_CASE("closing all descriptors takes nobody off the clock", "[shared_clock]") {
    CHECK(waiter("closefrom") ==
          "sleep: 0 at 60.000000000\n"
          "sleep: 0 at 120.000000000\n"
          "child's sleep: 0 at 180.000000000\n");
}

TEST_CASE("nor do an empty root and the loss of all privileges", "[shared_clock]") {
    if (::geteuid() != 0) return;
    ClockFixture fixture;
    ::mkdir(fixture.path("root").c_str(), 0755);
    fixture.start({FAKEMX_WAITER, "chroot", fixture.path("root")});
    CHECK(fixture.run() == ClockFixture::Ending::all_ended);
    CHECK(fixture.output() ==
          "sleep: 0 at 60.000000000\n"
          "child's sleep: 0 at 150.000000000\n"
          "waited at 150.000000000\n");
}

TEST_CASE("an orphan stays in the tree", "[shared_clock]") {
    CHECK(waiter("daemon") == "orphan at 100.000000000\nread: 0 at 100.000000000\n");
}

TEST_CASE("processes with the same deadline run in the order of their start", "[shared_clock]") {
    std::string expected;
    for (int child = 0; child < 20; ++child) {
        expected += std::to_string(child) + " at 100.000000000\n";
    }
    CHECK(waiter("crowd") == expected);
}

TEST_CASE("what was killed while it waited leaves nothing behind", "[shared_clock]") {
    CHECK(waiter("killed") == "killed by: 9 at 10.000000000\nsleep: 0 at 10010.000000000\n");

    ClockFixture fixture;
    const pid_t process = fixture.start({FAKEMX_WAITER, "hour"});
    CHECK(fixture.run([&] { return false; }) == ClockFixture::Ending::nobody_waits);
    REQUIRE(fixture.clock().earliest_deadline() == test::clock_epoch + 1h);
    CHECK(fixture.clock().page().slots[0].owner.load() != 0);
    ::kill(process, SIGKILL);
    CHECK(fixture.run() == ClockFixture::Ending::all_ended);
    // Packets of other programs may keep a look from being quiet, some times in a row.
    auto look = fixture.tree().look();
    for (int more = 0; more < 1000 && look && *look == shared_clock::Activity::busy; ++more)
        look = fixture.tree().look();
    REQUIRE(look.has_value());
    CHECK_FALSE(fixture.clock().earliest_deadline());
    CHECK(fixture.clock().page().slots[0].owner.load() == 0);
}

TEST_CASE("a stopped process holds nobody up", "[shared_clock]") {
    CHECK(waiter("stopped") == "parent at 1010.000000000\nchild at 1010.000000000\n");
}

TEST_CASE("processes in a PID namespace of their own", "[shared_clock]") {
    if (::geteuid() != 0) return;
    ClockFixture fixture;
    fixture.start({"unshare", "--pid", "--fork", FAKEMX_WAITER, "fork"});
    fixture.start({"unshare", "--pid", "--fork", FAKEMX_WAITER, "killed"});
    fixture.start({"unshare", "--pid", "--fork", FAKEMX_WAITER, "alarm"});
    fixture.start({"unshare", "--pid", "--fork", FAKEMX_WAITER, "timerfd"});
    CHECK(fixture.run() == ClockFixture::Ending::all_ended);
    const std::string output = fixture.output();
    for (const char* line :
         {"child killed by: 14 at 1100.000000000\n", "sleep: 0 at 10010.000000000\n",
          "tick at 7802.500000000\n", "expirations: 10 at 4260.000000000\n"}) {
        CHECK_THAT(output, Catch::Matchers::Contains(line));
    }
}

TEST_CASE("a name server that this process is may answer the C library while time stands still",
          "[shared_clock]") {
    const shared_clock::Descriptor server{::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0)};
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* const place = reinterpret_cast<sockaddr*>(&address);
    socklen_t octets = sizeof address;
    REQUIRE(::bind(server.number(), place, octets) == 0);
    REQUIRE(::getsockname(server.number(), place, &octets) == 0);

    ClockFixture fixture;
    fixture.start({FAKEMX_WAITER, "resolve", std::to_string(ntohs(address.sin_port))});
    int asked = 0;
    CHECK(fixture.run({}, [&] {
        std::array<char, 512> message{};
        sockaddr_in client{};
        socklen_t client_octets = sizeof client;
        auto* const sender = reinterpret_cast<sockaddr*>(&client);
        const ssize_t received =
            ::recvfrom(server.number(), message.data(), message.size(), 0, sender, &client_octets);
        if (received < 12) return;
        ++asked;
        // RFC 1035 §4.1.1: it is a response (QR), and there is no such name (RCODE 3).
        message[2] = static_cast<char>(message[2] | '\x80');
        message[3] = 3;
        ::sendto(server.number(), message.data(), static_cast<std::size_t>(received), 0, sender,
                 client_octets);
    }) == ClockFixture::Ending::all_ended);
    CHECK(asked == 1);
    CHECK(fixture.output() == "no such name: 1 at 0.000000000\nsleep at 60.000000000\n");
    CHECK(fixture.failures().empty());
}

TEST_CASE("what a look at thirty sleepers costs", "[.bench]") {
    ClockFixture fixture;
    for (int sleeper = 0; sleeper < 30; ++sleeper) fixture.start({FAKEMX_WAITER, "hour"});
    CHECK(fixture.run([&] {
        // Until all have begun.
        return fixture.clock().published().size() < 30;
    }) == ClockFixture::Ending::nobody_waits);
    constexpr int looks = 1000;
    int quiet = 0;
    const auto begin = std::chrono::steady_clock::now();
    for (int look = 0; look < looks; ++look) {
        const auto result = fixture.tree().look();
        if (result && *result == shared_clock::Activity::quiet) ++quiet;
    }
    const std::chrono::duration<double, std::micro> spent =
        std::chrono::steady_clock::now() - begin;
    WARN(spent.count() / looks << " us a look, " << quiet << " of " << looks << " quiet");
}

TEST_CASE("shell and Python on the clock", "[shared_clock]") {
    ClockFixture fixture;
    fixture.start(
        {"/bin/sh", "-c", "date -u +%T; sleep 3600 & sleep 60; date -u +%T; wait; date -u +%T"});
    CHECK(fixture.run() == ClockFixture::Ending::all_ended);
    CHECK(fixture.output() == "00:00:00\n00:01:00\n01:00:00\n");

    ClockFixture python;
    python.start({"python3", "-c",
                  "import time,select,threading\n"
                  "b = time.time(); time.sleep(86400); print(time.time() - b)\n"
                  "select.select([], [], [], 3600); print(time.time() - b)\n"
                  "threading.Event().wait(10); print(time.monotonic() - 100000)"});
    CHECK(python.run() == ClockFixture::Ending::all_ended);
    CHECK(python.output() == "86400.0\n90000.0\n90010.0\n");
}

TEST_CASE("strangers are found, not waited for", "[shared_clock]") {
    ClockFixture fixture;
    SECTION("a static program") {
        fixture.start({FAKEMX_WAITER_STATIC});
        CHECK(fixture.run() == ClockFixture::Ending::stranger);
        REQUIRE(fixture.stranger());
        CHECK(fixture.stranger()->name == "fakemx_waiter_s");
        CHECK(fixture.stranger()->kind == StrangerKind::no_c_library);
        CHECK(fixture.stranger()->why ==
              "it is statically linked, or not linked with the GNU C library");
    }
    SECTION("a program that sleeps by a system call of its own") {
        fixture.start({FAKEMX_WAITER_RAW});
        CHECK(fixture.run() == ClockFixture::Ending::stranger);
        REQUIRE(fixture.stranger());
        CHECK(fixture.stranger()->kind == StrangerKind::own_timeout);
        CHECK_THAT(fixture.stranger()->why,
                   Catch::Matchers::Contains(
                       "it sleeps in nanosleep with a timeout of the kernel's, called from "));
    }
    SECTION("a program that has lost its environment") {
        const std::string command = std::string{"env -i "} + FAKEMX_WAITER + " hour; true";
        const pid_t process = fixture.start({"/bin/sh", "-c", command});
        CHECK(fixture.run() == ClockFixture::Ending::stranger);
        REQUIRE(fixture.stranger());
        CHECK(fixture.stranger()->process != process);
        CHECK(fixture.stranger()->kind == StrangerKind::no_page);
        CHECK(fixture.stranger()->why ==
              "it has not loaded libfakemx-clock.so, or found no clock page");
    }
}
