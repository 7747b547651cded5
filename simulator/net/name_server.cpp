// Datagrams as they come, and connections with messages behind their lengths (RFC 1035 §4.2.2, RFC 7766).
#include "net/name_server.h"

#include <cerrno>
#include <deque>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

#include "net/loop.h"

namespace fakemx::net {

namespace {

/// Datagrams in a row before others get their turn.
constexpr int datagrams_in_a_row_max = 64;
/// A port that is free for UDP may not be for TCP.
constexpr int port_tries_max = 20;
/// RFC 7766 §6.2.3: of the order of seconds. By the wall: clients live by it.
constexpr std::chrono::seconds stream_idle_max{30};

std::string text_of(const boost::asio::ip::address& address) {
    if (!address.is_v6() || !address.to_v6().is_v4_mapped()) return address.to_string();
    return boost::asio::ip::make_address_v4(boost::asio::ip::v4_mapped, address.to_v6())
        .to_string();
}

}  // namespace

/// A connection. It reads on while an answer is worked on, and writes answers in the order in which they come.
class NameServer::Stream final : public std::enable_shared_from_this<Stream> {
public:
    Stream(NameServer& server, Tcp::socket socket, std::string client)
        : server_(&server),
          socket_(std::move(socket)),
          client_(std::move(client)),
          idle_(server.loop_.io()) {}

    void begin() { read_length(); }

    void close() {
        if (server_ == nullptr) return;
        NameServer& server = *std::exchange(server_, nullptr);
        boost::system::error_code ignored;
        socket_.close(ignored);
        idle_.cancel();
        const auto self = shared_from_this();
        server.streams_.erase(self);
        if (server.open_) server.wait_for_connection();
    }

private:
    void read_length() {
        watch();
        async_read(
            socket_, boost::asio::buffer(length_),
            [self = shared_from_this()](const boost::system::error_code& error, std::size_t) {
                if (error) return self->close();
                self->read_message();
            });
    }

    void read_message() {
        const std::size_t octets = std::size_t{length_[0]} << 8 | length_[1];
        if (octets > limits::dns_query_octets_max) return close();
        message_.resize(octets);
        async_read(
            socket_, boost::asio::buffer(message_),
            [self = shared_from_this()](const boost::system::error_code& error, std::size_t) {
                if (error) return self->close();
                self->on_message();
            });
    }

    void on_message() {
        if (server_ == nullptr) return;
        Loop& loop = server_->loop_;
        const std::weak_ptr<Stream> weak = weak_from_this();
        loop.simulator().query(loop.now(), {client_, dns::Transport::tcp, message_},
                               [weak](std::string_view answer) {
                                   if (const auto self = weak.lock()) self->send(answer);
                               });
        loop.after_call();
        if (server_ == nullptr) return;
        // A client that does not read is not read from.
        if (output_octets_ > limits::dns_output_octets_max) {
            held_back_ = true;
        } else {
            read_length();
        }
    }

    void send(std::string_view answer) {
        if (server_ == nullptr || answer.size() > 0xFFFF) return;
        std::string octets{static_cast<char>(answer.size() >> 8),
                           static_cast<char>(answer.size() & 0xFF)};
        octets += answer;
        output_octets_ += octets.size();
        output_.push_back(std::move(octets));
        if (output_.size() == 1) write();
    }

    void write() {
        watch();
        async_write(
            socket_, boost::asio::buffer(output_.front()),
            [self = shared_from_this()](const boost::system::error_code& error, std::size_t) {
                if (error) return self->close();
                self->on_written();
            });
    }

    void on_written() {
        output_octets_ -= output_.front().size();
        output_.pop_front();
        if (!output_.empty()) write();
        if (output_octets_ <= limits::dns_output_octets_max && std::exchange(held_back_, false))
            read_length();
    }

    void watch() {
        idle_.expires_after(stream_idle_max);
        idle_.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
            if (error) return;
            if (const auto self = weak.lock()) self->close();
        });
    }

    NameServer* server_;  // null: closed
    Tcp::socket socket_;
    std::string client_;
    boost::asio::steady_timer idle_;
    std::array<std::uint8_t, 2> length_{};
    std::string message_;
    std::deque<std::string> output_;
    std::size_t output_octets_ = 0;
    bool held_back_ = false;
};

