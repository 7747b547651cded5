// A session under its contract: every call is followed by the checks of DESIGN §4 that can be made from
// outside, and every effect can be written as a line of text, so that two runs can be compared. Throws
// std::logic_error where the contract is broken: Catch shows it, libFuzzer stops at it.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include <fmt/format.h>

#include "core/text.h"
#include "journal/event.h"
#include "smtp/session.h"

namespace fakemx::test {

inline std::string describe(const smtp::Argument& argument) {
    const auto path_argument = [](const smtp::PathArgument& path) {
        std::string text = fmt::format("<{}>", path.path.address());
        for (const smtp::Parameter& parameter : path.parameters) {
            text +=
                fmt::format(" {}={}{}", parameter.keyword, parameter.has_value, parameter.value);
        }
        return text;
    };
    if (const auto* helo = std::get_if<smtp::HeloArgument>(&argument)) {
        return fmt::format("{} {}", escape_octets(helo->name), helo->valid);
    }
    if (const auto* mail = std::get_if<smtp::MailArgument>(&argument)) {
        return path_argument(mail->argument);
    }
    if (const auto* rcpt = std::get_if<smtp::RcptArgument>(&argument)) {
        return path_argument(rcpt->argument);
    }
    if (const auto* text = std::get_if<smtp::TextArgument>(&argument)) {
        return escape_octets(text->verb + ' ' + text->text);
    }
    if (const auto* auth = std::get_if<smtp::AuthArgument>(&argument)) {
        return fmt::format("{} {} {} {}", smtp::name(auth->facts.mechanism),
                           escape_octets(auth->facts.user), escape_octets(auth->facts.identity),
                           auth->fits);
    }
    if (const auto* chunk = std::get_if<smtp::ChunkFacts>(&argument)) {
        return fmt::format("{} of {} octets", chunk->octets, chunk->message_octets);
    }
    if (const auto* message = std::get_if<smtp::Message>(&argument)) {
        return fmt::format("{} octets {} lines {} {} {} {} {} {} {} {} [{}] {}", message->octets,
                           message->lines, message->bare_cr, message->bare_lf, message->long_lines,
                           message->dotted_lines, message->bare_dot_lines, message->nul,
                           message->eight_bit, message->too_big, escape_octets(message->content),
                           message->rest_fingerprint);
    }
    return {};
}

inline std::string describe(const smtp::SessionFacts& facts) {
    std::string text = fmt::format(
        "helo={} esmtp={} from={} size={} 8bit={} commands={} errors={} transactions={} "
        "messages={} "
        "recipients={}",
        escape_octets(facts.helo), facts.esmtp, facts.envelope.reverse_path.address(),
        facts.envelope.declared_octets.value_or(0), facts.envelope.body_8bitmime, facts.commands,
        facts.protocol_errors, facts.transactions, facts.messages, facts.recipients);
    for (const smtp::Path& path : facts.envelope.recipients) text += " to=" + path.address();
    return text;
}

/// One line for an effect. What the contract exempts from chunk-equivalence is left out, as it is in
/// the canonical journal.
inline std::string describe(const smtp::Effect& effect) {
    if (const auto* send = std::get_if<smtp::Send>(&effect)) {
        std::string text = fmt::format("send {}", escape_octets(send->octets));
        if (!send->pacing.immediate()) {
            text += fmt::format(" after {} every {} pieces {}", format_duration(send->pacing.after),
                                format_duration(send->pacing.every), send->pacing.pieces.size());
        }
        return text;
    }
    if (const auto* consult = std::get_if<smtp::Consult>(&effect)) {
        return fmt::format("consult {} ({}) {}", smtp::name(consult->question.hook),
                           describe(*consult->question.argument),
                           describe(*consult->question.session));
    }
    if (std::holds_alternative<smtp::UpgradeTls>(effect)) return "upgrade";
    if (std::holds_alternative<smtp::HalfClose>(effect)) return "half-close";
    if (const auto* close = std::get_if<smtp::Close>(&effect)) {
        return fmt::format("close {}", static_cast<int>(close->how));
    }
    if (const auto* observe = std::get_if<smtp::Observe>(&effect)) {
        std::string text = "observe ";
        const auto body = std::visit([](const auto& what) -> journal::EventBody { return what; },
                                     observe->observation);
        journal::append_json(text, {SessionId{1}, 1, Instant{}, body}, journal::Form::canonical);
        return text;
    }
    return "abandon";
}

template <class Kind>
const Kind* observed(const smtp::Effect& effect) {
    const auto* observe = std::get_if<smtp::Observe>(&effect);
    return observe == nullptr ? nullptr : std::get_if<Kind>(&observe->observation);
}

class CheckedSession {
public:
    explicit CheckedSession(const smtp::HostOptions& host, smtp::SessionFacts facts = {})
        : session_(host, std::move(facts)) {}

