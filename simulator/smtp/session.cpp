// Inputs: what each of them does, the way to and from TLS, and the end of a session.
#include "smtp/session.h"

#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include "core/assert.h"
#include "core/limits.h"
#include "core/overloaded.h"
#include "core/text.h"

namespace fakemx::smtp {

namespace {

const Argument no_argument;

}  // namespace

std::string_view name(Anomaly::Kind kind) {
    switch (kind) {
        case Anomaly::Kind::early_talk: return "early_talk";
        case Anomaly::Kind::bare_cr: return "bare_cr";
        case Anomaly::Kind::bare_lf: return "bare_lf";
        case Anomaly::Kind::nul: return "nul";
        case Anomaly::Kind::eight_bit: return "eight_bit";
        case Anomaly::Kind::line_too_long: return "line_too_long";
        case Anomaly::Kind::blank_after_colon: return "blank_after_colon";
        case Anomaly::Kind::bad_helo_name: return "bad_helo_name";
        case Anomaly::Kind::bad_proxy_header: return "bad_proxy_header";
        case Anomaly::Kind::not_offered: return "not_offered";
        case Anomaly::Kind::plaintext_before_tls: return "plaintext_before_tls";
        case Anomaly::Kind::cut_off_line: return "cut_off_line";
        case Anomaly::Kind::cut_off_message: return "cut_off_message";
        case Anomaly::Kind::unread_input: return "unread_input";
    }
    return {};
}

std::string_view name(AuthLineSeen::Shape shape) {
    switch (shape) {
        case AuthLineSeen::Shape::response: return "response";
        case AuthLineSeen::Shape::empty: return "empty";
        case AuthLineSeen::Shape::equals: return "equals";
        case AuthLineSeen::Shape::cancel: return "cancel";
    }
    return {};
}

std::string_view name(Ended::How how) {
    switch (how) {
        case Ended::How::quit: return "quit";
        case Ended::How::client_closed: return "client_closed";
        case Ended::How::client_lost: return "client_lost";
        case Ended::How::server_closed: return "server_closed";
        case Ended::How::server_reset: return "server_reset";
        case Ended::How::idle: return "idle";
        case Ended::How::silence_over: return "silence_over";
        case Ended::How::too_many_errors: return "too_many_errors";
        case Ended::How::tls_failed: return "tls_failed";
        case Ended::How::proxy_failed: return "proxy_failed";
        case Ended::How::shutdown: return "shutdown";
    }
    return {};
}

Session::Session(const HostOptions& host, SessionFacts facts, PeerTrust trust)
    : host_(host), facts_(std::move(facts)), trust_(trust) {
    FAKEMX_ASSERT(host.idle_timeout > Duration::zero());
}

void Session::handle(Instant now, const Input& input, Effects& out) {
    FAKEMX_ASSERT(now >= last_now_);
    last_now_ = now;
    if (ended()) return;
    std::visit(Overloaded{
                   [&](const Connected&) { on_connected(now, out); },
                   [&](const Received& received) { on_received(now, received.octets, out); },
                   [&](const Trickled&) {
                       pace_reading(now);
                       on_tick(now, out);
                   },
                   [&](const HalfClosed&) { on_half_closed(now, out); },
                   [&](const Broken& broken) { on_broken(broken.reason, out); },
                   [&](const Drained&) { on_drained(now, out); },
                   [&](const TlsReady& ready) { on_tls_ready(now, ready.facts, out); },
                   [&](const TlsFailed& failed) { on_tls_failed(failed, out); },
                   [&](const Tick&) { on_tick(now, out); },
                   [&](const ShutDown&) { on_shut_down(now, out); },
               },
               input);
    follow_orders(now, out);
    end_of_input(out);
    FAKEMX_ASSERT(!deadline() || *deadline() > now);
}

std::optional<Instant> Session::deadline() const {
    if (ended()) return std::nullopt;
    std::optional<Instant> earliest;
    const auto consider = [&](Instant at) {
        if (!earliest || at < *earliest) earliest = at;
    };
    if (reading_paused()) consider(orders_->read_again_at);
    if (draining_) return earliest;
    if (!asking() && state_ != State::connecting) consider(patience_over_at());
    if (orders_) {
        for (const DueFollowUp& follow_up : orders_->follow_ups) {
            const bool may_speak = !asking() && state_ != State::tls;
            if (follow_up.due && may_speak) consider(*follow_up.due);
        }
    }
    return earliest;
}

/// When a client that does nothing is asked about, or given up.
Instant Session::patience_over_at() const {
    if (state_ == State::mute) return later(quiet_since_, limits::silence_max);
    if (!orders_) return later(quiet_since_, host_.idle_timeout);
    if (reads_nothing_more()) return later(orders_->reading_since, limits::silence_max);
    // A client that is not read from is not idle.
    return later(std::max(quiet_since_, orders_->read_again_at), host_.idle_timeout);
}

std::size_t Session::input_octets_max() const {
    if (ended() || input_.size() >= limits::input_octets_kept) return 0;
    constexpr std::size_t unlimited = std::numeric_limits<std::size_t>::max();
    if (!orders_ || !orders_->reading) return unlimited;
    if (reading_paused() || reads_nothing_more()) return 0;
    return orders_->reading->octets != 0 ? orders_->reading->octets : unlimited;
}

void Session::on_connected(Instant now, Effects& out) {
    FAKEMX_ASSERT(state_ == State::connecting && !asking());
    quiet_since_ = now;
    if (trust_.proxy) {
        state_ = State::proxy;
        return;
    }
    if (host_.implicit_tls) return upgrade(now, out);
    ask(Hook::connect, {}, out);
}

void Session::on_received(Instant now, std::string_view octets, Effects& out) {
    FAKEMX_ASSERT(state_ != State::connecting || asking() || draining_);
    FAKEMX_ASSERT(state_ != State::tls);
    // What changes nothing is a Tick: the driver may be late, and time has passed all the same.
    if (octets.empty()) return on_tick(now, out);
    follow_orders(now, out);
    if (ended()) return conceal_unheard(octets);
    if (state_ == State::mute) {
        conceal_unheard(octets);
        heard_while_mute_ = true;
        return on_tick(now, out);
    }
    quiet_since_ = now;
    pace_reading(now);
    sent_unconfirmed_ = 0;
    if (state_ != State::proxy) see_early_talk(out);
    input_.append(octets);
    process(now, out);
}

void Session::see_early_talk(Effects& out) {
    if (greeted_ || std::exchange(early_talk_seen_, true)) return;
    see_anomaly(Anomaly::Kind::early_talk, {}, out);
}

void Session::on_half_closed(Instant now, Effects& out) {
    input_ended_ = true;
    // Whoever closes while the last answer is being thought about or is on its way has given up. With more
    // commands behind that one the client has only said that it sends no more, and waits: Exim does so
    // behind a QUIT that it sends together with the end of the message.
    const bool answer_owed = asking() || draining_ || state_ == State::mute;
    const bool waits = !half_closed_ && (!input_.empty() || heard_while_mute_ || planned_end_);
    if (!answer_owed) return;
    if (!waits) return end(Ended::How::client_closed, Close::How::now, {}, out);
    on_tick(now, out);  // the driver may be late
}

/// Everything that the client sent has been answered, and it sends no more.
void Session::end_of_input(Effects& out) {
    if (!input_ended_ || ended() || asking() || draining_ || state_ == State::mute) return;
    see_handshake_left(out);
    end(Ended::How::client_closed, Close::How::flush, {}, out);
}

void Session::on_broken(std::string_view reason, Effects& out) {
    see_handshake_left(out);
    end(Ended::How::client_lost, Close::How::now, reason, out);
}

/// Whoever goes without an alert has not finished the handshake either.
void Session::see_handshake_left(Effects& out) {
    if (state_ != State::tls) return;
    out.emplace_back(
        Observe{TlsSeen{.facts = {}, .failure = "the client left during the handshake"}});
}

void Session::on_drained(Instant now, Effects& out) {
    if (!draining_) return on_tick(now, out);
    draining_ = false;
    sent_unconfirmed_ = 0;
    greeted_ = true;
    quiet_since_ = now;
    octets_before_reply_ = input_.arrived();
    if (orders_) {
        for (DueFollowUp& follow_up : orders_->follow_ups) {
            if (!follow_up.due) follow_up.due = later(now, follow_up.what->wait);
        }
    }
    if (planned_end_) {
        end(planned_end_->how, planned_end_->close, {}, out);
    } else if (half_close_planned_) {
        half_close(out);
    } else if (upgrade_planned_) {
        upgrade(now, out);
    } else {
        process(now, out);
    }
}

void Session::upgrade(Instant now, Effects& out) {
    upgrade_planned_ = false;
    if (!input_.empty()) {
        conceal_unread(false);
        // RFC 3207 §4.2: nothing that came in the clear may count as if it had been encrypted.
        see_anomaly(Anomaly::Kind::plaintext_before_tls,
                    without_credentials(input_.beginning()).substr(0, limits::anomaly_octets_max),
                    out);
        input_.clear();
    }
    quiet_since_ = now;
    state_ = State::tls;
    out.emplace_back(
        UpgradeTls{orders_ && orders_->handshake ? orders_->handshake : host_.handshake, {}});
}

void Session::on_tls_ready(Instant now, const TlsFacts& facts, Effects& out) {
    FAKEMX_ASSERT(state_ == State::tls);
    quiet_since_ = now;
    octets_before_reply_ = input_.arrived();
    facts_.tls = std::make_shared<const TlsFacts>(facts);
    out.emplace_back(Observe{TlsSeen{.facts = facts, .failure = {}}});
    if (!greeted_) {
        state_ = State::connecting;
        return ask(Hook::connect, {}, out);
    }
    // RFC 3207 §4.2: both sides forget what they learnt in the clear.
    reset_transaction();
    facts_.helo.clear();
    facts_.auth.reset();
    facts_.esmtp = false;
    offered_ = {};
    state_ = State::fresh;
}

void Session::on_tls_failed(const TlsFailed& failed, Effects& out) {
    FAKEMX_ASSERT(state_ == State::tls);
    out.emplace_back(
        Observe{TlsSeen{.facts = failed.facts, .failure = std::string{failed.reason}}});
    end(Ended::How::tls_failed, failed.reset ? Close::How::reset : Close::How::flush, failed.reason,
        out);
}

void Session::on_tick(Instant now, Effects& out) {
    if (draining_ || asking() || state_ == State::connecting || now < patience_over_at()) return;
    if (state_ == State::mute || reads_nothing_more()) {
        end(Ended::How::silence_over, Close::How::now,
            input_ended_ ? "the client had closed its side" : std::string_view{}, out);
    } else if (state_ == State::proxy) {
        end(Ended::How::proxy_failed, Close::How::now,
            "the PROXY header did not come within the idle timeout", out);
    } else if (state_ == State::tls) {
        on_tls_failed({.facts = {}, .reason = "the handshake was not over within the idle timeout"},
                      out);
    } else {
        ask(Hook::idle, {}, out);
    }
}

void Session::on_shut_down(Instant now, Effects& out) {
    // RFC 5321 §3.8: a server that must go down sends 421 and closes. It answers what waits for an answer.
    const Hook stage = asking()                      ? *asked_
                       : chunk_                      ? Hook::bdat
                       : state_ == State::data       ? Hook::message
                       : state_ == State::connecting ? Hook::connect
                                                     : Hook::quit;
    if (asking()) {
        asked_.reset();
        out.emplace_back(Abandon{});
    }
    // In front of a PROXY header or of TLS nobody could read it.
    if (state_ != State::mute && state_ != State::tls && state_ != State::proxy) {
        const Reply reply = own_words(stage, Occasion::shutting_down);
        out.emplace_back(
            Observe{Answered{.stage = stage, .code = reply.code, .text = text_of(reply)}});
        send(now, to_wire(reply), {}, out);
    }
    end(Ended::How::shutdown, Close::How::flush, {}, out);
}

void Session::process(Instant now, Effects& out) {
    while (true) {
        // What is due comes before the next command, however the octets of both have arrived.
        follow_orders(now, out);
        if (ended() || asking() || draining_ || state_ == State::mute || state_ == State::tls)
            return;
        if (state_ == State::proxy) {
            take_proxy_header(now, out);
            if (state_ == State::proxy) return;
        } else if (recipients_left()) {
            ask_next_recipient(out);
        } else if (chunk_) {
            take_chunk(now, out);
            if (chunk_) return;
        } else if (state_ == State::data) {
            if (!take_message_data(now, out)) return;
        } else {
            const auto line = input_.take_line();
            if (!line) return;
            if (auth_) {
                take_auth_line(now, *line, out);
            } else {
                take_line(now, *line, out);
            }
        }
    }
}

void Session::ask(Hook hook, Argument argument, Effects& out) {
    FAKEMX_ASSERT(!asking());
    asked_ = hook;
    const bool any = !std::holds_alternative<std::monostate>(argument);
    argument_ = any ? std::make_unique<Argument>(std::move(argument)) : nullptr;
    out.emplace_back(Consult{Question{hook, &facts_, any ? argument_.get() : &no_argument}});
}

void Session::see_anomaly(Anomaly::Kind kind, std::string_view detail, Effects& out) {
    out.emplace_back(Observe{Anomaly{kind, std::string{detail}}});
}

void Session::reset_transaction() {
    message_counted_ = false;
    facts_.in_transaction = false;
    facts_.envelope = {};
    recipients_tried_ = false;
    intake_.reset();
}

void Session::end(Ended::How how, Close::How close, std::string_view detail, Effects& out) {
    if (asking()) {
        asked_.reset();
        out.emplace_back(Abandon{});
    }
    see_left_over(how, out);
    std::string why{detail};
    if (how == Ended::How::quit && !input_.empty())
        why = fmt::format("{} octets behind QUIT", input_.arrived());
    if (state_ != State::proxy) conceal_unread(auth_ || auth_refused_);
    intake_.reset();
    auth_.reset();
    chunk_.reset();
    orders_.reset();
    input_.clear();
    draining_ = false;
    state_ = State::ended;
    argument_.reset();
    out.emplace_back(Consult{Question{Hook::close, &facts_, &no_argument}});
    out.emplace_back(Observe{Ended{how, std::move(why)}});
    out.emplace_back(Close{close});
}

void Session::see_left_over(Ended::How how, Effects& out) {
    if (intake_) {
        std::string detail = fmt::format("{} octets", intake_->octets());
        if (state_ == State::data) detail += fmt::format(", the last ones: {}", intake_->tail());
        see_anomaly(Anomaly::Kind::cut_off_message, std::move(detail), out);
        return;
    }
    if (state_ == State::proxy) {
        if (!input_.empty()) see_anomaly(Anomaly::Kind::bad_proxy_header, input_start(), out);
        return;
    }
    switch (how) {
        case Ended::How::quit:
        case Ended::How::server_closed:
        case Ended::How::server_reset:
        case Ended::How::too_many_errors:
            // Nobody reads on behind these; how much of it had arrived by now is chance.
            return;
        case Ended::How::client_closed:
        case Ended::How::client_lost:
        case Ended::How::idle:
        case Ended::How::tls_failed:
        case Ended::How::proxy_failed:
        case Ended::How::silence_over:
        case Ended::How::shutdown: break;
    }
    if (input_.empty()) return;
    const bool whole_line = input_.rest().find("\r\n") != std::string_view::npos;
    // A line of an AUTH exchange is a secret from its first octet (RFC 4954 §4).
    const bool secret = auth_ || auth_refused_;
    const std::string shown = secret ? "[redacted]" : without_credentials(input_.beginning());
    see_anomaly(whole_line ? Anomaly::Kind::unread_input : Anomaly::Kind::cut_off_line,
                shown.substr(0, limits::anomaly_octets_max), out);
}

}  // namespace fakemx::smtp
