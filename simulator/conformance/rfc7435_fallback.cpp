// RFC 7435, RFC 3207 §6, RFC 4954 §6: a queue whose session did not come to MAIL because TLS or AUTH failed tries again, in the
// clear or later.
#include <algorithm>

#include <fmt/format.h>

#include "conformance/chapters.h"
#include "conformance/hearing.h"

namespace fakemx::conformance {

namespace {

using smtp::Verb;

/// Comes with something to send that is no notice, or goes before that can be seen.
bool comes_with_mail(const Dialogue& d) {
    bool mail = false;
    for (const Exchange& exchange : d.exchanges) {
        if (exchange.verb != Verb::mail) continue;
        mail = true;
        if (!exchange.path || !exchange.path->null()) return true;
    }
    return !mail;
}

bool came_to_mail(const Dialogue& d) {
    return std::any_of(d.exchanges.begin(), d.exchanges.end(),
                       [](const Exchange& one) { return one.verb == Verb::mail; });
}

/// `failed`: what a session has failed with; null where it has not.
template <class Failed>
void judge_fallback(const Course& course, Hearing& h, std::string_view what, const Failed& failed) {
    for (std::size_t i = 0; i < course.sessions.size(); ++i) {
        const Dialogue& d = course.sessions[i];
        if (!d.ended || !failed(d)) continue;
        const bool again = std::any_of(course.sessions.begin() + static_cast<std::ptrdiff_t>(i) + 1,
                                       course.sessions.end(), comes_with_mail);
        if (came_to_mail(d) || again) {
            h.kept();
        } else if (course.end - d.ended_at >= h.thresholds().retry_within) {
            // What there was to send may have gone by another session.
            h.suspected(d, d.ended_event, d.ended_at,
                        fmt::format("never came again behind {}", what));
        }
    }
}

/// The last reply to this verb; null where it was never sent.
const Reply* last_reply_to(const Dialogue& d, Verb verb) {
    const auto found = std::find_if(d.exchanges.rbegin(), d.exchanges.rend(),
                                    [&](const Exchange& one) { return one.verb == verb; });
    return found == d.exchanges.rend() ? nullptr : found->last_reply();
}

void tls_454_policy(const Course& course, Hearing& h) {
    judge_fallback(course, h, "a STARTTLS that was refused", [](const Dialogue& d) {
        const Reply* reply = last_reply_to(d, Verb::starttls);
        return reply != nullptr && (reply->is(4) || reply->is(5));
    });
}

void tls_hs_failure(const Course& course, Hearing& h) {
    judge_fallback(course, h, "a TLS handshake that failed",
                   [](const Dialogue& d) { return d.tls && !d.tls->failure.empty(); });
}

void auth_454(const Course& course, Hearing& h) {
    judge_fallback(course, h, "a temporary failure of AUTH", [](const Dialogue& d) {
        const Reply* reply = last_reply_to(d, Verb::auth);
        return reply != nullptr && reply->is(4);
    });
}

constexpr Rule rules[] = {
    {.slug = "tls-454-policy",
     .source = "RFC 3207 §4, §6; RFC 7435 §3",
     .level = Level::derived,
     .severity = Severity::major,
     .stage = Stage::tls,
     .requirement = "Where STARTTLS is refused, go on in the clear or come again; do not give up.",
     .remedy = "Take a refused STARTTLS for a temporary failure at most.",
     .unexercised = "STARTTLS was never refused, or the run did not go on for long enough",
     .judge_course = tls_454_policy,
     .senders = with_queue},
    {.slug = "tls-hs-failure",
     .source = "RFC 7672 §2.2; RFC 3207 §6; RFC 7435 §3",
     .level = Level::derived,
     .severity = Severity::major,
     .stage = Stage::tls,
     .requirement = "Where a TLS handshake fails, come again, with TLS or in the clear; do not "
                    "give up.",
     .remedy = "Take a handshake that failed for a temporary failure.",
     .unexercised = "no handshake failed, or the run did not go on for long enough",
     .judge_course = tls_hs_failure,
     .senders = with_queue},
    {.slug = "auth-454-535",
     .source = "RFC 4954 §6",
     .level = Level::should,
     .severity = Severity::major,
     .stage = Stage::auth,
     .requirement = "Take 454 to AUTH for a temporary failure, and come again.",
     .remedy = "Keep the mail behind 4yz to AUTH; only 535 says that the credentials are wrong.",
     .unexercised = "AUTH was never answered with 4yz, or the run did not go on for long enough",
     .judge_course = auth_454,
     .senders = with_queue},
};

}  // namespace

std::span<const Rule> fallback_rules() {
    return rules;
}

}  // namespace fakemx::conformance
