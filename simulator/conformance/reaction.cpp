// From the next command, or from how the session ended.
#include "conformance/reaction.h"

#include <algorithm>

#include "conformance/grammar.h"
#include "core/text.h"

namespace fakemx::conformance {

namespace {

using smtp::Verb;

/// The commands that go on behind a success.
bool follows(Verb verb, const Exchange& next) {
    switch (verb) {
        case Verb::ehlo:
        case Verb::helo:
            return next.verb == Verb::mail || next.verb == Verb::starttls ||
                   next.verb == Verb::auth;
        case Verb::mail: return next.verb == Verb::rcpt;
        case Verb::rcpt:
            return next.verb == Verb::rcpt || next.verb == Verb::data || next.verb == Verb::bdat;
        default: return false;
    }
}

/// What comes so soon behind a command may have been sent before there was a reply, over a connection with this round trip.
constexpr Duration in_flight_max = 100ms;

/// RFC 2920 §3.1: it may have others behind it in a group.
bool may_be_followed(const Exchange& exchange) {
    return exchange.message || is_path_command(exchange) || exchange.verb == Verb::rset ||
           exchange.verb == Verb::bdat;
}

bool sends_groups(const Dialogue& d) {
    return std::any_of(d.exchanges.begin(), d.exchanges.end(), [&](const Exchange& one) {
        return one.pipelined && d.offered(one).has("PIPELINING");
    });
}

bool is_missing(const Reply* reply) {
    return reply == nullptr || reply->silent || reply->lost;
}

}  // namespace

std::span<const Exchange> in_step(const Dialogue& d) {
    const auto first_extra = std::find_if(d.unasked.begin(), d.unasked.end(),
                                          [](const Reply& reply) { return reply.code != 421; });
    const auto confuses = [](const Reply& reply) {
        return reply.form.several || reply.form.mixed_codes || reply.silent;
    };
    std::size_t count = 0;
    if (d.greeting && d.greeting->form.several) return {};
    while (count < d.exchanges.size()) {
        const Exchange& exchange = d.exchanges[count];
        if (first_extra != d.unasked.end() && exchange.event > first_extra->event) break;
        ++count;
        // Behind the handshake nothing is left of what came before it: tls-response-injection's.
        if (exchange.verb == Verb::starttls) continue;
        if (std::any_of(exchange.replies.begin(), exchange.replies.end(), confuses) ||
            std::any_of(exchange.verdicts.begin(), exchange.verdicts.end(), confuses))
            break;
    }
    return {d.exchanges.data(), count};
}

bool is_in_step(const Dialogue& d, const Exchange& exchange) {
    const auto known = in_step(d);
    return &exchange < known.data() + known.size();
}

bool came_too_late(const Dialogue& d, const Reply& reply) {
    return d.ended && reply.leaves() > d.ended_at;
}

Read read_before(const Dialogue& d, const Exchange& exchange, const Exchange& later) {
    if (later.pipelined) return Read::no;
    if (!may_be_followed(exchange) || !d.offered(later).has("PIPELINING")) return Read::yes;
    Instant sent = exchange.message ? exchange.message->at : exchange.at;
    // When the last octet of a chunk has come is not told, and its reply is not made wait.
    if (exchange.verb == Verb::bdat && exchange.reply() != nullptr) sent = exchange.reply()->at;
    if (later.at - sent > in_flight_max) return Read::yes;
    return sends_groups(d) ? Read::no : Read::perhaps;
}

const Exchange* next_informed(const Dialogue& d, const Exchange& exchange) {
    const Exchange* next = d.next(exchange);
    while (next != nullptr && read_before(d, exchange, *next) == Read::no) next = d.next(*next);
    return next;
}

void hear_step(const Dialogue& d, Hearing& h, bool is_kept, const Exchange& exchange,
               const Exchange& later, std::string what) {
    if (is_kept) return h.kept();
    // Where there is no later one, it is the command itself that shows it.
    switch (&later == &exchange ? Read::yes : read_before(d, exchange, later)) {
        case Read::no: break;
        case Read::perhaps: h.suspected(d, later, std::move(what)); break;
        case Read::yes: h.broken(d, later, std::move(what)); break;
    }
}

const Exchange* tired_of_waiting(const Dialogue& d, const Exchange& exchange,
                                 const Thresholds& thresholds) {
    const Exchange* next = d.next(exchange);
    if (next == nullptr || (next->verb != Verb::quit && next->verb != Verb::rset)) return nullptr;
    if (!next->pipelined) return nullptr;
    const Instant since = exchange.message ? exchange.message->at : exchange.at;
    if (next->at - since < thresholds.quit_patience) return nullptr;
    // Behind the end of data a group may go on with either (RFC 2920 §3.1).
    const bool in_group = exchange.message && sends_groups(d);
    return in_group ? nullptr : next;
}

Reaction reaction_to(const Dialogue& d, const Exchange& exchange) {
    const Reply* reply = exchange.last_reply();
    if (reply != nullptr && came_too_late(d, *reply)) return Reaction::unclear;
    if (exchange.verb == Verb::data) {
        if (exchange.message) return Reaction::went_on;
        const Oddity* cut = d.oddity(smtp::Anomaly::Kind::cut_off_message);
        if (cut != nullptr && !cut->detail.starts_with("0 octets")) return Reaction::unclear;
    }
    const Exchange* next = d.next(exchange);
    if (next == nullptr) return d.ended_by_client() ? Reaction::gave_up : Reaction::unclear;
    // What was on its way when the reply came says nothing.
    if (read_before(d, exchange, *next) == Read::no) return Reaction::unclear;
    if (follows(exchange.verb, *next)) return Reaction::went_on;
    // Who needs TLS leaves where it is not offered.
    const Offers& offers = d.offered(*next);
    if (exchange.verb == Verb::ehlo && next->verb == Verb::quit && offers.esmtp && !offers.in_tls &&
        !offers.has("STARTTLS"))
        return Reaction::unclear;
    const bool ends = next->verb == Verb::rset || next->verb == Verb::quit ||
                      (exchange.verb == Verb::ehlo && next->verb == Verb::helo);
    return ends ? Reaction::gave_up : Reaction::unclear;
}

Reaction reaction_in_the_end(const Dialogue& d, const Exchange& exchange) {
    const Reaction reaction = reaction_to(d, exchange);
    if (reaction == Reaction::gave_up || !is_path_command(exchange)) return reaction;
    for (const Exchange* one = d.next(exchange); one != nullptr; one = d.next(*one)) {
        if (one->message) return Reaction::went_on;
        const Reply* reply = one->last_reply();
        const bool belongs =
            one->verb == Verb::rcpt || one->verb == Verb::data || one->verb == Verb::bdat;
        // What was refused, or never answered, is reason enough.
        if (!belongs || is_missing(reply) || should_go_on(d, *one, *reply) != std::optional{true})
            return reaction;
        if (reaction_to(d, *one) == Reaction::gave_up) return Reaction::gave_up;
    }
    return reaction;
}

bool names_international_path(const Dialogue& d, const Exchange& exchange) {
    const Reply* reply = exchange.reply();
    if (exchange.verb != Verb::rcpt || reply == nullptr || reply->code != 251) return false;
    const Exchange* mail = d.mail_of(exchange);
    return !is_ascii(reply->text) && mail != nullptr && parameter_of(*mail, "SMTPUTF8") != nullptr;
}

std::optional<bool> should_go_on(const Dialogue& d, const Exchange& exchange, const Reply& reply) {
    if (exchange.verb == Verb::data) return reply.code == 354;
    if (reply.code / 100 == 2) return true;
    // Behind a recipient that was refused the others follow.
    if (exchange.verb == Verb::rcpt) {
        const bool others = std::any_of(
            d.exchanges.begin(), d.exchanges.end(),
            [&](const Exchange& one) { return one.verb == Verb::rcpt && &one != &exchange; });
        if (others) return std::nullopt;
    }
    return false;
}

std::size_t longest_line(std::string_view text) {
    std::size_t longest = 0;
    for (std::size_t begin = 0; begin <= text.size();) {
        const std::size_t end = std::min(text.find('\n', begin), text.size());
        longest = std::max(longest, end - begin);
        begin = end + 1;
    }
    return longest + 6;
}

}  // namespace fakemx::conformance
