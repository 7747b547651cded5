// The simulator, the server's thread, and the client's sockets.
#include "net/fixture.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace fakemx::test {

namespace {

/// An answer that takes longer is none.
constexpr int patience_seconds = 30;

class ScriptedConsultation final : public engine::Consultation {
public:
    ScriptedConsultation(const engine::Question& question, const ScriptedPolicy::Answer& answer)
        : question_(question), answer_(answer) {}
    engine::Step resume(Instant now) override { return answer_(question_, resumed_++, now); }

private:
    const engine::Question& question_;
    const ScriptedPolicy::Answer& answer_;
    int resumed_ = 0;
};

[[noreturn]] void fail(const char* what) {
    throw std::runtime_error{std::string{what} + ": " + std::strerror(errno)};
}

}  // namespace

std::unique_ptr<engine::Consultation> ScriptedPolicy::consult(const engine::Question& question,
                                                              engine::StateStore&, const Rng&) {
    return std::make_unique<ScriptedConsultation>(question, answer_);
}

engine::HookSet hooks(std::initializer_list<smtp::Hook> which) {
    engine::HookSet set;
    for (const smtp::Hook hook : which) set.set(static_cast<std::size_t>(hook));
    return set;
}

engine::Step reply(int code, std::string text) {
    smtp::Reply said;
    said.code = code;
    said.lines = {std::move(text)};
    return {.outcome = smtp::Verdict{.answer = std::move(said)}};
}

engine::Step sleep_until(Instant until) {
    return {.outcome = engine::Sleep{until}};
}

std::string KeepingSink::canonical(std::uint64_t session) const {
    std::string lines;
    for (const auto& batch : batches) {
        for (const auto& event : batch.events) {
            if (number(event.session) != session) continue;
            append_json(lines, event, journal::Form::canonical);
            lines += '\n';
        }
    }
    return lines;
}

std::string KeepingSink::ended(std::uint64_t session) const {
    std::string how;
    for (const auto& batch : batches) {
        for (const auto& record : batch.sessions) {
            if (number(record.id) == session && record.ended_at) how = record.ended;
        }
    }
    return how;
}

Client::Client(std::uint16_t port, const std::string& address) {
    descriptor_ = ::socket(address.find(':') != std::string::npos ? AF_INET6 : AF_INET, SOCK_STREAM, 0);
    if (descriptor_ < 0) fail("socket");
    connect(port, address);
}

Client Client::unconnected() {
    Client client;
    client.descriptor_ = ::socket(AF_INET, SOCK_STREAM, 0);
    if (client.descriptor_ < 0) fail("socket");
    return client;
}

Client::~Client() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

Client::Client(Client&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)),
      input_(std::move(other.input_)),
      end_(std::move(other.end_)) {}

void Client::connect(std::uint16_t port, const std::string& address) {
    const timeval patience{patience_seconds, 0};
    ::setsockopt(descriptor_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ::setsockopt(descriptor_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    const int on = 1;
    ::setsockopt(descriptor_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    int result = -1;
    if (address.find(':') != std::string::npos) {
        sockaddr_in6 to{};
        to.sin6_family = AF_INET6;
        to.sin6_port = htons(port);
        ::inet_pton(AF_INET6, address.c_str(), &to.sin6_addr);
        result = ::connect(descriptor_, reinterpret_cast<const sockaddr*>(&to), sizeof to);
    } else {
        sockaddr_in to{};
        to.sin_family = AF_INET;
        to.sin_port = htons(port);
        ::inet_pton(AF_INET, address.c_str(), &to.sin_addr);
        result = ::connect(descriptor_, reinterpret_cast<const sockaddr*>(&to), sizeof to);
    }
    if (result != 0) fail("connect");
}

void Client::send(std::string_view octets) {
    while (!octets.empty()) {
        const ssize_t count = ::send(descriptor_, octets.data(), octets.size(), MSG_NOSIGNAL);
        if (count < 0) fail("send");
        octets.remove_prefix(static_cast<std::size_t>(count));
    }
}

std::size_t Client::send_until_full(std::string_view octets, std::size_t octets_max) {
    std::size_t sent = 0;
    while (sent < octets_max) {
        const std::string_view rest = octets.substr(sent % octets.size());
        const ssize_t count = ::send(descriptor_, rest.data(), rest.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        if (count >= 0) {
            sent += static_cast<std::size_t>(count);
            continue;
        }
        if (errno != EAGAIN) fail("send");
        // Full now; is it full for good? A server that reads on makes room well within this time, and
        // one that is slower only makes the caller's test a smaller one.
        pollfd room{descriptor_, POLLOUT, 0};
        if (::poll(&room, 1, 500) == 0) break;
    }
    return sent;
}

bool Client::read_more() {
    if (!end_.empty()) return false;
    char buffer[65536];
    const ssize_t count = ::recv(descriptor_, buffer, sizeof buffer, 0);
    if (count > 0) {
        input_.append(buffer, static_cast<std::size_t>(count));
        return true;
    }
    if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
        throw std::runtime_error{"no answer from the server; read so far: " + input_};
    }
    end_ = count == 0 ? "[end]" : "[reset]";
    return false;
}

std::string Client::reply() {
    while (true) {
        for (std::size_t line = 0;;) {
            const std::size_t end = input_.find("\r\n", line);
            if (end == std::string::npos) break;
            if (end < line + 4 || input_[line + 3] != '-') {
                std::string whole = input_.substr(0, end + 2);
                input_.erase(0, end + 2);
                return whole;
            }
            line = end + 2;
        }
        if (!read_more()) return end_ == "[reset]" ? "reset" : "";
    }
}

std::string Client::rest() {
    while (read_more()) {
    }
    return std::exchange(input_, {}) + end_;
}

void Client::finish() {
    ::shutdown(descriptor_, SHUT_WR);
}

void Client::reset() {
    const linger hard{1, 0};
    ::setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    ::close(std::exchange(descriptor_, -1));
}

Served::Served(Setup setup)
    : policy_(setup.hooks, std::move(setup.answer)),
      clock_(net::scaled_clock(setup.speed, default_epoch)),
      address_(setup.address) {
    for (const std::string& name : setup.hosts) {
        engine::HostProfile host;
        host.options.name = name;
        profile_.hosts.push_back(std::move(host));
    }
    simulator_ = std::make_unique<engine::Simulator>(
        profile_, policy_, sink,
        engine::Simulator::Options{.seed = 1, .sessions_max = setup.sessions_max});
    if (::pipe(troubles_pipe_) != 0) fail("pipe");
    server_ = std::make_unique<net::Server>(
        *simulator_, *clock_,
        [this](std::string_view trouble) {
            troubles_.emplace_back(trouble);
            if (::write(troubles_pipe_[1], "!", 1) != 1) fail("write");
        },
        setup.waits);
    for (std::size_t host = 0; host < profile_.hosts.size(); ++host) {
        ports_.push_back(server_->listen(host, setup.address, 0).value());
    }
    thread_ = std::thread{[this] { server_->run(); }};
}

Served::~Served() {
    stop();
    server_.reset();
    ::close(troubles_pipe_[0]);
    ::close(troubles_pipe_[1]);
}

void Served::stop() {
    if (!thread_.joinable()) return;
    server_->stop();
    thread_.join();
}

std::string Served::trouble() {
    pollfd waiting{troubles_pipe_[0], POLLIN, 0};
    if (::poll(&waiting, 1, patience_seconds * 1000) != 1) {
        throw std::runtime_error{"the server has reported no trouble"};
    }
    return troubles_.front();
}

}  // namespace fakemx::test
