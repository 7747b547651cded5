// Reading: from inputs to command lines, message data and questions, and the end of a session.
#include "smtp/session.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/assert.h"
#include "core/limits.h"
#include "core/text.h"

namespace fakemx::smtp {

namespace {

/// What of a line or of left-over input is shown in an anomaly.
constexpr std::size_t detail_octets_max = 64;

Hook hook_of(Verb verb) {
    switch (verb) {
        case Verb::helo: return Hook::helo;
        case Verb::ehlo: return Hook::ehlo;
        case Verb::mail: return Hook::mail;
        case Verb::rcpt: return Hook::rcpt;
        case Verb::data: return Hook::data;
        case Verb::rset: return Hook::rset;
        case Verb::noop: return Hook::noop;
        case Verb::vrfy: return Hook::vrfy;
        case Verb::expn: return Hook::expn;
        case Verb::help: return Hook::help;
        case Verb::quit: return Hook::quit;
        case Verb::starttls: return Hook::starttls;
        case Verb::bdat: return Hook::bdat;
        case Verb::auth: return Hook::auth;
        case Verb::unsupported:
        case Verb::unknown: return Hook::unknown;
    }
    return Hook::unknown;
}

MessageSeen summary_of(const Message& message) {
    return {.octets = message.octets,
            .chunks = message.chunks,
            .lines = message.lines,
            .bare_cr = message.bare_cr,
            .bare_lf = message.bare_lf,
            .long_lines = message.long_lines,
            .dotted_lines = message.dotted_lines,
            .bare_dot_lines = message.bare_dot_lines,
            .nul = message.nul,
            .eight_bit = message.eight_bit,
            .too_big = message.too_big,
            .before_354 = message.before_354};
}

/// What a client sent, as it may be journalled: AUTH and what follows may hold a password
/// (RFC 4954 §4), so only the mechanism stays. There may be several lines, with any kind of line end.
std::string without_credentials(std::string_view text) {
    constexpr std::string_view verb = "AUTH";
    std::string result;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find_first_of("\r\n"), text.size() - 1) + 1;
        const std::string_view line = text.substr(0, end);
        text.remove_prefix(end);
        const std::size_t mechanism = line.find_first_not_of(" \t", verb.size());
        if (!equal_ignoring_case(line.substr(0, verb.size()), verb) || mechanism == verb.size() ||
            mechanism == std::string_view::npos) {
            result += line;
            continue;
        }
        const std::size_t secret = line.find_first_of(" \t", mechanism);
        result += line.substr(0, secret);
        if (secret != std::string_view::npos) result += " [redacted]";
    }
    return result;
}

template <class... Ts>
struct Overloaded : Ts... {
    using Ts::operator()...;
};
template <class... Ts>
Overloaded(Ts...) -> Overloaded<Ts...>;

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
        case Anomaly::Kind::not_offered: return "not_offered";
        case Anomaly::Kind::plaintext_before_tls: return "plaintext_before_tls";
        case Anomaly::Kind::cut_off_line: return "cut_off_line";
        case Anomaly::Kind::cut_off_message: return "cut_off_message";
        case Anomaly::Kind::unread_input: return "unread_input";
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
        case Ended::How::shutdown: return "shutdown";
    }
    return {};
}

Session::Session(const HostOptions& host, SessionFacts facts)
    : host_(host), facts_(std::move(facts)) {
    FAKEMX_ASSERT(host.idle_timeout > Duration::zero());
}

void Session::handle(Instant now, const Input& input, Effects& out) {
    FAKEMX_ASSERT(now >= last_now_);
    last_now_ = now;
    if (ended()) return;
    std::visit(Overloaded{
                   [&](const Connected&) { on_connected(now, out); },
                   [&](const Received& received) { on_received(now, received.octets, out); },
                   [&](const HalfClosed&) { on_half_closed(out); },
                   [&](const Broken& broken) { on_broken(broken.reason, out); },
                   [&](const Drained&) { on_drained(now, out); },
                   [&](const TlsReady& ready) { on_tls_ready(now, ready.facts, out); },
                   [&](const TlsFailed& failed) { on_tls_failed(failed, out); },
                   [&](const Tick&) { on_tick(now, out); },
                   [&](const ShutDown&) { on_shut_down(now, out); },
               },
               input);
    FAKEMX_ASSERT(!deadline() || *deadline() > now);
}