    smtp::Effects handle(Instant now, const smtp::Input& input) {
        const auto before = session_.deadline();
        const bool early_tick =
            std::holds_alternative<smtp::Tick>(input) && (!before || now < *before);
        must(!upgrading_ || !std::holds_alternative<smtp::Received>(input),
             "the driver gave octets of the handshake to the session");
        if (std::holds_alternative<smtp::TlsReady>(input) ||
            std::holds_alternative<smtp::TlsFailed>(input))
            upgrading_ = false;
        smtp::Effects effects;
        session_.handle(now, input, effects);
        must(!early_tick || effects.empty(), "a Tick before its deadline did something");
        check(now, effects);
        return effects;
    }

    smtp::Effects resolve(Instant now, const smtp::Verdict& verdict) {
        must(asking_, "nothing was asked");
        asking_ = false;
        smtp::Effects effects;
        session_.resolve(now, verdict, effects);
        check(now, effects);
        return effects;
    }

    smtp::Effects resolve_failed(Instant now) {
        must(asking_, "nothing was asked");
        asking_ = false;
        smtp::Effects effects;
        session_.resolve_failed(now, effects);
        check(now, effects);
        return effects;
    }

    const smtp::Session& session() const { return session_; }
    bool asking() const { return asking_; }
    bool ended() const { return closed_; }

private:
    static void must(bool condition, std::string_view what) {
        if (!condition) throw std::logic_error("session contract: " + std::string{what});
    }

    void check(Instant now, const smtp::Effects& effects) {
        must(!closed_ || effects.empty(), "an effect after Close");
        asked_now_ = false;
        for (const smtp::Effect& effect : effects) {
            must(!closed_, "an effect behind Close");
            std::visit([&](const auto& kind) { check_one(kind); }, effect);
        }
        must(session_.asking() == asking_, "asking() is not what was asked and answered");
        must(session_.ended() == closed_, "ended() without Close, or Close without ended()");
        must(!closed_ || !abandoned_ || !asking_, "a question survived the session");
        must(closed_ || !abandoned_, "Abandon although the session goes on");
        const auto deadline = session_.deadline();
        must(!deadline || *deadline > now, "a deadline that is not later than now");
        must(!closed_ || !deadline, "a deadline after the end");
        must(!closed_ || !session_.wants_input(), "an ended session wants input");
        must(!(session_.asking() && session_.draining()), "asking while a reply is leaving");
    }

    void check_one(const smtp::Send& send) {
        must(!asking_, "a reply while a question is outstanding");
        must(!upgrading_, "a reply during a handshake");
        must(!ended_ && !half_closed_, "a reply after Ended or HalfClose");
        must(!send.octets.empty() || !send.pacing.immediate(), "an empty Send");
    }
    void check_one(const smtp::UpgradeTls&) {
        must(!asking_, "TLS while a question is outstanding");
        must(!upgrading_, "TLS inside TLS");
        upgrading_ = true;
    }
    void check_one(const smtp::Consult& consult) {
        must(!upgrading_ || consult.question.hook == smtp::Hook::close,
             "a question during a handshake");
        must(!asking_, "two questions at once");
        must(!close_asked_, "a question behind that of the hook close");
        if (consult.question.hook == smtp::Hook::close) {
            close_asked_ = true;
        } else {
            asking_ = asked_now_ = true;
        }
    }
    void check_one(const smtp::Abandon&) {
        must(asking_, "Abandon without a question");
        // Whoever carries out effects may have answered it already.
        must(!asked_now_, "asked and abandoned in one call");
        asking_ = false;
        abandoned_ = true;
    }
    void check_one(const smtp::HalfClose&) {
        must(!asking_ && !half_closed_, "half-closed twice, or with a question outstanding");
        half_closed_ = true;
    }
    void check_one(const smtp::Close&) {
        must(ended_, "Close without Ended");
        must(close_asked_, "Close without the hook close");
        must(!asking_, "Close with a question outstanding");
        closed_ = true;
        upgrading_ = false;
    }
    void check_one(const smtp::Observe& observe) {
        must(!ended_, "an observation after Ended");
        ended_ = std::holds_alternative<smtp::Ended>(observe.observation);
    }

    smtp::Session session_;
    bool asking_ = false;
    bool asked_now_ = false;
    bool abandoned_ = false;
    bool close_asked_ = false;
    bool upgrading_ = false;
    bool ended_ = false;
    bool half_closed_ = false;
    bool closed_ = false;
};

}  // namespace fakemx::test
