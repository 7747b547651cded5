// Accepting connections, and not accepting them when the process is out of descriptors.
#include "net/listener.h"

#include <cerrno>
#include <cstring>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <utility>

#include <boost/asio/ip/v6_only.hpp>
#include <fmt/format.h>

#include "net/loop.h"

namespace fakemx::net {

namespace {

/// Accepted in a row before open sessions get their turn.
constexpr int accepts_in_a_row_max = 64;

using boost::asio::ip::tcp;

/// The address of whoever comes through a socket in the file system.
constexpr std::string_view local_client = "local";

boost::system::error_code last_error() {
    return {errno, boost::system::system_category()};
}

/// The address as text; an IPv4 client of an IPv6 socket as the IPv4 client that it is.
std::string text_of(const tcp::endpoint& endpoint) {
    if (endpoint.data()->sa_family == AF_UNIX) return std::string{local_client};
    const boost::asio::ip::address address = endpoint.address();
    if (address.is_v6() && address.to_v6().is_v4_mapped()) {
        return boost::asio::ip::make_address_v4(boost::asio::ip::v4_mapped, address.to_v6())
            .to_string();
    }
    return address.to_string();
}

}  // namespace

Listener::Listener(Loop& loop, std::size_t host, Reception reception)
    : loop_(loop),
      host_(host),
      reception_(reception),
      acceptor_(loop.io()),
      filler_(loop.io()),
      pause_(loop.io()) {}

boost::system::error_code Listener::listen(const tcp::endpoint& endpoint) {
    boost::system::error_code error;
    acceptor_.open(endpoint.protocol(), error);
    if (error) return error;
    // A restart must not wait for connections in TIME_WAIT.
    acceptor_.set_option(tcp::acceptor::reuse_address{true}, error);
    // Accepted sockets inherit it: replies are small and the client waits for each.
    if (!error) acceptor_.set_option(tcp::no_delay{true}, error);
    if (!error && reception_.ipv6_only && endpoint.address().is_v6())
        acceptor_.set_option(boost::asio::ip::v6_only{true}, error);
    if (!error && reception_.window_octets != 0) error = set_window();
    if (!error) acceptor_.bind(endpoint, error);
    // A port that is bound and not listened on is nobody else's, and refuses.
    if (error || reception_.connections == engine::Connections::refuse) return error;
    const bool full = reception_.connections == engine::Connections::full;
    acceptor_.listen(full ? 0 : reception_.backlog, error);
    if (!error && full) error = fill_queue();
    if (!error) acceptor_.non_blocking(true, error);
    if (!error && !endpoint.address().is_unspecified()) local_ = text_of(endpoint);
    return error;
}

boost::system::error_code Listener::listen_at(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path)
        return {ENAMETOOLONG, boost::system::system_category()};
    path.copy(static_cast<char*>(address.sun_path), path.size());
    // One of an earlier run. Anything else is not ours to remove.
    struct stat there {};
    if (::lstat(path.c_str(), &there) == 0 && S_ISSOCK(there.st_mode)) ::unlink(path.c_str());
    const int descriptor = ::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (descriptor < 0) return last_error();
    // Whoever may enter the folder may connect.
    const bool listening =
        ::bind(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
        ::chmod(path.c_str(), 0666) == 0 && ::listen(descriptor, reception_.backlog) == 0;
    boost::system::error_code error;
    if (!listening) {
        error = last_error();
    } else {
        // Asio only waits for it to be readable; what kind of socket it is makes no difference to that.
        acceptor_.assign(tcp::v4(), descriptor, error);
    }
    if (error) ::close(descriptor);
    local_ = path;
    return error;
}

/// Accepted sockets inherit it. The system has a least window, about a kilobyte.
boost::system::error_code Listener::set_window() {
    boost::system::error_code error;
    const int octets = static_cast<int>(reception_.window_octets);
    acceptor_.set_option(boost::asio::socket_base::receive_buffer_size{octets}, error);
    if (!error && ::setsockopt(acceptor_.native_handle(), IPPROTO_TCP, TCP_WINDOW_CLAMP, &octets,
                               sizeof octets) != 0) {
        error.assign(errno, boost::system::system_category());
    }
    return error;
}

/// A queue of no places holds one connection (listen(2) on Linux); whoever comes then is not answered.
boost::system::error_code Listener::fill_queue() {
    boost::system::error_code error;
    filler_.connect(acceptor_.local_endpoint(), error);
    return error;
}

std::uint16_t Listener::port() const {
    return acceptor_.local_endpoint().port();
}

void Listener::wait() {
    if (reception_.connections != engine::Connections::accept) return;
    acceptor_.async_wait(tcp::acceptor::wait_read, [this](const boost::system::error_code& error) {
        if (!error) on_readable();
    });
}

void Listener::close() {
    boost::system::error_code ignored;
    acceptor_.close(ignored);
    filler_.close(ignored);
    pause_.cancel();
}

void Listener::on_readable() {
    for (int i = 0; i < accepts_in_a_row_max; ++i) {
        if (loop_.full()) {
            held_back_ = true;
            return loop_.hold_back();
        }
        if (accept_one()) continue;
        if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
            return pause(errno);
        }
        break;
    }
    wait();
}

void Listener::resume() {
    if (std::exchange(held_back_, false)) wait();
}

bool Listener::accept_one() {
    tcp::endpoint client;
    auto size = static_cast<socklen_t>(client.capacity());
    const int descriptor =
        ::accept4(acceptor_.native_handle(), client.data(), &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    // A connection that broke in the queue is none of our business.
    if (descriptor < 0) return errno == ECONNABORTED || errno == EINTR || errno == EPROTO;
    client.resize(size);

    std::string local = local_;
    if (local.empty()) {
        tcp::endpoint server;
        auto server_size = static_cast<socklen_t>(server.capacity());
        if (::getsockname(descriptor, server.data(), &server_size) == 0) {
            server.resize(server_size);
            local = text_of(server);
        }
    }
    boost::system::error_code error;
    const boost::intrusive_ptr<Connection> connection{
        new Connection{loop_, host_, client.protocol(), descriptor, error}};
    if (error) {
        ::close(descriptor);
        errno = error.value();
        return false;
    }
    connection->begin(loop_.simulator().open(loop_.now(), host_,
                                             {text_of(client), std::move(local)}, *connection));
    loop_.after_call();
    return true;
}

void Listener::pause(int error) {
    loop_.report(fmt::format("connections cannot be accepted: {}", std::strerror(error)));
    pause_.expires_after(loop_.waits().accept_pause);
    pause_.async_wait([this](const boost::system::error_code& cancelled) {
        if (!cancelled) wait();
    });
}

}  // namespace fakemx::net
