// Faults that only a network shows: who is refused, ignored or not answered at all, windows that close,
// handshakes that go wrong, ends of a connection that say less than they should.
#include <cerrno>
#include <fcntl.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fmt/format.h>

#include "engine/profile.h"
#include "support/catch.h"
#include "tests/net/fixture.h"

using namespace fakemx;
using namespace fakemx::test;
using Catch::Matchers::Contains;
using Catch::Matchers::EndsWith;
using engine::Connections;
using smtp::HandshakeFault;
using smtp::Hook;

namespace {

engine::Step verdict(const std::function<void(smtp::Verdict&)>& change) {
    smtp::Verdict made{.answer = smtp::StandardAnswer{smtp::Disposition::accept, std::nullopt}};
    change(made);
    return {made, {}};
}

/// The outcome of a connect() that does not block: 0, or an errno. EINPROGRESS: no answer yet.
int try_to_connect(int descriptor, std::uint16_t port) {
    REQUIRE(::fcntl(descriptor, F_SETFL, O_NONBLOCK) == 0);
    sockaddr_in server{};
    server.sin_family = AF_INET;
    server.sin_port = htons(port);
    server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int result =
        ::connect(descriptor, reinterpret_cast<const sockaddr*>(&server), sizeof server);
    return result == 0 ? 0 : errno;
}

/// Segments with octets that a client was sent so far.
std::uint32_t segments_received(const Client& client) {
    tcp_info info{};
    socklen_t size = sizeof info;
    REQUIRE(::getsockopt(client.descriptor(), IPPROTO_TCP, TCP_INFO, &info, &size) == 0);
    return info.tcpi_data_segs_in;
}

/// How much a server that reads nothing lets a client send, with as little as possible kept on the client's
/// own side.
std::size_t taken_by_deaf_server(std::uint32_t window_octets) {
    Served served{{.hooks = hooks({Hook::data}),
                   .answer =
                       [](const auto&, int, Instant) {
                           return verdict([](auto& made) { made.reading = smtp::Reading{}; });
                       },
                   .reception = {.window_octets = window_octets}}};
    Client client = Client::unconnected();
    const int least = 1;
    ::setsockopt(client.descriptor(), SOL_SOCKET, SO_SNDBUF, &least, sizeof least);
    client.connect(served.port());
    client.send("EHLO a\r\nMAIL FROM:<a@b.test>\r\nRCPT TO:<c@d.test>\r\nDATA\r\n");
    for (int i = 0; i < 5; ++i) client.reply();
    return client.send_until_full(std::string(1000, 'x'), 100'000'000);
}

}  // namespace

TEST_CASE("a host that refuses holds its port, and nobody listens") {
    Served served{{.reception = {.connections = Connections::refuse}}};
    const Client client = Client::unconnected();
    int error = try_to_connect(client.descriptor(), served.port());
    if (error == EINPROGRESS) {
        pollfd answered{client.descriptor(), POLLOUT, 0};
        REQUIRE(::poll(&answered, 1, patience_seconds * 1000) == 1);
        socklen_t size = sizeof error;
        REQUIRE(::getsockopt(client.descriptor(), SOL_SOCKET, SO_ERROR, &error, &size) == 0);
    }
    CHECK(error == ECONNREFUSED);
    Served other;
    CHECK(other.port() != served.port());
}

TEST_CASE("a host that ignores is connected to, and says nothing") {
    Served served{{.reception = {.connections = Connections::ignore}}};
    Client client{served.port()};
    client.send("EHLO a\r\n");
    served.stop();
    CHECK(client.rest() == "[reset]");
    CHECK(served.sink.batches.empty());
}

