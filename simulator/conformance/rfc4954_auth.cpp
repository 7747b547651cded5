// RFC 4954: AUTH.
#include <algorithm>

#include <fmt/format.h>

#include "conformance/chapters.h"
#include "conformance/grammar.h"
#include "conformance/hearing.h"
#include "conformance/reaction.h"
#include "core/text.h"
#include "smtp/extension.h"

namespace fakemx::conformance {

namespace {

using smtp::Verb;

void auth_only_if_offered(const Dialogue& d, Hearing& h) {
    each_exchange(d, Verb::auth, [&](const Exchange& exchange) {
        // Without AUTH in the reply it is a verb that was not offered.
        const Offers& offers = d.offered(exchange);
        const std::string mechanism = mechanism_of(exchange);
        bool any = false;
        bool named = false;
        for (const auto& [keyword, value] : offers.keywords) {
            if (keyword != "AUTH") continue;
            any = true;
            named = named || (' ' + ascii_upper(value) + ' ').find(' ' + mechanism + ' ') !=
                                 std::string::npos;
        }
        if (any) h.kept_if(named, d, exchange, "{} was not offered", escape_octets(mechanism));
    });
}

void auth_not_in_transaction(const Dialogue& d, Hearing& h) {
    each_exchange(d, Verb::auth, [&](const Exchange& exchange) {
        h.kept_if(exchange.transaction == 0, d, exchange, "AUTH inside a transaction");
    });
}

void auth_once(const Dialogue& d, Hearing& h) {
    bool done = false;
    each_exchange(d, Verb::auth, [&](const Exchange& exchange) {
        if (exchange.transaction != 0) return;  // auth-not-in-transaction's
        h.kept_if(!done, d, exchange, "AUTH behind an AUTH that has succeeded");
        done = done || exchange.accepted();
    });
}

void auth_pipeline_last(const Dialogue& d, Hearing& h) {
    each_exchange(d, Verb::auth, [&](const Exchange& exchange) {
        const Exchange* next = d.next(exchange);
        // One round with an initial response is as good as any other command.
        const std::string mechanism = mechanism_of(exchange);
        const bool one_round =
            (mechanism == "PLAIN" || mechanism == "EXTERNAL") && exchange.replies.size() == 1;
        if (next == nullptr || one_round) return;
        h.kept_if(!next->pipelined, d, *next, "a command before AUTH was over");
    });
}

void auth_no_storm(const Dialogue& d, Hearing& h) {
    std::uint32_t failed = 0;
    const Exchange* last = nullptr;
    each_exchange(d, Verb::auth, [&](const Exchange& exchange) {
        const Reply* reply = exchange.last_reply();
        if (reply == nullptr || !reply->is(5)) return;
        ++failed;
        last = &exchange;
    });
    if (last != nullptr)
        h.kept_if(failed <= h.thresholds().auth_failures_max, d, *last,
                  "{} failing AUTH in one session", failed);
}

void auth_530(const Dialogue& d, Hearing& h) {
    for (const Exchange& exchange : in_step(d)) {
        const Reply* reply = exchange.reply();
        if (exchange.verb != Verb::mail || reply == nullptr || reply->code != 530 || reply->lost)
            continue;
        const Exchange* next = d.next(exchange);
        while (next != nullptr && next->pipelined) next = d.next(*next);
        const bool again =
            next != nullptr && next->verb == Verb::mail && next->line == exchange.line;
        if (next == nullptr && !d.ended) return;
        h.kept_if(!again, d, next != nullptr ? *next : exchange, "the same MAIL again behind 530");
    }
}

void auth_mail_param(const Dialogue& d, Hearing& h) {
    for (const Exchange& exchange : d.exchanges) {
        if (exchange.verb != Verb::mail || !d.offered(exchange).has("AUTH")) continue;
        const auto parameter = parameter_of(exchange, "AUTH");
        if (!parameter) continue;
        const auto reading = smtp::read_parameter(Verb::mail, *parameter);
        h.kept_if(reading.fault == smtp::ParameterFault::none, d, exchange,
                  "AUTH={} is no mailbox in xtext", escape_octets(parameter->value));
    }
}

void auth_plain_tls(const Dialogue& d, Hearing& h) {
    for (const Exchange& exchange : d.exchanges) {
        if (!exchange.in_tls || exchange.offer == 0) continue;
        const auto mechanisms = d.offered(exchange).value("AUTH");
        if (!mechanisms || !equal_ignoring_case(*mechanisms, "PLAIN")) continue;
        if (exchange.verb == Verb::auth && mechanism_of(exchange) == "PLAIN") return h.kept();
        // Who sends without a password may have none.
        if (exchange.verb == Verb::mail || exchange.verb == Verb::auth) return;
        if (exchange.verb == Verb::quit)
            return h.suspected(d, exchange, "left where TLS and PLAIN were there");
    }
}

constexpr Rule rules[] = {
    {.slug = "auth-plain-tls",
     .source = "RFC 4954 §4",
     .level = Level::must,
     .severity = Severity::major,
     .stage = Stage::auth,
     .requirement = "Be able to use PLAIN inside TLS.",
     .remedy = "Take PLAIN where the session is encrypted and nothing better is offered.",
     .unexercised = "no session had TLS and PLAIN as its only mechanism",
     .judge = auth_plain_tls,
     .senders = with_caller},
    {.slug = "auth-only-if-offered",
     .source = "RFC 4954 §3, §4",
     .level = Level::derived,
     .severity = Severity::minor,
     .stage = Stage::auth,
     .requirement = "Use a mechanism that the EHLO reply in force offers.",
     .remedy = "Choose among the words behind AUTH in the last EHLO reply.",
     .unexercised = "no AUTH was sent",
     .judge = auth_only_if_offered},
    {.slug = "auth-not-in-transaction",
     .source = "RFC 4954 §4",
     .level = Level::must_not,
     .severity = Severity::minor,
     .stage = Stage::auth,
     .requirement = "Send no AUTH inside a transaction.",
     .remedy = "Authenticate before MAIL.",
     .unexercised = "no AUTH was sent",
     .judge = auth_not_in_transaction},
    {.slug = "auth-once",
     .source = "RFC 4954 §4",
     .level = Level::must_not,
     .severity = Severity::minor,
     .stage = Stage::auth,
     .requirement = "Send no AUTH once one has succeeded in the session.",
     .remedy = "Remember that the session is authenticated.",
     .unexercised = "no AUTH was sent",
     .judge = auth_once},
    {.slug = "auth-pipeline-last",
     .source = "RFC 4954 §4; RFC 2920 §3.1",
     .level = Level::must,
     .severity = Severity::minor,
     .stage = Stage::auth,
     .requirement = "Let AUTH be the last command of a group, unless one round with an initial "
                    "response is all of it.",
     .remedy = "Wait until the exchange is over.",
     .unexercised = "no AUTH of several rounds had a command behind it",
     .judge = auth_pipeline_last},
    {.slug = "auth-no-storm",
     .source = "RFC 4954 §9",
     .level = Level::best_practice,
     .severity = Severity::major,
     .stage = Stage::auth,
     .requirement = "Try no more than three times in one session when AUTH fails.",
     .remedy = "Give up behind the second or third 535.",
     .unexercised = "no AUTH failed",
     .judge = auth_no_storm},
    {.slug = "auth-530",
     .source = "RFC 4954 §6; RFC 3207 §4",
     .level = Level::derived,
     .severity = Severity::minor,
     .stage = Stage::mail,
     .requirement =
         "Take 530 to MAIL for an answer: do not send the same MAIL again in the session.",
     .remedy = "Authenticate or encrypt first, or fail.",
     .unexercised = "MAIL was never answered with 530",
     .judge = auth_530},
    {.slug = "auth-mail-param",
     .source = "RFC 4954 §5",
     .level = Level::must,
     .severity = Severity::info,
     .stage = Stage::mail,
     .requirement = "Write AUTH= of MAIL as a mailbox in xtext, or as <>.",
     .remedy = "Encode \"+\", \"=\" and what is no printable ASCII as +XX.",
     .unexercised = "no MAIL had AUTH=",
     .judge = auth_mail_param},
};

}  // namespace

std::span<const Rule> auth_rules() {
    return rules;
}

}  // namespace fakemx::conformance
