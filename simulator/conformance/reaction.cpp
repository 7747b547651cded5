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

}  // namespace

Reaction reaction_to(const Dialogue& d, const Exchange& exchange) {
    if (exchange.verb == Verb::data) {
        if (exchange.message) return Reaction::went_on;
        if (d.oddity(smtp::Anomaly::Kind::cut_off_message) != nullptr) return Reaction::unclear;
    }
    const Exchange* next = d.next(exchange);
    if (next == nullptr) return d.ended_by_client() ? Reaction::gave_up : Reaction::unclear;
    // What was on its way when the reply came says nothing.
    if (next->pipelined) return Reaction::unclear;
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
