// RFC 3207: STARTTLS.
#include <algorithm>

#include <fmt/format.h>

#include "conformance/chapters.h"
#include "conformance/grammar.h"
#include "conformance/hearing.h"

namespace fakemx::conformance {

namespace {

using smtp::Verb;

bool encrypted(const Dialogue& d) {
    return d.tls && d.tls->failure.empty();
}

const Exchange* first_in_tls(const Dialogue& d) {
    const auto first = std::find_if(d.exchanges.begin(), d.exchanges.end(),
                                    [](const Exchange& one) { return one.in_tls; });
    return first == d.exchanges.end() ? nullptr : &*first;
}

void tls_opportunistic(const Dialogue& d, Hearing& h) {
    for (const Exchange& exchange : d.exchanges) {
        if (exchange.verb != Verb::mail) continue;
        if (exchange.in_tls) {
            if (!d.exchanges.front().in_tls) h.kept();
            return;
        }
        if (!d.offered(exchange).has("STARTTLS")) return;
        const bool tried =
            std::any_of(d.exchanges.begin(), d.exchanges.end(),
                        [](const Exchange& one) { return one.verb == Verb::starttls; });
        // A session before this one may have shown that TLS does not work there.
        if (!tried) h.suspected(d, exchange, "MAIL in the clear, and STARTTLS was offered");
        return;
    }
}

void tls_ehlo_after(const Dialogue& d, Hearing& h) {
    const Exchange* first = first_in_tls(d);
    if (!encrypted(d) || first == nullptr || first == &d.exchanges.front()) return;
    // Who does not like the certificate may leave; a MAIL is ehlo-before-mail's.
    if (first->verb == Verb::quit || first->verb == Verb::mail) return;
    h.kept_if(first->verb == Verb::ehlo, d, *first, "{} behind the handshake",
              verb_of(first->line));
}

/// It was offered behind the reply to STARTTLS, and in no EHLO reply.
bool was_injected(const Dialogue& d, const Exchange& exchange, const smtp::Parameter& parameter) {
    return std::none_of(d.offers.begin(), d.offers.end(), [&](const Offers& offers) {
        return !offers.injected && offers_parameter(offers, exchange.verb, parameter);
    });
}

/// The first transaction inside TLS, or those behind it.
void judge_offers_in_tls(const Dialogue& d, Hearing& h, bool reused) {
    if (!encrypted(d)) return;
    std::uint32_t mails = 0;
    bool any = false;
    for (const Exchange& exchange : d.exchanges) {
        if (!exchange.in_tls || exchange.offer == 0) continue;
        if (exchange.verb != Verb::mail && exchange.verb != Verb::rcpt) continue;
        if (exchange.verb == Verb::mail) ++mails;
        if ((mails > 1) != reused) continue;
        any = true;
        for (const smtp::Parameter& one : exchange.parameters) {
            if (was_offered_before_tls(d, exchange, one) && !was_injected(d, exchange, one))
                return h.broken(d, exchange,
                                fmt::format("{} was offered before TLS only", one.keyword));
        }
    }
    // Nothing can be said where both lists are the same.
    const bool differ = d.offers.size() >= 2 && !d.offers.front().in_tls &&
                        d.offers.front().keywords != d.offers.back().keywords;
    if (any && differ) h.kept();
}

void tls_discard_caps(const Dialogue& d, Hearing& h) {
    judge_offers_in_tls(d, h, false);
}

void reuse_after_tls_caps(const Dialogue& d, Hearing& h) {
    judge_offers_in_tls(d, h, true);
}

void tls_response_injection(const Dialogue& d, Hearing& h) {
    const bool injected = std::any_of(d.offers.begin(), d.offers.end(),
                                      [](const Offers& offers) { return offers.injected; });
    if (!injected || !d.ended) return;
    for (const Exchange& exchange : d.exchanges) {
        if (!exchange.in_tls) continue;
        for (const smtp::Parameter& one : exchange.parameters) {
            if (was_offered_before_tls(d, exchange, one) && was_injected(d, exchange, one))
                return h.broken(
                    d, exchange,
                    fmt::format("{} stood behind the reply to STARTTLS only", one.keyword));
        }
    }
    h.kept();
}

void tls_no_cmd_before_hs(const Dialogue& d, Hearing& h) {
    // Where nothing was said before it, it is tls-implicit's.
    if (!d.tls || d.exchanges.empty() || d.exchanges.front().event > d.tls_event) return;
    if (d.tls->failure == smtp::spoke_in_the_clear)
        return h.broken(d, d.tls_event, d.opened_at, "SMTP behind the 220 to STARTTLS");
    if (encrypted(d) || !d.tls->facts.hello.versions.empty()) h.kept();
}

void tls_quit_if_insufficient(const Dialogue& d, Hearing& h) {
    if (!encrypted(d) || d.tls->facts.certificate.empty() || !d.ended) return;
    const bool content =
        std::any_of(d.exchanges.begin(), d.exchanges.end(), [](const Exchange& one) {
            return one.in_tls && (one.verb == Verb::mail || one.verb == Verb::auth);
        });
    const bool left = d.ended_by_client() || d.ended->how == smtp::Ended::How::quit;
    if (content || !left) return;
    const Exchange* first = first_in_tls(d);
    if (first == nullptr || first->verb == Verb::quit) return h.kept();
    // It may have missed an extension.
    h.suspected(d, *first,
                fmt::format("{} to a certificate that is {}, and left behind that",
                            verb_of(first->line), d.tls->facts.certificate));
}

void tls_no_second(const Dialogue& d, Hearing& h) {
    if (!encrypted(d) || first_in_tls(d) == nullptr) return;
    const auto second =
        std::find_if(d.exchanges.begin(), d.exchanges.end(),
                     [](const Exchange& one) { return one.in_tls && one.verb == Verb::starttls; });
    if (second != d.exchanges.end()) return h.broken(d, *second, "STARTTLS inside TLS");
    h.kept();
}

void tls_no_args(const Dialogue& d, Hearing& h) {
    for (const Exchange& exchange : d.exchanges) {
        if (exchange.verb == Verb::starttls)
            h.kept_if(exchange.line.size() == 8, d, exchange, "STARTTLS with something behind it");
    }
}

void pipe_fresh_after_tls(const Dialogue& d, Hearing& h) {
    if (!encrypted(d)) return;
    if (const Oddity* early = d.oddity(smtp::Anomaly::Kind::plaintext_before_tls))
        return h.broken(d, early->event, early->at, "octets behind STARTTLS in the clear");
    const Exchange* first = first_in_tls(d);
    if (first == nullptr) return;
    const Exchange* next = d.next(*first);
    if (first->verb == Verb::ehlo && next != nullptr && next->pipelined)
        return h.broken(d, *next, "a command before the reply to EHLO behind the handshake");
    h.kept();
}

void tls_min_version(const Dialogue& d, Hearing& h) {
    if (!encrypted(d)) return;
    const std::string& version = d.tls->facts.version;
    const bool old = version.starts_with("SSL") || version == "TLSv1" || version == "TLSv1.1";
    if (old)
        return h.broken(d, d.tls_event, d.opened_at, fmt::format("{} was negotiated", version));
    h.kept();
}

constexpr Rule rules[] = {
    {.slug = "tls-opportunistic",
     .source = "RFC 3207 §6; RFC 7435",
     .level = Level::best_practice,
     .severity = Severity::major,
     .stage = Stage::tls,
     .requirement = "Use STARTTLS where it is offered.",
     .remedy = "Send STARTTLS when the EHLO reply offers it.",
     .unexercised = "STARTTLS was not offered",
     .judge = tls_opportunistic},
    {.slug = "tls-ehlo-after",
     .source = "RFC 3207 §4.2",
     .level = Level::should,
     .severity = Severity::major,
     .stage = Stage::tls,
     .requirement = "Send EHLO first behind the TLS handshake.",
     .remedy = "Forget the EHLO reply when the handshake is over, and send EHLO again.",
     .unexercised = "no session was encrypted by STARTTLS",
     .judge = tls_ehlo_after},
    {.slug = "tls-discard-caps",
     .source = "RFC 3207 §4.2, §6",
     .level = Level::must,
     .severity = Severity::critical,
     .stage = Stage::tls,
     .requirement = "Forget what was offered before the TLS handshake.",
     .remedy = "Empty the list of extensions when the handshake is over.",
     .unexercised = "no session was offered one list before TLS and another one behind it",
     .judge = tls_discard_caps},
    {.slug = "reuse-after-tls-caps",
     .source = "RFC 3207 §4.2",
     .level = Level::must,
     .severity = Severity::minor,
     .stage = Stage::mail,
     .requirement = "In a session that is used again, too, use only what was offered behind the "
                    "TLS handshake.",
     .remedy = "Keep the list of extensions with the session, and replace it when TLS begins.",
     .unexercised = "no session with several messages was offered one list before TLS and another "
                    "one behind it",
     .judge = reuse_after_tls_caps},
    {.slug = "tls-response-injection",
     .source = "RFC 3207 §4.2, §6",
     .level = Level::must,
     .severity = Severity::critical,
     .stage = Stage::tls,
     .requirement = "Throw away what came in the clear behind the reply to STARTTLS.",
     .remedy = "Empty the input buffer when the handshake begins, or end the session where there "
               "is anything in it.",
     .unexercised = "nothing came behind the reply to STARTTLS",
     .judge = tls_response_injection},
    {.slug = "tls-no-cmd-before-hs",
     .source = "RFC 3207 §4",
     .level = Level::must,
     .severity = Severity::critical,
     .stage = Stage::tls,
     .requirement = "Behind the 220 to STARTTLS send nothing before the TLS handshake.",
     .remedy = "Hand the connection to the TLS library as soon as the 220 has been read.",
     .unexercised = "no STARTTLS was accepted",
     .judge = tls_no_cmd_before_hs},
    {.slug = "tls-quit-if-insufficient",
     .source = "RFC 3207 §4.1",
     .level = Level::should,
     .severity = Severity::minor,
     .stage = Stage::tls,
     .requirement = "Send QUIT right behind a handshake whose outcome is not good enough.",
     .remedy = "Look at the certificate before EHLO is sent.",
     .unexercised = "no client left for a certificate that was not valid",
     .judge = tls_quit_if_insufficient},
    {.slug = "tls-no-second",
     .source = "RFC 3207 §4.2",
     .level = Level::must_not,
     .severity = Severity::minor,
     .stage = Stage::tls,
     .requirement = "Send no STARTTLS inside TLS.",
     .remedy = "Pass over STARTTLS in an EHLO reply once the session is encrypted.",
     .unexercised = "no session was encrypted",
     .judge = tls_no_second},
    {.slug = "tls-no-args",
     .source = "RFC 3207 §4",
     .level = Level::must,
     .severity = Severity::minor,
     .stage = Stage::tls,
     .requirement = "Send STARTTLS without anything behind it.",
     .remedy = "Write CRLF right behind the verb.",
     .unexercised = "no STARTTLS was sent",
     .judge = tls_no_args},
    {.slug = "pipe-fresh-after-tls",
     .source = "RFC 3207 §4; RFC 2920 §3.1",
     .level = Level::must,
     .severity = Severity::major,
     .stage = Stage::tls,
     .requirement = "Send nothing between STARTTLS and the handshake, and nothing in a group "
                    "before EHLO is answered again.",
     .remedy = "Wait for the 220, do the handshake, send EHLO and wait for its reply.",
     .unexercised = "no session was encrypted",
     .judge = pipe_fresh_after_tls},
    {.slug = "tls-min-version",
     .source = "RFC 9325 §3.1.1; RFC 8996 §4, §5",
     .level = Level::must_not,
     .severity = Severity::major,
     .stage = Stage::tls,
     .requirement = "Negotiate no SSL, no TLS 1.0 and no TLS 1.1.",
     .remedy = "Set TLS 1.2 as the lowest version.",
     .unexercised = "no session was encrypted",
     .judge = tls_min_version},
};

}  // namespace

std::span<const Rule> starttls_rules() {
    return rules;
}

}  // namespace fakemx::conformance