std::optional<Instant> Session::deadline() const {
    if (ended() || asking() || draining_) return std::nullopt;
    if (state_ == State::mute) return later(quiet_since_, limits::silence_max);
    if (state_ == State::connecting) return std::nullopt;
    return later(quiet_since_, host_.idle_timeout);
}

bool Session::wants_input() const {
    return !ended() && input_.size() < limits::input_octets_kept;
}

void Session::on_connected(Instant now, Effects& out) {
    FAKEMX_ASSERT(state_ == State::connecting && !asking());
    quiet_since_ = now;
    if (host_.implicit_tls) return upgrade(now, out);
    ask(Hook::connect, {}, out);
}

void Session::on_received(Instant now, std::string_view octets, Effects& out) {
    FAKEMX_ASSERT(state_ != State::connecting || asking() || draining_);
    FAKEMX_ASSERT(state_ != State::tls);
    // What changes nothing is a Tick: the driver may be late, and time has passed all the same.
    if (octets.empty() || state_ == State::mute) return on_tick(now, out);
    quiet_since_ = now;
    if (!greeted_ && !early_talk_seen_) {
        early_talk_seen_ = true;
        see_anomaly(Anomaly::Kind::early_talk, {}, out);
    }
    input_.append(octets);
    process(now, out);
}

void Session::on_half_closed(Effects& out) {
    // Whoever closes while an answer is being thought about or is on its way has given up. A client
    // that only shut down its sending side looks the same.
    const bool answer_owed = asking() || draining_ || state_ == State::mute;
    end(Ended::How::client_closed, answer_owed ? Close::How::now : Close::How::flush, {}, out);
}

void Session::on_broken(std::string_view reason, Effects& out) {
    end(Ended::How::client_lost, Close::How::now, reason, out);
}

void Session::on_drained(Instant now, Effects& out) {
    if (!draining_) return on_tick(now, out);
    draining_ = false;
    greeted_ = true;
    quiet_since_ = now;
    octets_before_reply_ = input_.arrived();
    if (planned_end_) {
        end(planned_end_->how, planned_end_->close, {}, out);
    } else if (upgrade_planned_) {
        upgrade(now, out);
    } else {
        process(now, out);
    }
}

void Session::upgrade(Instant now, Effects& out) {
    upgrade_planned_ = false;
    if (!input_.empty()) {
        // RFC 3207 §4.2: nothing that came in the clear may count as if it had been encrypted.
        see_anomaly(Anomaly::Kind::plaintext_before_tls,
                    without_credentials(input_.beginning()).substr(0, detail_octets_max), out);
        input_.clear();
    }
    quiet_since_ = now;
    state_ = State::tls;
    out.emplace_back(UpgradeTls{});
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
    end(Ended::How::tls_failed, Close::How::flush, failed.reason, out);
}

void Session::on_tick(Instant now, Effects& out) {
    const auto due = deadline();
    if (!due || now < *due) return;
    if (state_ == State::mute) {
        end(Ended::How::silence_over, Close::How::now, {}, out);
    } else if (state_ == State::tls) {
        on_tls_failed({.facts = {}, .reason = "the handshake was not over within the idle timeout"},
                      out);
    } else {
        ask(Hook::idle, {}, out);
    }
}

void Session::on_shut_down(Instant now, Effects& out) {
    // RFC 5321 §3.8: a server that must go down sends 421 and closes.
    if (asking()) {
        asked_.reset();
        out.emplace_back(Abandon{});
    }
    if (state_ != State::mute && state_ != State::tls) {
        const Hook stage = state_ == State::connecting ? Hook::connect : Hook::quit;
        const Reply reply = own_words(stage, Occasion::shutting_down);
        out.emplace_back(
            Observe{Answered{.stage = stage, .code = reply.code, .text = text_of(reply)}});
        send(now, to_wire(reply), {}, out);
    }
    end(Ended::How::shutdown, Close::How::flush, {}, out);
}

void Session::process(Instant now, Effects& out) {
    while (!ended() && !asking() && !draining_ && state_ != State::mute && state_ != State::tls) {
        if (chunk_) {
            take_chunk(now, out);
            if (chunk_) break;
        } else if (state_ == State::data) {
            take_message_data(out);
            if (!asking()) break;
        } else {
            const auto line = input_.take_line();
            if (!line) break;
            if (auth_) {
                take_auth_line(now, *line, out);
            } else {
                take_line(now, *line, out);
            }
        }
    }
}

