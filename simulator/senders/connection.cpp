// Octets to and fro, closing, and waiting for the other end.
#include "senders/connection.h"

#include <utility>

namespace fakemx::senders {

void Connection::open(const Model& model, const engine::HostProfile& host, std::size_t index,
                      std::string address, std::string_view helo) {
    ++generation_;
    dialogue_.emplace(model, helo, host.options.lmtp);
    server_name_ = host.options.name;
    incoming_.clear();
    unread_.clear();
    deadline_.reset();
    timer_at_.reset();
    messages = 0;
    reached = broken_planned_ = connecting_ = false;
    client_open_ = true;
    switch (host.connections) {
        case engine::Connections::accept:
            server_open_ = true;
            session_ = network_.receiver.open(network_.now, index,
                                              {std::move(address), "203.0.113.25"}, *this);
            set_deadline(dialogue_->patience());
            return;
        case engine::Connections::refuse: return come(Incoming::Kind::refused);
        case engine::Connections::ignore: return set_deadline(dialogue_->patience());
        case engine::Connections::full:
            connecting_ = true;
            return set_deadline(model.timeouts.connect);
    }
}

void Connection::come(Incoming::Kind kind, std::string_view octets) {
    if (!client_open_) return;
    const Instant at = network_.now + network_.round_trip;
    if (!incoming_.empty() && incoming_.back().at == at &&
        incoming_.back().kind == Incoming::Kind::octets && kind == Incoming::Kind::octets) {
        incoming_.back().octets += octets;
        return;
    }
    const bool planned = !incoming_.empty() && incoming_.back().at == at;
    incoming_.push_back({at, kind, std::string{octets}});
    if (!planned) network_.agenda.add(at, Agenda::Kind::incoming, number_, generation_);
}

void Connection::send(std::string_view octets) {
    if (client_open_) return come(Incoming::Kind::octets, octets);
    // Octets to a socket that is closed are answered with TCP RST.
    if (!std::exchange(broken_planned_, true))
        network_.agenda.add(network_.now + network_.round_trip, Agenda::Kind::gone, number_,
                            generation_);
}

void Connection::upgrade_tls(const std::optional<smtp::HandshakeFault>& fault, std::string) {
    // The handshake itself is not modelled: it succeeds, or it fails as the profile says.
    if (!fault) return come(Incoming::Kind::handshake);
    if (fault->kind != smtp::HandshakeFault::Kind::stall) come(Incoming::Kind::bad_handshake);
}

void Connection::close(smtp::Close::How how) {
    server_open_ = false;
    unread_.clear();
    come(how == smtp::Close::How::reset ? Incoming::Kind::reset : Incoming::Kind::closed);
    release();
}

std::optional<Progress> Connection::take_incoming() {
    if (!client_open_ || incoming_.empty() || incoming_.front().at > network_.now)
        return std::nullopt;
    const Incoming come = std::move(incoming_.front());
    incoming_.pop_front();
    switch (come.kind) {
        case Incoming::Kind::octets: return dialogue_->received(come.octets);
        case Incoming::Kind::handshake:
            network_.receiver.handle(network_.now, session_,
                                     smtp::TlsReady{{.version = "TLSv1.3",
                                                     .cipher = "TLS_AES_256_GCM_SHA384",
                                                     .server_name = server_name_}});
            dialogue_->tls_ready();
            return Progress{};
        case Incoming::Kind::bad_handshake:
            network_.receiver.handle(network_.now, session_,
                                     smtp::TlsFailed{.facts = {}, .reason = "handshake failed"});
            return dialogue_->ended("TLS handshake failed");
        case Incoming::Kind::refused: return dialogue_->ended("connection refused");
        case Incoming::Kind::closed: return dialogue_->ended("connection closed");
        case Incoming::Kind::reset: return dialogue_->ended("connection reset");
    }
    return std::nullopt;
}

bool Connection::timer_over() {
    timer_at_.reset();
    if (!client_open_ || !deadline_) return false;
    if (*deadline_ <= network_.now) return true;
    timer_at_ = deadline_;
    network_.agenda.add(*deadline_, Agenda::Kind::timer, number_, generation_);
    return false;
}

Progress Connection::lose_patience() {
    return dialogue_->ended(connecting_ ? "connection timed out" : "timed out");
}

void Connection::set_deadline(Duration patience) {
    deadline_ = later(network_.now, patience);
    // One that moves on, as with every reply, is looked at when the old one comes.
    if (timer_at_ && *timer_at_ <= *deadline_) return;
    timer_at_ = deadline_;
    network_.agenda.add(*deadline_, Agenda::Kind::timer, number_, generation_);
}

void Connection::speak() {
    if (std::string said = dialogue_->take_output(); !said.empty() && server_open_) {
        if (unread_.empty()) {
            unread_ = std::move(said);
        } else {
            unread_ += said;
        }
        deliver();
    }
    if (client_open_) set_deadline(dialogue_->patience());
}

void Connection::deliver() {
    std::string_view left = unread_;
    while (!left.empty() && server_open_) {
        const std::string_view part = left.substr(0, network_.receiver.input_octets_max(session_));
        if (part.empty()) break;
        left.remove_prefix(part.size());
        network_.receiver.handle(network_.now, session_, smtp::Received{part});
    }
    if (!server_open_) left = {};
    unread_.erase(0, unread_.size() - left.size());
    if (left.empty() && server_open_ && !client_open_)
        network_.receiver.handle(network_.now, session_, smtp::HalfClosed{});
}

void Connection::leave() {
    client_open_ = false;
    deadline_.reset();
    incoming_.clear();
    if (!server_open_) return release();
    if (unread_.empty()) deliver();
}

void Connection::release() {
    if (!client_open_ && !server_open_) network_.released.push_back(number_);
}

void Connection::take_gone() {
    if (server_open_)
        network_.receiver.handle(network_.now, session_, smtp::Broken{"connection reset"});
}

}  // namespace fakemx::senders
