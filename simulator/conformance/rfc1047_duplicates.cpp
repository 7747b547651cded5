// RFC 1047, RFC 5321 §4.5.3.2.6 and §6.1: who has the message when the reply to the end of data is late or lost.
#include <algorithm>

#include <fmt/format.h>

#include "conformance/chapters.h"
#include "conformance/failures.h"
#include "conformance/hearing.h"
#include "conformance/retry_changes.h"
#include "core/words.h"

namespace fakemx::conformance {

namespace {

using oracle::Attempt;
using oracle::Delivery;

template <class Judge>
void each_in_doubt(const Course& course, const Thresholds& thresholds, const Judge& judge) {
    for (const Failed& failed : failures_of(course, thresholds)) {
        if (failed.failure == Failure::in_doubt && failed.delivery != nullptr) judge(failed);
    }
}

/// The next try behind this one; null without any.
const Attempt* next_of(const Delivery& delivery, const Attempt& attempt) {
    const auto next =
        std::find_if(delivery.attempts.begin(), delivery.attempts.end(), [&](const Attempt& other) {
            return other.id > attempt.id && other.at >= attempt.end() && !other.is_beside(attempt);
        });
    return next == delivery.attempts.end() ? nullptr : &*next;
}

void lost_reply_retry(const Course& course, Hearing& hearing) {
    each_in_doubt(course, hearing.thresholds(), [&](const Failed& failed) {
        const std::vector<std::uint64_t> where{failed.attempt->id};
        switch (failed.sequel) {
            case Sequel::tried_again: hearing.kept(); break;
            case Sequel::bounced:
                hearing.broken(*failed.delivery, where, "given up with a notice");
                break;
            case Sequel::dropped:
                hearing.broken(*failed.delivery, where,
                               fmt::format("no other try within {}",
                                           format_duration(hearing.thresholds().retry_within)));
                break;
            case Sequel::open: break;
        }
    });
}

void no_instant_resend(const Course& course, Hearing& hearing) {
    const Duration wanted = hearing.thresholds().retry_delay_min;
    each_in_doubt(course, hearing.thresholds(), [&](const Failed& failed) {
        const Attempt* next = next_of(*failed.delivery, *failed.attempt);
        if (next == nullptr) return;
        const Duration wait = next->at - failed.attempt->end();
        hearing.kept_if(wait >= wanted - slack_of(wanted), *failed.delivery,
                        {failed.attempt->id, next->id}, "sent again after {}", rounded(wait));
    });
}

void same_message_id(const Course& course, Hearing& hearing) {
    each_in_doubt(course, hearing.thresholds(), [&](const Failed& failed) {
        const Attempt* next = next_of(*failed.delivery, *failed.attempt);
        if (next == nullptr || next->identity.empty() || !is_one_message(course, *failed.delivery))
            return;
        const std::string changed =
            change_of_message(course, *failed.delivery, *failed.attempt, *next);
        hearing.kept_if(changed.empty(), *failed.delivery, {failed.attempt->id, next->id}, changed);
    });
}

void count_copies(const Course& course, Hearing& hearing) {
    each_in_doubt(course, hearing.thresholds(), [&](const Failed& failed) {
        const Attempt* next = next_of(*failed.delivery, *failed.attempt);
        if (failed.attempt->taken && next != nullptr && next->taken) hearing.kept();
    });
}

/// How long the sender of an accepted message waited for the reply; nothing where it may not have seen it.
std::optional<Duration> waited_for_reply(const Course& course, const Attempt& accepted) {
    const Dialogue* dialogue = course.session(accepted.session);
    if (dialogue == nullptr || !dialogue->ended) return std::nullopt;
    // A reset takes what is on its way with it.
    if (dialogue->ended->how == smtp::Ended::How::server_reset) return std::nullopt;
    for (const Exchange& exchange : dialogue->exchanges) {
        if (exchange.transaction != accepted.transaction || !exchange.message) continue;
        const Reply* verdict = exchange.verdict();
        if (verdict == nullptr || verdict->leaves() > dialogue->ended_at) return std::nullopt;
        return verdict->leaves() - exchange.message->at;
    }
    return std::nullopt;
}

/// What was accepted after such a wait is not sent again.
template <class IsMine>
void judge_accepted(const Course& course, Hearing& hearing, const IsMine& is_mine) {
    for (const Delivery& delivery : course.account.deliveries) {
        const auto accepted = std::find_if(
            delivery.attempts.begin(), delivery.attempts.end(),
            [](const Attempt& attempt) { return attempt.outcome == journal::Outcome::accepted; });
        if (delivery.is_notice || accepted == delivery.attempts.end()) continue;
        const auto waited = waited_for_reply(course, *accepted);
        if (!waited || !is_mine(*waited)) continue;
        const Attempt* again = next_of(delivery, *accepted);
        if (again != nullptr) {
            if (!is_one_message(course, delivery)) continue;
            hearing.broken(delivery, {accepted->id, again->id},
                           fmt::format("sent again {} after it was accepted",
                                       rounded(again->at - accepted->end())));
        } else if (course.end - accepted->end() >= hearing.thresholds().retry_within) {
            hearing.kept();
        }
    }
}

void never_after_2yz(const Course& course, Hearing& hearing) {
    judge_accepted(course, hearing,
                   [&](Duration waited) { return waited < hearing.thresholds().late_reply_min; });
}

void late_250(const Course& course, Hearing& hearing) {
    judge_accepted(course, hearing, [&](Duration waited) {
        return waited >= hearing.thresholds().late_reply_min && waited <= 10min;
    });
}

constexpr Rule rules[]{
    {.slug = "dup-lost-reply-retry",
     .source = "RFC 5321 §3.8, §4.5.3.2.6; RFC 1047",
     .level = Level::should,
     .severity = Severity::critical,
     .stage = Stage::data,
     .requirement = "Where the reply to the end of data is lost, the message is tried again.",
     .remedy = "Take a message for delivered on a 2yz reply only.",
     .unexercised =
         "no reply to the end of data was lost, or the run did not go on for long enough "
         "behind it",
     .judge_course = lost_reply_retry,
     .senders = with_queue},
    {.slug = "dup-no-instant-resend",
     .source = "RFC 5321 §4.5.4.1; RFC 1047",
     .level = Level::derived,
     .severity = Severity::major,
     .stage = Stage::data,
     .requirement = "A message whose reply was lost is not sent again at once, at no host.",
     .remedy = "Put the message back into the queue, with the wait of any temporary failure.",
     .unexercised = "nothing was sent again after a reply to the end of data was lost",
     .judge_course = no_instant_resend,
     .senders = with_queue},
    {.slug = "dup-same-message-id",
     .source = "RFC 5322 §3.6.4",
     .level = Level::best_practice,
     .severity = Severity::major,
     .stage = Stage::data,
     .requirement = "The second copy has the Message-ID, the Date and the text of the first one.",
     .remedy = "Make Message-ID and Date once, when the message comes into being.",
     .unexercised = "no second copy came after a reply to the end of data was lost",
     .judge_course = same_message_id,
     .senders = with_queue},
    {.slug = "dup-count",
     .source = "RFC 1047; RFC 5321 §4.5.3.2.6",
     .level = Level::info,
     .severity = Severity::major,
     .stage = Stage::data,
     .requirement = "How many further copies came because replies to the end of data were lost.",
     .remedy = "Nothing: each lost reply costs a copy.",
     .unexercised = "no further copy came after a reply to the end of data was lost",
     .judge_course = count_copies,
     .senders = with_queue},
    {.slug = "dup-never-after-2yz",
     .source = "RFC 5321 §4.1.1.10, §6.1",
     .level = Level::must,
     .severity = Severity::critical,
     .stage = Stage::data,
     .requirement = "After 2yz to the end of data the message is never sent to those recipients "
                    "again, whatever becomes of the connection.",
     .remedy = "Note the delivery as done when the 2yz arrives, before QUIT and anything else.",
     .unexercised = "no message was accepted, or the run did not go on for long enough behind it",
     .judge_course = never_after_2yz,
     .senders = with_queue},
    {.slug = "dup-late-250",
     .source = "RFC 5321 §4.5.3.2.6",
     .level = Level::should,
     .severity = Severity::critical,
     .stage = Stage::data,
     .requirement =
         "2yz that comes up to ten minutes after the end of data counts: no further copy "
         "is sent.",
     .remedy = "Wait ten minutes for that reply, and take it for what it says.",
     .unexercised = "no 2yz to the end of data was late, or the run did not go on for long enough "
                    "behind it",
     .judge_course = late_250,
     .senders = with_queue},
};

}  // namespace

std::span<const Rule> duplicate_rules() {
    return rules;
}

}  // namespace fakemx::conformance