NameServer::NameServer(Loop& loop)
    : loop_(loop),
      udp_(loop.io()),
      acceptor_(loop.io()),
      pause_(loop.io()),
      self_(std::make_shared<NameServer*>(this)) {}

NameServer::~NameServer() {
    close();
}

boost::system::error_code NameServer::listen(const boost::asio::ip::address& address,
                                             std::uint16_t port) {
    boost::system::error_code error = bind(address, port);
    for (int tries = 1; error && port == 0 && tries < port_tries_max; ++tries)
        error = bind(address, port);
    if (error) return error;
    open_ = true;
    wait_for_datagram();
    wait_for_connection();
    return {};
}

boost::system::error_code NameServer::bind(const boost::asio::ip::address& address,
                                           std::uint16_t port) {
    boost::system::error_code error;
    boost::system::error_code ignored;
    udp_.close(ignored);
    acceptor_.close(ignored);
    const Udp::endpoint place{address, port};
    udp_.open(place.protocol(), error);
    if (!error) udp_.bind(place, error);
    if (!error) udp_.non_blocking(true, error);
    if (error) return error;
    const Tcp::endpoint same{address, udp_.local_endpoint().port()};
    acceptor_.open(same.protocol(), error);
    if (!error) acceptor_.set_option(Tcp::acceptor::reuse_address{true}, error);
    if (!error) acceptor_.bind(same, error);
    if (!error) acceptor_.listen(boost::asio::socket_base::max_listen_connections, error);
    if (!error) acceptor_.non_blocking(true, error);
    port_ = same.port();
    return error;
}

void NameServer::close() {
    open_ = false;
    self_.reset();
    boost::system::error_code ignored;
    udp_.close(ignored);
    acceptor_.close(ignored);
    pause_.cancel();
    while (!streams_.empty()) {
        const std::shared_ptr<Stream> stream = *streams_.begin();
        stream->close();
    }
}

void NameServer::wait_for_datagram() {
    udp_.async_wait(Udp::socket::wait_read, [this](const boost::system::error_code& error) {
        if (!error) on_datagrams();
    });
}

void NameServer::on_datagrams() {
    for (int i = 0; i < datagrams_in_a_row_max && open_; ++i) {
        if (!take_datagram()) break;
    }
    if (open_) wait_for_datagram();
}

bool NameServer::take_datagram() {
    Udp::endpoint client;
    boost::system::error_code error;
    const std::size_t octets = udp_.receive_from(boost::asio::buffer(buffer_), client, 0, error);
    // What the network says of an earlier answer is no end.
    if (error) return error == boost::asio::error::connection_refused;
    const std::weak_ptr<NameServer*> weak = self_;
    loop_.simulator().query(
        loop_.now(),
        {text_of(client.address()), dns::Transport::udp, std::string{buffer_.data(), octets}},
        [weak, client](std::string_view answer) {
            if (const auto self = weak.lock()) (*self)->answer(client, answer);
        });
    loop_.after_call();
    return true;
}

void NameServer::answer(const Udp::endpoint& client, std::string_view octets) {
    // Lost where the network does not take it, as datagrams are.
    boost::system::error_code ignored;
    udp_.send_to(boost::asio::buffer(octets.data(), octets.size()), client, 0, ignored);
}

void NameServer::wait_for_connection() {
    if (std::exchange(accepting_, true)) return;
    acceptor_.async_wait(Tcp::acceptor::wait_read, [this](const boost::system::error_code& error) {
        if (error) return;
        accepting_ = false;
        on_connection();
    });
}

void NameServer::on_connection() {
    // Goes on when one of them ends.
    if (streams_.size() >= limits::dns_connections_max) return;
    Tcp::endpoint client;
    boost::system::error_code error;
    Tcp::socket socket = acceptor_.accept(client, error);
    if (!error) {
        const auto stream =
            std::make_shared<Stream>(*this, std::move(socket), text_of(client.address()));
        streams_.insert(stream);
        stream->begin();
    } else if (error.value() == EMFILE || error.value() == ENFILE) {
        loop_.report("connections to the name server cannot be accepted: " + error.message());
        pause_.expires_after(loop_.waits().accept_pause);
        pause_.async_wait([this](const boost::system::error_code& cancelled) {
            if (!cancelled) wait_for_connection();
        });
        return;
    }
    wait_for_connection();
}

}  // namespace fakemx::net
