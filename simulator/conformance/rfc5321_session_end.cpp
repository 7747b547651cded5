// RFC 5321 §3.8, §4.1.1.10, §4.1.4, §4.5.3.2.7: RSET, QUIT, and sessions that are used again.
#include <algorithm>

#include <fmt/format.h>

#include "conformance/chapters.h"
#include "conformance/grammar.h"
#include "conformance/hearing.h"
#include "conformance/reaction.h"

namespace fakemx::conformance {

namespace {

using smtp::Verb;

bool was_told_421(const Dialogue& d) {
    const auto is_421 = [](const Reply& reply) { return reply.code == 421; };
    if (d.greeting && d.greeting->code == 421) return true;
    if (std::any_of(d.unasked.begin(), d.unasked.end(), is_421)) return true;
    return std::any_of(d.exchanges.begin(), d.exchanges.end(), [&](const Exchange& one) {
        return std::any_of(one.replies.begin(), one.replies.end(), is_421) ||
               std::any_of(one.verdicts.begin(), one.verdicts.end(), is_421);
    });
}

/// A reply that it waited for did not come, or came in a form that nobody can go on from.
bool was_left_waiting(const Dialogue& d) {
    const auto failed = [](const Reply& reply) {
        return reply.silent || reply.lost || reply.code < 200 || reply.code > 599;
    };
    if (!d.greeting || failed(*d.greeting)) return true;
    // What was held back until the client had gone.
    const auto late = [&](const Reply& reply) { return d.ended && reply.leaves() > d.ended_at; };
    if (d.exchanges.empty()) return late(*d.greeting);
    const Exchange& last = d.exchanges.back();
    const std::vector<Reply>& replies = last.message ? last.verdicts : last.replies;
    if (replies.empty() || std::any_of(replies.begin(), replies.end(), failed)) return true;
    return late(replies.back());
}

void quit_sent(const Dialogue& d, Hearing& h) {
    if (d.cut || !d.ended) return;
    const bool quit = !d.exchanges.empty() && d.exchanges.back().verb == Verb::quit;
    if (quit) return h.kept();
    if (!d.ended_by_client() || was_told_421(d) || was_left_waiting(d)) return;
    // Who has lost count may wait for a reply, or have had it before.
    if (in_step(d).size() < d.exchanges.size()) return;
    // A client that dislikes the certificate may go: with TLS 1.3 the server takes the handshake for done by then.
    const bool left_tls =
        d.tls && (d.exchanges.empty() || d.exchanges.back().verb == Verb::starttls);
    if (left_tls || (!d.exchanges.empty() && d.exchanges.back().verb == Verb::starttls && !d.tls))
        return;
    // A TLS handshake that failed has its own ending, and so has a greeting of 5yz.
    if (d.tls && !d.tls->failure.empty()) return;
    if (d.greeting->is(5) || d.oddity(smtp::Anomaly::Kind::cut_off_message) != nullptr) return;
    if (d.oddity(smtp::Anomaly::Kind::cut_off_line) != nullptr) return;
    h.broken(d, d.ended_event, d.ended_at, "closed without QUIT");
}

void quit_wait_221(const Dialogue& d, Hearing& h) {
    if (d.exchanges.empty() || !d.ended) return;
    const Exchange& last = d.exchanges.back();
    if (last.verb != Verb::quit || last.replies.empty()) return;
    const Reply& reply = last.replies.back();
    if (reply.silent || reply.after == Duration::zero() || reply.after > h.thresholds().quit_wait)
        return;
    if (!is_in_step(d, last)) return;
    h.kept_if(!d.ended_by_client() || d.ended_at >= reply.leaves(), d, last,
              "closed before the reply to QUIT");
}

void quit_nothing_after(const Dialogue& d, Hearing& h) {
    const auto quit = std::find_if(d.exchanges.begin(), d.exchanges.end(), [](const Exchange& one) {
        return one.verb == Verb::quit && one.accepted();
    });
    if (quit == d.exchanges.end() || !d.ended) return;
    if (const Exchange* next = d.next(*quit))
        return h.broken(d, *next, fmt::format("{} behind QUIT", verb_of(next->line)));
    h.kept_if(d.ended->how != smtp::Ended::How::quit || d.ended->detail.empty(), d, *quit,
              d.ended->detail);
}

void rset_after_fail(const Dialogue& d, Hearing& h) {
    bool open = false;  // MAIL was accepted, and a command behind it was refused
    for (const Exchange& exchange : in_step(d)) {
        switch (exchange.verb) {
            case Verb::mail:
                if (open) h.broken(d, exchange, "MAIL behind a transaction that was given up");
                open = false;
                break;
            case Verb::rcpt:
            case Verb::data:
            case Verb::bdat: {
                const Reply* reply = exchange.last_reply();
                if (exchange.message) {
                    open = false;
                } else if (exchange.transaction != 0 && reply != nullptr) {
                    open = !reply->accepted && reply->code / 100 >= 4;
                }
                break;
            }
            case Verb::rset:
            case Verb::ehlo:
            case Verb::helo:
            case Verb::quit:
                if (open) h.kept();
                open = false;
                break;
            default: break;
        }
    }
}

void reuse_idle(const Dialogue& d, Hearing& h) {
    std::optional<Instant> last;
    for (const Exchange& exchange : d.exchanges) {
        if (last && exchange.at - *last > h.thresholds().idle_max)
            return h.broken(d, exchange,
                            fmt::format("idle for {}", format_duration(exchange.at - *last)));
        // Only a session that has done something may idle; one that waits for a reply does not.
        const bool decided = !exchange.verdicts.empty();
        if (!decided && !last) continue;
        const Reply* reply = exchange.last_reply();
        if (decided)
            reply = &exchange.verdicts.back();
        else if (exchange.message)
            reply = nullptr;
        // When the last octet of one in pieces has left is not told.
        const bool has_come = reply != nullptr && !reply->silent && !reply->in_pieces;
        last = has_come ? std::optional{reply->leaves()} : std::nullopt;
    }
    if (!last || !d.ended) return;
    const bool late = d.ended_at - *last > h.thresholds().idle_max;
    if (late && d.ended->how != smtp::Ended::How::shutdown)
        return h.broken(d, d.ended_event, d.ended_at,
                        fmt::format("idle for {}", format_duration(d.ended_at - *last)));
    h.kept();
}

void reuse_limit(const Dialogue& d, Hearing& h) {
    const auto messages =
        std::count_if(d.exchanges.begin(), d.exchanges.end(),
                      [](const Exchange& one) { return one.message.has_value(); });
    if (messages == 0) return;
    const bool few =
        static_cast<std::uint64_t>(messages) <= h.thresholds().messages_per_session_max;
    h.kept_if(few, d, d.exchanges.back(), "{} messages in one session", messages);
}

constexpr Rule rules[] = {
    {.slug = "quit-sent",
     .source = "RFC 5321 §4.1.1.10, §4.1.4",
     .level = Level::must,
     .severity = Severity::minor,
     .stage = Stage::quit,
     .requirement = "End the session with QUIT, and do not close the connection before.",
     .remedy = "Send QUIT whenever the connection still works, also behind a refusal.",
     .unexercised = "no session was the client's to end",
     .judge = quit_sent},
    {.slug = "quit-wait-221",
     .source = "RFC 5321 §4.1.1.10",
     .level = Level::should,
     .severity = Severity::minor,
     .stage = Stage::quit,
     .requirement = "Wait for the reply to QUIT before closing.",
     .remedy = "Read the 221, for a few seconds at least, and then close.",
     .unexercised = "every reply to QUIT came at once",
     .judge = quit_wait_221},
    {.slug = "quit-nothing-after",
     .source = "RFC 5321 §4.1.4",
     .level = Level::must,
     .severity = Severity::minor,
     .stage = Stage::quit,
     .requirement = "Send nothing behind QUIT.",
     .remedy = "Close the connection once the reply to QUIT is there.",
     .unexercised = "no QUIT was accepted",
     .judge = quit_nothing_after},
    {.slug = "rset-after-fail",
     .source = "RFC 5321 §4.1.1.5, §4.1.4",
     .level = Level::must,
     .severity = Severity::major,
     .stage = Stage::mail,
     .requirement =
         "Behind a transaction that is given up, send RSET, EHLO or QUIT before another MAIL.",
     .remedy = "Send RSET when the recipients or DATA were refused and the session goes on.",
     .unexercised = "no transaction was given up",
     .judge = rset_after_fail},
    {.slug = "reuse-idle",
     .source = "RFC 5321 §4.5.3.2.7",
     .level = Level::best_practice,
     .severity = Severity::minor,
     .stage = Stage::quit,
     .requirement = "Close a session that is not used with QUIT before five minutes are over.",
     .remedy = "Let kept connections live for less than a server's idle timeout.",
     .unexercised = "no message was sent",
     .judge = reuse_idle},
    {.slug = "reuse-limit",
     .source = "RFC 9422",
     .level = Level::best_practice,
     .severity = Severity::info,
     .stage = Stage::mail,
     .requirement = "Send a bounded number of messages over one connection.",
     .remedy = "Begin a new connection after a hundred messages.",
     .unexercised = "no message was sent",
     .judge = reuse_limit},
};

}  // namespace

std::span<const Rule> session_end_rules() {
    return rules;
}

}  // namespace fakemx::conformance
