// The event loop: deadlines, the journal's regular turn, connections on their way out, shutdown.
#include "net/server.h"

#include <algorithm>

#include <boost/asio/ip/address.hpp>
#include <boost/asio/post.hpp>
#include <fmt/format.h>

#include "core/assert.h"
#include "net/loop.h"

namespace fakemx::net {

namespace {

/// A deadline further away is looked at again after this long; nothing then overflows.
constexpr std::chrono::nanoseconds deadline_wait_max = std::chrono::hours{1};

std::string place_of(const std::string& address, std::uint16_t port) {
    return address.find(':') != std::string::npos ? fmt::format("[{}]:{}", address, port)
                                                  : fmt::format("{}:{}", address, port);
}

}  // namespace

bool is_loopback(const std::string& address) {
    boost::system::error_code error;
    const auto parsed = boost::asio::ip::make_address(address, error);
    return !error && parsed.is_loopback();
}

Loop::Loop(engine::Simulator& simulator, Clock& clock, Server::OnTrouble on_trouble,
           Server::Waits waits, TlsHosts* tls)
    : simulator_(simulator),
      clock_(clock),
      on_trouble_(std::move(on_trouble)),
      waits_(waits),
      tls_(tls) {}

Loop::~Loop() {
    for (Connection::List& list : lists_) {
        while (!list.empty()) list.front().drop();
    }
}

Result<std::uint16_t, ListenError> Loop::listen(std::size_t host, const std::string& address,
                                                std::uint16_t port, Reception reception) {
    boost::system::error_code error;
    const auto parsed = boost::asio::ip::make_address(address, error);
    if (error) return ListenError{fmt::format("{}: no IP address", place_of(address, port))};
    Listener& listener = listeners_.emplace_back(*this, host, reception);
    error = listener.listen({parsed, port});
    if (error) {
        listeners_.pop_back();
        return ListenError{fmt::format("{}: {}", place_of(address, port), error.message())};
    }
    listener.wait();
    return listener.port();
}

std::optional<ListenError> Loop::listen_at(std::size_t host, const std::string& path,
                                           Reception reception) {
    Listener& listener = listeners_.emplace_back(*this, host, reception);
    if (const auto error = listener.listen_at(path)) {
        listeners_.pop_back();
        return ListenError{fmt::format("{}: {}", path, error.message())};
    }
    listener.wait();
    return std::nullopt;
}

Result<std::uint16_t, ListenError> Loop::listen_for_names(const std::string& address,
                                                          std::uint16_t port) {
    FAKEMX_ASSERT(!names_);
    boost::system::error_code error;
    const auto parsed = boost::asio::ip::make_address(address, error);
    if (error) return ListenError{fmt::format("{}: no IP address", place_of(address, port))};
    names_.emplace(*this);
    error = names_->listen(parsed, port);
    if (error) {
        names_.reset();
        return ListenError{fmt::format("{}: {}", place_of(address, port), error.message())};
    }
    return names_->port();
}

void Loop::stop_on(std::initializer_list<int> signals) {
    for (const int signal : signals) signals_.add(signal);
    signals_.async_wait([this](const boost::system::error_code& error, int) {
        if (!error) stop();
    });
}

void Loop::run() {
    const auto work = boost::asio::make_work_guard(io_);
    while (on_idle_ && !io_.stopped()) {
        if (may_serve_ && !may_serve_()) continue;
        if (io_.poll() != 0 || io_.stopped()) continue;
        if (const auto wait = on_idle_()) {
            io_.run_one_for(*wait);
        } else {
            io_.run_one();
        }
    }
    io_.run();
}

void Loop::go_to(SteppedClock& clock, Instant instant) {
    FAKEMX_ASSERT(&clock == &clock_);
    if (stopping_) return;
    for (auto next = simulator_.deadline(); next && *next <= instant;
         next = simulator_.deadline()) {
        clock.move_to(std::max(*next, clock.now()));
        simulator_.tick(clock.now());
    }
    clock.move_to(instant);
    after_call();
}

void Loop::request_stop() {
    boost::asio::post(io_, [this] { stop(); });
}

void Loop::report(std::string_view trouble) {
    if (reported_.contains(trouble)) return;
    reported_.emplace(trouble);
    if (on_trouble_) on_trouble_(trouble);
}

void Loop::after_call() {
    if (stopping_) return;
    if (holding_back_ && !full()) {
        holding_back_ = false;
        for (Listener& listener : listeners_) listener.resume();
    }
    arm_deadline();
    arm_journal();
}

void Loop::arm_deadline() {
    const auto next = simulator_.deadline();
    // A timer that goes off too early does nothing; setting it anew for every command costs more.
    if (!next || (deadline_at_ && *deadline_at_ <= *next)) return;
    deadline_at_ = next;
    deadline_.expires_after(std::min(clock_.wall_until(*next), deadline_wait_max));
    deadline_.async_wait([this](const boost::system::error_code& error) {
        if (!error) on_deadline();
    });
}

void Loop::on_deadline() {
    deadline_at_.reset();
    if (stopping_) return;
    simulator_.tick(clock_.now());
    after_call();
}

void Loop::arm_journal() {
    if (journal_armed_) return;
    journal_armed_ = true;
    journal_.expires_after(waits_.journal);
    journal_.async_wait([this](const boost::system::error_code& error) {
        journal_armed_ = false;
        if (!error) simulator_.flush();
    });
}

Connection::List& Loop::list_of(Connection::Place place) {
    return lists_.at(static_cast<std::size_t>(place));
}

void Loop::place(Connection& connection, Connection::Place place) {
    const Connection::Place before = connection.place_;
    if (place == before) return;
    // A place in a list is a reference.
    const boost::intrusive_ptr<Connection> keep{&connection};
    if (before != Connection::Place::nowhere) {
        list_of(before).erase(Connection::List::s_iterator_to(connection));
        intrusive_ptr_release(&connection);
    }
    connection.place_ = place;
    if (place != Connection::Place::nowhere) {
        list_of(place).push_back(connection);
        intrusive_ptr_add_ref(&connection);
    }
    if (place == Connection::Place::undelivered || place == Connection::Place::lingering) {
        const bool all_sent = place == Connection::Place::lingering;
        connection.deadline_ =
            std::chrono::steady_clock::now() + (all_sent ? waits_.linger : waits_.undelivered);
        arm_closing();
    } else if (place == Connection::Place::nowhere && stopping_) {
        leave_when_empty();
    }
}

void Loop::arm_closing() {
    std::optional<Connection::Wall> earliest;
    for (const auto place : {Connection::Place::undelivered, Connection::Place::lingering}) {
        const Connection::List& list = list_of(place);
        if (!list.empty() && (!earliest || list.front().deadline() < *earliest)) {
            earliest = list.front().deadline();
        }
    }
    if (!earliest || (closing_at_ && *closing_at_ <= *earliest)) return;
    closing_at_ = earliest;
    closing_.expires_at(*earliest);
    closing_.async_wait([this](const boost::system::error_code& error) {
        if (!error) on_closing();
    });
}

void Loop::on_closing() {
    closing_at_.reset();
    const auto now = std::chrono::steady_clock::now();
    for (const auto place : {Connection::Place::undelivered, Connection::Place::lingering}) {
        Connection::List& list = list_of(place);
        while (!list.empty() && list.front().deadline() <= now) list.front().drop();
    }
    arm_closing();
}

void Loop::stop() {
    if (stopping_) return;
    stopping_ = true;
    for (Listener& listener : listeners_) listener.close();
    if (names_) names_->close();
    deadline_.cancel();
    journal_.cancel();
    // Nobody waits for longer than this from here on.
    waits_.undelivered = std::min(waits_.undelivered, waits_.shutdown);
    waits_.linger = std::min(waits_.linger, waits_.shutdown / 2);
    const auto now = std::chrono::steady_clock::now();
    for (const auto place : {Connection::Place::undelivered, Connection::Place::lingering}) {
        const auto wait =
            place == Connection::Place::lingering ? waits_.linger : waits_.undelivered;
        for (Connection& connection : list_of(place)) {
            connection.deadline_ = std::min(connection.deadline_, now + wait);
        }
    }
    arm_closing();
    simulator_.shut_down(clock_.now());
    end_.expires_after(waits_.shutdown);
    end_.async_wait([this](const boost::system::error_code& error) {
        if (!error) io_.stop();
    });
    leave_when_empty();
}

void Loop::leave_when_empty() {
    if (std::all_of(lists_.begin(), lists_.end(), [](const auto& list) { return list.empty(); })) {
        io_.stop();
    }
}

Server::Server(engine::Simulator& simulator, Clock& clock, OnTrouble on_trouble, TlsHosts* tls)
    : Server(simulator, clock, std::move(on_trouble), tls, Waits{}) {}

Server::Server(engine::Simulator& simulator, Clock& clock, OnTrouble on_trouble, TlsHosts* tls,
               Waits waits)
    : loop_(std::make_unique<Loop>(simulator, clock, std::move(on_trouble), waits, tls)) {}

Server::~Server() = default;

Result<std::uint16_t, ListenError> Server::listen(std::size_t host, const std::string& address,
                                                  std::uint16_t port, Reception reception) {
    return loop_->listen(host, address, port, reception);
}

std::optional<ListenError> Server::listen_at(std::size_t host, const std::string& path,
                                             Reception reception) {
    return loop_->listen_at(host, path, reception);
}

Result<std::uint16_t, ListenError> Server::listen_for_names(const std::string& address,
                                                            std::uint16_t port) {
    return loop_->listen_for_names(address, port);
}

void Server::hold_back_at(std::size_t sessions) {
    loop_->hold_back_at(sessions);
}

void Server::go_to(SteppedClock& clock, Instant instant) {
    loop_->go_to(clock, instant);
}

void Server::when_idle(OnIdle on_idle) {
    loop_->when_idle(std::move(on_idle));
}

void Server::serve_only_if(std::function<bool()> may_serve) {
    loop_->serve_only_if(std::move(may_serve));
}

boost::asio::io_context& Server::io() {
    return loop_->io();
}

void Server::stop_on(std::initializer_list<int> signals) {
    loop_->stop_on(signals);
}

void Server::run() {
    loop_->run();
}

void Server::stop() {
    loop_->request_stop();
}

void Server::run_soon(std::function<void()> task) {
    boost::asio::post(loop_->io(), std::move(task));
}

}  // namespace fakemx::net
