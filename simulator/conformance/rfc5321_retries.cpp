// RFC 5321 §4.5.4.1 and §4.2.1: what a sender with a queue does about each recipient over hours and days.
#include <algorithm>

#include <fmt/format.h>

#include "conformance/chapters.h"
#include "conformance/failures.h"
#include "conformance/hearing.h"
#include "core/words.h"
#include "oracle/judge.h"

namespace fakemx::conformance {

namespace {

using oracle::Attempt;
using oracle::Delivery;

void judge_queue(const Course& course, Hearing& hearing) {
    for (const Failed& failed : failures_of(course, hearing.thresholds())) {
        // Of replies; what a lost connection means, others ask.
        const bool replied =
            failed.failure == Failure::deferred || failed.failure == Failure::greylisted;
        if (!replied || failed.delivery == nullptr) continue;
        if (failed.sequel == Sequel::dropped) {
            // One that is dropped while others come back is reply-4yz-retry's, or grey-stages'.
            hearing.suspected(*failed.delivery, {failed.attempt->id},
                              fmt::format("no other try within {}",
                                          format_duration(hearing.thresholds().retry_within)));
        } else if (oracle::rounds_of(*failed.delivery, oracle::Policy{}.round_gap).size() > 1) {
            hearing.kept();
        }
    }
}

void judge_none_after_5yz(const Course& course, Hearing& hearing) {
    for (const Delivery& delivery : course.account.deliveries) {
        const auto refused =
            std::find_if(delivery.attempts.begin(), delivery.attempts.end(),
                         [](const Attempt& attempt) { return attempt.refused_for_good(); });
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

/// Such a failure says nothing against another connection at once.
bool may_come_back_at_once(const Pause& pause) {
    const Attempt& before = *pause.before;
    switch (pause.failure) {
        case Failure::none: return true;
        // Its own rule (dup-no-instant-resend).
        case Failure::in_doubt: return true;
        // It was open for long, perhaps, and the receiver was tired of that (§3.8).
        case Failure::lost:
        case Failure::timed_out: return before.transaction > 1;
        case Failure::greeting:
        case Failure::deferred:
        case Failure::greylisted: break;
    }
    // §4.5.3.1.10: there was no room for more recipients in that transaction.
    const bool too_many = before.code == 452 && before.stage == smtp::Hook::rcpt;
    return before.code == 421 || too_many || pause.asked_for;
}

/// Each delivery that was tried again, with the pauses that a schedule has made.
template <class Judge>
void each_schedule(const Course& course, const Judge& judge) {
    for (const Delivery& delivery : course.account.deliveries) {
        if (delivery.is_notice) continue;
        auto pauses = pauses_of(course, delivery);
        std::erase_if(pauses, may_come_back_at_once);
        if (!pauses.empty()) judge(delivery, pauses);
    }
}

/// Tries of several messages that look like those of one come closer together than those of each.
void judge_schedule(const Course& course, Hearing& hearing, const Delivery& delivery, bool kept,
                    const std::vector<std::uint64_t>& attempts, const std::string& what) {
    if (kept) {
        hearing.kept();
    } else if (is_one_message(course, delivery)) {
        hearing.broken(delivery, attempts, what);
    }
}

void judge_delay(const Course& course, Hearing& hearing) {
    const Duration wanted = hearing.thresholds().retry_delay_min;
    each_schedule(course, [&](const Delivery& delivery, const std::vector<Pause>& pauses) {
        for (const Pause& pause : pauses) {
            // The next host may have taken long to be found.
            if (!pause.same_host) continue;
            judge_schedule(course, hearing, delivery, pause.length() >= wanted - slack_of(wanted),
                           {pause.before->id, pause.next->id},
                           fmt::format("tried again after {}", rounded(pause.length())));
        }
    });
}

Duration median(std::vector<Duration> values) {
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    return *middle;
}

void judge_interval(const Course& course, Hearing& hearing) {
    const Duration wanted = hearing.thresholds().retry_interval_min;
    const Duration enough = wanted - slack_of(wanted);
    each_schedule(course, [&](const Delivery& delivery, const std::vector<Pause>& pauses) {
        if (pauses.size() < 2) return;
        std::vector<Duration> first_day;
        for (const Pause& pause : pauses) {
            if (pause.before->end() - delivery.first_at() <= 24h)
                first_day.push_back(pause.length());
        }
        const auto too_short =
            std::find_if(pauses.begin() + 2, pauses.end(),
                         [&](const Pause& pause) { return pause.length() < enough; });
        if (too_short != pauses.end()) {
            return judge_schedule(course, hearing, delivery, false,
                                  {too_short->before->id, too_short->next->id},
                                  fmt::format("tried again after {}, the third time and later",
                                              rounded(too_short->length())));
        }
        const Duration middle = first_day.empty() ? wanted : median(first_day);
        judge_schedule(course, hearing, delivery, middle >= enough, {delivery.attempts.front().id},
                       fmt::format("waits of {} in the middle", rounded(middle)));
    });
}

void judge_first_hour(const Course& course, Hearing& hearing) {
    each_schedule(course, [&](const Delivery& delivery, const std::vector<Pause>& pauses) {
        const Instant first = delivery.first_at();
        if (pauses.back().next->at - first < 12h) return;
        const auto early = 1 + std::count_if(pauses.begin(), pauses.end(), [&](const Pause& pause) {
                               return pause.next->at - first <= 1h;
                           });
        Duration sum{};
        int late = 0;
        for (const Pause& pause : pauses) {
            if (pause.before->end() - first < 6h) continue;
            sum += pause.length();
            ++late;
        }
        const Duration mean = late == 0 ? Duration{2h} : sum / late;
        judge_schedule(
            course, hearing, delivery,
            early <= 4 && mean >= 1h - slack_of(1h) && mean <= 6h + slack_of(6h),
            {delivery.attempts.front().id},
            fmt::format("{} in the first hour, and then one every {}",
                        counted(static_cast<std::uint64_t>(early), "try", "tries"), rounded(mean)));
    });
}

void judge_backoff(const Course& course, Hearing& hearing) {
    each_schedule(course, [&](const Delivery& delivery, const std::vector<Pause>& pauses) {
        std::size_t steps = 0;
        std::size_t shorter = 0;
        std::size_t longer = 0;
        for (std::size_t i = 1; i < pauses.size(); ++i) {
            const Pause& a = pauses[i - 1];
            const Pause& b = pauses[i];
            if (a.next != b.before || a.before->code != b.before->code) continue;
            ++steps;
            if (b.length() < a.length() * 4 / 5) ++shorter;
            if (b.length() * 4 / 5 > a.length()) ++longer;
        }
        if (steps < 2) return;
        // A queue that adds chance to its waits has longer and shorter ones.
        const bool shrinks = longer == 0 && 2 * shorter > steps;
        judge_schedule(
            course, hearing, delivery, !shrinks, {pauses.front().next->id},
            fmt::format("waits become shorter: {} at first, {} in the end",
                        rounded(pauses.front().length()), rounded(pauses.back().length())));
    });
}

void judge_give_up(const Course& course, Hearing& hearing) {
    const Duration round_gap = oracle::Policy{}.round_gap;
    const Duration wanted = oracle::Policy{}.give_up_min;
    for (const Delivery& delivery : course.account.deliveries) {
        const auto waits = oracle::waits_of(delivery, round_gap);
        // One that is never tried again is another rule's.
        if (delivery.is_notice || waits.empty()) continue;
        const Attempt& last = delivery.attempts.back();
        const auto gave_up = oracle::gave_up_at(delivery, course.end, round_gap);
        const bool told = gave_up && *gave_up > last.end();
        // Without a notice it may have given up at any time up to when it would have come again.
        const Duration longest = *std::max_element(waits.begin(), waits.end());
        const Duration tried =
            told ? *gave_up - delivery.first_at() : last.end() + longest - delivery.first_at();
        if (tried >= wanted - slack_of(wanted)) {
            if (last.failed_for_now()) hearing.kept();
        } else if (gave_up &&
                   (told || course.end - last.end() >= hearing.thresholds().retry_within)) {
            hearing.broken(
                delivery, {last.id},
                fmt::format("given up after {}", rounded(last.end() - delivery.first_at())));
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
     .remedy = "Keep the message in a queue after a 4yz reply, and try it again by itself.",
     .unexercised = "no recipient was refused for now, or the run did not go on for long enough "
                    "behind it",
     .judge_course = judge_queue,
     .senders = with_queue},
    {.slug = "retry-delay",
     .source = "RFC 5321 §4.5.4.1",
     .level = Level::must,
     .severity = Severity::major,
     .stage = Stage::queue,
     .requirement = "Before a host that failed is tried again, some time passes.",
     .remedy = "Wait for a minute at least, and better for half an hour, before the next try.",
     .unexercised = "nothing that failed for now was tried again at the same host",
     .judge_course = judge_delay,
     .senders = with_queue},
    {.slug = "retry-interval",
     .source = "RFC 5321 §4.5.4.1",
     .level = Level::should,
     .severity = Severity::minor,
     .stage = Stage::queue,
     .requirement = "Tries are half an hour apart at least, but for the first ones.",
     .remedy = "Set the retry interval to 30 minutes or more from the third try on.",
     .unexercised = "nothing was tried three times",
     .judge_course = judge_interval,
     .senders = with_queue},
    {.slug = "retry-first-hour",
     .source = "RFC 5321 §4.5.4.1",
     .level = Level::best_practice,
     .severity = Severity::info,
     .stage = Stage::queue,
     .requirement = "A message is tried one to four times in its first hour, and later once every "
                    "one to six hours.",
     .remedy = "Try twice in the first hour and then every two or three hours.",
     .unexercised = "nothing was tried over twelve hours",
     .judge_course = judge_first_hour,
     .senders = with_queue},
    {.slug = "retry-backoff",
     .source = "RFC 5321 §4.5.4.1",
     .level = Level::best_practice,
     .severity = Severity::minor,
     .stage = Stage::queue,
     .requirement = "Waits do not become shorter while the same failure goes on.",
     .remedy = "Let each wait be as long as the one before, or longer.",
     .unexercised = "nothing failed four times in the same way",
     .judge_course = judge_backoff,
     .senders = with_queue},
    {.slug = "retry-give-up",
     .source = "RFC 5321 §4.5.4.1",
     .level = Level::grammar,
     .severity = Severity::major,
     .stage = Stage::queue,
     .requirement = "A message is tried for four days at least before it is given up.",
     .remedy = "Set the lifetime of messages in the queue to four or five days.",
     .unexercised = "nothing failed for now until it was given up, or for four days",
     .judge_course = judge_give_up,
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
