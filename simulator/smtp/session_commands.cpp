// Command lines: from octets to a verb, its argument, and the question that it asks; AUTH with its lines.
#include <algorithm>

#include <fmt/format.h>

#include "core/assert.h"
#include "core/limits.h"
#include "core/text.h"
#include "smtp/session.h"

namespace fakemx::smtp {

namespace {

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
        case Verb::xclient:
        case Verb::unsupported:
        case Verb::unknown: return Hook::unknown;
    }
    return Hook::unknown;
}

/// RFC 2033 §4.1: LHLO is what EHLO is elsewhere, and EHLO and HELO are not known.
Verb verb_in_lmtp(const Command& command) {
    if (command.verb == Verb::ehlo || command.verb == Verb::helo) return Verb::unknown;
    return equal_ignoring_case(command.word, "LHLO") ? Verb::ehlo : command.verb;
}

AuthLineSeen::Shape shape_of(std::string_view said) {
    if (said.empty()) return AuthLineSeen::Shape::empty;
    if (said == "=") return AuthLineSeen::Shape::equals;
    return said == "*" ? AuthLineSeen::Shape::cancel : AuthLineSeen::Shape::response;
}

}  // namespace

void Session::begin_auth(Instant now, const Command& command, Effects& out) {
    const std::string_view argument = trim(command.argument);
    // RFC 4954 §4: AUTH mechanism [initial-response]; once in a session.
    if (facts_.auth) return refuse(now, Hook::auth, Occasion::bad_sequence, out);
    const std::size_t blank = argument.find(' ');
    const std::string_view name = argument.substr(0, blank);
    if (name.empty()) return refuse(now, Hook::auth, Occasion::bad_syntax, out);
    // A blank with nothing behind it is an initial response all the same, and a wrong one.
    const auto before = static_cast<std::size_t>(name.data() - command.line.data());
    const std::string_view behind = command.line.substr(before + name.size());
    if (!behind.empty())
        out.emplace_back(Observe{AuthLineSeen{
            .shape = shape_of(trim(behind)), .initial = true, .octets = command.line.size() + 2}});
    const auto mechanism = mechanism_named(name);
    if (!mechanism || !mechanisms_.test(static_cast<std::size_t>(*mechanism)))
        return refuse(now, Hook::auth, Occasion::unknown_mechanism, out);
    auth_ = std::make_unique<AuthUnderWay>(AuthExchange{
        *mechanism, fmt::format("<{}.{}@{}>", number(facts_.id), facts_.commands, facts_.host),
        facts_.tls && !facts_.tls->client_subject.empty()});
    auto& exchange = std::get<AuthExchange>(*auth_);
    std::optional<std::string_view> initial;
    if (blank != std::string_view::npos) initial = trim(argument.substr(blank + 1));
    // What stands behind it: the blanks at the end of the line, CRLF, and what has not been looked at.
    const std::string_view line = command.line;
    const char* const end = initial ? initial->data() + initial->size() : line.data() + line.size();
    const auto blanks = static_cast<std::size_t>(line.data() + line.size() - end);
    follow_auth(now, exchange, exchange.begin(initial), initial.value_or(std::string_view{}),
                blanks + 2 + input_.arrived(), out);
}

void Session::take_auth_line(Instant now, const LineBuffer::Line& line, Effects& out) {
    octets_before_reply_ -= std::min(octets_before_reply_, line.octets);
    if (line.text != "*") conceal_line(line, true);
    out.emplace_back(Observe{AuthLineSeen{.shape = shape_of(line.text), .octets = line.octets}});
    if (line.too_long || line.octets > limits::auth_line_octets_max) {
        auth_.reset();
        return refuse(now, Hook::auth, Occasion::auth_line_too_long, out);
    }
    if (line.text == "*") {
        auth_.reset();
        return refuse(now, Hook::auth, Occasion::auth_cancelled, out);
    }
    if (auto* exchange = std::get_if<AuthExchange>(auth_.get()))
        return follow_auth(now, *exchange, exchange->take(line.text), line.text,
                           2 + input_.arrived(), out);
    // Whatever the line says: an empty one with Google's clients, "AQ==" with RFC 7628 §3.2.3.
    HeldRefusal refusal = std::move(std::get<HeldRefusal>(*auth_));
    auth_.reset();
    argument_ = std::make_unique<Argument>(std::move(refusal.argument));
    give(now, Hook::auth, refusal.verdict, refusal.scripted, out);
}

/// `response` is what the client has just said, and so many octets have come behind it.
void Session::follow_auth(Instant now, AuthExchange& exchange, AuthExchange::Progress progress,
                          std::string_view response, std::size_t behind, Effects& out) {
    switch (progress) {
        case AuthExchange::Progress::malformed:
            auth_.reset();
            return refuse(now, Hook::auth, Occasion::auth_malformed, out);
        case AuthExchange::Progress::challenge:
            conceal_response(exchange, response, behind, false);
            return challenge(now, challenge_of(exchange), out);
        case AuthExchange::Progress::complete: break;
    }
    const bool known = host_.proofs_replaced && !exchange.proof().empty();
    AuthArgument argument{
        .facts = exchange.facts(),
        .fits = known ? stand_in_fits(exchange.proof()) : exchange.fits(host_.users)};
    conceal_response(exchange, response, behind, argument.fits);
    auth_.reset();
    out.emplace_back(Observe{AuthSeen{argument.facts, argument.fits}});
    ask(Hook::auth, std::move(argument), out);
}

