// The same profile gives the same octets over real sockets as in virtual time: the shipped profiles by
// their transcripts, and a profile that sleeps and fails octet by octet.
#include <arpa/inet.h>
#include <atomic>
#include <cerrno>
#include <map>
#include <netinet/tcp.h>
#include <optional>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

#include "engine/virtual_run.h"
#include "net/clock.h"
#include "net/server.h"
#include "net/tls_hosts.h"
#include "support/catch.h"
#include "support/tls_stream.h"
#include "support/transcript.h"
#include "support/virtual_driver.h"
#include "tests/script/shipped_profiles.h"

namespace fakemx::test {

namespace {

/// Moves when a test says so. The server looks at it every millisecond of the wall.
class HandClock final : public net::Clock {
public:
    Instant now() override { return Instant{Duration{now_.load()}}; }
    std::chrono::nanoseconds wall_until(Instant instant) override {
        return now() >= instant ? std::chrono::nanoseconds{0} : std::chrono::milliseconds{1};
    }
    std::string name() const override { return "by hand"; }
    void advance(Duration duration) { now_ += duration.count(); }

private:
    std::atomic<Duration::rep> now_{default_epoch.time_since_epoch().count()};
};

/// A profile behind sockets on 127.0.0.1, served from the constructor to the destructor.
class SocketServer {
public:
    SocketServer(script::LuaProfile& profile, std::uint64_t seed, net::Clock& clock)
        : simulator_(profile.profile(), profile, sink_, {.seed = seed}),
          tls_(profile.profile(), net::wall_time(), {}),
          server_(
              simulator_, clock, [](std::string_view) {}, &tls_) {
        for (std::size_t host = 0; host < profile.profile().hosts.size(); ++host) {
            ports_.push_back(server_.listen(host, "127.0.0.1", 0).value());
        }
        thread_ = std::thread{[this] { server_.run(); }};
    }
    ~SocketServer() {
        server_.stop();
        thread_.join();
    }

    std::uint16_t port(std::size_t host) const { return ports_.at(host); }

private:
    RecordingSink sink_;
    engine::Simulator simulator_;
    net::TlsHosts tls_;
    net::Server server_;
    std::vector<std::uint16_t> ports_;
    std::thread thread_;
};

/// A client that blocks, from an address of the loopback network.
class SocketClient {
public:
    SocketClient(std::uint16_t port, const std::string& from)
        : descriptor_(::socket(AF_INET, SOCK_STREAM, 0)) {
        const timeval patience{60, 0};
        ::setsockopt(descriptor_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        sockaddr_in own = address(from, 0);
        REQUIRE(::bind(descriptor_, reinterpret_cast<const sockaddr*>(&own), sizeof own) == 0);
        sockaddr_in server = address("127.0.0.1", port);
        REQUIRE(::connect(descriptor_, reinterpret_cast<const sockaddr*>(&server), sizeof server) ==
                0);
    }
    ~SocketClient() {
        if (descriptor_ >= 0) ::close(descriptor_);
    }
    SocketClient(const SocketClient&) = delete;
    SocketClient& operator=(const SocketClient&) = delete;

    void start_tls(const std::string& server_name) {
        tls_ = std::make_unique<TlsStream>(
            descriptor_, TlsWishes{.server_name = server_name, .security_level = 0});
        REQUIRE(tls_->handshake().error == "");
    }
    void send(std::string_view octets) {
        if (tls_) return tls_->send(octets);
        while (!octets.empty()) {
            const ssize_t count = ::send(descriptor_, octets.data(), octets.size(), MSG_NOSIGNAL);
            REQUIRE(count > 0);
            octets.remove_prefix(static_cast<std::size_t>(count));
        }
    }
    void finish() {
        if (tls_) return tls_->finish();
        ::shutdown(descriptor_, SHUT_WR);
    }
    void reset() {
        const linger hard{1, 0};
        ::setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
        ::close(std::exchange(descriptor_, -1));
    }
    /// What has come since the last call; waits for so many lines, or the end.
    std::string receive(std::size_t lines) {
        while (ending_ == TranscriptDriver::Ending::none && count_lines() < lines) read(0);
        while (ending_ == TranscriptDriver::Ending::none && read(MSG_DONTWAIT)) {
        }
        return std::exchange(input_, {});
    }
    TranscriptDriver::Ending ending(bool expected) {
        while (expected && ending_ == TranscriptDriver::Ending::none) read(0);
        return ending_;
    }

private:
    static sockaddr_in address(const std::string& ip, std::uint16_t port) {
        sockaddr_in made{};
        made.sin_family = AF_INET;
        made.sin_port = htons(port);
        REQUIRE(::inet_pton(AF_INET, ip.c_str(), &made.sin_addr) == 1);
        return made;
    }
    std::size_t count_lines() const {
        return static_cast<std::size_t>(std::count(input_.begin(), input_.end(), '\n'));
    }
    bool read(int flags) {
        if (tls_) return read_tls(flags == 0);
        char buffer[4096];
        const ssize_t count = ::recv(descriptor_, buffer, sizeof buffer, flags);
        if (count > 0) {
            input_.append(buffer, static_cast<std::size_t>(count));
            return true;
        }
        if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
            if (flags == 0) throw std::runtime_error{"the server says nothing; so far: " + input_};
            return false;
        }
        ending_ = count == 0 ? TranscriptDriver::Ending::closed : TranscriptDriver::Ending::reset;
        return false;
    }

