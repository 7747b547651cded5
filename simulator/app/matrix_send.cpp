// Variants over real SMTP: the dialogue of modelled senders, with a socket in the place of the engine.
#include <boost/asio/buffer.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <fmt/format.h>

#include "app/log_lines.h"
#include "app/matrix_ways.h"
#include "net/clock.h"
#include "senders/dialogue.h"

namespace fakemx::app {

namespace {

using boost::asio::ip::tcp;
using boost::system::error_code;

/// After QUIT nothing depends on the server any more.
constexpr Duration patience_after_quit = 5s;

senders::Model plain_model() {
    senders::Model model;
    model.name = "matrix";
    model.pipelining = false;
    // What is looked for is not in TLS, and a real client with certificates is a COMMAND away.
    model.starttls = false;
    return model;
}

/// One connection, one letter, everything waited for.
class Delivery {
public:
    Delivery(boost::asio::io_context& io, const senders::Model& model, const std::string& helo)
        : io_(io), socket_(io), timer_(io), model_(model), dialogue_(model, helo, false) {}

    matrix::CopyResult operator()(const tcp::resolver::results_type& places,
                                  const senders::Letter& letter) {
        const error_code refused = timed(model_.timeouts.connect, [&](auto done) {
            boost::asio::async_connect(
                socket_, places,
                [done](const error_code& error, const tcp::endpoint&) { done(error, 0); });
        });
        if (refused) {
            end(dialogue_.ended(words_of(refused)));
            return std::move(result_);
        }
        while (!over_) {
            if (dialogue_.state() == senders::Dialogue::State::idle) go_on(letter);
            if (!over_) speak();
            if (!over_) listen();
        }
        // The server has the last word, if there is a word left.
        speak();
        if (!lost_) read(patience_after_quit);
        return std::move(result_);
    }

private:
    template <class Start>
    error_code timed(Duration patience, Start start) {
        error_code result;
        bool is_over = false;
        timer_.expires_after(patience);
        timer_.async_wait([&](const error_code& error) {
            if (error || is_over) return;
            error_code ignored;
            socket_.cancel(ignored);
            result = boost::asio::error::timed_out;
        });
        start([&](const error_code& error, std::size_t octets) {
            is_over = true;
            if (!result) result = error;
            octets_ = octets;
            timer_.cancel();
        });
        io_.restart();
        io_.run();
        return result;
    }

    static std::string words_of(const error_code& error) {
        if (error == boost::asio::error::eof) return "connection closed";
        if (error == boost::asio::error::connection_reset ||
            error == boost::asio::error::broken_pipe)
            return "connection reset";
        if (error == boost::asio::error::connection_refused) return "connection refused";
        if (error == boost::asio::error::timed_out) return "timed out";
        return error.message();
    }

    void go_on(const senders::Letter& letter) {
        if (begun_) {
            dialogue_.quit();
            over_ = true;
            return;
        }
        begun_ = true;
        end(dialogue_.begin(letter));
    }

    /// Where the server has gone, it may have said why: reading comes next.
    void speak() {
        const std::string said = dialogue_.take_output();
        if (said.empty() || lost_) return;
        timed(dialogue_.patience(), [&](auto done) {
            boost::asio::async_write(socket_, boost::asio::buffer(said), done);
        });
    }

    error_code read(Duration patience) {
        return timed(patience, [&](auto done) {
            socket_.async_read_some(boost::asio::buffer(buffer_), done);
        });
    }

    void listen() {
        if (const error_code error = read(dialogue_.patience())) {
            lost_ = true;
            return end(dialogue_.ended(words_of(error)));
        }
        end(dialogue_.received({buffer_.data(), octets_}));
    }

    void end(const senders::Progress& progress) {
        if (progress.outcome) {
            has_result_ = true;
            take(progress.outcome->kind, progress.outcome->answer);
        }
        if (!progress.lost) return;
        over_ = true;
        if (has_result_) return;
        const int code = progress.lost->code;
        take(code >= 500 ? journal::Outcome::rejected
             : code != 0 ? journal::Outcome::deferred
                         : journal::Outcome::lost,
             *progress.lost);
    }

    void take(journal::Outcome outcome, const senders::Answer& answer) {
        result_ = {
            .outcome = outcome, .stage = answer.stage, .code = answer.code, .text = answer.text};
    }

    boost::asio::io_context& io_;
    tcp::socket socket_;
    boost::asio::steady_timer timer_;
    const senders::Model& model_;
    senders::Dialogue dialogue_;
    std::array<char, 4096> buffer_{};
    std::size_t octets_ = 0;
    matrix::CopyResult result_;
    bool has_result_ = false;
    bool begun_ = false;
    bool over_ = false;
    bool lost_ = false;
};

}  // namespace

Result<matrix::Grid, NoGrid> send_matrix(const Consignment& sent, const std::string& host,
                                         const std::string& port) {
    error_code error;
    boost::asio::io_context io;
    tcp::resolver resolver{io};
    const auto places = resolver.resolve(host, port, error);
    if (error)
        return NoGrid{ExitStatus::harness_failed, fmt::format("{}: {}", host, error.message())};
    if (!places.begin()->endpoint().address().is_loopback())
        say(Level::warning,
            fmt::format("{} real messages go to {}, for {}", sent.copies().size(), host, sent.to));
    const senders::Model model = plain_model();
    bool reached = false;  // somebody has spoken SMTP
    std::string why;
    auto grid =
        try_all(sent, [&](const Consignment::Copy& copy) -> Result<matrix::CopyResult, NoGrid> {
            const std::string content = matrix::dot_stuffed(sent.text_of(copy));
            matrix::CopyResult result = Delivery{io, model, sent.helo}(
                places, {.from = sent.from, .to = sent.to, .content = content});
            reached = reached || result.code != 0 || result.stage != smtp::Hook::connect;
            if (why.empty()) why = result.text;
            return result;
        });
    if (grid && !reached)
        return NoGrid{ExitStatus::harness_failed, fmt::format("{}:{}: {}", host, port, why)};
    return grid;
}

}  // namespace fakemx::app
