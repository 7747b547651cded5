// Reading, writing and the ways to end a connection.
#include "net/connection.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <boost/asio/error.hpp>

#include "core/assert.h"
#include "core/limits.h"
#include "net/loop.h"

namespace fakemx::net {

namespace {

/// Full buffers read in a row from one connection before the others get their turn: 256 KiB.
constexpr int reads_in_a_row_max = 4;

/// One TLS record (RFC 8446 §5.1).
constexpr std::size_t record_octets_max = 16 * 1024;

bool would_block(int error) {
    return error == EAGAIN || error == EWOULDBLOCK;
}

}  // namespace

Connection::Connection(Loop& loop, std::size_t host, boost::asio::ip::tcp protocol, int descriptor,
                       boost::system::error_code& error)
    : loop_(loop), socket_(loop.io().get_executor()), host_(static_cast<std::uint16_t>(host)) {
    FAKEMX_ASSERT(host_ == host);
    socket_.assign(protocol, descriptor, error);
}

Connection::~Connection() = default;

void Connection::begin(SessionId session) {
    session_ = session;
    if (!over_) loop_.place(*this, Place::paused);
    read_on();
}

void Connection::read_on() {
    if (over_ || place_ == Place::nowhere) return;
    const bool wanted = !input_ended_ && loop_.simulator().input_octets_max(session_) != 0 &&
                        output_.size() - sent_ <= limits::output_octets_kept;
    if (wanted && !waits_to_read_) wait_to_read();
    if (!wanted && !waits_for_reset_) wait_for_reset();
    loop_.place(*this, wanted ? Place::reading : Place::paused);
}

void Connection::send(std::string_view octets) {
    if (!tls_) return transmit(octets);
    tls_->write(octets);
    transmit(tls_->take_output());
}

void Connection::transmit(std::string_view octets) {
    if (output_dead_) return;
    if (output_.empty()) octets.remove_prefix(write(octets));
    if (octets.empty() || output_dead_) return;
    output_.append(octets);
    if (!waits_to_write_) wait_to_write();
}

std::size_t Connection::write(std::string_view octets) {
    std::size_t taken = 0;
    while (taken < octets.size()) {
        const ssize_t count = ::send(socket_.native_handle(), octets.data() + taken,
                                     octets.size() - taken, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (count >= 0) {
            taken += static_cast<std::size_t>(count);
        } else if (would_block(errno)) {
            break;
        } else if (errno != EINTR) {
            // The client has gone. What it sent before it went is still to be read; the end of that
            // tells the session.
            output_dead_ = true;
            break;
        }
    }
    return taken;
}

void Connection::wait_to_read() {
    waits_to_read_ = true;
    socket_.async_wait(Socket::wait_read,
                       [self = boost::intrusive_ptr{this}](const boost::system::error_code& error) {
                           self->waits_to_read_ = false;
                           if (!error) self->on_readable();
                       });
}

void Connection::wait_to_write() {
    waits_to_write_ = true;
    socket_.async_wait(Socket::wait_write,
                       [self = boost::intrusive_ptr{this}](const boost::system::error_code& error) {
                           self->waits_to_write_ = false;
                           if (!error) self->on_writable();
                       });
}

/// Nobody reads from a paused connection, so nobody else would notice that its client has gone.
void Connection::wait_for_reset() {
    waits_for_reset_ = true;
    socket_.async_wait(Socket::wait_error,
                       [self = boost::intrusive_ptr{this}](const boost::system::error_code& error) {
                           self->waits_for_reset_ = false;
                           if (!error) self->on_reset();
                       });
}

void Connection::on_reset() {
    if (place_ != Place::paused) return;  // whoever reads finds out
    int error = 0;
    socklen_t size = sizeof error;
    ::getsockopt(socket_.native_handle(), SOL_SOCKET, SO_ERROR, &error, &size);
    if (error == 0) return wait_for_reset();  // urgent data
    on_lost(std::strerror(error));
}

void Connection::on_readable() {
    for (int i = 0; i < reads_in_a_row_max && read_once(); ++i) {
    }
    if (place_ == Place::nowhere) return;
    if (over_) {
        if (!input_ended_ && !waits_to_read_) wait_to_read();
    } else {
        read_on();
    }
}

/// True when there may be more, and it may be read at once.
bool Connection::read_once() {
    auto& buffer = loop_.buffer();
    std::size_t room = buffer.size();
    if (!over_) room = std::min(room, loop_.simulator().input_octets_max(session_));
    if (room == 0) return false;  // a deadline has changed its mind since the wait began
    const ssize_t count = ::recv(socket_.native_handle(), buffer.data(), room, MSG_DONTWAIT);
    if (count < 0 && (would_block(errno) || errno == EINTR)) return false;
    if (count <= 0) {
        if (count < 0 || output_dead_) {
            on_lost(std::strerror(count < 0 ? errno : ECONNRESET));
        } else {
            on_end_of_input();
        }
        return false;
    }
    const auto size = static_cast<std::size_t>(count);
    if (!over_) {
        if (tls_) {
            on_ciphertext({buffer.data(), size});
        } else {
            loop_.simulator().handle(loop_.now(), session_, smtp::Received{{buffer.data(), size}});
            // Behind a PROXY header there may be the beginning of a handshake.
            const std::string arrived = tls_ ? tls_->take_arrived() : std::string{};
            if (!arrived.empty()) on_ciphertext(arrived);
        }
        loop_.after_call();
    }
    return place_ != Place::nowhere && size == room && (over_ || output_.empty());
}

void Connection::upgrade_tls(const std::optional<smtp::HandshakeFault>& fault,
                             std::string arrived) {
    // What is still on its way out was sent in the clear, and leaves in front of all that is encrypted.
    FAKEMX_ASSERT(!tls_);
    tls_ = std::make_unique<Tls>(loop_.tls(), host_, std::move(arrived));
    if (fault) fault_ = std::make_unique<smtp::HandshakeFault>(*fault);
}

void Connection::on_ciphertext(std::string_view ciphertext) {
    if (deaf_) return;
    tls_->receive(ciphertext);
    if (!tls_->open()) shake_hands();
    // What comes of it may end the session, and with it the TLS.
    const bool readable = !over_ && tls_->open() && read_plaintext();
    if (!over_ && !readable) loop_.simulator().handle(loop_.now(), session_, smtp::Trickled{});
}

void Connection::shake_hands() {
    const Tls::Progress progress = tls_->shake_hands();
    const std::string flight = tls_->take_output();  // or an alert, where it failed
    if (fault_ && progress != Tls::Progress::failed && go_wrong(flight)) return;
    transmit(flight);
    switch (progress) {
        case Tls::Progress::more: return;
        case Tls::Progress::done:
            loop_.simulator().handle(loop_.now(), session_, smtp::TlsReady{tls_->facts()});
            return acknowledge();
        case Tls::Progress::ended:
        case Tls::Progress::failed: {
            const std::string reason = tls_->failure();
            return loop_.simulator().handle(loop_.now(), session_,
                                            smtp::TlsFailed{tls_->facts(), reason});
        }
    }
}

/// True when the fault that was ordered has come; nothing follows then.
bool Connection::go_wrong(std::string_view flight) {
    if (flight.size() < fault_->octets) {
        fault_->octets -= static_cast<std::uint32_t>(flight.size());
        return false;
    }
    const auto kind = fault_->kind;
    const std::string_view rest = flight.substr(fault_->octets);
    transmit(flight.substr(0, fault_->octets));
    fault_.reset();
    deaf_ = true;
    const auto end = [&](std::string_view reason, bool reset) {
        loop_.simulator().handle(loop_.now(), session_,
                                 smtp::TlsFailed{tls_->facts(), reason, reset});
    };
    switch (kind) {
        case smtp::HandshakeFault::Kind::stall: break;
        case smtp::HandshakeFault::Kind::close: end("closed, as the profile says", false); break;
        case smtp::HandshakeFault::Kind::reset: end("reset, as the profile says", true); break;
        // No content type of TLS begins with this octet (RFC 8446 §5.1).
        case smtp::HandshakeFault::Kind::garbage:
            transmit(std::string(std::max<std::size_t>(rest.size(), 64), '\xAA'));
            break;
        case smtp::HandshakeFault::Kind::plaintext:
            transmit("454 4.7.0 TLS not available due to temporary reason\r\n");
            break;
    }
    return true;
}

/// Behind STARTTLS the client has the next word, in a segment of its own. A client that waits for the
/// acknowledgement of its last one (Nagle's algorithm) would wait for 40 ms: measured with smtplib.
void Connection::acknowledge() {
    if (over_) return;
    const int on = 1;
    ::setsockopt(socket_.native_handle(), IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
}

/// All of it, whether or not the session wants it: there is no more than the loop's buffer held. False:
/// there was none.
bool Connection::read_plaintext() {
    std::array<char, record_octets_max> plaintext;
    bool any = false;
    while (!over_) {
        std::size_t size = 0;
        const Tls::Progress progress = tls_->read(plaintext, size);
        transmit(tls_->take_output());  // an alert, or the answer to a new key
        switch (progress) {
            case Tls::Progress::more: return any;
            case Tls::Progress::ended: on_end_of_input(); return any;
            case Tls::Progress::failed: {
                const std::string reason = tls_->failure();
                on_lost(reason);
                return any;
            }
            case Tls::Progress::done:
                loop_.simulator().handle(loop_.now(), session_,
                                         smtp::Received{{plaintext.data(), size}});
                any = true;
        }
    }
    return any;
}

void Connection::on_lost(std::string_view reason) {
    if (over_) return drop();
    loop_.simulator().handle(loop_.now(), session_, smtp::Broken{reason});
    loop_.after_call();
}

void Connection::on_end_of_input() {
    input_ended_ = true;
    if (!over_) {
        keep_alive();
        loop_.simulator().handle(loop_.now(), session_, smtp::HalfClosed{});
        loop_.after_call();
    } else if (place_ == Place::lingering) {
        drop();
    }
}

/// Nothing more will come that could tell whether the client is still there to wait for what it is owed; the
/// network can be asked.
void Connection::keep_alive() {
    const auto set = [&](int level, int option, int value) {
        ::setsockopt(socket_.native_handle(), level, option, &value, sizeof value);
    };
    set(SOL_SOCKET, SO_KEEPALIVE, 1);
    set(IPPROTO_TCP, TCP_KEEPIDLE, 60);  // seconds
    set(IPPROTO_TCP, TCP_KEEPINTVL, 10);
    set(IPPROTO_TCP, TCP_KEEPCNT, 3);
}

void Connection::on_writable() {
    sent_ += write(std::string_view{output_}.substr(sent_));
    if (sent_ < output_.size() && !output_dead_) {
        if (sent_ > output_.size() / 2) {
            output_.erase(0, sent_);
            sent_ = 0;
        }
        wait_to_write();
        if (!over_) read_on();
        return;
    }
    std::string{}.swap(output_);  // an assignment would keep the memory
    sent_ = 0;
    if (over_) return on_all_sent();
    if (half_closing_) ::shutdown(socket_.native_handle(), SHUT_WR);
    loop_.simulator().handle(loop_.now(), session_, smtp::Drained{});
    loop_.after_call();
    read_on();
}

void Connection::half_close() {
    half_closing_ = true;
    if (tls_) {
        tls_->end();
        transmit(tls_->take_output());
        deaf_ = true;
    }
    if (output_.empty()) ::shutdown(socket_.native_handle(), SHUT_WR);
}

void Connection::close(smtp::Close::How how) {
    over_ = true;
    switch (how) {
        case smtp::Close::How::flush:
        case smtp::Close::How::cut:
            if (tls_) {
                if (how == smtp::Close::How::flush) {
                    tls_->end();
                    transmit(tls_->take_output());
                }
                tls_.reset();
            }
            if (output_.empty()) return on_all_sent();
            return loop_.place(*this, Place::undelivered);
        case smtp::Close::How::now: return drop();
        case smtp::Close::How::reset: {
            boost::system::error_code ignored;
            socket_.set_option(boost::asio::socket_base::linger{true, 0}, ignored);
            return drop();
        }
    }
}

void Connection::on_all_sent() {
    if (input_ended_ || output_dead_) return drop();
    ::shutdown(socket_.native_handle(), SHUT_WR);
    loop_.place(*this, Place::lingering);
    if (!waits_to_read_) wait_to_read();
}

void Connection::drop() {
    over_ = true;
    boost::system::error_code ignored;
    socket_.close(ignored);
    tls_.reset();
    std::string{}.swap(output_);  // an assignment would keep the memory
    sent_ = 0;
    loop_.place(*this, Place::nowhere);
}

}  // namespace fakemx::net