    bool read_tls(bool wait) {
        const bool some = tls_->receive(input_, wait);
        switch (tls_->end()) {
            case TlsStream::End::open: break;
            case TlsStream::End::said: ending_ = TranscriptDriver::Ending::closed; break;
            case TlsStream::End::silent:
            case TlsStream::End::reset: ending_ = TranscriptDriver::Ending::reset; break;
        }
        return some;
    }

    int descriptor_;
    std::unique_ptr<TlsStream> tls_;
    std::string input_;
    TranscriptDriver::Ending ending_ = TranscriptDriver::Ending::none;
};

class SocketDriver final : public TranscriptDriver {
public:
    explicit SocketDriver(std::string profile) : shipped_{.name = std::move(profile)} {}

    Client connect(std::size_t host, const std::string& from) override {
        if (!server_) {
            profile_ = shipped_.load();
            server_.emplace(*profile_, shipped_.seed, clock_);
        }
        clients_.push_back(std::make_unique<SocketClient>(server_->port(host), loopback(from)));
        return clients_.size() - 1;
    }
    void send(Client client, std::string_view octets) override {
        clients_.at(client)->send(octets);
    }
    void finish(Client client) override { clients_.at(client)->finish(); }
    void reset(Client client) override { clients_.at(client)->reset(); }
    void start_tls(Client client, const std::string& server_name) override {
        clients_.at(client)->start_tls(server_name);
    }
    void advance(Duration duration) override { clock_.advance(duration); }
    std::string receive(Client client, std::size_t lines) override {
        return clients_.at(client)->receive(lines);
    }
    Ending ending(Client client, bool expected) override {
        return clients_.at(client)->ending(expected);
    }
    bool direct(std::string_view directive) override {
        return !server_ && shipped_.direct(directive);
    }

private:
    /// Every client address of a transcript is another one of 127.0.0.0/8.
    std::string loopback(const std::string& from) {
        const auto known = addresses_.emplace(from, addresses_.size() + 2).first;
        return "127.0.0." + std::to_string(known->second);
    }

    ShippedProfile shipped_;
    HandClock clock_;
    std::unique_ptr<script::LuaProfile> profile_;
    std::optional<SocketServer> server_;
    std::vector<std::unique_ptr<SocketClient>> clients_;
    std::map<std::string, std::size_t> addresses_;
};

constexpr std::string_view sleeper = R"lua(
local mx = require "fakemx"
mx.profile { summary = "sleeps twice, then fails" }

function mx.on.mail(s, mail)
  mx.sleep "20ms"
  mx.sleep "30ms"
  return mx.reply(250, "2.1.0", "Slept, " .. mail.address):drip { octets = 7, every = "1ms" }
end

function mx.on.rcpt(s, rcpt)
  mx.sleep "10ms"
  return rcpt.adress
end
)lua";

constexpr std::string_view dialogue =
    "EHLO client.example\r\nMAIL FROM:<ann@sender.example>\r\nRCPT TO:<bo@163.com>\r\nQUIT\r\n";

std::unique_ptr<script::LuaProfile> load_sleeper() {
    auto loaded = script::load_profile("sleeper", "sleeper.lua", sleeper, {});
    REQUIRE(loaded.has_value());
    return std::move(*loaded);
}

}  // namespace

/// Whether the outcome depends on nothing but the dialogue: no reply holds the client's address, which is
/// another one here, and no time passes while a command is on its way to the server.
bool fit_for_sockets(const std::string& transcript) {
    std::istringstream lines{read_file(transcript)};
    char before = '#';
    for (std::string line; std::getline(lines, line);) {
        if (line.find("?ip=192.0.2.1") != std::string::npos) return false;
        if (before == 'C' && (line.starts_with('+') || line.starts_with("!quiet"))) return false;
        if (!line.empty()) before = line.front();
    }
    return true;
}

TEST_CASE("Shipped profiles behave over real sockets as their transcripts show") {
    std::size_t played = 0;
    for (const std::string& transcript : transcripts_in("profiles/tests")) {
        if (!fit_for_sockets(transcript)) continue;
        ++played;
        SocketDriver driver{profile_shown_by(transcript)};
        INFO(transcript);
        CHECK(run_transcript_file(driver, transcript) == "");
    }
    CHECK(played >= 6);
}

TEST_CASE("Two sleeps and a script error give the same octets in virtual time and over sockets") {
    const auto virtual_profile = load_sleeper();
    RecordingSink sink;
    engine::Simulator simulator{virtual_profile->profile(), *virtual_profile, sink, {.seed = 1}};
    engine::VirtualRun run{simulator};
    const auto client = run.connect();
    run.send(client, dialogue);
    run.advance(1s);
    const std::string expected = run.received(client);
    CHECK(expected.find("250 2.1.0 Slept, ann@sender.example\r\n451 4.3.0 ") != std::string::npos);
    CHECK(run.closed(client).has_value());
    CHECK(simulator.script_failures() == 1);

    const auto real_profile = load_sleeper();
    const auto clock = net::real_clock();
    SocketServer server{*real_profile, 1, *clock};
    SocketClient socket{server.port(0), "127.0.0.1"};
    socket.send(dialogue);
    CHECK(socket.ending(true) == TranscriptDriver::Ending::closed);
    CHECK(socket.receive(0) == expected);
}

}  // namespace fakemx::test
