// RFC 4954 §4: the lines of an AUTH exchange, by their shape.
#include <fmt/format.h>

#include "conformance/chapters.h"
#include "conformance/grammar.h"
#include "conformance/hearing.h"
#include "core/limits.h"
#include "smtp/auth.h"

namespace fakemx::conformance {

namespace {

using Shape = smtp::AuthLineSeen::Shape;

/// RFC 4954 §4: mechanisms may say so much in one challenge.
constexpr std::size_t challenge_octets_max = 12288;
/// A challenge that is nearly as long.
constexpr std::size_t challenge_octets_long = 12000;

/// What the client said to a challenge; nothing where the session ended before it said anything.
std::optional<Shape> answer_to(const Exchange& exchange, std::size_t challenge) {
    if (challenge >= exchange.responses.size()) return std::nullopt;
    return exchange.responses[challenge].shape;
}

/// Each challenge that is of this kind, with what the client said to it.
template <class Kind, class Judge>
void each_challenge(const Dialogue& d, const Kind& is_of_kind, const Judge& judge) {
    each_exchange(d, smtp::Verb::auth, [&](const Exchange& exchange) {
        for (std::size_t i = 0; i < exchange.replies.size(); ++i) {
            const Reply& challenge = exchange.replies[i];
            if (challenge.code == 334 && !challenge.lost && is_of_kind(challenge.text))
                judge(exchange, answer_to(exchange, i));
        }
    });
}

/// It had an answer, and not the one that ends the exchange.
void judge_going_on(const Dialogue& d, Hearing& h, const Exchange& exchange,
                    std::optional<Shape> answer, std::string_view what) {
    if (answer && *answer != Shape::cancel) return h.kept();
    if (answer || d.ended) h.suspected(d, exchange, fmt::format("gave up behind {}", what));
}

void auth_ir_length(const Dialogue& d, Hearing& h) {
    each_exchange(d, smtp::Verb::auth, [&](const Exchange& exchange) {
        if (exchange.initial) {
            // A short one shows nothing of what would become of a long one.
            if (exchange.initial->octets > limits::command_line_octets_max)
                h.broken(d, exchange,
                         fmt::format("an AUTH command of {} octets", exchange.initial->octets));
        } else if (!exchange.responses.empty() &&
                   exchange.line.size() + 1 + exchange.responses.front().octets >
                       limits::command_line_octets_max) {
            h.kept();
        }
    });
}

void auth_empty_ir(const Dialogue& d, Hearing& h) {
    each_exchange(d, smtp::Verb::auth, [&](const Exchange& exchange) {
        const bool empty = exchange.initial && exchange.initial->shape == Shape::empty;
        const bool as_it_should = exchange.initial ? exchange.initial->shape == Shape::equals
                                                   : mechanism_of(exchange) == "EXTERNAL";
        if (empty || as_it_should)
            h.kept_if(as_it_should, d, exchange, "a blank and no initial response behind it");
    });
}

void auth_cancel(const Dialogue& d, Hearing& h) {
    each_challenge(
        d, [](const std::string& text) { return !smtp::decode_base64(text); },
        [&](const Exchange& exchange, std::optional<Shape> answer) {
            if (answer || d.ended)
                h.kept_if(!answer || *answer == Shape::cancel, d, exchange,
                          "a challenge that is no base64 was answered");
        });
}

void auth_empty_challenge(const Dialogue& d, Hearing& h) {
    each_challenge(
        d, [](const std::string& text) { return text.empty(); },
        [&](const Exchange& exchange, std::optional<Shape> answer) {
            judge_going_on(d, h, exchange, answer, "an empty challenge");
        });
}

void auth_long_challenge(const Dialogue& d, Hearing& h) {
    each_challenge(
        d,
        [](const std::string& text) {
            return text.size() >= challenge_octets_long && text.size() <= challenge_octets_max;
        },
        [&](const Exchange& exchange, std::optional<Shape> answer) {
            judge_going_on(d, h, exchange, answer, "a long challenge");
        });
}

constexpr Rule rules[] = {
    {.slug = "auth-ir-length",
     .source = "RFC 4954 §4; RFC 5321 §4.5.3.1.4",
     .level = Level::must_not,
     .severity = Severity::minor,
     .stage = Stage::auth,
     .requirement = "Send no initial response that makes the AUTH command longer than 512 octets.",
     .remedy = "Send AUTH with the mechanism alone, and the response behind the 334.",
     .unexercised = "no response was too long for the AUTH command",
     .judge = auth_ir_length},
    {.slug = "auth-empty-ir",
     .source = "RFC 4954 §4",
     .level = Level::must,
     .severity = Severity::minor,
     .stage = Stage::auth,
     .requirement = "Write an initial response of no octets as \"=\".",
     .remedy = "Send AUTH EXTERNAL = or wait for the 334.",
     .unexercised = "no initial response was empty",
     .judge = auth_empty_ir},
    {.slug = "auth-cancel",
     .source = "RFC 4954 §4",
     // A MUST; that it holds for LOGIN, too, whose challenges stand in no RFC and need not be read, is our reading. Others
     // cannot be spoilt here.
     .level = Level::derived,
     .severity = Severity::minor,
     .stage = Stage::auth,
     .requirement = "Answer a challenge that is no base64 with \"*\".",
     .remedy = "Decode each challenge, also that of LOGIN, and cancel where that fails.",
     .unexercised = "every challenge was base64",
     .judge = auth_cancel},
    {.slug = "auth-empty-challenge",
     .source = "RFC 4954 §4",
     .level = Level::must,
     .severity = Severity::major,
     .stage = Stage::auth,
     .requirement = "Take 334 without a text for an empty challenge, and go on.",
     .remedy = "Look at the code, and decode what stands behind it, which may be nothing.",
     .unexercised = "no challenge was empty",
     .judge = auth_empty_challenge},
    {.slug = "auth-long-challenge",
     .source = "RFC 4954 §4",
     .level = Level::must,
     .severity = Severity::minor,
     .stage = Stage::auth,
     .requirement = "Take challenges of up to 12288 octets.",
     .remedy = "Do not read a challenge into a buffer for reply lines.",
     .unexercised = "no challenge had 12000 octets",
     .judge = auth_long_challenge},
};

}  // namespace

std::span<const Rule> auth_exchange_rules() {
    return rules;
}

}  // namespace fakemx::conformance
