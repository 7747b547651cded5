// The sockets of the name server: UDP and TCP at one port. Hands queries to the simulator and answers to the network; it
// must not know what is in either. Internal to this folder.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <set>
#include <string>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/steady_timer.hpp>

#include "core/limits.h"
#include "net/server.h"

namespace fakemx::net {

class NameServer {
public:
    explicit NameServer(Loop& loop);
    ~NameServer();

    /// Port 0 takes one that is free for both.
    boost::system::error_code listen(const boost::asio::ip::address& address, std::uint16_t port);
    std::uint16_t port() const { return port_; }
    /// Nothing is taken any more, and nothing answered.
    void close();

private:
    class Stream;
    using Udp = boost::asio::ip::udp;
    using Tcp = boost::asio::ip::tcp;

    boost::system::error_code bind(const boost::asio::ip::address& address, std::uint16_t port);
    void wait_for_datagram();
    void on_datagrams();
    bool take_datagram();
    void answer(const Udp::endpoint& client, std::string_view octets);
    void wait_for_connection();
    void on_connection();

    Loop& loop_;
    Udp::socket udp_;
    Tcp::acceptor acceptor_;
    boost::asio::steady_timer pause_;
    std::uint16_t port_ = 0;
    bool open_ = false;
    bool accepting_ = false;  // waits for a connection
    /// One more than are looked at: what is longer shows.
    std::array<char, limits::dns_query_octets_max + 1> buffer_{};
    std::set<std::shared_ptr<Stream>> streams_;
    /// Answers that come late ask whether it is still there.
    std::shared_ptr<NameServer*> self_;
};

}  // namespace fakemx::net
