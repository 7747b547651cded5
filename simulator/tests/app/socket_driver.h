// A shipped profile behind real sockets on 127.0.0.1, with a clock that a test moves by hand.
#pragma once

#include <algorithm>
#include <arpa/inet.h>
#include <atomic>
#include <cerrno>
#include <future>
#include <linux/sockios.h>
#include <memory>
#include <netinet/tcp.h>
#include <optional>
#include <string>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include "net/clock.h"
#include "net/server.h"
#include "net/tls_hosts.h"
#include "support/catch.h"
#include "support/tls_stream.h"
#include "support/transcript.h"
#include "support/virtual_driver.h"
#include "tests/script/shipped_profiles.h"

namespace fakemx::test {

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

/// Returns when everything that has reached the server's sockets, and everything that is due, has been handled. The loop looks at
/// its sockets between any two tasks, and what it finds there comes before the next task but one; so what became due must have
/// been done before the first of them.
inline void catch_up(net::Server& server, engine::Simulator& simulator, net::Clock& clock) {
    const auto due = [&] {
        const auto next = simulator.deadline();
        return next && *next <= clock.now();
    };
    for (bool settled = false; !settled;) {
        std::promise<void> done;
        server.run_soon([&] {
            settled = !due();
            server.run_soon([&] {
                server.run_soon([&] {
                    settled = settled && !due();
                    done.set_value();
                });
            });
        });
        done.get_future().wait();
    }
}

/// A profile behind sockets on 127.0.0.1, served from the constructor to the destructor.
class SocketServer {
public:
    SocketServer(script::LuaProfile& profile, std::uint64_t seed, net::Clock& clock)
        : simulator_(profile.profile(), profile, sink_, {.seed = seed}),
          tls_(profile.profile(), net::wall_time(), {}),
          clock_(clock),
          server_(
              simulator_, clock, [](std::string_view) {}, &tls_) {
        for (std::size_t host = 0; host < profile.profile().hosts.size(); ++host) {
            const engine::HostProfile& played = profile.profile().hosts[host];
            ports_.push_back(server_
                                 .listen(host, "127.0.0.1", 0,
                                         {.connections = played.connections,
                                          .window_octets = played.receive_window})
                                 .value());
        }
        thread_ = std::thread{[this] { server_.run(); }};
    }
    ~SocketServer() {
        server_.stop();
        thread_.join();
    }

    std::uint16_t port(std::size_t host) const { return ports_.at(host); }

    void catch_up() { test::catch_up(server_, simulator_, clock_); }

private:
    RecordingSink sink_;
    engine::Simulator simulator_;
    net::TlsHosts tls_;
    net::Clock& clock_;
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
    /// Until the other side's system has it all, or the connection is over.
    void wait_until_sent() const {
        int left = descriptor_ >= 0 ? 1 : 0;
        while (left != 0 && ending_ == TranscriptDriver::Ending::none) {
            tcp_info info{};
            socklen_t size = sizeof info;
            ::getsockopt(descriptor_, IPPROTO_TCP, TCP_INFO, &info, &size);
            if (info.tcpi_state != TCP_ESTABLISHED) return;
            REQUIRE(::ioctl(descriptor_, SIOCOUTQ, &left) == 0);
        }
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
            case TlsStream::End::silent: ending_ = TranscriptDriver::Ending::cut; break;
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
    explicit SocketDriver(ShippedProfile shipped) : shipped_{std::move(shipped)} {}

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
    /// What was sent before comes before; what is due by then has come when this returns.
    void advance(Duration duration) override {
        for (const auto& client : clients_) client->wait_until_sent();
        if (server_) server_->catch_up();
        clock_.advance(duration);
        if (server_) server_->catch_up();
    }
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
    /// 192.0.2.7 is 127.0.2.7 here: addresses of one network stay in one network.
    static std::string loopback(const std::string& from) {
        const std::string shown = from.empty() ? "192.0.2.1" : from;
        return "127" + shown.substr(shown.find('.'));
    }

    ShippedProfile shipped_;
    HandClock clock_;
    std::unique_ptr<script::LuaProfile> profile_;
    std::optional<SocketServer> server_;
    std::vector<std::unique_ptr<SocketClient>> clients_;
};

}  // namespace fakemx::test
