// RFC 6647: what a sender does that is deferred in the words of a greylist, and what stays the same when it comes back.
#include <algorithm>
#include <set>
#include <string>

#include <fmt/format.h>

#include "conformance/chapters.h"
#include "conformance/failures.h"
#include "conformance/hearing.h"
#include "conformance/retry_changes.h"
#include "core/ip_address.h"
#include "core/words.h"
#include "journal/records.h"
#include "oracle/judge.h"

namespace fakemx::conformance {

namespace {

using oracle::Attempt;
using oracle::Delivery;

/// Each delivery with the first of its tries that a greylist deferred.
template <class Judge>
void each_greylisted(const Course& course, const Judge& judge) {
    for (const Delivery& delivery : course.account.deliveries) {
        if (delivery.is_notice) continue;
        const auto first = std::find_if(
            delivery.attempts.begin(), delivery.attempts.end(), [&](const Attempt& attempt) {
                return failure_of(course, attempt) == Failure::greylisted;
            });
        if (first != delivery.attempts.end()) judge(delivery, *first);
    }
}

bool comes_behind(const Attempt& next, const Attempt& before) {
    return next.id > before.id && next.at >= before.end() && !next.is_beside(before);
}

void grey_retry(const Course& course, Hearing& hearing) {
    const Duration earliest = hearing.thresholds().retry_delay_min;
    const Duration latest = hearing.thresholds().retry_within;
    each_greylisted(course, [&](const Delivery& delivery, const Attempt& first) {
        const Attempt* other = nullptr;
        for (const Attempt& next : delivery.attempts) {
            if (!comes_behind(next, first)) continue;
            const Duration wait = next.at - first.end();
            if (wait >= earliest - slack_of(earliest) && wait <= latest + slack_of(latest))
                return hearing.kept();
            other = &next;
        }
        // One that is never tried again is another rule's, and so is one that came through at once.
        if (other == nullptr || !is_one_message(course, delivery)) return;
        const bool settled = other->outcome == journal::Outcome::accepted ||
                             other->outcome == journal::Outcome::rejected;
        const bool too_late = other->at - first.end() > latest;
        if (too_late || (!settled && course.end - other->end() >= latest)) {
            hearing.broken(
                delivery, {first.id, other->id},
                fmt::format("tried again {} later, and not between {} and {}",
                            rounded(other->at - first.end()), rounded(earliest), rounded(latest)));
        }
    });
}

void grey_stages(const Course& course, Hearing& hearing) {
    const auto all = failures_of(course, hearing.thresholds());
    std::set<smtp::Hook> works;
    for (const Failed& failed : all) {
        if (failed.failure == Failure::greylisted && failed.sequel == Sequel::tried_again)
            works.insert(failed.attempt->stage);
    }
    for (const Failed& failed : all) {
        if (failed.failure != Failure::greylisted) continue;
        if (failed.sequel == Sequel::tried_again) hearing.kept();
        // Who never comes back has no queue (retry-queue).
        if (failed.sequel != Sequel::dropped || failed.delivery == nullptr || works.empty())
            continue;
        hearing.broken(*failed.delivery, {failed.attempt->id},
                       fmt::format("never tried again after a deferral at {}, but at {}",
                                   journal::stage_name(failed.attempt->stage),
                                   journal::stage_name(*works.begin())));
    }
}

void grey_not_fatal(const Course& course, Hearing& hearing) {
    for (const Failed& failed : failures_of(course, hearing.thresholds())) {
        if (failed.failure != Failure::greylisted || failed.delivery == nullptr) continue;
        if (failed.sequel == Sequel::tried_again) hearing.kept();
        if (failed.sequel == Sequel::bounced) {
            hearing.broken(*failed.delivery, {failed.attempt->id},
                           fmt::format("a notice of failure after {}", failed.attempt->code));
        }
    }
}

std::string block_of(std::string_view address) {
    const auto parsed = IpAddress::parse(address);
    if (!parsed) return std::string{address};
    const IpAddress plain = parsed->unmapped();
    return IpNetwork::of(plain, plain.is_v6() ? 64 : 24).text();
}

void grey_same_source(const Course& course, Hearing& hearing) {
    each_greylisted(course, [&](const Delivery& delivery, const Attempt& first) {
        const auto next =
            std::find_if(delivery.attempts.begin(), delivery.attempts.end(),
                         [&](const Attempt& other) { return comes_behind(other, first); });
        if (next == delivery.attempts.end() || !is_one_message(course, delivery)) return;
        const std::string was = block_of(first.sending_ip);
        const std::string is = block_of(next->sending_ip);
        hearing.kept_if(was == is, delivery, {first.id, next->id},
                        "came from {}, and again from {}", was, is);
    });
}

/// Two tries that follow each other, the first of them deferred.
template <class Judge>
void each_pair(const Course& course, const Judge& judge) {
    for (const Delivery& delivery : course.account.deliveries) {
        if (delivery.is_notice || !is_one_message(course, delivery)) continue;
        for (std::size_t i = 1; i < delivery.attempts.size(); ++i) {
            const Attempt& before = delivery.attempts[i - 1];
            const Attempt& next = delivery.attempts[i];
            if (comes_behind(next, before)) judge(delivery, before, next);
        }
    }
}

void grey_same_tuple(const Course& course, Hearing& hearing) {
    each_pair(course, [&](const Delivery& delivery, const Attempt& before, const Attempt& next) {
        if (failure_of(course, before) != Failure::greylisted) return;
        const std::string change = change_of_envelope(course, before, next);
        hearing.kept_if(change.empty(), delivery, {before.id, next.id}, change);
    });
}

void stable_envelope(const Course& course, Hearing& hearing) {
    each_pair(course, [&](const Delivery& delivery, const Attempt& before, const Attempt& next) {
        // Of a second copy dup-same-message-id speaks, and grey-same-tuple of what a greylist sees.
        const Failure failure = failure_of(course, before);
        if (failure == Failure::none || failure == Failure::in_doubt) return;
        std::string change =
            failure == Failure::greylisted ? "" : change_of_envelope(course, before, next);
        if (change.empty()) change = change_of_message(course, delivery, before, next);
        hearing.kept_if(change.empty(), delivery, {before.id, next.id}, change);
    });
}

void grey_mx_hop(const Course& course, Hearing& hearing) {
    constexpr Duration hop = 2min;
    each_greylisted(course, [&](const Delivery& delivery, const Attempt& first) {
        if (first.stage != smtp::Hook::rcpt || !is_one_message(course, delivery)) return;
        std::set<std::string> hosts;
        std::vector<std::uint64_t> tries;
        for (const Attempt& attempt : delivery.attempts) {
            if (attempt.at < first.at || attempt.at - first.at > hop) continue;
            hosts.insert(attempt.host);
            tries.push_back(attempt.id);
        }
        if (hosts.size() < 2) return;
        hearing.kept_if(tries.size() <= hosts.size(), delivery, tries,
                        "{} tries at {} hosts within {}", tries.size(), hosts.size(), rounded(hop));
    });
}

constexpr Rule rules[]{
    {.slug = "retry-stable-envelope",
     .source = "RFC 6647 §4.2, §5",
     .level = Level::best_practice,
     .severity = Severity::major,
     .stage = Stage::queue,
     .requirement =
         "Reverse path, first recipient, Message-ID, Date and text are the same in each try "
         "of a message.",
     .remedy = "Make the envelope and the message once, and send what is in the queue.",
     .unexercised = "nothing that failed for now was tried again",
     .judge_course = stable_envelope,
     .senders = with_queue},
    {.slug = "grey-retry",
     .source = "RFC 6647 §5, §3; RFC 5321 §4.2.1",
     .level = Level::should,
     .severity = Severity::critical,
     .stage = Stage::queue,
     .requirement =
         "What a greylist defers is tried again after a minute at the earliest and a day "
         "at the latest.",
     .remedy = "Retry after five to thirty minutes.",
     .unexercised = "nothing was deferred in the words of a greylist and tried again",
     .judge_course = grey_retry,
     .senders = with_queue},
    {.slug = "grey-stages",
     .source = "RFC 6647 §2; RFC 5321 §4.2.1",
     .level = Level::derived,
     .severity = Severity::major,
     .stage = Stage::queue,
     .requirement = "What a greylist defers is tried again, wherever in the session that happens.",
     .remedy = "Look at the reply to each command, from the greeting to the end of data.",
     .unexercised = "nothing was deferred in the words of a greylist",
     .judge_course = grey_stages,
     .senders = with_queue},
    {.slug = "grey-not-fatal",
     .source = "RFC 6647 §4.2; RFC 5321 §4.2.1",
     .level = Level::must_not,
     .severity = Severity::critical,
     .stage = Stage::queue,
     .requirement = "A deferral by a greylist is not made a failure: no notice of failure is sent.",
     .remedy = "Keep what was deferred in the queue, and send no notice before it is given up.",
     .unexercised = "nothing was deferred in the words of a greylist",
     .judge_course = grey_not_fatal,
     .senders = with_queue},
    {.slug = "grey-same-source",
     .source = "RFC 6647 §5",
     .level = Level::best_practice,
     .severity = Severity::minor,
     .stage = Stage::queue,
     .requirement = "The next try comes from the same network: /24 of IPv4, /64 of IPv6.",
     .remedy = "Keep a message at the machine that tried it first, or have the machines share an "
               "address.",
     .unexercised = "nothing that a greylist deferred was tried again",
     .judge_course = grey_same_source,
     .senders = with_queue},
    {.slug = "grey-same-tuple",
     .source = "RFC 6647 §4.2, §5",
     .level = Level::best_practice,
     .severity = Severity::major,
     .stage = Stage::queue,
     .requirement = "The next try has the same reverse path and the same first recipient.",
     .remedy = "Keep the reverse path and the order of the recipients from try to try.",
     .unexercised = "nothing that a greylist deferred was tried again",
     .judge_course = grey_same_tuple,
     .senders = with_queue},
    {.slug = "grey-mx-hop",
     .source = "RFC 6647 §4.2",
     .level = Level::best_practice,
     .severity = Severity::info,
     .stage = Stage::queue,
     .requirement = "Within two minutes of a deferral by a greylist no host is tried twice.",
     .remedy = "Try each host of the domain once, and then wait.",
     .unexercised =
         "no recipient was deferred in the words of a greylist and tried at a second host",
     .judge_course = grey_mx_hop,
     .senders = with_queue},
};

}  // namespace

std::span<const Rule> greylist_rules() {
    return rules;
}

}  // namespace fakemx::conformance
