// Answering: from a verdict to octets, and what the answer does to the session.
#include <algorithm>

#include <fmt/format.h>

#include "core/assert.h"
#include "core/limits.h"
#include "core/text.h"
#include "smtp/session.h"
#include "smtp/xclient.h"

namespace fakemx::smtp {

namespace {

/// The code that octets begin with in their last line; 0 without one.
int code_of(std::string_view octets) {
    while (octets.ends_with('\n') || octets.ends_with('\r')) octets.remove_suffix(1);
    const std::size_t line = octets.find_last_of('\n');
    if (line != std::string_view::npos) octets.remove_prefix(line + 1);
    if (octets.size() < 3 || (octets.size() > 3 && is_ascii_digit(octets[3]))) return 0;
    const auto code = parse_decimal(octets.substr(0, 3));
    return code ? static_cast<int>(*code) : 0;
}

}  // namespace

void Session::resolve(Instant now, const Verdict& verdict, Effects& out) {
    answer(now, verdict, !std::holds_alternative<DefaultAnswer>(verdict.answer), out);
}

void Session::resolve_failed(Instant now, Effects& out) {
    FAKEMX_ASSERT(asking());
    Reply reply = own_words(*asked_, Occasion::profile_failed);
    // A greeting knows 220, 421, 521 and 554 (RFC 5321 §4.3.2, RFC 7504).
    // And whoever was silent too long is told nothing but that it is over.
    if (*asked_ == Hook::connect || *asked_ == Hook::idle) reply.code = 421;
    answer(now, Verdict{.answer = std::move(reply)}, false, out);
}

void Session::resolve_full(Instant now, Effects& out) {
    FAKEMX_ASSERT(asking());
    answer(now, Verdict{.answer = own_words(*asked_, Occasion::too_many_sessions)}, false, out);
}

void Session::answer(Instant now, const Verdict& verdict, bool scripted, Effects& out) {
    FAKEMX_ASSERT(now >= last_now_);
    FAKEMX_ASSERT(asking());
    last_now_ = now;
    // Also where nothing is said: whoever asks the idle hook must not ask it again at once.
    quiet_since_ = now;
    const Hook hook = *asked_;
    asked_.reset();
    if (hook == Hook::unknown && verdict == Verdict{}) {
        // An error of the protocol like any other, and counted like one.
        argument_.reset();
        refuse(now, hook, unknown_occasion(), out);
    } else if (hook != Hook::auth || !hold_refusal(now, verdict, scripted, out)) {
        give(now, hook, verdict, scripted, out);
    }
    process(now, out);
    end_of_input(out);
    FAKEMX_ASSERT(!deadline() || *deadline() > now);
}

void Session::give(Instant now, Hook hook, const Verdict& verdict, bool scripted, Effects& out) {
    const Outcome outcome = speak(now, hook, verdict, scripted, out);
    apply(hook, outcome);
    greeted_ = greeted_ || !draining_;
    if (outcome.silent || !recipients_left()) argument_.reset();
    take_orders(now, hook, verdict, outcome.accepted);
    follow_ending(hook, verdict, outcome, out);
    if (upgrade_planned_ && !draining_ && !ended()) upgrade(now, out);
}

Session::Outcome Session::outcome_of(Hook stage, const Verdict& verdict, bool unasked) const {
    Outcome outcome;
    const auto say = [&](const Reply& reply) {
        outcome.code = reply.code;
        outcome.octets = to_wire(reply);
        outcome.text = text_of(reply);
    };
    if (std::holds_alternative<DefaultAnswer>(verdict.answer)) {
        // Unasked, there is nothing to say by default.
        if (!unasked) say(default_reply(stage));
    } else if (const auto* standard = std::get_if<StandardAnswer>(&verdict.answer)) {
        Reply reply = own_words(stage, occasion_for(stage, standard->disposition));
        if (standard->text) reply.lines = {*standard->text};
        const bool offers = stage == Hook::ehlo && reply.positive();
        say(offers ? ehlo_reply(std::move(reply)) : reply);
    } else if (const auto* reply = std::get_if<Reply>(&verdict.answer)) {
        say(*reply);
    } else if (const auto* raw = std::get_if<RawAnswer>(&verdict.answer)) {
        outcome.code = code_of(raw->octets);
        outcome.octets = raw->octets;
        outcome.text = escape_octets(raw->octets);
    } else {
        outcome.silent = true;
    }
    outcome.accepted = stage == Hook::data ? outcome.code / 100 == 3 : outcome.code / 100 == 2;
    return outcome;
}

Session::Outcome Session::speak(Instant now, Hook stage, const Verdict& verdict, bool scripted,
                                Effects& out, bool unasked) {
    Outcome outcome = outcome_of(stage, verdict, unasked);
    Answered answered{.stage = stage, .scripted = scripted, .after = verdict.pacing.after};
    answered.text = std::move(outcome.text);
    answered.code = outcome.code;
    answered.silent = outcome.silent;
    answered.raw = std::holds_alternative<RawAnswer>(verdict.answer);
    answered.accepted = outcome.accepted && !unasked;
    answered.unasked = unasked;
    answered.cause = verdict.cause;
    if (const auto* message = std::get_if<Message>(argument_.get());
        message != nullptr && message->recipient != 0 && !unasked)
        answered.recipient = facts_.envelope.recipients.at(message->recipient - 1).address();
    const bool ends = ends_connection(stage, verdict, outcome);
    const bool arriving = state_ == State::data || state_ == State::bdat || chunk_;
    if (unasked && ends && arriving && outcome.code / 100 >= 4) {
        // The last word on the message that is arriving.
        answered.stage = Hook::message;
        answered.unasked = false;
    }
    Pacing pacing = verdict.pacing;
    // What ends a phase of the connection comes before what follows.
    pacing.late = pacing.late && !ends && stage != Hook::connect && stage != Hook::starttls &&
                  may_be_late(now, pacing.after);
    answered.paced = pacing.awaited();
    if (verdict.lost_after && *verdict.lost_after < outcome.octets.size()) {
        outcome.octets.resize(*verdict.lost_after);
        answered.lost = true;
    }
    answered.in_pieces = !pacing.pieces.empty() && pacing.pieces.front() < outcome.octets.size();
    if (verdict.reading && verdict.reading->octets == 0) answered.pause = verdict.reading->every;
    out.emplace_back(Observe{std::move(answered)});
    if (!outcome.octets.empty() || !pacing.immediate()) send(now, outcome.octets, pacing, out);
    return outcome;
}

void Session::send(Instant now, std::string octets, const Pacing& pacing, Effects& out) {
    quiet_since_ = now;
    octets_before_reply_ = input_.arrived();
    // Replies that nobody takes are not piled up, however many commands have arrived at once.
    sent_unconfirmed_ += octets.size();
    draining_ = pacing.awaited() || sent_unconfirmed_ > limits::output_octets_kept;
    out.emplace_back(Send{std::move(octets), pacing});
}

void Session::refuse(Instant now, Hook stage, Occasion occasion, Effects& out) {
    ++facts_.protocol_errors;
    auth_refused_ = auth_refused_ || stage == Hook::auth;
    if (stage == Hook::rcpt && state_ == State::mail) recipients_tried_ = true;
    const bool last = facts_.protocol_errors > limits::protocol_errors_max;
    const Reply reply = own_words(stage, last ? Occasion::too_many_errors : occasion);
    out.emplace_back(Observe{Answered{.stage = stage, .code = reply.code, .text = text_of(reply)}});
    send(now, to_wire(reply), {}, out);
    if (last) end(Ended::How::too_many_errors, Close::How::flush, {}, out);
}

Reply Session::default_reply(Hook hook) const {
    if (hook == Hook::mail) {
        // RFC 1870 §6.1: a declared size over the limit is refused here already.
        const auto& parameters = std::get<MailArgument>(*argument_).argument.parameters;
        const Parameter* size = find_parameter(parameters, "SIZE");
        if (size != nullptr && host_.message_octets_max != 0 &&
            parse_size_value(size->value).value_or(0) > host_.message_octets_max) {
            return own_words(hook, Occasion::message_too_big);
        }
    }
    if (hook == Hook::auth && !std::get<AuthArgument>(*argument_).fits) {
        return own_words(hook, Occasion::auth_rejected);
    }
    if (hook == Hook::rcpt) {
        const Path& path = std::get<RcptArgument>(*argument_).argument.path;
        // RFC 5321 §4.5.1: Postmaster is always taken, with or without a domain.
        const bool served =
            host_.domains.empty() || path.domain.empty() ||
            std::any_of(host_.domains.begin(), host_.domains.end(), [&](const std::string& domain) {
                return equal_ignoring_case(domain, path.domain);
            });
        if (!served) return own_words(hook, Occasion::relay_denied);
        if (facts_.envelope.recipients.size() >= host_.recipients_max) {
            return own_words(hook, Occasion::too_many_recipients);
        }
    }
    if (hook == Hook::bdat && host_.message_octets_max != 0 &&
        std::get<ChunkFacts>(*argument_).message_octets > host_.message_octets_max) {
        return own_words(hook, Occasion::message_too_big);
    }
    if (hook == Hook::data && facts_.envelope.recipients.empty())
        return own_words(hook, Occasion::no_recipients);
    // There the words of the host are those for DATA.
    if (hook == Hook::message && facts_.envelope.recipients.empty())
        return standard_reply(Occasion::no_recipients);
    if (hook == Hook::message && std::get<Message>(*argument_).too_big) {
        return own_words(hook, Occasion::message_too_big);
    }
    if (hook == Hook::unknown) return own_words(hook, unknown_occasion());
    if (hook == Hook::idle) return own_words(hook, Occasion::idle_timeout);
    if (hook == Hook::expn) return own_words(hook, Occasion::expn);
    Reply reply = own_words(hook, occasion_for(hook, Disposition::accept));
    return hook == Hook::ehlo && reply.positive() ? ehlo_reply(std::move(reply)) : reply;
}

Occasion Session::occasion_for(Hook hook, Disposition disposition) const {
    const auto one_of = [&](Occasion accept, Occasion defer, Occasion reject) {
        switch (disposition) {
            case Disposition::accept: return accept;
            case Disposition::defer: return defer;
            case Disposition::reject: return reject;
        }
        return accept;
    };
    const auto other = [&](Occasion accept) {
        return one_of(accept, Occasion::command_deferred, Occasion::command_rejected);
    };
    switch (hook) {
        case Hook::connect:
            return one_of(Occasion::greeting, Occasion::greeting_deferred,
                          Occasion::greeting_rejected);
        case Hook::ehlo:
            return one_of(Occasion::ehlo, Occasion::helo_deferred, Occasion::helo_rejected);
        case Hook::helo:
            return one_of(Occasion::helo, Occasion::helo_deferred, Occasion::helo_rejected);
        case Hook::mail:
            return one_of(Occasion::mail, Occasion::mail_deferred, Occasion::mail_rejected);
        case Hook::rcpt:
            return one_of(Occasion::rcpt, Occasion::rcpt_deferred, Occasion::rcpt_rejected);
        case Hook::data:
            return one_of(Occasion::data, Occasion::data_deferred, Occasion::data_rejected);
        case Hook::bdat:
            return one_of(Occasion::bdat, Occasion::bdat_deferred, Occasion::bdat_rejected);
        case Hook::message:
            return one_of(Occasion::message, Occasion::message_deferred,
                          Occasion::message_rejected);
        case Hook::starttls:
            return one_of(Occasion::starttls, Occasion::starttls_deferred,
                          Occasion::starttls_rejected);
        case Hook::auth:
            return one_of(Occasion::auth, Occasion::auth_deferred, Occasion::auth_rejected);
        case Hook::rset: return other(Occasion::rset);
        case Hook::vrfy: return other(Occasion::vrfy);
        case Hook::help: return other(Occasion::help);
        case Hook::quit: return other(Occasion::quit);
        case Hook::expn:
        case Hook::noop:
        case Hook::unknown:
        case Hook::idle:
        case Hook::close: return other(Occasion::noop);
    }
    return Occasion::noop;
}

Reply Session::own_words(Hook stage, Occasion occasion) const {
    Reply reply = host_.reply_for(occasion);
    // RFC 2034 §4: enhanced codes only where they were offered, and never in the greeting or in an
    // answer to EHLO or HELO.
    const bool without = stage == Hook::connect || stage == Hook::ehlo || stage == Hook::helo;
    if (without || !offered(Extension::enhanced_status_codes)) reply.enhanced.reset();
    for (std::string& line : reply.lines) {
        if (line.find('{') != std::string::npos) line = filled_in(line);
    }
    return reply;
}

const std::vector<Offer>& Session::offers_now() const {
    return facts_.tls && host_.extensions_in_tls ? *host_.extensions_in_tls : host_.extensions;
}

Reply Session::ehlo_reply(Reply first_line) const {
    Reply reply = std::move(first_line);
    const bool in_tls = facts_.tls != nullptr;
    for (const Offer& offer : offers_now()) {
        if (in_tls && offer.extension == Extension::starttls) continue;     // RFC 3207 §4.2
        if (!in_tls && offer.extension == Extension::requiretls) continue;  // RFC 8689 §2 (7)
        std::string line = offer.line;
        if (offer.extension == Extension::auth && line.size() == 4) {
            line += fmt::format(" {}", fmt::join(mechanism_names, " "));
        }
        if (offer.extension == Extension::size && line.find(' ') == std::string::npos) {
            line += fmt::format(" {}", host_.message_octets_max);
        }
        reply.lines.push_back(std::move(line));
    }
    if (trust_.xclient == PeerTrust::Xclient::taken) reply.lines.emplace_back(xclient_offer);
    return reply;
}

std::string Session::filled_in(std::string_view text) const {
    std::string result;
    while (true) {
        const std::size_t open = text.find('{');
        const std::size_t close =
            text.find('}', open == std::string_view::npos ? text.size() : open);
        if (close == std::string_view::npos) return result.append(text);
        const std::string_view word = text.substr(open + 1, close - open - 1);
        result.append(text.substr(0, open));
        if (word == "host") {
            result.append(facts_.host);
        } else if (word == "client") {
            // While EHLO or HELO is being answered, its own argument.
            const auto* greeting = std::get_if<HeloArgument>(argument_.get());
            result.append(greeting != nullptr ? greeting->name : facts_.helo);
        } else if (const auto* chunk = std::get_if<ChunkFacts>(argument_.get());
                   chunk != nullptr && word == "octets") {
            result.append(fmt::format("{}", chunk->octets));
        } else if (word == "id") {
            result.append(fmt::format("{}.{}", number(facts_.id), facts_.transactions));
        } else {
            result.append(text.substr(open, close - open + 1));
        }
        text.remove_prefix(close + 1);
    }
}

void Session::apply(Hook hook, const Outcome& outcome) {
    if (outcome.silent) return;
    switch (hook) {
        case Hook::connect: state_ = outcome.accepted ? State::fresh : State::refused; return;
        case Hook::ehlo:
        case Hook::helo:
            if (outcome.accepted) accept_helo(hook == Hook::ehlo, outcome.octets);
            return;
        case Hook::mail:
            if (outcome.accepted) accept_mail();
            return;
        case Hook::rcpt:
            recipients_tried_ = true;
            if (!outcome.accepted) return;
            ++facts_.recipients;
            facts_.envelope.recipients.push_back(
                std::move(std::get<RcptArgument>(*argument_).argument.path));
            state_ = next_state(state_, Verb::rcpt);
            return;
        case Hook::data:
            if (!outcome.accepted) return;
            state_ = next_state(state_, Verb::data);
            intake_ = std::make_unique<MessageIntake>(host_.message_octets_max, rest_reader_);
            data_before_354_ = false;
            return;
        case Hook::bdat:
            // RFC 3030 §2: behind a chunk that was refused there is no message any more.
            if (!outcome.accepted) intake_.reset();
            return;
        case Hook::message:
            if (outcome.accepted && !std::exchange(message_counted_, true)) ++facts_.messages;
            if (recipients_left()) return;
            reset_transaction();
            state_ = State::ready;
            return;
        case Hook::rset:
            if (!outcome.accepted) return;
            reset_transaction();
            state_ = next_state(state_, Verb::rset);
            return;
        case Hook::starttls: upgrade_planned_ = outcome.accepted; return;
        case Hook::auth:
            if (!outcome.accepted) return;
            facts_.auth = std::make_shared<const AuthFacts>(
                std::move(std::get<AuthArgument>(*argument_).facts));
            return;
        case Hook::vrfy:
        case Hook::expn:
        case Hook::help:
        case Hook::noop:
        case Hook::quit:
        case Hook::unknown:
        case Hook::idle:
        case Hook::close: return;
    }
}

void Session::accept_helo(bool esmtp, std::string_view reply_octets) {
    reset_transaction();
    facts_.helo = std::move(std::get<HeloArgument>(*argument_).name);
    facts_.esmtp = esmtp;
    offered_ = {};
    mechanisms_ = {};
    state_ = next_state(state_, esmtp ? Verb::ehlo : Verb::helo);
    if (!esmtp) return;
    // What was offered is what the client was really told.
    bool first = true;
    while (!reply_octets.empty()) {
        const std::size_t end = std::min(reply_octets.find('\n'), reply_octets.size() - 1);
        std::string_view line = reply_octets.substr(0, end + 1);
        reply_octets.remove_prefix(end + 1);
        while (line.ends_with('\n') || line.ends_with('\r')) line.remove_suffix(1);
        if (!std::exchange(first, false) && line.size() > 4) {
            line.remove_prefix(4);
            const auto extension = extension_of(line);
            if (extension) offered_.set(static_cast<std::size_t>(*extension));
            if (extension == Extension::auth) mechanisms_ |= mechanisms_in(line);
        }
    }
}

void Session::accept_mail() {
    PathArgument& argument = std::get<MailArgument>(*argument_).argument;
    facts_.envelope = {};
    facts_.envelope.reverse_path = std::move(argument.path);
    facts_.envelope.declared_octets = declared_octets(argument.parameters);
    if (const Parameter* body = find_parameter(argument.parameters, "BODY")) {
        facts_.envelope.body_8bitmime = equal_ignoring_case(body->value, "8BITMIME");
        facts_.envelope.body_binarymime = equal_ignoring_case(body->value, "BINARYMIME");
    }
    facts_.envelope.smtputf8 = find_parameter(argument.parameters, "SMTPUTF8") != nullptr;
    ++facts_.transactions;
    facts_.in_transaction = true;
    state_ = next_state(state_, Verb::mail);
}

bool Session::ends_connection(Hook stage, const Verdict& verdict, const Outcome& outcome) {
    if (verdict.ending != Ending::by_code) return verdict.ending != Ending::stay;
    return verdict.lost_after || outcome.code == 421 || (stage == Hook::quit && outcome.accepted) ||
           (stage == Hook::idle && std::holds_alternative<DefaultAnswer>(verdict.answer));
}

void Session::follow_ending(Hook hook, const Verdict& verdict, const Outcome& outcome,
                            Effects& out) {
    switch (verdict.ending) {
        case Ending::close:
            return end_when_drained(Ended::How::server_closed, Close::How::flush, out);
        case Ending::cut: return end_when_drained(Ended::How::server_closed, Close::How::cut, out);
        case Ending::reset:
            return end_when_drained(Ended::How::server_reset, Close::How::reset, out);
        case Ending::half_close:
            if (!draining_) return half_close(out);
            half_close_planned_ = true;
            return;
        case Ending::by_code:
            if (hook == Hook::quit && outcome.accepted) {
                return end_when_drained(Ended::How::quit, Close::How::flush, out);
            }
            if (hook == Hook::idle && std::holds_alternative<DefaultAnswer>(verdict.answer)) {
                return end_when_drained(Ended::How::idle, Close::How::flush, out);
            }
            if (ends_connection(hook, verdict, outcome)) {
                return end_when_drained(Ended::How::server_closed, Close::How::flush, out);
            }
            break;
        case Ending::stay: break;
    }
    if (outcome.silent) fall_silent();
}

void Session::half_close(Effects& out) {
    half_close_planned_ = false;
    half_closed_ = true;
    out.emplace_back(HalfClose{});
    fall_silent();
    if (orders_) orders_->follow_ups.clear();
}

void Session::fall_silent() {
    conceal_unread(true);
    argument_.reset();  // with recipients of LMTP that hear nothing more
    intake_.reset();
    auth_.reset();
    chunk_.reset();
    heard_while_mute_ = !input_.empty();
    input_.clear();
    upgrade_planned_ = false;
    quiet_since_ = last_now_;
    state_ = State::mute;
}

void Session::end_when_drained(Ended::How how, Close::How close, Effects& out) {
    if (draining_) {
        planned_end_ = PlannedEnd{how, close};
    } else {
        end(how, close, {}, out);
    }
}

}  // namespace fakemx::smtp
