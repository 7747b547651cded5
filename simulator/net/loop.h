// The parts of the server that its pieces share: the event loop, the buffer to read into, and the
// lists in which every connection is. Internal to this folder.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <limits>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

#include "net/connection.h"
#include "net/listener.h"
#include "net/name_server.h"
#include "net/server.h"

namespace fakemx::net {

class Loop {
public:
    using Timer =
        boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                          boost::asio::wait_traits<std::chrono::steady_clock>,
                                          boost::asio::io_context::executor_type>;

    Loop(engine::Simulator& simulator, Clock& clock, Server::OnTrouble on_trouble,
         Server::Waits waits, TlsHosts* tls);
    ~Loop();

    Result<std::uint16_t, ListenError> listen(std::size_t host, const std::string& address,
                                              std::uint16_t port, Reception reception);
    std::optional<ListenError> listen_at(std::size_t host, const std::string& path,
                                         Reception reception);
    Result<std::uint16_t, ListenError> listen_for_names(const std::string& address,
                                                        std::uint16_t port);
    void hold_back_at(std::size_t sessions) { sessions_max_ = sessions; }
    void when_idle(Server::OnIdle on_idle) { on_idle_ = std::move(on_idle); }
    void serve_only_if(std::function<bool()> may_serve) { may_serve_ = std::move(may_serve); }
    void go_to(SteppedClock& clock, Instant instant);
    void stop_on(std::initializer_list<int> signals);
    void run();
    void request_stop();

    // For connections and listeners.

    boost::asio::io_context& io() { return io_; }
    engine::Simulator& simulator() { return simulator_; }
    const Server::Waits& waits() const { return waits_; }
    TlsHosts* tls() const { return tls_; }
    Instant now() { return clock_.now(); }
    std::array<char, 64 * 1024>& buffer() { return buffer_; }
    void report(std::string_view trouble);
    /// No further connection is to be accepted now.
    bool full() const { return simulator_.sessions() >= sessions_max_; }
    /// A listener waits for a session to end.
    void hold_back() { holding_back_ = true; }

    /// To be called after every call of the simulator.
    void after_call();

    /// Puts the connection into the list that fits its state, and sees to its deadline.
    void place(Connection& connection, Connection::Place place);

private:
    Connection::List& list_of(Connection::Place place);
    void arm_deadline();
    void on_deadline();
    void arm_journal();
    void arm_closing();
    void on_closing();
    void stop();
    void leave_when_empty();

    boost::asio::io_context io_{1};
    engine::Simulator& simulator_;
    Clock& clock_;
    Server::OnTrouble on_trouble_;
    Server::OnIdle on_idle_;
    std::function<bool()> may_serve_;
    Server::Waits waits_;
    TlsHosts* tls_;
    std::set<std::string, std::less<>> reported_;
    std::size_t sessions_max_ = std::numeric_limits<std::size_t>::max();
    bool holding_back_ = false;

    boost::asio::signal_set signals_{io_};
    Timer deadline_{io_};
    std::optional<Instant> deadline_at_;  // the instant that deadline_ waits for, or an earlier one
    Timer journal_{io_};
    bool journal_armed_ = false;
    Timer closing_{io_};
    std::optional<Connection::Wall> closing_at_;  // likewise
    Timer end_{io_};
    bool stopping_ = false;

    // One list for each Place; a connection that is in none of them is gone. Those that are closing
    // stand in the order of their deadlines.
    std::array<Connection::List, 4> lists_;
    std::deque<Listener> listeners_;
    std::optional<NameServer> names_;

    // What is read is used up before the next read, so all connections share one buffer.
    std::array<char, 64 * 1024> buffer_;
};

}  // namespace fakemx::net