void Session::take_message_data(Effects& out) {
    const std::size_t taken = intake_->feed(input_.rest());
    data_before_354_ = data_before_354_ || octets_before_reply_ != 0;
    input_.drop(taken);
    octets_before_reply_ -= std::min(octets_before_reply_, taken);
    if (!intake_->done()) return;
    Message message = intake_->finish();
    message.before_354 = data_before_354_;
    intake_.reset();
    out.emplace_back(Observe{summary_of(message)});
    ask(Hook::message, std::move(message), out);
}

std::optional<Mechanism> Session::offered_mechanism(std::string_view name) const {
    const auto mechanism = mechanism_named(name);
    if (!mechanism) return std::nullopt;
    for (const Offer& offer : offers_now()) {
        if (offer.extension != Extension::auth) continue;
        // "AUTH PLAIN LOGIN", or "AUTH=PLAIN LOGIN"; alone it offers all there are.
        std::string_view rest = std::string_view{offer.line}.substr(4);
        if (rest.empty()) return mechanism;
        while (!rest.empty()) {
            rest.remove_prefix(1);
            const std::string_view word = rest.substr(0, rest.find(' '));
            if (equal_ignoring_case(word, name)) return mechanism;
            rest.remove_prefix(word.size());
        }
    }
    return std::nullopt;
}

void Session::begin_auth(Instant now, std::string_view argument, Effects& out) {
    // RFC 4954 §4: AUTH mechanism [initial-response]; once in a session.
    if (facts_.auth) return refuse(now, Hook::auth, Occasion::bad_sequence, out);
    const std::size_t blank = argument.find(' ');
    const std::string_view name = argument.substr(0, blank);
    if (name.empty()) return refuse(now, Hook::auth, Occasion::bad_syntax, out);
    const auto mechanism = offered_mechanism(name);
    if (!mechanism) return refuse(now, Hook::auth, Occasion::unknown_mechanism, out);
    auth_ = std::make_unique<AuthExchange>(
        *mechanism, fmt::format("<{}.{}@{}>", number(facts_.id), facts_.commands, facts_.host),
        facts_.tls && !facts_.tls->client_subject.empty());
    std::optional<std::string_view> initial;
    if (blank != std::string_view::npos) initial = trim(argument.substr(blank + 1));
    follow_auth(now, auth_->begin(initial), out);
}

void Session::take_auth_line(Instant now, const LineBuffer::Line& line, Effects& out) {
    octets_before_reply_ -= std::min(octets_before_reply_, line.octets);
    if (line.too_long || line.octets > limits::auth_line_octets_max) {
        auth_.reset();
        return refuse(now, Hook::auth, Occasion::auth_line_too_long, out);
    }
    if (line.text == "*") {
        auth_.reset();
        return refuse(now, Hook::auth, Occasion::auth_cancelled, out);
    }
    follow_auth(now, auth_->take(line.text), out);
}

void Session::follow_auth(Instant now, AuthExchange::Progress progress, Effects& out) {
    switch (progress) {
        case AuthExchange::Progress::malformed:
            auth_.reset();
            return refuse(now, Hook::auth, Occasion::auth_malformed, out);
        case AuthExchange::Progress::challenge: {
            const Reply reply{334, {}, {auth_->challenge()}};
            out.emplace_back(
                Observe{Answered{.stage = Hook::auth, .code = reply.code, .text = text_of(reply)}});
            return send(now, to_wire(reply), {}, out);
        }
        case AuthExchange::Progress::complete: break;
    }
    AuthArgument argument{.facts = auth_->facts(), .fits = auth_->fits(host_.users)};
    auth_.reset();
    out.emplace_back(Observe{AuthSeen{argument.facts, argument.fits}});
    ask(Hook::auth, std::move(argument), out);
}

