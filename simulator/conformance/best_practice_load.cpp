// What one failure means for the rest of a queue: while a host or a mailbox has had enough, all that waits for it waits. Most of it is what
// large receivers ask for; RFC 5321 §4.5.4.1 has the reasons.
#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "conformance/chapters.h"
#include "conformance/failures.h"
#include "conformance/hearing.h"
#include "conformance/load.h"
#include "core/words.h"
#include "oracle/judge.h"

namespace fakemx::conformance {

namespace {

using oracle::Attempt;
using oracle::Delivery;

/// Nobody was there, for all that the client can tell.
bool gave_no_greeting(const Dialogue& dialogue) {
    return dialogue.exchanges.empty() && dialogue.ended &&
           (!dialogue.greeting || dialogue.greeting->silent || dialogue.greeting->lost);
}

/// While a host is down, the queue for it waits as a whole.
template <class IsDown>
void judge_host_down(const Course& course, Hearing& hearing, const IsDown& is_down) {
    const Load load = load_of(course);
    if (load.to_one_domain < hearing.thresholds().many_messages) return;
    for (const Sessions& sessions : sessions_by_host(course)) {
        const auto first = std::find_if(sessions.begin(), sessions.end(),
                                        [&](const auto* one) { return is_down(*one); });
        if (first == sessions.end()) continue;
        const auto up =
            std::find_if(first, sessions.end(), [&](const auto* one) { return !is_down(*one); });
        const Instant until = up == sessions.end() ? course.end : (*up)->opened_at;
        const Sessions down{first, up};
        // A few connections are how a queue finds out; Postfix has five at once. Each domain is a destination of its own to most.
        const std::size_t most = std::max(10 * load.domains, load.to_one_domain * 3 / 4);
        const Dialogue* too_many = one_too_many(down, most, 10min);
        if (too_many != nullptr) {
            broken_at(hearing, *too_many,
                      fmt::format("connection number {} after {}, and none of them of use",
                                  std::find(down.begin(), down.end(), too_many) - down.begin() + 1,
                                  rounded(too_many->opened_at - down.front()->opened_at)));
        } else if (until - down.front()->opened_at >= 10min) {
            hearing.kept();
        }
    }
}

void host_list(const Course& course, Hearing& hearing) {
    judge_host_down(course, hearing, gave_no_greeting);
}

void backoff_destination(const Course& course, Hearing& hearing) {
    judge_host_down(course, hearing, refused_with_421);
}

bool over_its_rate(const Attempt& attempt) {
    return attempt.code == 450 && attempt.stage == smtp::Hook::rcpt &&
           attempt.text.starts_with("4.2.1");
}

void backoff_rcpt_rate(const Course& course, Hearing& hearing) {
    struct Repeat {
        const Delivery* delivery;
        const Attempt* attempt;
    };
    constexpr std::size_t most = 12;
    std::map<std::string, std::vector<Repeat>> mailboxes;
    for (const Delivery& delivery : course.account.deliveries) {
        if (delivery.is_notice || !over_its_rate(delivery.attempts.front())) continue;
        std::vector<Repeat>& repeats = mailboxes[oracle::comparable(delivery.recipient)];
        if (!is_one_message(course, delivery)) continue;
        for (auto again = delivery.attempts.begin() + 1; again != delivery.attempts.end();
             ++again) {
            if (over_its_rate(*again)) repeats.push_back({&delivery, &*again});
        }
    }
    for (auto& [mailbox, repeats] : mailboxes) {
        std::sort(repeats.begin(), repeats.end(),
                  [](const Repeat& a, const Repeat& b) { return a.attempt->at < b.attempt->at; });
        std::size_t i = most;
        while (i < repeats.size() && repeats[i].attempt->at - repeats[i - most].attempt->at > 1h)
            ++i;
        if (i < repeats.size()) {
            hearing.broken(
                *repeats[i].delivery, {repeats[i].attempt->id},
                fmt::format(
                    "more than {} further tries within an hour while the mailbox was over its rate",
                    most));
        } else if (!repeats.empty()) {
            hearing.kept();
        }
    }
}

void retry_jitter(const Course& course, Hearing& hearing) {
    constexpr Duration together = 10s;
    constexpr Duration same_second = 1s;
    struct Return {
        const Delivery* delivery;
        Instant failed;
        const Attempt* next;
    };
    std::vector<Return> all;
    for (const Delivery& delivery : course.account.deliveries) {
        if (delivery.is_notice || !is_one_message(course, delivery)) continue;
        const auto pauses = pauses_of(course, delivery);
        if (!pauses.empty())
            all.push_back({&delivery, pauses.front().before->end(), pauses.front().next});
    }
    std::sort(all.begin(), all.end(),
              [](const Return& a, const Return& b) { return a.failed < b.failed; });
    if (all.empty()) return;
    const auto end = std::find_if(all.begin(), all.end(), [&](const Return& one) {
        return one.failed - all.front().failed > together;
    });
    all.erase(end, all.end());
    if (all.size() < hearing.thresholds().many_messages) return;
    std::set<SessionId> sessions;
    for (const Return& one : all) sessions.insert(one.next->session);
    const auto [first, last] = std::minmax_element(
        all.begin(), all.end(),
        [](const Return& a, const Return& b) { return a.next->at < b.next->at; });
    const Duration spread = last->next->at - first->next->at;
    hearing.kept_if(spread > same_second || sessions.size() < all.size(), *first->delivery,
                    {first->next->id},
                    "{} messages came back within {}, each over a connection of its own",
                    all.size(), rounded(spread));
}

/// What the sender was given for this recipient, before and after.
struct Given {
    std::size_t before = 0;
    std::vector<Instant> after;
};

Given given_around(const Course& course, const std::string& recipient, Instant at) {
    Given given;
    for (const Submission& submission : course.submissions) {
        const auto& to = submission.given.to;
        const bool named = std::any_of(to.begin(), to.end(), [&](const std::string& one) {
            return oracle::comparable(one) == recipient;
        });
        if (!named) continue;
        if (submission.at > at) {
            given.after.push_back(submission.at);
        } else {
            ++given.before;
        }
    }
    return given;
}

void no_5yz_retry_lists(const Course& course, Hearing& hearing) {
    for (const Delivery& delivery : course.account.deliveries) {
        const Attempt& refused = delivery.attempts.front();
        if (refused.code != 550 || !refused.text.starts_with("5.1.1")) continue;
        const std::string recipient = oracle::comparable(delivery.recipient);
        const Given given = given_around(course, recipient, refused.end());
        // What was in the queue already is on its way.
        if (given.before != 1 || given.after.empty()) continue;
        const auto& all = course.account.deliveries;
        const auto again = std::find_if(all.begin(), all.end(), [&](const Delivery& other) {
            return oracle::comparable(other.recipient) == recipient &&
                   other.first_at() >= given.after.front() && !other.is_notice;
        });
        if (again != all.end()) {
            hearing.broken(*again, {again->attempts.front().id},
                           "another message to a recipient that was refused with 550 5.1.1");
        } else if (course.end - given.after.back() >= hearing.thresholds().retry_within) {
            hearing.kept();
        }
    }
}

constexpr Rule rules[]{
    {.slug = "retry-host-list",
     .source = "RFC 5321 §4.5.4.1",
     .level = Level::should,
     .severity = Severity::minor,
     .stage = Stage::queue,
     .requirement = "A host that cannot be reached is not tried for each message in the queue.",
     .remedy = "Keep a list of hosts that cannot be reached, and let all messages for them wait.",
     .unexercised = "no host failed to greet while twenty messages waited for one domain",
     .judge_course = host_list,
     .senders = with_queue},
    {.slug = "retry-jitter",
     .source = "best practice",
     .level = Level::best_practice,
     .severity = Severity::info,
     .stage = Stage::queue,
     .requirement =
         "Messages that were deferred together share connections when they come back, or "
         "do not come in the same second.",
     .remedy = "Add some chance to each wait, or send what is due over one connection.",
     .unexercised = "less than twenty messages were deferred together and came back",
     .judge_course = retry_jitter,
     .senders = with_queue},
    {.slug = "backoff-destination",
     .source = "RFC 5321 §4.5.4.1",
     .level = Level::should,
     .severity = Severity::major,
     .stage = Stage::queue,
     .requirement = "A host that refuses connections with 421 is not tried for each message in the "
                    "queue.",
     .remedy = "Let all messages for a destination wait when it refuses the connection.",
     .unexercised =
         "no host refused connections with 421 while twenty messages waited for one domain",
     .judge_course = backoff_destination,
     .senders = with_queue},
    {.slug = "backoff-rcpt-rate",
     .source = "best practice",
     .level = Level::best_practice,
     .severity = Severity::minor,
     .stage = Stage::rcpt,
     .requirement =
         "A mailbox that gets too much mail for now (450 4.2.1) sees twelve further tries "
         "an hour at most.",
     .remedy = "Let all messages for a mailbox wait when it is over its rate.",
     .unexercised = "no mailbox was refused with 450 4.2.1 and tried again",
     .judge_course = backoff_rcpt_rate,
     .senders = with_queue},
    {.slug = "no-5yz-retry-lists",
     .source = "best practice (Yahoo, Microsoft)",
     .level = Level::best_practice,
     .severity = Severity::major,
     .stage = Stage::queue,
     .requirement =
         "Who sends to lists sends nothing more to a recipient that was refused with 550 "
         "5.1.1.",
     .remedy = "Take such a recipient off all lists.",
     .unexercised = "nothing more was to be sent to a recipient that was refused with 550 5.1.1",
     .judge_course = no_5yz_retry_lists,
     .senders = Senders{Sender::bulk}},
};

}  // namespace

std::span<const Rule> load_rules() {
    return rules;
}

}  // namespace fakemx::conformance
