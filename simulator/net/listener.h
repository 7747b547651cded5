// One address and port that is listened on, or refuses, ignores or drops who connects. Internal to this folder.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include "net/server.h"

namespace fakemx::net {

class Listener {
public:
    Listener(Loop& loop, std::size_t host, Reception reception);

    /// Gives the error, if there is one.
    boost::system::error_code listen(const boost::asio::ip::tcp::endpoint& endpoint);
    boost::system::error_code listen_at(const std::string& path);
    std::uint16_t port() const;

    void wait();
    /// Goes on accepting, where it was held back.
    void resume();
    void close();

private:
    boost::system::error_code set_window();
    boost::system::error_code fill_queue();
    void on_readable();
    /// False when there is nothing more to accept just now.
    bool accept_one();
    void pause(int error);

    Loop& loop_;
    std::size_t host_;
    Reception reception_;
    std::string local_;  // empty: any address of this machine
    bool held_back_ = false;
    boost::asio::ip::tcp::acceptor acceptor_;
    boost::asio::ip::tcp::socket filler_;  // the one connection that a full queue holds
    boost::asio::steady_timer pause_;
};

}  // namespace fakemx::net
