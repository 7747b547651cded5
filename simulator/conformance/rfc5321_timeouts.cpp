// RFC 5321 §4.5.3.2: how long a client waits.
#include <algorithm>

#include <fmt/format.h>

#include "conformance/chapters.h"
#include "conformance/grammar.h"
#include "conformance/hearing.h"
#include "conformance/reaction.h"
#include "conformance/thresholds.h"

namespace fakemx::conformance {

namespace {

using smtp::Verb;

/// A wait that the client did not sit out.
void left_after(const Dialogue& d, Hearing& h, std::uint32_t event, Instant at,
                std::string_view after, Duration waited, Duration wanted, std::string_view what) {
    h.broken(d, event, at,
             fmt::format("left {} {} without a reply to {}, instead of {}", after,
                         format_duration(waited), what, format_duration(wanted)));
}

/// One wait for a reply: from `since`, for `reply`, or for nothing where none was ever decided.
void judge_wait(const Dialogue& d, Hearing& h, Instant since, const Reply* reply, Duration wanted,
                std::string_view what) {
    const bool last =
        reply == nullptr || reply->silent || (d.ended && reply->leaves() > d.ended_at);
    if (last) {
        // The client has seen nothing of a reply. Where it left, it left for that.
        if (!d.ended_by_client()) return;
        const Duration waited = d.ended_at - since;
        if (waited >= wanted - slack_of(wanted)) return h.kept();
        return left_after(d, h, d.ended_event, d.ended_at, "after", waited, wanted, what);
    }
    // It was still there when the reply came, and the wait was as long as the rule's but for the time that replies take.
    if (!reply->lost && reply->leaves() - since >= wanted - h.thresholds().wait_margin) h.kept();
}

/// The same of a reply to a command, or to the message behind it. A client that says QUIT in the place of waiting on has left, too.
void judge_wait(const Dialogue& d, Hearing& h, const Exchange& exchange, Duration wanted,
                std::string_view what) {
    const Reply* reply = exchange.message ? exchange.verdict() : exchange.reply();
    const Instant since = exchange.message ? exchange.message->at : exchange.at;
    const Exchange* tired = tired_of_waiting(d, exchange, h.thresholds());
    if (tired == nullptr) return judge_wait(d, h, since, reply, wanted, what);
    // It has waited for less than this; of a longer one nothing can be said.
    const Duration held = tired->at - since;
    if (held < wanted) left_after(d, h, tired->event, tired->at, "within", held, wanted, what);
}

/// The longest wait for a reply to this verb, in the commands before this one, that the client sat out.
Duration sat_out_before(const Dialogue& d, const Exchange& exchange) {
    Duration longest{};
    for (const Exchange& one : d.exchanges) {
        if (&one == &exchange) break;
        const Reply* reply = one.reply();
        if (one.verb == exchange.verb && reply != nullptr && !reply->silent && !reply->lost)
            longest = std::max(longest, reply->leaves() - one.at);
    }
    return longest;
}

/// The client left while it waited, earlier than it has done before in this session: something else than this wait ran out.
bool left_sooner_than_before(const Dialogue& d, const Exchange& exchange) {
    const Reply* reply = exchange.reply();
    const bool waiting = reply == nullptr || reply->silent || reply->leaves() > d.ended_at;
    if (!waiting || !d.ended_by_client() || d.next(exchange) != nullptr) return false;
    const Duration waited = d.ended_at - exchange.at;
    return sat_out_before(d, exchange) > waited + slack_of(waited);
}

template <class Wanted>
void each_wait(const Dialogue& d, Hearing& h, Verb verb, Duration wanted, const Wanted& is_wanted) {
    for (const Exchange& exchange : d.exchanges) {
        if (exchange.verb != verb || !is_wanted(exchange)) continue;
        // timeout-per-command's.
        if (left_sooner_than_before(d, exchange)) continue;
        if (exchange.message) {
            judge_wait(d, h, exchange.at, exchange.reply(), wanted, smtp::name(verb));
        } else {
            judge_wait(d, h, exchange, wanted, smtp::name(verb));
        }
    }
}

bool any(const Exchange&) {
    return true;
}

void timeout_greeting(const Dialogue& d, Hearing& h) {
    // Octets that came first are greet-wait's.
    if (!d.exchanges.empty() && !d.greeting) return;
    // Where TLS comes first and does not come about, there is nothing to wait for.
    if (d.tls && !d.tls->failure.empty() && !d.greeting) return;
    judge_wait(d, h, d.opened_at, d.greeting ? &*d.greeting : nullptr, 5min, "the connection");
}

void timeout_ehlo(const Dialogue& d, Hearing& h) {
    each_wait(d, h, Verb::ehlo, 5min, any);
}

void timeout_mail(const Dialogue& d, Hearing& h) {
    each_wait(d, h, Verb::mail, 5min, any);
}

void timeout_rcpt(const Dialogue& d, Hearing& h) {
    each_wait(d, h, Verb::rcpt, 5min, any);
}

/// Said while 354 was held back, QUIT is read as the message.
bool says_quit_as_data(const Dialogue& d) {
    const Oddity* cut = d.oddity(smtp::Anomaly::Kind::cut_off_message);
    return cut != nullptr && cut->detail == "6 octets, the last ones: \r\nQUIT\r\n";
}

void timeout_data_init(const Dialogue& d, Hearing& h) {
    constexpr Duration wanted = 2min;
    if (!says_quit_as_data(d)) return each_wait(d, h, Verb::data, wanted, any);
    const Exchange& data = d.exchanges.back();
    const Reply* reply = data.reply();
    if (data.verb != Verb::data || reply == nullptr) return;
    const Duration waited = reply->leaves() - data.at;
    if (waited >= h.thresholds().quit_patience && waited < wanted)
        left_after(d, h, d.ended_event, d.ended_at, "within", waited, wanted, "DATA");
}

void timeout_data_term(const Dialogue& d, Hearing& h) {
    for (const Exchange& exchange : d.exchanges) {
        if (exchange.message) judge_wait(d, h, exchange, 10min, "the end of data");
    }
}

void timeout_per_command(const Dialogue& d, Hearing& h) {
    for (const Exchange& exchange : d.exchanges) {
        if (left_sooner_than_before(d, exchange)) {
            // It may have been stopped.
            h.suspected(
                d, d.ended_event, d.ended_at,
                fmt::format("left after {} without a reply to {}, and waited for {} before",
                            format_duration(d.ended_at - exchange.at), smtp::name(exchange.verb),
                            format_duration(sat_out_before(d, exchange))));
        }
        const Exchange* mail = exchange.message ? d.mail_of(exchange) : nullptr;
        const Reply* verdict = exchange.verdict();
        if (mail == nullptr || verdict == nullptr || verdict->silent || verdict->lost) continue;
        const bool there = !d.ended || !d.ended_by_client() || verdict->leaves() <= d.ended_at;
        if (there && verdict->leaves() - mail->at >= h.thresholds().long_transaction) h.kept();
    }
}

/// A message that did not go on while nothing was read of it.
void timeout_data_block(const Dialogue& d, Hearing& h) {
    constexpr Duration wanted = 3min;
    for (const Exchange& exchange : d.exchanges) {
        const Reply* reply = exchange.reply();
        if (exchange.verb != Verb::data || reply == nullptr || reply->code != 354 ||
            reply->pause == Duration::zero())
            continue;
        if (exchange.message) {
            // A short one lies in the buffers of both sides, and nobody waits.
            const bool waited = exchange.message->seen.octets >= h.thresholds().blocked_octets;
            if (waited && reply->pause >= wanted - h.thresholds().wait_margin) h.kept();
            continue;
        }
        if (!d.ended_by_client()) continue;
        const Instant paused_until = later(reply->leaves(), reply->pause);
        const Duration waited = std::min(d.ended_at, paused_until) - reply->leaves();
        // The end of a connection that is not read may be seen only when it is read again.
        if (waited < wanted - slack_of(wanted)) {
            h.broken(d, d.ended_event, d.ended_at,
                     fmt::format("left within {} while its data were not read, instead of {}",
                                 format_duration(waited), format_duration(wanted)));
        } else if (d.ended_at < paused_until) {
            h.kept();
        }
    }
}

/// Since when the client has waited for a reply that never came; nothing where it got one.
std::optional<Instant> waited_since(const Dialogue& d) {
    const auto never = [](const Reply* reply) { return reply == nullptr || reply->silent; };
    if (d.exchanges.empty())
        return never(d.greeting ? &*d.greeting : nullptr) ? std::optional{d.opened_at}
                                                          : std::nullopt;
    const Exchange& last = d.exchanges.back();
    if (last.message) return never(last.verdict()) ? std::optional{last.message->at} : std::nullopt;
    return never(last.last_reply()) ? std::optional{last.at} : std::nullopt;
}

void timeout_exists(const Dialogue& d, Hearing& h) {
    const auto since = waited_since(d);
    if (!since || !d.ended) return;
    // Whoever has closed its side may have left: it is not heard of again, whether it waits or not.
    const bool may_have_left =
        d.ended->how == smtp::Ended::How::silence_over && !d.ended->detail.empty();
    if (may_have_left) return;
    if (d.ended_by_client()) {
        h.kept();
    } else if (d.ended_at - *since >= h.thresholds().hang_min) {
        h.broken(d, d.ended_event, d.ended_at,
                 fmt::format("still waiting after {}", format_duration(d.ended_at - *since)));
    }
}

constexpr Rule rules[] = {
    {.slug = "timeout-greeting",
     .source = "RFC 5321 §4.5.3.2.1; RFC 1123 §5.3.2",
     .level = Level::should,
     .severity = Severity::major,
     .stage = Stage::greeting,
     .requirement = "Wait 5 minutes for the greeting.",
     .remedy = "Set the timeout of the greeting to 5 minutes.",
     .unexercised = "no greeting was held back for so long",
     .judge = timeout_greeting},
    {.slug = "timeout-ehlo",
     .source = "RFC 5321 §4.5.3.2",
     .level = Level::best_practice,
     .severity = Severity::minor,
     .stage = Stage::ehlo,
     .requirement = "Wait 5 minutes for the reply to EHLO.",
     .remedy = "Set the timeout of EHLO to 5 minutes.",
     .unexercised = "no reply to EHLO was held back for so long",
     .judge = timeout_ehlo},
    {.slug = "timeout-mail",
     .source = "RFC 5321 §4.5.3.2.2; RFC 1123 §5.3.2",
     .level = Level::should,
     .severity = Severity::major,
     .stage = Stage::mail,
     .requirement = "Wait 5 minutes for the reply to MAIL.",
     .remedy = "Set the timeout of MAIL to 5 minutes.",
     .unexercised = "no reply to MAIL was held back for so long",
     .judge = timeout_mail},
    {.slug = "timeout-rcpt",
     .source = "RFC 5321 §4.5.3.2.3; RFC 1123 §5.3.2",
     .level = Level::should,
     .severity = Severity::major,
     .stage = Stage::rcpt,
     .requirement = "Wait 5 minutes for the reply to RCPT.",
     .remedy = "Set the timeout of RCPT to 5 minutes.",
     .unexercised = "no reply to RCPT was held back for so long",
     .judge = timeout_rcpt},
    {.slug = "timeout-data-init",
     .source = "RFC 5321 §4.5.3.2.4; RFC 1123 §5.3.2",
     .level = Level::should,
     .severity = Severity::major,
     .stage = Stage::data,
     .requirement = "Wait 2 minutes for the reply to DATA.",
     .remedy = "Set the timeout of DATA to 2 minutes.",
     .unexercised = "no reply to DATA was held back for so long",
     .judge = timeout_data_init},
    {.slug = "timeout-data-term",
     .source = "RFC 5321 §4.5.3.2.6; RFC 1123 §5.3.2",
     .level = Level::should,
     .severity = Severity::critical,
     .stage = Stage::data,
     .requirement = "Wait 10 minutes for the reply to the end of data.",
     .remedy = "Set the timeout of the end of data to 10 minutes: who leaves earlier sends the "
               "message twice.",
     .unexercised = "no reply to the end of data was held back for so long",
     .judge = timeout_data_term},
    {.slug = "timeout-data-block",
     .source = "RFC 5321 §4.5.3.2.5; RFC 1123 §5.3.2",
     .level = Level::should,
     .severity = Severity::major,
     .stage = Stage::data,
     .requirement = "Wait 3 minutes for each block of message data to be taken.",
     .remedy = "Set the timeout of writing to 3 minutes.",
     .unexercised = "no large message met a receiver that did not read for so long",
     .judge = timeout_data_block},
    {.slug = "timeout-per-command",
     .source = "RFC 5321 §4.5.3.2",
     .level = Level::must,
     .severity = Severity::major,
     .stage = Stage::any,
     .requirement = "Limit the time of each command, and not of a transaction or a session.",
     .remedy = "Begin the time limit anew with each command.",
     .unexercised = "no transaction took half an hour",
     .judge = timeout_per_command},
    {.slug = "timeout-exists",
     .source = "RFC 5321 §4.5.3.2, §4.5.4; RFC 1123 §5.3.1",
     .level = Level::must,
     .severity = Severity::major,
     .stage = Stage::any,
     .requirement = "Wait for no reply without end.",
     .remedy = "Set a timeout for each command, and for the greeting.",
     .unexercised = "every reply came, or the session ended before anything could be said",
     .judge = timeout_exists},
};

}  // namespace

std::span<const Rule> timeout_rules() {
    return rules;
}

}  // namespace fakemx::conformance