void Session::begin_chunk(Instant now, std::string_view argument, Admission admitted,
                          Effects& out) {
    const auto chunk = parse_chunk_argument(trim(argument));
    if (!chunk) {
        // Nobody knows where the chunk ends and the next command begins.
        refuse(now, Hook::bdat, Occasion::bad_chunk_size, out);
        return end(Ended::How::server_closed, Close::How::flush, {}, out);
    }
    std::optional<Occasion> refusal;
    if (admitted == Admission::no_recipients && recipients_tried_) {
        refusal = Occasion::no_recipients;
    } else if (admitted != Admission::yes || (state_ == State::bdat && !intake_)) {
        // Also behind a chunk that was refused: RFC 3030 §2 leaves RSET only.
        refusal = Occasion::bad_sequence;
    }
    if (!refusal && !intake_) intake_ = std::make_unique<MessageIntake>(host_.message_octets_max);
    chunk_ = std::make_unique<Chunk>(Chunk{chunk->octets, chunk->octets, chunk->last, refusal});
}

void Session::take_chunk(Instant now, Effects& out) {
    const auto taken =
        static_cast<std::size_t>(std::min<std::uint64_t>(chunk_->left, input_.rest().size()));
    if (!chunk_->refusal) intake_->feed_chunk(input_.rest().substr(0, taken));
    input_.drop(taken);
    octets_before_reply_ -= std::min(octets_before_reply_, taken);
    chunk_->left -= taken;
    if (chunk_->left != 0) return;
    const auto chunk = std::exchange(chunk_, nullptr);
    if (chunk->refusal) return refuse(now, Hook::bdat, *chunk->refusal, out);
    intake_->end_chunk();
    state_ = next_state(state_, Verb::bdat);
    if (!chunk->last) return ask(Hook::bdat, ChunkFacts{chunk->octets, intake_->octets()}, out);
    intake_->end_chunks();
    Message message = intake_->finish();
    intake_.reset();
    out.emplace_back(Observe{summary_of(message)});
    ask(Hook::message, std::move(message), out);
}

void Session::take_line(Instant now, const LineBuffer::Line& line, Effects& out) {
    ++facts_.commands;
    const bool pipelined = octets_before_reply_ != 0;
    octets_before_reply_ -= std::min(octets_before_reply_, line.octets);
    Command command = parse_command(line.text);
    const bool extension_missing =
        (command.verb == Verb::starttls && !offered(Extension::starttls)) ||
        (command.verb == Verb::bdat && !offered(Extension::chunking)) ||
        (command.verb == Verb::auth && !offered(Extension::auth));
    // Inside TLS the verb is known and comes at the wrong time (RFC 3207 §4.2).
    const bool tls_again = command.verb == Verb::starttls && facts_.tls;
    if (extension_missing && !tls_again) command.verb = Verb::unsupported;
    const Hook stage = hook_of(command.verb);

    const bool too_long = line.too_long || line.octets > line_octets_max(command.verb);

    // RFC 6531 §3.1: addresses may be UTF-8 where SMTPUTF8 was offered; §3.3, §3.7.4: and nothing else.
    const bool takes_address =
        stage == Hook::mail || stage == Hook::rcpt || stage == Hook::vrfy || stage == Hook::expn;
    const bool utf8 = takes_address && offered(Extension::smtputf8) && is_utf8(line.text);

    Result<PathArgument, SyntaxError> path = SyntaxError{};
    if (!too_long && (stage == Hook::mail || stage == Hook::rcpt)) {
        path = parse_path_argument(command.argument, stage == Hook::mail ? "FROM" : "TO", utf8);
    }
    CommandSeen seen{
        .verb = command.verb, .line = without_credentials(line.text), .pipelined = pipelined};
    if (path) {
        seen.path = path->path;
        seen.declared_octets = declared_octets(path->parameters);
    }
    out.emplace_back(Observe{std::move(seen)});
    if (extension_missing) see_anomaly(Anomaly::Kind::not_offered, ascii_upper(command.word), out);

    const auto malformed = [&](Anomaly::Kind kind) {
        see_anomaly(kind, without_credentials(line.text).substr(0, detail_octets_max), out);
        refuse(now, stage, Occasion::malformed_line, out);
    };
    if (too_long) {
        see_anomaly(Anomaly::Kind::line_too_long, fmt::format("{} octets", line.octets), out);
        refuse(now, stage, Occasion::line_too_long, out);
    } else if (line.text.find('\n') != std::string_view::npos) {
        malformed(Anomaly::Kind::bare_lf);
    } else if (line.text.find('\r') != std::string_view::npos) {
        malformed(Anomaly::Kind::bare_cr);
    } else if (line.text.find('\0') != std::string_view::npos) {
        malformed(Anomaly::Kind::nul);
    } else if (!utf8 && !std::all_of(line.text.begin(), line.text.end(), is_ascii)) {
        malformed(Anomaly::Kind::eight_bit);
    } else if (command.verb == Verb::bdat) {
        begin_chunk(now, command.argument, admission(state_, command.verb), out);
    } else if (tls_again) {
        refuse(now, stage, Occasion::bad_sequence, out);
    } else if (const Admission admitted = admission(state_, command.verb);
               admitted != Admission::yes) {
        FAKEMX_ASSERT(admitted != Admission::never);
        const bool none_left = admitted == Admission::no_recipients && recipients_tried_;
        refuse(now, stage, none_left ? Occasion::no_recipients : Occasion::bad_sequence, out);
    } else if (stage != Hook::mail && stage != Hook::rcpt) {
        take_command(now, command, out);
    } else if (path) {
        take_path(now, stage, std::move(*path), out);
    } else {
        const SyntaxError error = path.error();
        const bool long_path = error.kind == SyntaxError::Kind::path &&
                               (error.path == PathError::path_too_long ||
                                error.path == PathError::local_part_too_long ||
                                error.path == PathError::domain_too_long);
        const bool bad_path = error.kind == SyntaxError::Kind::path;
        refuse(now, stage,
               long_path             ? Occasion::path_too_long
               : !bad_path           ? Occasion::bad_syntax
               : stage == Hook::mail ? Occasion::bad_sender_syntax
                                     : Occasion::bad_recipient_syntax,
               out);
    }
}

