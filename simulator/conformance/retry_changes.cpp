// Two tries of one message, held against each other.
#include "conformance/retry_changes.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/text.h"
#include "core/words.h"

namespace fakemx::conformance {

namespace {

using oracle::Attempt;

std::string first_recipient(const Course& course, const Attempt& attempt) {
    const Dialogue* dialogue = course.session(attempt.session);
    if (dialogue == nullptr || attempt.transaction == 0) return {};
    const auto first = std::find_if(
        dialogue->exchanges.begin(), dialogue->exchanges.end(), [&](const Exchange& exchange) {
            return exchange.verb == smtp::Verb::rcpt &&
                   exchange.transaction == attempt.transaction && exchange.path.has_value();
        });
    return first == dialogue->exchanges.end() ? std::string{}
                                              : oracle::comparable(first->path->address());
}

/// Nobody is left out of the next try.
bool all_failed_for_now(const Course& course, const Attempt& attempt) {
    for (const oracle::Delivery& delivery : course.account.deliveries) {
        for (const Attempt& other : delivery.attempts) {
            if (other.is_beside(attempt) && !other.failed_for_now()) return false;
        }
    }
    return true;
}

/// What a copy says about its Date, held against the one that was given; empty where that is the same.
std::string note_on_date(const Submission& submission, const Attempt& attempt) {
    const auto copy =
        std::find_if(submission.copies.begin(), submission.copies.end(), [&](const Copy& one) {
            return one.session == attempt.session && one.transaction == attempt.transaction;
        });
    if (copy == submission.copies.end() || !copy->header_difference.starts_with("Date ")) return {};
    return copy->header_difference;
}

}  // namespace

std::string change_of_envelope(const Course& course, const Attempt& before, const Attempt& next) {
    if (oracle::comparable(before.mail_from) != oracle::comparable(next.mail_from)) {
        return fmt::format("MAIL FROM was {}, and is {} in the next try",
                           printable(path_of(before.mail_from)),
                           printable(path_of(next.mail_from)));
    }
    if (!all_failed_for_now(course, before)) return {};
    const std::string was = first_recipient(course, before);
    const std::string is = first_recipient(course, next);
    if (was.empty() || is.empty() || was == is) return {};
    return fmt::format("the first recipient was {}, and is {} in the next try", printable(was),
                       printable(is));
}

std::string change_of_message(const Course& course, const oracle::Delivery& delivery,
                              const Attempt& before, const Attempt& next) {
    if (before.identity.empty() || next.identity.empty()) return {};
    if (before.identity != next.identity) {
        return fmt::format("the Message-ID was {}, and is {} in the next try",
                           printable(before.identity), printable(next.identity));
    }
    const Submission* submission = course.submission(delivery);
    if (submission == nullptr) return {};
    // Text that is not ASCII may have to be encoded for one host and not for another.
    if (is_ascii(submission->given.text) && before.body && next.body && before.body != next.body)
        return "the body is another one in the next try";
    const std::string was = note_on_date(*submission, before);
    const std::string is = note_on_date(*submission, next);
    return was == is ? std::string{} : "another Date in the next try: " + (is.empty() ? was : is);
}

}  // namespace fakemx::conformance