TEST_CASE("a host whose queue is full does not answer a SYN") {
    Served served{{.reception = {.connections = Connections::full}}};
    const Client client = Client::unconnected();
    REQUIRE(try_to_connect(client.descriptor(), served.port()) == EINPROGRESS);
    // On the loopback network a SYN has its answer before connect() returns, if it gets one.
    pollfd writable{client.descriptor(), POLLOUT, 0};
    CHECK(::poll(&writable, 1, 0) == 0);
    // One that accepts would have answered.
    Served open;
    const Client welcome = Client::unconnected();
    const int at_once = try_to_connect(welcome.descriptor(), open.port());
    pollfd connected{welcome.descriptor(), POLLOUT, 0};
    CHECK((at_once == 0 ||
           (at_once == EINPROGRESS && ::poll(&connected, 1, patience_seconds * 1000) == 1)));
}

TEST_CASE("a server that reads nothing closes its window; a small one closes at once") {
    const std::size_t small = taken_by_deaf_server(2048);
    CHECK(small > 0);
    CHECK(small < 64 * 1024);
    CHECK(taken_by_deaf_server(0) > 2 * small);
}

TEST_CASE("a reply that is cut into segments comes in as many") {
    Served served{{.hooks = hooks({Hook::noop, Hook::help}),
                   .answer = [](const engine::Question& question, int, Instant) {
                       return verdict([&](auto& made) {
                           if (question.hook == Hook::help) made.pacing.pieces = {3, 4};
                       });
                   }}};
    Client client = served.client();
    client.reply();
    client.send("NOOP\r\n");
    CHECK(client.reply() == "250 OK\r\n");
    const std::uint32_t before = segments_received(client);
    client.send("HELP\r\n");
    CHECK(client.reply() == "214 See RFC 5321\r\n");
    CHECK(segments_received(client) == before + 3);
    client.send("NOOP\r\n");
    CHECK(client.reply() == "250 OK\r\n");
    CHECK(segments_received(client) == before + 4);
}

