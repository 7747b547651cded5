// From events to counts and messages.
#include "sink/watcher.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "core/text.h"

namespace fakemx::sink {

namespace {

std::string_view without_blanks_in_front(std::string_view text) {
    text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
    return text;
}

/// All behind the verb.
std::string_view argument_of(std::string_view line) {
    return without_blanks_in_front(line.substr(std::min(line.find_first_of(" \t"), line.size())));
}

/// All behind "FROM:" or "TO:".
std::string_view path_of(std::string_view line) {
    const std::size_t colon = line.find(':');
    return colon == std::string_view::npos ? "" : without_blanks_in_front(line.substr(colon + 1));
}

}  // namespace

std::string format(const Counters& counters) {
    return fmt::format("sess={} quit={} mesg={}", counters.sessions, counters.quits,
                       counters.messages);
}

void Watcher::write(journal::Batch batch) {
    for (const journal::Event& event : batch.events) look_at(event, batch);
    for (const journal::AttemptRecord& attempt : batch.attempts) look_at(attempt);
    for (const journal::Event& event : batch.events) {
        if (std::holds_alternative<smtp::Ended>(event.body)) sessions_.erase(number(event.session));
    }
    stop_when_enough();
    if (next_ != nullptr) next_->write(std::move(batch));
}

void Watcher::look_at(const journal::Event& event, const journal::Batch& batch) {
    Seen& session = sessions_[number(event.session)];
    if (const auto* opened = std::get_if<journal::Opened>(&event.body)) {
        session.client = opened->client;
        log(Moment::connect, "");
    } else if (const auto* command = std::get_if<smtp::CommandSeen>(&event.body)) {
        look_at(*command, session);
    } else if (const auto* answer = std::get_if<smtp::Answered>(&event.body)) {
        look_at(*answer, session);
    } else if (std::holds_alternative<smtp::MessageSeen>(event.body)) {
        ++counters_.messages;
        log(Moment::dot, "");
        capture(event, session, batch);
        if (actions_.counted) actions_.counted(counters_);
    } else if (std::holds_alternative<smtp::Ended>(event.body)) {
        ++counters_.sessions;
        if (actions_.counted) actions_.counted(counters_);
    }
}

void Watcher::look_at(const smtp::CommandSeen& command, Seen& session) {
    const std::string_view line = command.line;
    if (const auto moment = moment_named(line.substr(0, line.find_first_of(" \t"))))
        log(*moment, argument_of(line));
    if (!actions_.captured) return;
    const bool helo = command.verb == smtp::Verb::helo || command.verb == smtp::Verb::ehlo;
    session.asked = helo ? argument_of(line) : path_of(line);
}

void Watcher::look_at(const smtp::Answered& answer, Seen& session) {
    if (!answer.accepted) return;
    switch (answer.stage) {
        case smtp::Hook::ehlo:
        case smtp::Hook::helo:
            session.helo = std::exchange(session.asked, {});
            session.esmtp = answer.stage == smtp::Hook::ehlo;
            return;
        case smtp::Hook::mail:
            ++session.transaction;
            session.mail = std::exchange(session.asked, {});
            session.recipients.clear();
            return;
        case smtp::Hook::rcpt:
            if (actions_.captured) session.recipients.push_back(std::exchange(session.asked, {}));
            return;
        case smtp::Hook::quit: ++counters_.quits; return;
        case smtp::Hook::connect:
        case smtp::Hook::starttls:
        case smtp::Hook::auth:
        case smtp::Hook::data:
        case smtp::Hook::bdat:
        case smtp::Hook::message:
        case smtp::Hook::rset:
        case smtp::Hook::vrfy:
        case smtp::Hook::expn:
        case smtp::Hook::help:
        case smtp::Hook::noop:
        case smtp::Hook::unknown:
        case smtp::Hook::idle:
        case smtp::Hook::close: return;
    }
}

void Watcher::capture(const journal::Event& event, const Seen& session,
                      const journal::Batch& batch) {
    if (!actions_.captured) return;
    // What arrived and what was seen of it are handed over together.
    const auto message = std::find_if(
        batch.messages.begin(), batch.messages.end(), [&](const journal::MessageRecord& record) {
            return record.session == event.session && record.transaction == session.transaction;
        });
    if (message == batch.messages.end()) return;
    actions_.captured({.session = event.session,
                       .transaction = session.transaction,
                       .at = event.at,
                       .client = session.client,
                       .protocol = settings_.lmtp  ? "LMTP"
                                   : session.esmtp ? "ESMTP"
                                                   : "SMTP",
                       .helo = session.helo,
                       .mail = session.mail,
                       .recipients = session.recipients,
                       .content = message->content,
                       .octets = message->octets});
}

void Watcher::look_at(const journal::AttemptRecord& attempt) {
    // The reply has left, or never will. One message has as many attempts as recipients.
    if (!attempt.ended_at || attempt.stage != smtp::Hook::message) return;
    const auto session = sessions_.find(number(attempt.session));
    if (session == sessions_.end() || session->second.last_finished >= attempt.transaction) return;
    session->second.last_finished = attempt.transaction;
    ++finished_;
}

void Watcher::log(Moment moment, std::string_view argument) {
    if (actions_.logged && settings_.logged.test(static_cast<std::size_t>(moment)))
        actions_.logged(moment, argument);
}

void Watcher::stop_when_enough() {
    const bool enough = (settings_.messages_max && finished_ >= *settings_.messages_max) ||
                        (settings_.quits_max && counters_.quits >= *settings_.quits_max);
    if (!enough || std::exchange(told_enough_, true) || !actions_.enough) return;
    actions_.enough();
}

}  // namespace fakemx::sink
