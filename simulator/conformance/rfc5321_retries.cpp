// RFC 5321 §4.5.4.1 and §4.2.1: what a sender with a queue does about each recipient over hours and days.
#include <algorithm>

#include <fmt/format.h>

#include "conformance/chapters.h"
#include "conformance/hearing.h"
#include "oracle/judge.h"

namespace fakemx::conformance {

namespace {

void judge_queue(const Course& course, Hearing& hearing) {
    for (const oracle::Delivery& delivery : course.account.deliveries) {
        const oracle::Attempt& first = delivery.attempts.front();
        if (delivery.is_notice || !first.failed_for_now()) continue;
        const auto rounds = oracle::rounds_of(delivery, oracle::Policy{}.round_gap);
        if (rounds.size() > 1) {
            hearing.kept();
        } else if (course.end - delivery.attempts.back().end() >=
                   hearing.thresholds().retry_within) {
            hearing.broken(delivery, {delivery.attempts.back().id},
                           fmt::format("no other try within {}",
                                       format_duration(hearing.thresholds().retry_within)));
        }
    }
}

void judge_none_after_5yz(const Course& course, Hearing& hearing) {
    for (const oracle::Delivery& delivery : course.account.deliveries) {
        const auto refused =
            std::find_if(delivery.attempts.begin(), delivery.attempts.end(),
                         [](const oracle::Attempt& attempt) { return attempt.refused_for_good(); });
        if (delivery.is_notice || refused == delivery.attempts.end()) continue;
        const auto again = std::find_if(refused, delivery.attempts.end(), [&](const auto& attempt) {
            return attempt.at > refused->end() && !attempt.is_beside(*refused);
        });
        if (again != delivery.attempts.end()) {
            hearing.broken(delivery, {again->id},
                           fmt::format("tried again after {}", refused->code));
        } else if (course.end - refused->end() >= hearing.thresholds().retry_within) {
            hearing.kept();
        }
    }
}

constexpr Rule rules[]{
    {.slug = "retry-queue",
     .source = "RFC 5321 §4.5.4.1, §4.2.1",
     .level = Level::must,
     .severity = Severity::critical,
     .stage = Stage::queue,
     .requirement = "What cannot be delivered at once is kept, and tried again.",
     .remedy = "Keep the message in a queue after a 4yz reply or a lost connection, and try it "
               "again by itself.",
     .unexercised = "no try failed for now, or the run did not go on for long enough behind it",
     .judge_course = judge_queue,
     .senders = with_queue},
    {.slug = "retry-none-after-5yz",
     .source = "RFC 5321 §4.2.1, §4.2.5",
     .level = Level::should_not,
     .severity = Severity::major,
     .stage = Stage::queue,
     .requirement = "After a 5yz reply the same message is not sent to that recipient again.",
     .remedy = "Take 5yz for the end of that delivery: give the sender a notice, and drop it.",
     .unexercised = "no 5yz reply was given to a delivery, or the run did not go on for long "
                    "enough behind it",
     .judge_course = judge_none_after_5yz,
     .senders = with_queue},
};

}  // namespace

std::span<const Rule> retry_rules() {
    return rules;
}

}  // namespace fakemx::conformance
