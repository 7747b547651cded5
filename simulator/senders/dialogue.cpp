// What the client says next, reply by reply.
#include "senders/dialogue.h"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "core/assert.h"
#include "core/limits.h"
#include "core/text.h"

namespace fakemx::senders {

namespace {

constexpr std::array stages{smtp::Hook::mail, smtp::Hook::rcpt, smtp::Hook::data};

journal::Outcome kind_of(int code) {
    if (code >= 200 && code < 300) return journal::Outcome::accepted;
    if (code >= 500) return journal::Outcome::rejected;
    // A 3yz where none belongs is no refusal for good.
    return journal::Outcome::deferred;
}

/// The keyword in a line of the EHLO reply.
bool names(std::string_view line, std::string_view keyword) {
    return line.size() >= keyword.size() &&
           equal_ignoring_case(line.substr(0, keyword.size()), keyword) &&
           (line.size() == keyword.size() || line[keyword.size()] == ' ');
}

}  // namespace

void Dialogue::tls_ready() {
    encrypted_ = true;
    // Behind STARTTLS the session begins anew (RFC 3207 §4.2); before a greeting there is nothing to say.
    if (state_ == State::handshake) say_hello();
}

Progress Dialogue::received(std::string_view octets) {
    if (state_ == State::over) return {};
    input_ += octets;
    return work_off();
}

Progress Dialogue::work_off() {
    Progress progress;
    Reply reply;
    // While it is idle nothing is asked: what the server says then is read as the reply to the next command.
    while (state_ != State::idle && state_ != State::over && state_ != State::handshake) {
        const Found found = next_reply(reply);
        if (found == Found::nothing) break;
        if (found == Found::garbage) {
            lose(progress, {stage(), 0, "no SMTP reply"});
            break;
        }
        take(reply, progress);
    }
    if (read_ == input_.size()) {
        input_.clear();
        read_ = 0;
    }
    return progress;
}

Dialogue::Found Dialogue::next_reply(Reply& reply) {
    const std::string_view left = std::string_view{input_}.substr(read_);
    reply.text.clear();
    for (std::size_t at = 0;;) {
        const std::size_t end = left.find('\n', at);
        if (end == std::string_view::npos)
            return left.size() > limits::reply_octets_max ? Found::garbage : Found::nothing;
        std::string_view line = left.substr(at, end - at);
        if (line.ends_with('\r')) line.remove_suffix(1);
        at = end + 1;
        if (line.size() < 3 || !std::all_of(line.begin(), line.begin() + 3, is_ascii_digit) ||
            line[0] < '2' || line[0] > '5' || (line.size() > 3 && line[3] != ' ' && line[3] != '-'))
            return Found::garbage;
        const std::string_view text = line.size() > 4 ? line.substr(4) : std::string_view{};
        if (state_ == State::hello) {
            pipelining_ = pipelining_ || names(text, "PIPELINING");
            declares_size_ = declares_size_ || names(text, "SIZE");
            offers_tls_ = offers_tls_ || names(text, "STARTTLS");
        }
        if (!reply.text.empty()) reply.text += ' ';
        reply.text += text;
        if (line.size() > 3 && line[3] == '-') continue;
        reply.code = (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
        read_ += at;
        return Found::reply;
    }
}

void Dialogue::take(const Reply& reply, Progress& progress) {
    switch (state_) {
        case State::greeting:
            if (kind_of(reply.code) == journal::Outcome::accepted) return say_hello();
            return refuse(progress, {smtp::Hook::connect, reply.code, reply.text});
        case State::hello: return take_hello(reply, progress);
        case State::starttls:
            // Opportunistic: without TLS where the server will not.
            state_ = reply.code == 220 ? State::handshake : State::idle;
            if (reply.code == 421) lose(progress, {smtp::Hook::starttls, reply.code, reply.text});
            return;
        case State::envelope: return take_envelope(reply, progress);
        case State::message: return take_message(reply, progress);
        case State::reset:
            state_ = State::idle;
            if (reply.code / 100 != 2) lose(progress, {smtp::Hook::rset, reply.code, reply.text});
            return;
        case State::handshake:
        case State::idle:
        case State::over: return;
    }
}

void Dialogue::take_hello(const Reply& reply, Progress& progress) {
    if (reply.code / 100 == 5 && model_->esmtp && !old_hello_ && !lmtp_) {
        old_hello_ = true;
        return say_hello();
    }
    if (kind_of(reply.code) != journal::Outcome::accepted)
        return refuse(progress, {old_hello_ || !model_->esmtp ? smtp::Hook::helo : smtp::Hook::ehlo,
                                 reply.code, reply.text});
    if (offers_tls_ && model_->starttls && !encrypted_) {
        output_ += "STARTTLS\r\n";
        state_ = State::starttls;
        return;
    }
    state_ = State::idle;
}

void Dialogue::say_hello() {
    pipelining_ = declares_size_ = offers_tls_ = false;
    const std::string_view verb = lmtp_ ? "LHLO" : model_->esmtp && !old_hello_ ? "EHLO" : "HELO";
    fmt::format_to(std::back_inserter(output_), "{} {}\r\n", verb, helo_);
    state_ = State::hello;
}

Progress Dialogue::begin(const Letter& letter) {
    FAKEMX_ASSERT(state_ == State::idle);
    commands_[0] = fmt::format("MAIL FROM:<{}>", letter.from);
    if (declares_size_)
        fmt::format_to(std::back_inserter(commands_[0]), " SIZE={}", letter.content.size());
    commands_[0] += "\r\n";
    commands_[1] = fmt::format("RCPT TO:<{}>\r\n", letter.to);
    commands_[2] = "DATA\r\n";
    content_ = letter.content;
    content_ += ".\r\n";
    said_ = answered_ = 0;
    mail_taken_ = false;
    failure_.reset();
    state_ = State::envelope;
    say_next(model_->pipelining && pipelining_ ? commands_.size() : 1);
    return work_off();
}

void Dialogue::say_next(std::size_t count) {
    for (; count != 0 && said_ < commands_.size(); --count) output_ += commands_.at(said_++);
}

void Dialogue::take_envelope(const Reply& reply, Progress& progress) {
    const smtp::Hook asked = stages.at(answered_++);
    const bool taken = asked == smtp::Hook::data ? reply.code / 100 == 3 : reply.code / 100 == 2;
    if (asked == smtp::Hook::mail) mail_taken_ = taken;
    if (!taken && !failure_) {
        // 2yz to DATA means nothing.
        const auto kind = reply.code < 400 ? journal::Outcome::lost : kind_of(reply.code);
        failure_ = Progress::Outcome{kind, {asked, reply.code, reply.text}};
    }
    if (reply.code == 421) return lose(progress, {asked, reply.code, reply.text});
    if (asked == smtp::Hook::data && taken) {
        // Where the recipient was refused before, the server is owed a message all the same.
        output_ += failure_ ? ".\r\n" : content_;
        state_ = State::message;
        return;
    }
    if (failure_ && answered_ == said_) return finish(progress, mail_taken_);
    if (answered_ == said_) say_next(1);
}

void Dialogue::take_message(const Reply& reply, Progress& progress) {
    if (!failure_) {
        failure_ =
            Progress::Outcome{kind_of(reply.code), {smtp::Hook::message, reply.code, reply.text}};
    }
    if (reply.code == 421) return lose(progress, {smtp::Hook::message, reply.code, reply.text});
    finish(progress, false);
}

void Dialogue::finish(Progress& progress, bool transaction_open) {
    progress.outcome = std::exchange(failure_, std::nullopt);
    state_ = State::idle;
    if (transaction_open) {
        output_ += "RSET\r\n";
        state_ = State::reset;
    }
}

void Dialogue::refuse(Progress& progress, Answer answer) {
    output_ += "QUIT\r\n";
    lose(progress, std::move(answer));
}

void Dialogue::lose(Progress& progress, Answer answer) {
    if (state_ == State::envelope || state_ == State::message) {
        if (!failure_) failure_ = Progress::Outcome{kind_of(answer.code), answer};
        if (failure_->answer.code == 0) failure_->kind = journal::Outcome::lost;
        progress.outcome = std::exchange(failure_, std::nullopt);
    }
    state_ = State::over;
    progress.lost = std::move(answer);
}

Progress Dialogue::ended(std::string_view words) {
    Progress progress;
    if (state_ != State::over) lose(progress, {stage(), 0, std::string{words}});
    return progress;
}

void Dialogue::quit() {
    FAKEMX_ASSERT(state_ == State::idle);
    output_ += "QUIT\r\n";
    state_ = State::over;
}

smtp::Hook Dialogue::stage() const {
    switch (state_) {
        case State::greeting: return smtp::Hook::connect;
        case State::hello:
            return old_hello_ || !model_->esmtp ? smtp::Hook::helo : smtp::Hook::ehlo;
        case State::starttls:
        case State::handshake: return smtp::Hook::starttls;
        case State::envelope: return stages.at(std::min(answered_, stages.size() - 1));
        case State::message: return smtp::Hook::message;
        case State::reset: return smtp::Hook::rset;
        case State::idle:
        case State::over: break;
    }
    return smtp::Hook::idle;
}

Duration Dialogue::patience() const {
    const Timeouts& timeouts = model_->timeouts;
    const smtp::Hook asked = stage();
    if (asked == smtp::Hook::connect) return timeouts.greeting;
    if (asked == smtp::Hook::mail) return timeouts.mail;
    if (asked == smtp::Hook::rcpt) return timeouts.rcpt;
    if (asked == smtp::Hook::data) return timeouts.data;
    if (asked == smtp::Hook::message) return timeouts.message;
    return timeouts.hello;
}

}  // namespace fakemx::senders