std::optional<std::uint64_t> Session::declared_octets(
    const std::vector<Parameter>& parameters) const {
    if (!offered(Extension::size)) return std::nullopt;
    const Parameter* size = find_parameter(parameters, "SIZE");
    return size != nullptr ? parse_size_value(size->value) : std::nullopt;
}

std::size_t Session::line_octets_max(Verb verb) const {
    if (verb == Verb::auth) return limits::auth_line_octets_max;
    std::size_t octets = limits::command_line_octets_max;
    for (std::size_t i = 0; i < extension_keywords.size(); ++i) {
        if (offered_.test(i)) octets += added_line_octets(static_cast<Extension>(i), verb);
    }
    return octets;
}

void Session::take_command(Instant now, const Command& command, Effects& out) {
    const Hook hook = hook_of(command.verb);
    const std::string_view argument = trim(command.argument);
    TextArgument text{std::string{command.word}, std::string{argument}};
    switch (hook) {
        case Hook::ehlo:
        case Hook::helo: {
            if (argument.empty()) return refuse(now, hook, Occasion::bad_syntax, out);
            const bool valid = is_domain(argument) || is_address_literal(argument);
            if (!valid) {
                see_anomaly(Anomaly::Kind::bad_helo_name, argument.substr(0, detail_octets_max),
                            out);
            }
            return ask(hook, HeloArgument{std::string{argument}, valid}, out);
        }
        case Hook::data:
            // RFC 3030 §3: what is binary comes by BDAT.
            if (facts_.envelope.body_binarymime) {
                return refuse(now, hook, Occasion::bad_sequence, out);
            }
            [[fallthrough]];
        case Hook::rset:
        case Hook::quit:
        case Hook::starttls:
            // RFC 3207 §4; RFC 5321 §4.1.1.4, §4.1.1.5, §4.1.1.10: no argument.
            if (!argument.empty()) return refuse(now, hook, Occasion::bad_syntax, out);
            return ask(hook, {}, out);
        case Hook::auth: return begin_auth(now, argument, out);
        case Hook::vrfy:
        case Hook::expn:
            // §4.1.1.6, §4.1.1.7: one argument.
            if (argument.empty()) return refuse(now, hook, Occasion::bad_syntax, out);
            return ask(hook, std::move(text), out);
        case Hook::help:
        case Hook::noop: return ask(hook, std::move(text), out);
        case Hook::unknown:
            unsupported_verb_ = command.verb == Verb::unsupported;
            return ask(hook, std::move(text), out);
        case Hook::mail:
        case Hook::rcpt:
        case Hook::bdat:
        case Hook::connect:
        case Hook::message:
        case Hook::idle:
        case Hook::close: break;
    }
    FAKEMX_ASSERT(false);
}

