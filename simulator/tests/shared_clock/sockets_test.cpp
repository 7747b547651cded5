// Sockets with timeouts, and connections whose data the kernel holds back.

#include "shared_clock/sockets.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdexcept>
#include <sys/socket.h>
#include <unistd.h>

#include "shared_clock/fixture.h"
#include "support/catch.h"

using namespace fakemx;
using fakemx::test::waiter;
using shared_clock::ConnectionEnds;
using shared_clock::Descriptor;
using shared_clock::ProcessSockets;

namespace {

/// Both ends of a connection over the loopback interface, of which the one keeps its acknowledgements back.
class Connection {
public:
    Connection() {
        const Descriptor listener{::socket(AF_INET, SOCK_STREAM, 0)};
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        auto* const place = reinterpret_cast<sockaddr*>(&address);
        socklen_t octets = sizeof address;
        if (::bind(listener.number(), place, octets) != 0 || ::listen(listener.number(), 1) != 0 ||
            ::getsockname(listener.number(), place, &octets) != 0 ||
            ::connect(sender_.number(), place, octets) != 0)
            throw std::runtime_error{"a connection over loopback"};
        receiver_ = Descriptor{::accept(listener.number(), nullptr, nullptr)};
        const int later = 0;
        ::setsockopt(receiver_.number(), IPPROTO_TCP, TCP_QUICKACK, &later, sizeof later);
    }

    void write() {
        if (::write(sender_.number(), "x", 1) == 1) ++written_;
    }
    void write_and_arrive() {
        write();
        pollfd wanted{receiver_.number(), POLLIN, 0};
        ::poll(&wanted, 1, -1);
    }
    std::uint64_t written() const { return written_; }

private:
    Descriptor sender_{::socket(AF_INET, SOCK_STREAM, 0)};
    Descriptor receiver_;
    std::uint64_t written_ = 0;
};

}  // namespace

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

TEST_CASE("data that have arrived are not, whether or not that was acknowledged",
          "[shared_clock]") {
    ProcessSockets sockets{::getpid()};
    const auto is_under_way = [&](const Connection& connection, bool is_asked_for) {
        sockets.forget();
        return sockets.has_data_under_way(
            [&](const ConnectionEnds& sender) -> std::optional<std::uint64_t> {
                if (!is_asked_for) return std::nullopt;
                const auto received = sockets.received_from(sender);
                CHECK(received.value_or(0) <= connection.written());
                return received;
            });
    };
    // The kernel acknowledges in 40 ms at the latest. On a machine with much to do that may be before anybody looks, but not always.
    int seen_without = 0, seen_held_back = 0;
    for (int tries = 0; tries < 200 && (seen_without == 0 || seen_held_back == 0); ++tries) {
        Connection connection;
        connection.write_and_arrive();
        if (is_under_way(connection, false)) ++seen_without;
        CHECK_FALSE(is_under_way(connection, true));
        // What Nagle's algorithm keeps back has not arrived.
        connection.write();
        if (is_under_way(connection, true)) ++seen_held_back;
    }
    CHECK(seen_without > 0);
    CHECK(seen_held_back > 0);
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
