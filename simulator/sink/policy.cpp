// smtp-sink's words and faults. The texts are those of smtp-sink 3.7, because scripts match on them.
#include "sink/policy.h"

#include <utility>

#include <fmt/format.h>

#include "core/assert.h"
#include "core/limits.h"
#include "core/text.h"

namespace fakemx::sink {

namespace {

/// Enhanced codes stand in the text: smtp-sink gives them whatever EHLO has offered.
smtp::Reply reply(int code, std::string text) {
    return {code, std::nullopt, {std::move(text)}};
}

constexpr std::string_view data_reply = "354 End data with <CR><LF>.<CR><LF>\r\n";
constexpr std::string_view abort_reply = "550 This violates SMTP\r\n";
const char* const unknown_command = "5.5.1 Error: unknown command";

/// What is answered to a question that needs no time.
class Answer final : public engine::Consultation {
public:
    explicit Answer(smtp::Verdict verdict) : verdict_(std::move(verdict)) {}
    engine::Step resume(Instant) override { return {std::move(verdict_), {}}; }

private:
    smtp::Verdict verdict_;
};

/// 354, and a while later 550 and the end. Until then nothing that the client sends is looked at.
smtp::Verdict aborted(Duration after) {
    smtp::Verdict verdict{.answer = smtp::RawAnswer{fmt::format("{}{}", data_reply, abort_reply)},
                          .ending = smtp::Ending::close};
    if (after == Duration::zero()) return verdict;
    verdict.pacing.pieces = {static_cast<std::uint32_t>(data_reply.size())};
    verdict.pacing.every = after;
    verdict.reading = smtp::Reading{};  // none, for ever
    return verdict;
}

/// How often the dice fall below the odds before they do not; once where there are none.
std::uint32_t times(const Treatment& treatment, Moment moment, const engine::Question& question,
                    engine::StateStore& state, const Rng& rng) {
    if (treatment.odds == 0) return 1;
    const std::string rule = fmt::format("-W {}", name(moment));
    const std::string key = fmt::format("{}", number(question.session.id));
    std::uint32_t count = 0;
    while (count < limits::delay_multiple_max &&
           rng.chance(treatment.odds, 100, {rule, key, state.next_decision(rule, key)})) {
        ++count;
    }
    return count;
}

}  // namespace

engine::Profile profile_of(const Settings& settings) {
    using Occasion = smtp::Occasion;
    smtp::HostOptions host;
    host.name = settings.hostname;
    host.message_octets_max = 0;
    host.recipients_max = limits::recipients_max;
    host.lmtp = settings.lmtp;
    host.idle_timeout = settings.idle_timeout;
    host.extensions.clear();  // what EHLO shows comes from the policy

    const auto say = [&](Occasion occasion, smtp::Reply words) {
        host.replies.at(static_cast<std::size_t>(occasion)) = std::move(words);
    };
    say(Occasion::greeting, reply(220, settings.pix     ? "********"
                                       : settings.esmtp ? "{host} ESMTP"
                                                        : "{host}"));
    say(Occasion::helo, reply(250, "{host}"));
    say(Occasion::mail, reply(250, "2.1.0 Ok"));
    say(Occasion::rcpt, reply(250, "2.1.5 Ok"));
    say(Occasion::message, reply(250, settings.lmtp ? "2.2.0 Ok" : "2.0.0 Ok"));
    say(Occasion::rset, reply(250, "2.1.0 Ok"));
    say(Occasion::noop, reply(250, "2.0.0 Ok"));
    say(Occasion::vrfy, reply(250, "2.0.0 Ok"));
    say(Occasion::quit, reply(221, "Bye"));
    say(Occasion::auth, reply(235, "2.0.0 Ok"));
    say(Occasion::no_recipients, reply(503, "5.5.1 Error: need RCPT command"));
    say(Occasion::bad_sequence, reply(503, "5.5.1 Error: bad sequence of commands"));
    for (const Occasion unknown :
         {Occasion::unknown_command, Occasion::unsupported_command, Occasion::help, Occasion::expn})
        say(unknown, reply(500, unknown_command));

    engine::Profile profile;
    profile.name = "sink";
    profile.summary = "takes and refuses what smtp-sink's flags say";
    profile.hosts.push_back({.options = std::move(host),
                             .tls = {},
                             .address = {},
                             .receive_window = settings.window_octets});
    return profile;
}

SinkPolicy::SinkPolicy(const Settings& settings) : settings_(settings) {
    for (const smtp::Hook hook : {smtp::Hook::ehlo, smtp::Hook::unknown, smtp::Hook::idle})
        hooks_.set(static_cast<std::size_t>(hook));
    for (std::size_t i = 0; i < smtp::hook_names.size(); ++i) {
        const auto moment = moment_of(static_cast<smtp::Hook>(i), settings.lmtp);
        if (moment && settings.treatment(*moment).any()) hooks_.set(i);
    }
    if (settings.abort_after || settings.read_after != Duration::zero())
        hooks_.set(static_cast<std::size_t>(smtp::Hook::data));
}

std::unique_ptr<engine::Consultation> SinkPolicy::consult(const engine::Question& question,
                                                          engine::StateStore& state,
                                                          const Rng& rng) {
    return std::make_unique<Answer>(verdict_for(question, state, rng));
}

smtp::Verdict SinkPolicy::verdict_for(const engine::Question& question, engine::StateStore& state,
                                      const Rng& rng) const {
    if (question.hook == smtp::Hook::idle) {
        return {.answer = smtp::Silence{}, .ending = smtp::Ending::close};
    }
    if (question.hook == smtp::Hook::unknown) {
        return verb_verdict(std::get<smtp::TextArgument>(question.argument), question, state, rng);
    }
    const auto moment = moment_of(question.hook, settings_.lmtp);
    FAKEMX_ASSERT(moment);
    smtp::Verdict otherwise;
    if (question.hook == smtp::Hook::ehlo) otherwise.answer = ehlo_reply();
    if (*moment == Moment::data && settings_.abort_after) {
        otherwise = aborted(*settings_.abort_after);
    } else if (*moment == Moment::data && settings_.read_after != Duration::zero()) {
        otherwise.reading = smtp::Reading{.octets = 0, .every = settings_.read_after};
    }
    // -e: there is no such command, whatever else is said of it. LHLO is there all the same.
    if (*moment == Moment::ehlo && !settings_.esmtp) return otherwise;
    return treated(*moment, std::move(otherwise), question, state, rng);
}

smtp::Verdict SinkPolicy::treated(Moment moment, smtp::Verdict otherwise,
                                  const engine::Question& question, engine::StateStore& state,
                                  const Rng& rng) const {
    const Treatment& treatment = settings_.treatment(moment);
    if (treatment.disconnect) return {.answer = smtp::Silence{}, .ending = smtp::Ending::close};
    if (treatment.close) return {.answer = reply(421, "4.0.0 Server closing connection")};
    // Kept whatever the code says: a reply of one's own may be 421.
    if (treatment.hard) return {.answer = settings_.hard_reply, .ending = smtp::Ending::stay};
    if (treatment.soft) return {.answer = settings_.soft_reply, .ending = smtp::Ending::stay};
    // One delay for all replies of a message.
    const auto* message = std::get_if<smtp::Message>(&question.argument);
    const bool delayed = message != nullptr && message->recipient > 1;
    if (treatment.delay == Duration::zero() || delayed) return otherwise;
    const std::uint32_t count = times(treatment, moment, question, state, rng);
    otherwise.pacing.after = treatment.delay * static_cast<std::int64_t>(count);
    // -H counts from when 354 has left.
    if (otherwise.reading && otherwise.reading->every != Duration::zero())
        otherwise.reading->every += otherwise.pacing.after;
    return otherwise;
}

smtp::Verdict SinkPolicy::verb_verdict(const smtp::TextArgument& command,
                                       const engine::Question& question, engine::StateStore& state,
                                       const Rng& rng) const {
    const smtp::Verdict taken{.answer = reply(250, "2.0.0 Ok")};
    const auto is = [&](std::string_view verb) { return equal_ignoring_case(command.verb, verb); };
    if (is("XCLIENT") && settings_.xclient)
        return treated(Moment::xclient, taken, question, state, rng);
    if (is("XFORWARD") && settings_.xforward)
        return treated(Moment::xforward, taken, question, state, rng);
    // Without having been offered it, a client that tries is told that all is well, as by smtp-sink.
    if (is("AUTH")) return treated(Moment::auth, taken, question, state, rng);
    if (command.verb.empty()) return {.answer = reply(500, "5.5.2 Error: unknown command")};
    return {};
}

smtp::Reply SinkPolicy::ehlo_reply() const {
    if (!settings_.esmtp && !settings_.lmtp) return reply(500, unknown_command);
    smtp::Reply offers = reply(250, settings_.hostname);
    const auto offer = [&](bool wanted, const char* line) {
        if (wanted) offers.lines.emplace_back(line);
    };
    offer(settings_.pipelining, "PIPELINING");
    offer(settings_.eight_bit_mime, "8BITMIME");
    offer(settings_.auth, "AUTH PLAIN LOGIN");
    offer(settings_.xclient, "XCLIENT NAME HELO");
    offer(settings_.xforward, "XFORWARD NAME ADDR PROTO HELO");
    offer(settings_.enhanced_codes, "ENHANCEDSTATUSCODES");
    offer(settings_.dsn, "DSN");
    offers.lines.emplace_back();  // smtp-sink ends its list so
    return offers;
}

}  // namespace fakemx::sink