/// RFC 4954 §4. The words of LOGIN stand in no RFC, and so a host may have its own.
Reply Session::challenge_of(const AuthExchange& exchange) const {
    if (exchange.facts().mechanism != Mechanism::login) return {334, {}, {exchange.challenge()}};
    return host_.reply_for(exchange.asks_for_user() ? Occasion::auth_login_user
                                                    : Occasion::auth_login_password);
}

void Session::challenge(Instant now, const Reply& reply, Effects& out) {
    out.emplace_back(
        Observe{Answered{.stage = Hook::auth, .code = reply.code, .text = text_of(reply)}});
    send(now, to_wire(reply), {}, out);
}

/// Where the mechanism has an error challenge, a refusal waits until the client has taken that.
bool Session::hold_refusal(Instant now, const Verdict& verdict, bool scripted, Effects& out) {
    auto& argument = std::get<AuthArgument>(*argument_);
    const int kind = outcome_of(Hook::auth, verdict).code / 100;
    auto text = error_challenge(argument.facts.mechanism);
    if (!text || (kind != 4 && kind != 5)) return false;
    auth_ = std::make_unique<AuthUnderWay>(HeldRefusal{std::move(argument), verdict, scripted});
    argument_.reset();
    challenge(now, {334, {}, {std::move(*text)}}, out);
    return true;
}

void Session::take_line(Instant now, const LineBuffer::Line& line, Effects& out) {
    ++facts_.commands;
    const bool pipelined = octets_before_reply_ != 0;
    octets_before_reply_ -= std::min(octets_before_reply_, line.octets);
    Command command = parse_command(line.text);
    if (host_.lmtp) command.verb = verb_in_lmtp(command);
    if (command.verb == Verb::xclient && trust_.xclient == PeerTrust::Xclient::unspoken)
        command.verb = Verb::unsupported;
    const auto extension = extension_of(command.verb);
    const bool extension_missing = extension && !offered(*extension);
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
    const bool known = command.verb != Verb::unknown && command.verb != Verb::unsupported;
    auth_refused_ = (auth_refused_ && !known) || equal_ignoring_case(trim(command.word), "AUTH");
    // What comes behind an AUTH that was refused, and is no command, is what AUTH would have been told.
    const bool secret = auth_refused_ && command.verb == Verb::unknown;
    const std::string shown = secret ? "[redacted]" : without_credentials(line.text);
    conceal_line(line, secret);
    CommandSeen seen{.verb = command.verb, .line = shown, .pipelined = pipelined};
    if (path) {
        seen.path = path->path;
        seen.declared_octets = declared_octets(path->parameters);
    }
    out.emplace_back(Observe{std::move(seen)});
    if (extension_missing) see_anomaly(Anomaly::Kind::not_offered, ascii_upper(command.word), out);

    const auto malformed = [&](Anomaly::Kind kind) {
        see_anomaly(kind, std::string_view{shown}.substr(0, limits::anomaly_octets_max), out);
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
    } else if (!utf8 && !is_ascii(line.text)) {
        malformed(Anomaly::Kind::eight_bit);
    } else if (command.verb == Verb::bdat) {
        begin_chunk(now, command.argument, admission(state_, command.verb), out);
    } else if (tls_again) {
        refuse(now, stage, Occasion::starttls_again, out);
    } else if (const Admission admitted = admission(state_, command.verb);
               admitted != Admission::yes && !takes_data_for_nobody(command.verb)) {
        FAKEMX_ASSERT(admitted != Admission::never);
        // RFC 2033 §4.2: with LMTP it is 503 in any case.
        const bool none_left =
            admitted == Admission::no_recipients && recipients_tried_ && !host_.lmtp;
        refuse(now, stage, none_left ? Occasion::no_recipients : Occasion::bad_sequence, out);
    } else if (command.verb == Verb::xclient) {
        take_xclient(now, command.argument, out);
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

/// RFC 2920 §3.1: a server may say 354 although every recipient was refused. This one does where its words for that are 354.
bool Session::takes_data_for_nobody(Verb verb) const {
    return verb == Verb::data && admission(state_, verb) == Admission::no_recipients &&
           recipients_tried_ && !host_.lmtp && host_.reply_for(Occasion::no_recipients).code == 354;
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
            if (argument.empty()) return refuse(now, hook, Occasion::missing_client_name, out);
            const bool valid = is_domain(argument) || is_address_literal(argument);
            if (!valid) {
                see_anomaly(Anomaly::Kind::bad_helo_name,
                            argument.substr(0, limits::anomaly_octets_max), out);
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
        case Hook::auth: return begin_auth(now, command, out);
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

}  // namespace fakemx::smtp
