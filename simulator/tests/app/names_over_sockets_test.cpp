// The name server behind real sockets: the same queries at the same instants give the same octets and the same journal as
// without sockets; UDP and TCP at one port; and what hostile clients get.
#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fmt/format.h>

#include "core/limits.h"
#include "engine/name_zones.h"
#include "support/dns_wire.h"
#include "tests/app/socket_driver.h"

namespace fakemx::test {

namespace {

using Catch::Matchers::Contains;

constexpr std::string_view changing = R"lua(
local mx = require "fakemx"
mx.profile {
  summary = "names that change their mind",
  domains = { "163.com" }, host = "mx1.163.com",
  zones = {
    ["pool.163.com"] = { a = { "192.0.2.1", "192.0.2.2", "192.0.2.3" }, order = "random" },
    ["big.163.com"]  = { txt = { ("x"):rep(250), ("y"):rep(250), ("z"):rep(250) } },
  },
}
function mx.on.query(q)
  if q.name == "163.com" and q.count <= 2 then return mx.dns.servfail() end
  if q.name == "late.163.com" then return mx.dns.no_data():after "3s" end
  if q.name == "slow.163.com" then mx.sleep "5s" end
  if q.name == "never.163.com" then return mx.dns.silence() end
  if q.name == "cut.163.com" then return mx.dns.truncated() end
  if q.name == "failing.163.com" then return q.nam end
end
)lua";

std::unique_ptr<script::LuaProfile> load_changing() {
    auto loaded = script::load_profile("changing", "changing.lua", changing, {});
    REQUIRE(loaded.has_value());
    return std::move(*loaded);
}

/// What the journal has, in its canonical form.
class Events final : public journal::Sink {
public:
    void write(journal::Batch batch) override {
        for (const journal::Event& event : batch.events) {
            append_json(lines, event, journal::Form::canonical);
            lines += '\n';
        }
    }
    std::string lines;
};

engine::Simulator::Options options(const script::LuaProfile& profile) {
    return {.seed = 1, .zones = engine::zones_of(profile.profile(), {"127.0.0.1"}, "127.0.0.1")};
}

sockaddr_in place(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

/// A socket that is connected to the name server, and blocks for a minute at most.
class NameClient {
public:
    NameClient(std::uint16_t port, int type) : descriptor_(::socket(AF_INET, type, 0)) {
        const timeval patience{60, 0};
        ::setsockopt(descriptor_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        const sockaddr_in server = place(port);
        REQUIRE(::connect(descriptor_, reinterpret_cast<const sockaddr*>(&server), sizeof server) ==
                0);
    }
    ~NameClient() { ::close(descriptor_); }
    NameClient(const NameClient&) = delete;
    NameClient& operator=(const NameClient&) = delete;

    void send(std::string_view octets) const {
        REQUIRE(::send(descriptor_, octets.data(), octets.size(), MSG_NOSIGNAL) ==
                static_cast<ssize_t>(octets.size()));
    }
    /// A datagram; empty: none came.
    std::string datagram() const {
        std::string octets(65536, '\0');
        const ssize_t size = ::recv(descriptor_, octets.data(), octets.size(), 0);
        octets.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
        return octets;
    }
    /// So many octets of a stream; fewer where it ends.
    std::string octets(std::size_t count) const {
        std::string octets(count, '\0');
        const ssize_t size = ::recv(descriptor_, octets.data(), count, MSG_WAITALL);
        octets.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
        return octets;
    }
    void send_message(std::string_view message) const {
        send(std::string{static_cast<char>(message.size() >> 8),
                         static_cast<char>(message.size() & 0xFF)} +
             std::string{message});
    }
    std::string message() const {
        const std::string length = octets(2);
        if (length.size() < 2) return "";
        return octets(std::size_t{static_cast<std::uint8_t>(length[0])} << 8 |
                      static_cast<std::uint8_t>(length[1]));
    }

private:
    int descriptor_;
};

class NameSockets {
public:
    explicit NameSockets(script::LuaProfile& profile)
        : simulator_(profile.profile(), profile, events, options(profile)),
          server_(simulator_, clock, [](std::string_view) {}) {
        port = server_.listen_for_names("127.0.0.1", 0).value();
        thread_ = std::thread{[this] { server_.run(); }};
    }
    ~NameSockets() { stop(); }

    void stop() {
        if (!thread_.joinable()) return;
        server_.stop();
        thread_.join();
    }
    /// As SocketServer::catch_up.
    void catch_up() { test::catch_up(server_, simulator_, clock); }

    Events events;
    HandClock clock;
    std::uint16_t port = 0;

private:
    engine::Simulator simulator_;
    net::Server server_;
    std::thread thread_;
};

struct Moment {
    Duration later;  ///< behind the one before
    WireQuery query;
};

std::vector<Moment> moments() {
    std::vector<WireQuery> queries{
        {.name = "163.com", .type = dns::Type::mx},
        {.name = "163.com", .type = dns::Type::mx},
        {.name = "163.com", .type = dns::Type::mx},
        {.name = "late.163.com"},
        {.name = "slow.163.com"},
        {.name = "never.163.com"},
        {.name = "cut.163.com"},
        {.name = "failing.163.com"},
        {.name = "pool.163.com"},
        {.name = "POOL.163.com"},
        {.name = "big.163.com", .type = dns::Type::txt},
        {.name = "big.163.com", .type = dns::Type::txt, .edns_octets = 1232},
        {.name = "elsewhere.test"},
        {.name = "late.163.com"},
        {.name = "a", .flags = 0x1000},
    };
    std::vector<Moment> all;
    for (WireQuery& query : queries) {
        query.id = static_cast<std::uint16_t>(all.size() + 1);
        all.push_back({all.size() % 2 == 0 ? Duration{1s} : Duration{0}, query});
    }
    return all;
}

}  // namespace

TEST_CASE("The same queries at the same instants give the same octets over sockets and without") {
    std::map<std::string, std::string> expected;  // by id
    Events expected_events;
    {
        const auto profile = load_changing();
        engine::Simulator simulator{profile->profile(), *profile, expected_events,
                                    options(*profile)};
        Instant now = default_epoch;
        const auto pass = [&](Duration by) { simulator.tick(now += by); };
        for (const auto& [later, query] : moments()) {
            pass(later);
            simulator.query(now, {"127.0.0.1", dns::Transport::udp, octets_of(query)},
                            [&](std::string_view octets) {
                                expected[std::string{octets.substr(0, 2)}] = octets;
                            });
        }
        pass(10s);
        simulator.shut_down(now);
        CHECK(simulator.script_failures() == 1);
    }
    CHECK(expected.size() == moments().size() - 1);

    const auto profile = load_changing();
    NameSockets server{*profile};
    const NameClient client{server.port, SOCK_DGRAM};
    for (const auto& [later, query] : moments()) {
        server.clock.advance(later);
        server.catch_up();
        client.send(octets_of(query));
        server.catch_up();
    }
    server.clock.advance(10s);
    server.catch_up();
    std::map<std::string, std::string> got;
    for (std::size_t i = 0; i < expected.size(); ++i) {
        const std::string datagram = client.datagram();
        got[datagram.substr(0, 2)] = datagram;
    }
    server.stop();
    CHECK(got == expected);
    CHECK(server.events.lines == expected_events.lines);
    CHECK_THAT(
        server.events.lines,
        Contains(
            R"("name":"late.163.com","type":"A","client":"127.0.0.1","transport":"udp","rcode":"NOERROR","after":"3s","scripted":true)"));
}

TEST_CASE("What does not fit into a datagram is to be had over TCP at the same port") {
    const auto profile = load_changing();
    NameSockets server{*profile};
    const NameClient udp{server.port, SOCK_DGRAM};
    const WireQuery query{.name = "big.163.com", .type = dns::Type::txt};
    udp.send(octets_of(query));
    CHECK(answer_text(udp.datagram()) == "NOERROR qr aa tc rd\n? big.163.com. IN TXT\n");
    const NameClient tcp{server.port, SOCK_STREAM};
    // RFC 7766 §6.2.1: several on one connection, without waiting; in any pieces.
    const std::string octets = octets_of(query);
    const std::string twice = std::string{'\0', static_cast<char>(octets.size())} + octets;
    tcp.send((twice + twice).substr(0, 30));
    tcp.send((twice + twice).substr(30));
    for (int i = 0; i < 2; ++i) {
        const std::string message = tcp.message();
        CHECK(message.size() > 750);
        CHECK_THAT(answer_text(message), Contains("= big.163.com. 3600 IN TXT \"zzz"));
    }
}

TEST_CASE("An answer that never comes holds up no other one on its connection") {
    const auto profile = load_changing();
    NameSockets server{*profile};
    const NameClient tcp{server.port, SOCK_STREAM};
    tcp.send_message(octets_of({.name = "never.163.com"}));
    tcp.send_message(octets_of({.name = "late.163.com", .id = 1}));
    tcp.send_message(octets_of({.name = "pool.163.com", .id = 2}));
    CHECK_THAT(answer_text(tcp.message()), Contains("? pool.163.com. IN A"));
    server.clock.advance(3s);
    CHECK_THAT(answer_text(tcp.message()), Contains("? late.163.com. IN A"));
}

TEST_CASE("What is no query does the name server no harm") {
    const auto profile = load_changing();
    NameSockets server{*profile};
    const NameClient udp{server.port, SOCK_DGRAM};
    for (const std::size_t octets : {std::size_t{1}, std::size_t{11}})
        udp.send(std::string(octets, '\xFF'));
    udp.send(std::string(12, '\0'));
    CHECK(answer_text(udp.datagram()) == "FORMERR qr\n");
    udp.send(std::string(30'000, '\0'));
    CHECK(answer_text(udp.datagram()) == "FORMERR qr\n");
    {
        const NameClient tcp{server.port, SOCK_STREAM};
        tcp.send_message("");
        tcp.send_message(std::string(limits::dns_query_octets_max + 1, 'x'));
        // It is not read any further.
        CHECK(tcp.octets(1).empty());
        const NameClient half{server.port, SOCK_STREAM};
        half.send(std::string{"\0\x20half of it", 12});
    }
    udp.send(octets_of({.name = "mx1.163.com"}));
    CHECK_THAT(answer_text(udp.datagram()), Contains("= mx1.163.com. 3600 IN A 127.0.0.1"));
}

TEST_CASE("A port that is taken is an error with its address") {
    const auto profile = load_changing();
    NameSockets server{*profile};
    Events events;
    engine::Simulator simulator{profile->profile(), *profile, events, options(*profile)};
    HandClock clock;
    net::Server other{simulator, clock, [](std::string_view) {}};
    const auto port = other.listen_for_names("127.0.0.1", server.port);
    REQUIRE_FALSE(port.has_value());
    CHECK(port.error().message == fmt::format("127.0.0.1:{}: Address already in use", server.port));
    CHECK(other.listen_for_names("127.0.0.1", 0).has_value());
}

}  // namespace fakemx::test
