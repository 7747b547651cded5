// RFC 5321 §4.1.1.1, §4.1.1.2: what a client takes from one session, or one transaction, into the next one.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "conformance/chapters.h"
#include "conformance/grammar.h"
#include "conformance/hearing.h"
#include "oracle/delivery.h"

namespace fakemx::conformance {

namespace {

using smtp::Verb;

/// Extensions that a client uses for every message, if it does at all.
constexpr std::array<std::string_view, 5> habits{"SIZE", "PIPELINING", "STARTTLS", "AUTH",
                                                 "CHUNKING"};

bool shows_habit(const Exchange& exchange, std::string_view habit) {
    if (habit == "SIZE")
        return exchange.verb == Verb::mail && parameter_of(exchange, "SIZE") != nullptr;
    if (habit == "PIPELINING") return exchange.verb == Verb::rcpt && exchange.pipelined;
    if (habit == "STARTTLS") return exchange.verb == Verb::starttls;
    if (habit == "AUTH") return exchange.verb == Verb::auth;
    return exchange.verb == Verb::bdat;
}

bool shows_habit(const Dialogue& d, std::string_view habit) {
    return std::any_of(d.exchanges.begin(), d.exchanges.end(),
                       [&](const Exchange& one) { return shows_habit(one, habit); });
}

/// The first list with this keyword; null where none has it.
const Offers* offer_of(const Dialogue& d, std::string_view keyword) {
    const auto found = std::find_if(d.offers.begin(), d.offers.end(),
                                    [&](const Offers& offers) { return offers.has(keyword); });
    return found == d.offers.end() ? nullptr : &*found;
}

bool in_capitals(const Offers& offers, std::string_view keyword) {
    return std::find(offers.not_in_capitals.begin(), offers.not_in_capitals.end(), keyword) ==
           offers.not_in_capitals.end();
}

/// Came so far that every habit would have shown.
const Exchange* first_recipient(const Dialogue& d) {
    const auto found = std::find_if(d.exchanges.begin(), d.exchanges.end(),
                                    [](const Exchange& one) { return one.verb == Verb::rcpt; });
    return found == d.exchanges.end() ? nullptr : &*found;
}

void ehlo_keywords_caseless(const Course& course, Hearing& h) {
    for (const std::string_view habit : habits) {
        const bool known =
            std::any_of(course.sessions.begin(), course.sessions.end(), [&](const Dialogue& d) {
                const Offers* offers = offer_of(d, habit);
                return offers != nullptr && in_capitals(*offers, habit) && shows_habit(d, habit);
            });
        for (const Dialogue& d : course.sessions) {
            const Offers* offers = offer_of(d, habit);
            if (offers == nullptr || in_capitals(*offers, habit)) continue;
            if (shows_habit(d, habit)) {
                h.kept();
            } else if (const Exchange* place = first_recipient(d); known && place != nullptr) {
                // The message may have been another one.
                h.suspected(
                    d, *place,
                    fmt::format("{} was not used where it was not written in capitals", habit));
            }
        }
    }
}

void ehlo_not_cached(const Course& course, Hearing& h) {
    for (const std::string_view habit : habits) {
        bool used = false;
        bool missed = false;  // used, and then not offered
        for (const Dialogue& d : course.sessions) {
            const Exchange* place = first_recipient(d);
            if (place == nullptr) continue;
            if (offer_of(d, habit) == nullptr) {
                missed = missed || used;
            } else if (shows_habit(d, habit)) {
                if (missed) h.kept();
                used = true;
            } else if (missed) {
                h.suspected(
                    d, *place,
                    fmt::format("{} was not used again behind a session without it", habit));
            }
        }
    }
}

bool is_among(const std::vector<std::string>& addresses, std::string_view address) {
    return std::any_of(addresses.begin(), addresses.end(), [&](const std::string& one) {
        return oracle::comparable(one) == oracle::comparable(address);
    });
}

/// The recipient of another message that the sender was given.
bool is_elsewhere(const Course& course, const Submission& submission, std::string_view address) {
    return std::any_of(course.submissions.begin(), course.submissions.end(),
                       [&](const Submission& other) {
                           return &other != &submission && is_among(other.given.to, address);
                       });
}

void judge_envelope(const Course& course, Hearing& h, const Submission& submission,
                    const Dialogue& d, std::uint32_t transaction) {
    for (const Exchange& exchange : d.exchanges) {
        if (exchange.verb != Verb::rcpt || exchange.transaction != transaction || !exchange.path)
            continue;
        const std::string address = exchange.path->address();
        // What is in no list may be what an alias leads to.
        if (!is_among(submission.given.to, address) && is_elsewhere(course, submission, address))
            return h.broken(d, exchange, "a recipient of another message");
    }
    h.kept();
}

void reuse_independent(const Course& course, Hearing& h) {
    for (const Submission& submission : course.submissions) {
        for (const Copy& copy : submission.copies) {
            const Dialogue* d = course.session(copy.session);
            // The first transaction of a session has nothing before it.
            if (d != nullptr && copy.transaction > 1)
                judge_envelope(course, h, submission, *d, copy.transaction);
        }
    }
}

/// The 421 that ended the session when nothing was asked and a message had been sent; null without one.
const Reply* told_in_between(const Dialogue& d) {
    const bool sent = std::any_of(d.exchanges.begin(), d.exchanges.end(),
                                  [](const Exchange& one) { return one.message.has_value(); });
    const auto found = std::find_if(d.unasked.begin(), d.unasked.end(),
                                    [](const Reply& reply) { return reply.code == 421; });
    return sent && found != d.unasked.end() ? &*found : nullptr;
}

/// Its sender has another reason to take it for failed.
bool was_refused(const Course& course, const Submission& submission) {
    return std::any_of(
        course.account.deliveries.begin(), course.account.deliveries.end(),
        [&](const oracle::Delivery& delivery) {
            return course.submission(delivery) == &submission &&
                   std::any_of(delivery.attempts.begin(), delivery.attempts.end(),
                               [](const auto& attempt) { return attempt.refused_for_good(); });
        });
}

void reply_421_async(const Course& course, Hearing& h) {
    for (const Dialogue& d : course.sessions) {
        const Reply* told = told_in_between(d);
        if (told == nullptr) continue;
        for (const Submission& submission : course.submissions) {
            const bool before = std::any_of(submission.copies.begin(), submission.copies.end(),
                                            [&](const Copy& copy) { return copy.session <= d.id; });
            if (before || submission.beliefs.empty() || was_refused(course, submission)) continue;
            const bool failed = std::any_of(submission.beliefs.begin(), submission.beliefs.end(),
                                            [](const journal::Believed& belief) {
                                                return belief.belief == journal::Belief::failed &&
                                                       !belief.by_status;
                                            });
            if (failed) {
                h.broken(d, told->event, told->at,
                         "the next message failed for good, and nobody had refused it");
            } else {
                h.kept();
            }
        }
    }
}

constexpr Rule rules[] = {
    {.slug = "reply-421-async",
     .source = "RFC 5321 §3.8",
     .level = Level::grammar,
     .severity = Severity::minor,
     .stage = Stage::any,
     .requirement = "Take a 421 that comes between two messages for the end of the session, and "
                    "not for the failure of the next message.",
     .remedy = "Send the next message over another connection, or report a temporary failure.",
     .unexercised = "no 421 came unasked between two messages, or nobody knows what the sender "
                    "believes",
     .judge_course = reply_421_async},
    {.slug = "ehlo-keywords-caseless",
     .source = "RFC 5321 §4.1.1.1, §2.4",
     .level = Level::must,
     .severity = Severity::major,
     .stage = Stage::ehlo,
     .requirement = "Know keywords in the EHLO reply in any letter case.",
     .remedy = "Compare keywords without regard to case.",
     .unexercised = "every keyword was written in capitals, or the client uses none of them",
     .judge_course = ehlo_keywords_caseless},
    {.slug = "ehlo-not-cached",
     .source = "RFC 5321 §4.5.4.1; RFC 3207 §4.2",
     .level = Level::should,
     .severity = Severity::minor,
     .stage = Stage::ehlo,
     .requirement = "Go by the EHLO reply of this session, and not by that of an earlier one.",
     .remedy = "Do not remember that an extension was missing.",
     .unexercised = "no extension was offered and used, then not offered, then offered again",
     .judge_course = ehlo_not_cached},
    {.slug = "reuse-independent",
     .source = "RFC 5321 §4.1.1.2, §3.3",
     .level = Level::derived,
     .severity = Severity::critical,
     .stage = Stage::rcpt,
     .requirement = "Give each transaction of a session its own recipients, and none of the one "
                    "before.",
     .remedy = "Begin each transaction with an empty list of recipients.",
     .unexercised = "no session had several messages that the sender is known to have been given",
     .judge_course = reuse_independent},
};

}  // namespace

std::span<const Rule> reuse_rules() {
    return rules;
}

}  // namespace fakemx::conformance
