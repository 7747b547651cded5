// RFC 8314, RFC 7817 §3: what a mail user agent does for the confidentiality of what it submits. It is asked of senders that say
// they are one, because they are to want TLS unless somebody decides otherwise (RFC 8314 §5.2).
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "conformance/chapters.h"
#include "conformance/grammar.h"
#include "conformance/hearing.h"

namespace fakemx::conformance {

namespace {

using smtp::Verb;

constexpr Senders user_agents{Sender::mua};

/// What a client that verifies chain and name cannot overlook.
constexpr std::array<std::string_view, 6> faults_of_trust{
    "expired", "not_yet_valid", "wrong_host", "self_signed", "unknown_ca", "missing_intermediate"};

/// The first command in the clear that says more than a client may say there. A password is auth-no-cleartext's.
const Exchange* too_much_in_clear(const Dialogue& d) {
    const auto found =
        std::find_if(d.exchanges.begin(), d.exchanges.end(), [](const Exchange& one) {
            const bool secret = one.verb == Verb::auth && !sends_password(one);
            return !one.in_tls && (one.verb == Verb::mail || secret);
        });
    return found == d.exchanges.end() ? nullptr : &*found;
}

void judge_clear(const Dialogue& d, Hearing& h, std::string_view why) {
    if (const Exchange* said = too_much_in_clear(d))
        return h.broken(d, *said, fmt::format("{} in the clear, {}", verb_of(said->line), why));
    if (d.ended) h.kept();
}

void tls_submission_stripped(const Dialogue& d, Hearing& h) {
    if (d.offers.empty()) return;
    const Offers& first = d.offers.front();
    if (first.esmtp && !first.in_tls && !first.has("STARTTLS"))
        judge_clear(d, h, "where STARTTLS was not offered");
}

void tls_required_config(const Dialogue& d, Hearing& h) {
    if (d.offers.empty()) return;
    const auto refused =
        std::find_if(d.exchanges.begin(), d.exchanges.end(), [](const Exchange& one) {
            const Reply* reply = one.reply();
            return one.verb == Verb::starttls && reply != nullptr && !one.accepted();
        });
    if (refused != d.exchanges.end()) return judge_clear(d, h, "where STARTTLS was refused");
    if (!d.offers.front().esmtp) judge_clear(d, h, "where there was HELO only");
}

void tls_verify_submission(const Dialogue& d, Hearing& h) {
    if (!d.tls) return;
    const std::string& fault = d.tls->facts.certificate;
    if (std::find(faults_of_trust.begin(), faults_of_trust.end(), fault) == faults_of_trust.end())
        return;
    const auto trusting =
        std::find_if(d.exchanges.begin(), d.exchanges.end(), [](const Exchange& one) {
            return one.in_tls && (one.verb == Verb::mail || one.verb == Verb::auth);
        });
    if (trusting != d.exchanges.end())
        return h.broken(
            d, *trusting,
            fmt::format("{} to a certificate that is {}", verb_of(trusting->line), fault));
    if (d.ended) h.kept();
}

void tls_implicit(const Dialogue& d, Hearing& h) {
    // What began with TLS: nothing was said in front of it.
    const bool said = !d.exchanges.empty() && d.exchanges.front().event < d.tls_event;
    if (!d.tls || said || (d.greeting && d.greeting->event < d.tls_event)) return;
    if (!d.tls->facts.hello.versions.empty() || d.tls->failure.empty()) return h.kept();
    if (d.tls->failure == smtp::spoke_in_the_clear)
        return h.broken(d, d.tls_event, d.opened_at, "SMTP in the clear where TLS comes first");
    // Who waits for a greeting waits; who leaves at once may have been spoken to in the clear.
    if (d.ended_at - d.opened_at >= h.thresholds().greeting_held_min)
        h.suspected(d, d.tls_event, d.opened_at, "no ClientHello came");
}

void auth_no_cleartext(const Dialogue& d, Hearing& h) {
    const bool offered = std::any_of(d.offers.begin(), d.offers.end(), [](const Offers& offers) {
        return !offers.in_tls && offers.has("AUTH");
    });
    if (!offered) return;
    const auto found =
        std::find_if(d.exchanges.begin(), d.exchanges.end(),
                     [](const Exchange& one) { return !one.in_tls && sends_password(one); });
    if (found != d.exchanges.end())
        return h.broken(d, *found, fmt::format("AUTH {} in the clear", mechanism_of(*found)));
    if (d.ended) h.kept();
}

constexpr Rule rules[] = {
    {.slug = "tls-submission-stripped",
     .source = "RFC 8314 §5.2",
     .level = Level::must_not,
     .severity = Severity::critical,
     .stage = Stage::tls,
     .requirement = "As a mail user agent, submit nothing where STARTTLS is not offered.",
     .remedy = "Close the session when the EHLO reply has no STARTTLS, and tell the user.",
     .unexercised = "the sender is no mail user agent, or STARTTLS was offered throughout",
     .judge = tls_submission_stripped,
     .senders = user_agents},
    {.slug = "tls-required-config",
     .source = "RFC 3207 §6; RFC 9325 §3.2; RFC 8314 §5.2",
     .level = Level::must,
     .severity = Severity::critical,
     .stage = Stage::tls,
     .requirement = "As a mail user agent, submit nothing where STARTTLS or EHLO is refused.",
     .remedy = "Send QUIT when the session cannot be encrypted, and tell the user.",
     .unexercised = "the sender is no mail user agent, or neither STARTTLS nor EHLO was refused",
     .judge = tls_required_config,
     .senders = user_agents},
    {.slug = "tls-verify-submission",
     .source = "RFC 7817 §3; RFC 8314 §5.3",
     .level = Level::must,
     .severity = Severity::critical,
     .stage = Stage::tls,
     .requirement = "As a mail user agent, verify the server's certificate and its name before "
                    "anything is submitted.",
     .remedy = "Switch verification on, with the name that was configured, and end the session "
               "where it fails.",
     .unexercised = "the sender is no mail user agent, or every certificate was valid",
     .judge = tls_verify_submission,
     .senders = user_agents},
    {.slug = "tls-implicit",
     .source = "RFC 8314 §3.3",
     .level = Level::must,
     .severity = Severity::major,
     .stage = Stage::tls,
     .requirement = "Begin with the TLS handshake where the port is one for implicit TLS.",
     .remedy = "Start TLS as soon as the connection is there, and wait for the greeting inside.",
     .unexercised = "no host had TLS from the first octet",
     .judge = tls_implicit},
    {.slug = "auth-no-cleartext",
     .source = "RFC 8314 §5.2; RFC 4954 §9",
     .level = Level::must_not,
     .severity = Severity::critical,
     .stage = Stage::auth,
     .requirement = "As a mail user agent, send no password in the clear.",
     .remedy = "Use PLAIN, LOGIN and XOAUTH2 inside TLS only.",
     .unexercised = "the sender is no mail user agent, or AUTH was not offered in the clear",
     .judge = auth_no_cleartext,
     .senders = user_agents},
};

}  // namespace

std::span<const Rule> submission_rules() {
    return rules;
}

}  // namespace fakemx::conformance
