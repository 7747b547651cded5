// The client's side of one SMTP connection (RFC 5321 §3, RFC 2920), without a clock and without a socket: octets
// of the server come in, octets of the client go out, and what became of each message. It must not know of
// queues and of time; whoever drives it asks how patient it is.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "core/time.h"
#include "journal/records.h"
#include "senders/model.h"
#include "smtp/hook.h"

namespace fakemx::senders {

/// What the server, or the network, said in the end.
struct Answer {
    smtp::Hook stage = smtp::Hook::connect;
    int code = 0;      ///< 0: no reply; `text` says what happened instead
    std::string text;  ///< of all lines, with the enhanced code
};

/// A message on its way to one recipient.
struct Letter {
    std::string_view from;
    std::string_view to;
    std::string_view content;  ///< dot-stuffed (RFC 5321 §4.5.2), ends in CRLF
};

/// What has happened with the last input.
struct Progress {
    /// What became of the letter.
    struct Outcome {
        journal::Outcome kind = journal::Outcome::lost;
        Answer answer;
    };
    std::optional<Outcome> outcome;
    /// The connection is of no use any more. Without an outcome it was lost between two letters.
    std::optional<Answer> lost;
};

class Dialogue {
public:
    enum class State : std::uint8_t {
        greeting,
        hello,
        starttls,
        handshake,
        idle,  ///< ready for a letter
        envelope,
        message,
        reset,
        over,
    };

    /// `model` outlives the dialogue.
    Dialogue(const Model& model, std::string_view helo, bool lmtp)
        : model_(&model), helo_(helo), lmtp_(lmtp) {}

    /// The server may be spoken to in TLS from the first octet on, or has been since STARTTLS.
    void tls_ready();
    Progress received(std::string_view octets);
    /// The connection has ended, in these words.
    Progress ended(std::string_view words);
    /// In State::idle. What the letter refers to is not needed any more when this returns.
    Progress begin(const Letter& letter);
    /// In State::idle: there is nothing more to be sent.
    void quit();

    State state() const { return state_; }
    /// How long it waits for the server's next reply.
    Duration patience() const;
    std::string take_output() { return std::exchange(output_, {}); }

private:
    struct Reply {
        int code = 0;
        std::string text;
    };
    enum class Found : std::uint8_t { nothing, reply, garbage };

    Found next_reply(Reply& reply);
    Progress work_off();
    void take(const Reply& reply, Progress& progress);
    void take_hello(const Reply& reply, Progress& progress);
    void take_envelope(const Reply& reply, Progress& progress);
    void take_message(const Reply& reply, Progress& progress);
    void say_hello();
    void say_next(std::size_t count);
    void finish(Progress& progress, bool transaction_open);
    void refuse(Progress& progress, Answer answer);
    void lose(Progress& progress, Answer answer);
    smtp::Hook stage() const;

    const Model* model_;
    std::string_view helo_;
    bool lmtp_;
    bool old_hello_ = false;  // HELO, behind a refused EHLO
    bool encrypted_ = false;
    bool pipelining_ = false;
    bool declares_size_ = false;
    bool offers_tls_ = false;
    bool mail_taken_ = false;
    State state_ = State::greeting;
    std::string input_;
    std::size_t read_ = 0;  // of input_
    std::string output_;
    std::array<std::string, 3> commands_;  // MAIL, RCPT, DATA
    std::string content_;
    std::size_t said_ = 0;      // of commands_
    std::size_t answered_ = 0;  // of commands_
    std::optional<Progress::Outcome> failure_;
};

}  // namespace fakemx::senders