void Session::take_path(Instant now, Hook hook, PathArgument argument, Effects& out) {
    if (argument.blank_after_colon) see_anomaly(Anomaly::Kind::blank_after_colon, {}, out);
    if (hook == Hook::mail) {
        if (!argument.path.local_part.empty() && argument.path.domain.empty()) {
            // RFC 5321 §4.1.1.2: Reverse-path has no form for "<Postmaster>".
            return refuse(now, hook, Occasion::bad_sender_syntax, out);
        }
    } else if (argument.path.null()) {
        return refuse(now, hook, Occasion::bad_recipient_syntax, out);
    }
    // RFC 6409 §4.3: 530
    if (hook == Hook::mail && host_.auth_required && !facts_.auth) {
        return refuse(now, hook, Occasion::auth_required, out);
    }
    const Verb verb = hook == Hook::mail ? Verb::mail : Verb::rcpt;
    if (const auto occasion = refuse_parameters(verb, argument.parameters, out)) {
        return refuse(now, hook, *occasion, out);
    }
    // RFC 6531 §3.5: without SMTPUTF8 in MAIL, all addresses of the transaction are ASCII.
    const bool utf8 = hook == Hook::mail
                          ? find_parameter(argument.parameters, "SMTPUTF8") != nullptr
                          : facts_.envelope.smtputf8;
    if (!utf8 && !argument.path.ascii()) return refuse(now, hook, Occasion::utf8_undeclared, out);
    if (hook == Hook::mail) return ask(hook, MailArgument{std::move(argument)}, out);
    ask(hook, RcptArgument{std::move(argument)}, out);
}

std::optional<Occasion> Session::refuse_parameters(Verb verb,
                                                   const std::vector<Parameter>& parameters,
                                                   Effects& out) {
    for (const Parameter& parameter : parameters) {
        const ParameterReading reading = read_parameter(verb, parameter);
        // RFC 5321 §4.1.1.11: 555
        if (reading.fault == ParameterFault::unknown) return Occasion::unknown_parameter;
        if (!offered(reading.extension)) {
            see_anomaly(Anomaly::Kind::not_offered,
                        extension_keywords.at(static_cast<std::size_t>(reading.extension)), out);
            // BODY is known from 8BITMIME; that BINARYMIME is no value of it is another matter.
            const bool known =
                reading.extension == Extension::binary_mime && offered(Extension::eight_bit_mime);
            return known ? Occasion::bad_parameter : Occasion::unknown_parameter;
        }
        if (reading.fault == ParameterFault::bad_value) return Occasion::bad_parameter;
    }
    // RFC 4865 §4: not both.
    if (find_parameter(parameters, "HOLDFOR") != nullptr &&
        find_parameter(parameters, "HOLDUNTIL") != nullptr)
        return Occasion::bad_parameter;
    return std::nullopt;
}

void Session::ask(Hook hook, Argument argument, Effects& out) {
    FAKEMX_ASSERT(!asking());
    asked_ = hook;
    argument_ = std::move(argument);
    out.emplace_back(Consult{Question{hook, &facts_, &argument_}});
}

void Session::see_anomaly(Anomaly::Kind kind, std::string_view detail, Effects& out) {
    out.emplace_back(Observe{Anomaly{kind, std::string{detail}}});
}

void Session::reset_transaction() {
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
    intake_.reset();
    auth_.reset();
    chunk_.reset();
    input_.clear();
    draining_ = false;
    state_ = State::ended;
    argument_ = {};
    out.emplace_back(Consult{Question{Hook::close, &facts_, &argument_}});
    out.emplace_back(Observe{Ended{how, std::string{detail}}});
    out.emplace_back(Close{close});
}

void Session::see_left_over(Ended::How how, Effects& out) {
    if (intake_) {
        see_anomaly(Anomaly::Kind::cut_off_message, fmt::format("{} octets", intake_->octets()),
                    out);
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
        case Ended::How::silence_over:
        case Ended::How::shutdown: break;
    }
    if (input_.empty()) return;
    const bool whole_line = input_.rest().find("\r\n") != std::string_view::npos;
    see_anomaly(whole_line ? Anomaly::Kind::unread_input : Anomaly::Kind::cut_off_line,
                without_credentials(input_.beginning()).substr(0, detail_octets_max), out);
}

}  // namespace fakemx::smtp
