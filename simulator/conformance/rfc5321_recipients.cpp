// RFC 5321 §4.1.1.4, §4.2.1, §4.5.3.1.8, §4.5.3.1.10, §4.5.4.1, §6.1: several recipients of one message, each with a fate of its own.
#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "conformance/chapters.h"
#include "conformance/grammar.h"
#include "conformance/hearing.h"
#include "conformance/notices.h"
#include "core/words.h"
#include "oracle/judge.h"

namespace fakemx::conformance {

namespace {

/// A server has to have room for so many (RFC 5321 §4.5.3.1.8).
constexpr std::size_t recipients_to_take = 100;

/// A try, and the delivery that it is of.
struct Try {
    const oracle::Delivery* delivery;
    const oracle::Attempt* attempt;
};

/// The tries of each transaction in which recipients were named, notices aside.
using Transactions = std::map<std::pair<SessionId, std::uint32_t>, std::vector<Try>>;

Transactions transactions_of(const Course& course) {
    Transactions transactions;
    for (const oracle::Delivery& delivery : course.account.deliveries) {
        if (delivery.is_notice) continue;
        for (const oracle::Attempt& attempt : delivery.attempts) {
            if (attempt.transaction != 0)
                transactions[{attempt.session, attempt.transaction}].push_back(
                    {&delivery, &attempt});
        }
    }
    return transactions;
}

const oracle::Attempt* next_try(const Try& one) {
    const auto& attempts = one.delivery->attempts;
    const auto found = std::find_if(attempts.begin(), attempts.end(), [&](const auto& other) {
        return other.id > one.attempt->id && !other.is_beside(*one.attempt);
    });
    return found == attempts.end() ? nullptr : &*found;
}

void rcpt_retry_only_deferred(const Course& course, Hearing& h) {
    for (const auto& [transaction, tries] : transactions_of(course)) {
        const bool some_again = std::any_of(tries.begin(), tries.end(), [](const Try& one) {
            return one.attempt->failed_for_now() && next_try(one) != nullptr;
        });
        if (!some_again) continue;
        for (const Try& one : tries) {
            if (one.attempt->outcome != journal::Outcome::accepted) continue;
            const oracle::Attempt* again = next_try(one);
            if (again == nullptr) {
                h.kept();
            } else {
                h.broken(*one.delivery, {one.attempt->id, again->id},
                         "accepted, and named again when the others were tried again");
            }
        }
    }
}

/// Whose recipients are judged: those of a message with more than a hundred are rcpt-100-chunk's.
enum class Crowd : std::uint8_t { up_to_100, above_100 };

Crowd crowd_of(const Course& course, const oracle::Delivery& delivery) {
    const Submission* submission = course.submission(delivery);
    const bool many = submission != nullptr && submission->given.to.size() > recipients_to_take;
    return many ? Crowd::above_100 : Crowd::up_to_100;
}

/// What a transaction had no room for comes again; of each delivery the first time.
template <class Wanted>
void judge_the_rest(const Course& course, Hearing& h, const Wanted& wanted) {
    const NoticeBook notices{course};
    for (const oracle::Delivery& delivery : course.account.deliveries) {
        const auto attempt =
            std::find_if(delivery.attempts.begin(), delivery.attempts.end(),
                         [&](const auto& one) { return course.had_no_room_for(one); });
        if (delivery.is_notice || attempt == delivery.attempts.end() || !wanted(delivery, *attempt))
            continue;
        const bool silent =
            course.has_ended && course.end - attempt->end() >= h.thresholds().retry_within;
        if (next_try({&delivery, &*attempt}) != nullptr) {
            h.kept();
        } else if (notices.tell_of(delivery) || silent) {
            h.broken(delivery, {attempt->id},
                     fmt::format("no other try after {}", reply_of(attempt->code, attempt->text)));
        }
    }
}

void rcpt_100_chunk(const Course& course, Hearing& h) {
    judge_the_rest(course, h, [&](const auto& delivery, const auto&) {
        return crowd_of(course, delivery) == Crowd::above_100;
    });
}

void rcpt_452_too_many(const Course& course, Hearing& h) {
    judge_the_rest(course, h, [&](const auto& delivery, const auto& attempt) {
        return attempt.code == 452 && crowd_of(course, delivery) == Crowd::up_to_100;
    });
}

void rcpt_552_as_452(const Course& course, Hearing& h) {
    judge_the_rest(course, h, [&](const auto& delivery, const auto& attempt) {
        return attempt.code == 552 && crowd_of(course, delivery) == Crowd::up_to_100;
    });
}

/// 452 and 552 to a message whose size was accepted are size-after-data's.
bool is_about_size(const Course& course, const oracle::Attempt& attempt) {
    const Exchange* mail = course.mail_of(attempt);
    return (attempt.code == 452 || attempt.code == 552) && mail != nullptr &&
           parameter_of(*mail, "SIZE") != nullptr;
}

bool believes_delivered(const Course& course, const oracle::Delivery& delivery) {
    const Submission* submission = course.submission(delivery);
    const auto* belief = submission == nullptr ? nullptr : submission->belief(delivery.recipient);
    return belief != nullptr && !belief->by_status && belief->belief == journal::Belief::delivered;
}

bool has_belief(const Course& course, const oracle::Delivery& delivery) {
    const Submission* submission = course.submission(delivery);
    return submission != nullptr && submission->belief(delivery.recipient) != nullptr;
}

bool was_taken(const oracle::Delivery& delivery) {
    return std::any_of(delivery.attempts.begin(), delivery.attempts.end(),
                       [](const oracle::Attempt& one) { return one.taken; });
}

/// What the caller of a library is told of those that ended at `at_end_of_data`.
void judge_beliefs(const Course& course, Hearing& h, bool at_end_of_data) {
    for (const oracle::Delivery& delivery : course.account.deliveries) {
        const oracle::Attempt& last = delivery.attempts.back();
        const bool here = (last.stage == smtp::Hook::message) == at_end_of_data;
        const bool refused = last.code / 100 == 4 || last.code / 100 == 5;
        if (!here || !refused || was_taken(delivery) || !has_belief(course, delivery)) continue;
        if (at_end_of_data && is_about_size(course, last)) continue;
        h.kept_if(!believes_delivered(course, delivery), delivery, {last.id},
                  "told as delivered after {}", reply_of(last.code, last.text));
    }
}

/// Where some of them were told in a notice, all were.
void judge_notices(const Course& course, const NoticeBook& notices, Hearing& h,
                   const std::vector<Try>& refused) {
    const bool any = std::any_of(refused.begin(), refused.end(),
                                 [&](const Try& one) { return notices.tell_of(*one.delivery); });
    if (refused.size() < 2 || !any) return;
    for (const Try& one : refused) {
        if (notices.tell_of(*one.delivery)) {
            h.kept();
        } else if (course.end - one.attempt->end() >= h.thresholds().notice_within) {
            h.broken(*one.delivery, {one.attempt->id},
                     "no notice names this one, and others of the message are named");
        }
    }
}

void rcpt_data_fail_all(const Course& course, Hearing& h) {
    if (with_caller.has(course.sender)) return judge_beliefs(course, h, true);
    const NoticeBook notices{course};
    for (const auto& [transaction, tries] : transactions_of(course)) {
        std::vector<Try> refused;
        std::copy_if(tries.begin(), tries.end(), std::back_inserter(refused), [](const Try& one) {
            return one.attempt->stage == smtp::Hook::message &&
                   one.attempt == refusal_of(*one.delivery);
        });
        judge_notices(course, notices, h, refused);
    }
}

void rcpt_report_each(const Course& course, Hearing& h) {
    if (with_caller.has(course.sender)) return judge_beliefs(course, h, false);
    const NoticeBook notices{course};
    for (const auto& [transaction, tries] : transactions_of(course)) {
        std::vector<Try> refused;
        std::copy_if(tries.begin(), tries.end(), std::back_inserter(refused), [&](const Try& one) {
            return one.attempt->stage == smtp::Hook::rcpt &&
                   one.attempt == refusal_of(*one.delivery) &&
                   notify_of(course, *one.delivery).failure;
        });
        judge_notices(course, notices, h, refused);
    }
}

constexpr Rule rules[] = {
    {.slug = "rcpt-retry-only-deferred",
     .source = "RFC 5321 §4.2.1, §4.5.4.1",
     .level = Level::derived,
     .severity = Severity::critical,
     .stage = Stage::rcpt,
     .requirement = "Try again for those recipients only for whom the message was not accepted.",
     .remedy = "Keep the state of each recipient, and take those off that were accepted.",
     .unexercised = "no message was accepted for some of its recipients while others were to be "
                    "tried again",
     .judge_course = rcpt_retry_only_deferred,
     .senders = with_queue},
    {.slug = "rcpt-100-chunk",
     .source = "RFC 5321 §4.5.3.1.8",
     .level = Level::should,
     .severity = Severity::major,
     .stage = Stage::rcpt,
     .requirement = "Send a message with more than a hundred recipients in several transactions "
                    "where the server takes no more at once.",
     .remedy = "Begin another transaction for the recipients that are left.",
     .unexercised = "no server had too little room for the recipients of a message to more than a "
                    "hundred",
     .judge_course = rcpt_100_chunk,
     .senders = with_queue},
    {.slug = "rcpt-452-too-many",
     .source = "RFC 5321 §4.5.3.1.10",
     .level = Level::grammar,
     .severity = Severity::major,
     .stage = Stage::rcpt,
     .requirement = "Send the message in another transaction to the recipients that got 452 for "
                    "being too many.",
     .remedy = "Take 452 for \"not in this transaction\".",
     .unexercised = "no recipient got 452 behind others that were accepted",
     .judge_course = rcpt_452_too_many,
     .senders = with_queue},
    {.slug = "rcpt-552-as-452",
     .source = "RFC 5321 §4.5.3.1.10",
     .level = Level::should,
     .severity = Severity::minor,
     .stage = Stage::rcpt,
     .requirement = "Take 552 for 452 where it says that the recipients are too many.",
     .remedy = "Send the message in another transaction to the recipients that got it.",
     .unexercised = "no recipient got 552 for being too many behind others that were accepted",
     .judge_course = rcpt_552_as_452,
     .senders = with_queue},
    {.slug = "rcpt-data-fail-all",
     .source = "RFC 5321 §4.1.1.4, §4.2.5",
     .level = Level::must,
     .severity = Severity::major,
     .stage = Stage::data,
     .requirement = "Take a failure behind the end of data for that of every recipient that was "
                    "accepted.",
     .remedy = "Set the state of all recipients of the transaction from the last reply.",
     .unexercised = "no end of data was answered with 4yz or 5yz; with a queue: for several "
                    "recipients, and with notices that come here",
     .judge_course = rcpt_data_fail_all},
    {.slug = "rcpt-report-each",
     .source = "RFC 5321 §3.6.3, §6.1; RFC 3464 §2.3",
     .level = Level::must,
     .severity = Severity::major,
     .stage = Stage::rcpt,
     .requirement = "Tell of every recipient for whom the message failed.",
     .remedy = "Go through all recipients when the notice, or the result for the caller, is made.",
     .unexercised = "no recipient was refused of whom the sender had something to say; with a "
                    "queue: several, and with notices that come here",
     .judge_course = rcpt_report_each},
};

}  // namespace

std::span<const Rule> recipient_rules() {
    return rules;
}

}  // namespace fakemx::conformance
