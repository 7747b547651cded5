// Sockets as the operating system gives them.
#include "support/blocking_client.h"

#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <cstring>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdexcept>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>
#include <utility>

namespace fakemx::test {

namespace {

[[noreturn]] void fail(const char* what) {
    throw std::runtime_error{std::string{what} + ": " + std::strerror(errno)};
}

}  // namespace

Client::Client(std::uint16_t port, const std::string& address) {
    descriptor_ =
        ::socket(address.find(':') != std::string::npos ? AF_INET6 : AF_INET, SOCK_STREAM, 0);
    if (descriptor_ < 0) fail("socket");
    connect(port, address);
}

Client Client::unconnected() {
    Client client;
    client.descriptor_ = ::socket(AF_INET, SOCK_STREAM, 0);
    if (client.descriptor_ < 0) fail("socket");
    return client;
}

Client Client::listening() {
    Client client = unconnected();
    sockaddr_in place{};
    place.sin_family = AF_INET;
    place.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::bind(client.descriptor_, reinterpret_cast<const sockaddr*>(&place), sizeof place) != 0 ||
        ::listen(client.descriptor_, 1) != 0) {
        fail("listen");
    }
    return client;
}

std::uint16_t Client::local_port() const {
    sockaddr_in place{};
    socklen_t size = sizeof place;
    if (::getsockname(descriptor_, reinterpret_cast<sockaddr*>(&place), &size) != 0)
        fail("getsockname");
    return ntohs(place.sin_port);
}

Client::~Client() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

Client::Client(Client&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)),
      tls_(std::move(other.tls_)),
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

TlsOutcome Client::start_tls(const TlsWishes& wishes) {
    tls_ = std::make_unique<TlsStream>(descriptor_, wishes);
    return tls_->handshake();
}

void Client::send(std::string_view octets) {
    if (tls_) return tls_->send(octets);
    while (!octets.empty()) {
        const ssize_t count = ::send(descriptor_, octets.data(), octets.size(), MSG_NOSIGNAL);
        if (count < 0) fail("send");
        octets.remove_prefix(static_cast<std::size_t>(count));
    }
}

void Client::begin_segment(std::string_view octets) {
    const ssize_t count =
        ::send(descriptor_, octets.data(), octets.size(), MSG_NOSIGNAL | MSG_MORE);
    if (count != static_cast<ssize_t>(octets.size())) fail("send");
}

std::size_t Client::send_until_full(std::string_view octets, std::size_t octets_max) {
    std::size_t sent = 0;
    while (sent < octets_max) {
        const std::string_view rest = octets.substr(sent % octets.size());
        const ssize_t count =
            ::send(descriptor_, rest.data(), rest.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
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
    if (tls_) {
        if (tls_->receive(input_, true)) return true;
        const TlsStream::End end = tls_->end();
        if (end == TlsStream::End::open) return true;
        end_ = end == TlsStream::End::said ? "[end]" : "[cut]";
        if (end == TlsStream::End::reset) end_ = "[reset]";
        return false;
    }
    std::array<char, 65536> buffer;
    const ssize_t count = ::recv(descriptor_, buffer.data(), buffer.size(), 0);
    if (count > 0) {
        input_.append(buffer.data(), static_cast<std::size_t>(count));
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
    if (tls_) return tls_->finish();
    ::shutdown(descriptor_, SHUT_WR);
}

void Client::reset() {
    const linger hard{1, 0};
    ::setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    ::close(std::exchange(descriptor_, -1));
}

}  // namespace fakemx::test