TEST_CASE(
    "a server that reads nothing for a while, or little at a time, gets the message all the same") {
    for (const smtp::Reading reading : {smtp::Reading{.octets = 0, .every = 10min},
                                        smtp::Reading{.octets = 1000, .every = 1min}}) {
        Served served{{.hooks = hooks({Hook::data}),
                       .answer =
                           [&](const auto&, int, Instant) {
                               return verdict([&](auto& made) { made.reading = reading; });
                           },
                       .speed = 100'000}};
        Client client = served.client();
        client.send("EHLO a\r\nMAIL FROM:<a@b.test>\r\nRCPT TO:<c@d.test>\r\nDATA\r\n");
        for (int i = 0; i < 5; ++i) client.reply();
        std::string message;
        for (int i = 0; i < 300; ++i) message += std::string(70, 'x') + "\r\n";
        client.send(message + ".\r\nQUIT\r\n");
        CHECK_THAT(client.reply(), Contains("250 2.0.0 OK"));
        client.rest();
        served.stop();
        CHECK_THAT(served.sink.canonical(1), Contains(R"("event":"message","octets":21600,)"));
    }
}

TEST_CASE("a half-closed connection says no more and is read to its end") {
    for (const bool in_tls : {false, true}) {
        CAPTURE(in_tls);
        Served served{{.hooks = hooks({Hook::noop}),
                       .answer =
                           [](const auto&, int, Instant) {
                               return verdict(
                                   [](auto& made) { made.ending = smtp::Ending::half_close; });
                           },
                       .starttls = true}};
        Client client = in_tls ? served.starting_tls() : served.client();
        if (in_tls) {
            REQUIRE(client.start_tls().error == "");
        } else {
            client.reply();
        }
        client.send("EHLO a\r\n");
        client.reply();
        client.send("NOOP\r\n");
        CHECK_THAT(client.rest(), EndsWith("250 2.0.0 OK\r\n[end]"));
        client.send("MAIL FROM:<a@b.test>\r\n");
        client.finish();
        // The next session shows that the server is past it.
        Client other = served.client();
        other.send("QUIT\r\n");
        other.rest();
        served.stop();
        if (!in_tls) CHECK(served.sink.ended(1) == "client_closed");
    }
}

TEST_CASE("a connection that is cut inside TLS ends without a close_notify") {
    Served served{{.hooks = hooks({Hook::noop}),
                   .answer =
                       [](const auto&, int, Instant) {
                           return verdict([](auto& made) { made.ending = smtp::Ending::cut; });
                       },
                   .starttls = true}};
    Client client = served.starting_tls();
    REQUIRE(client.start_tls().error == "");
    client.send("NOOP\r\n");
    CHECK_THAT(client.rest(), EndsWith("[cut]"));
}

TEST_CASE("handshakes go wrong as they are told to") {
    struct Case {
        HandshakeFault::Kind kind;
        std::string seen;  ///< by the client
        std::string ended;
    };
    const std::vector<Case> cases{
        {HandshakeFault::Kind::close, "unexpected eof", "tls_failed"},
        {HandshakeFault::Kind::reset, "Connection reset", "tls_failed"},
        {HandshakeFault::Kind::garbage, "", "client_closed"},
        {HandshakeFault::Kind::plaintext, "", "client_closed"},
    };
    for (const bool implicit : {false, true}) {
        // Before the ServerHello, in the middle of it, and in the middle of the certificate.
        for (const std::uint32_t octets : {0U, 50U, 700U}) {
            for (const Case& one : cases) {
                // In the middle of a record a client takes it for more of that record.
                if (one.kind == HandshakeFault::Kind::plaintext && octets != 0) continue;
                CAPTURE(implicit, octets,
                        smtp::handshake_fault_names.at(static_cast<std::size_t>(one.kind)));
                const HandshakeFault fault{.kind = one.kind, .octets = octets};
                Setup setup{.starttls = true, .implicit_tls = implicit};
                if (implicit) {
                    setup.handshake = fault;
                } else {
                    setup.hooks = hooks({Hook::starttls});
                    setup.answer = [&](const auto&, int, Instant) {
                        return verdict([&](auto& made) { made.handshake = fault; });
                    };
                }
                Served served{setup};
                {
                    Client client = implicit ? served.client() : served.starting_tls();
                    const TlsOutcome outcome = client.start_tls();
                    CHECK(outcome.error != "");
                }
                // The next session shows that the server is past it.
                Client other = served.client();
                if (implicit) {
                    other.start_tls();
                } else {
                    other.send("QUIT\r\n");
                    other.rest();
                }
                served.stop();
                const std::string ended = served.sink.ended(1);
                INFO(ended);
                CHECK((ended == one.ended ||
                       (one.ended == "client_closed" && ended == "client_lost")));
            }
        }
    }
}

TEST_CASE("a handshake that stalls ends with the idle timeout, wherever it stalls") {
    for (const std::uint32_t octets : {0U, 50U, 700U}) {
        CAPTURE(octets);
        Served served{{.hooks = hooks({Hook::starttls}),
                       .answer =
                           [&](const auto&, int, Instant) {
                               return verdict([&](auto& made) {
                                   made.handshake = HandshakeFault{.octets = octets};
                               });
                           },
                       .speed = 1000,
                       .idle_timeout = 5min,
                       .starttls = true}};
        Client client = served.starting_tls();
        CHECK(client.start_tls().error != "");
        CHECK_THAT(tls_event(served),
                   Contains("the handshake was not over within the idle timeout"));
    }
}

TEST_CASE("text injected behind the 220 to STARTTLS is sent in the clear, and TLS follows") {
    Served served{{.hooks = hooks({Hook::starttls}),
                   .answer =
                       [](const auto&, int, Instant) {
                           smtp::Verdict made{.answer = smtp::RawAnswer{
                                                  "220 Go ahead\r\n250-mx\r\n250 AUTH PLAIN\r\n"}};
                           return engine::Step{made, {}};
                       },
                   .starttls = true}};
    Client client = served.client();
    client.reply();
    client.send("EHLO a\r\n");
    client.reply();
    client.send("STARTTLS\r\n");
    CHECK(client.reply() == "220 Go ahead\r\n");
    CHECK(client.reply() == "250-mx\r\n250 AUTH PLAIN\r\n");
    CHECK(client.start_tls().error == "");
}
