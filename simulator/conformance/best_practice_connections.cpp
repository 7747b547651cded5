// How many connections a client has and how fast it opens them, above all when the receiver has had enough. RFC 5321 §4.5.4.1 and RFC 1123
// §5.3.1.1 leave the numbers to practice.
#include <algorithm>
#include <set>
#include <vector>

#include <fmt/format.h>

#include "conformance/chapters.h"
#include "conformance/hearing.h"
#include "conformance/load.h"
#include "core/words.h"

namespace fakemx::conformance {

namespace {

using smtp::Verb;

/// Connections that are opened so close together belong together.
constexpr Duration at_once = 5s;

/// Connections that were refused with 421, those at about the same time as one.
struct Wave {
    const Dialogue* first = nullptr;
    Instant end{};
};

/// The longest row of them with no other session in between, for each host and client.
std::vector<std::vector<Wave>> waves_of(const Course& course) {
    std::vector<std::vector<Wave>> all;
    for (const Sessions& sessions : sessions_by_pair(course)) {
        std::vector<Wave> waves;
        std::vector<Wave> longest;
        for (const Dialogue* session : sessions) {
            if (!refused_with_421(*session)) {
                waves.clear();
                continue;
            }
            const Instant end = session->ended ? session->ended_at : course.end;
            const bool same =
                !waves.empty() && session->opened_at - waves.back().first->opened_at <= at_once;
            if (same) {
                waves.back().end = std::max(waves.back().end, end);
            } else {
                waves.push_back({session, end});
            }
            if (waves.size() > longest.size()) longest = waves;
        }
        if (!longest.empty()) all.push_back(std::move(longest));
    }
    return all;
}

std::vector<Duration> gaps_of(const std::vector<Wave>& waves) {
    std::vector<Duration> gaps;
    for (std::size_t i = 1; i < waves.size(); ++i)
        gaps.push_back(waves[i].first->opened_at - waves[i - 1].end);
    return gaps;
}

void backoff_421(const Course& course, Hearing& hearing) {
    // Of a long queue backoff-destination speaks.
    if (load_of(course).to_one_domain >= hearing.thresholds().many_messages) return;
    const Duration wanted = hearing.thresholds().retry_delay_min;
    for (const std::vector<Wave>& waves : waves_of(course)) {
        std::vector<Duration> gaps = gaps_of(waves);
        if (gaps.size() < 5) continue;
        gaps.erase(gaps.begin(), gaps.begin() + 2);  // behind the third 421, and at least three
        std::nth_element(gaps.begin(), gaps.begin() + static_cast<std::ptrdiff_t>(gaps.size() / 2),
                         gaps.end());
        const Duration middle = gaps[gaps.size() / 2];
        if (middle >= wanted - slack_of(wanted)) {
            hearing.kept();
        } else {
            broken_at(hearing, *waves[3].first,
                      fmt::format("connections {} apart while each was refused with 421",
                                  rounded(middle)));
        }
    }
}

void backoff_exponential(const Course& course, Hearing& hearing) {
    // Several messages make a row of several schedules.
    if (course.submissions.size() != 1) return;
    for (const std::vector<Wave>& waves : waves_of(course)) {
        const std::vector<Duration> gaps = gaps_of(waves);
        if (gaps.size() < 3 || waves.back().first->opened_at - waves.front().end < 6h) continue;
        if (gaps.back() >= 2 * gaps.front() - slack_of(2 * gaps.front())) {
            hearing.kept();
        } else {
            broken_at(hearing, *waves.back().first,
                      fmt::format("waits of {} in the end and of {} in the beginning, while each "
                                  "connection was refused with 421",
                                  rounded(gaps.back()), rounded(gaps.front())));
        }
    }
}

/// For each session, how many are open when it is opened, itself among them.
std::vector<std::size_t> open_at_once(const Sessions& sessions) {
    std::vector<std::size_t> counts;
    std::multiset<Instant> ends;
    for (const Dialogue* one : sessions) {
        ends.erase(ends.begin(), ends.upper_bound(one->opened_at));
        ends.insert(one->ended ? one->ended_at : Instant::max());
        counts.push_back(ends.size());
    }
    return counts;
}

/// Sessions that were refused with 421 while others of that client were open: it has too many.
Sessions surplus_of(const Sessions& sessions) {
    const std::vector<std::size_t> open = open_at_once(sessions);
    Sessions surplus;
    for (std::size_t i = 0; i < sessions.size(); ++i) {
        if (refused_with_421(*sessions[i]) && open[i] > 1) surplus.push_back(sessions[i]);
    }
    return surplus;
}

void backoff_concurrency(const Course& course, Hearing& hearing) {
    constexpr Duration time_to_learn = 10min;
    for (const Sessions& sessions : sessions_by_pair(course)) {
        const Sessions surplus = surplus_of(sessions);
        if (surplus.empty()) continue;
        const Instant first = surplus.front()->opened_at;
        // One at a time may find out whether there is room again.
        const auto two = std::adjacent_find(surplus.begin(), surplus.end(),
                                            [&](const Dialogue* one, const Dialogue* next) {
                                                return one->opened_at - first > time_to_learn &&
                                                       next->opened_at - one->opened_at <= at_once;
                                            });
        if (two != surplus.end()) {
            broken_at(
                hearing, **two,
                fmt::format("several connections too many, {} after the first one was refused",
                            rounded((*two)->opened_at - first)));
        } else if (sessions.back()->opened_at - first > time_to_learn) {
            hearing.kept();
        }
    }
}

std::size_t transactions_of(const Dialogue& dialogue) {
    return static_cast<std::size_t>(
        std::count_if(dialogue.exchanges.begin(), dialogue.exchanges.end(),
                      [](const Exchange& exchange) { return exchange.verb == Verb::mail; }));
}

std::size_t transactions_of(const Sessions& sessions) {
    std::size_t count = 0;
    for (const Dialogue* one : sessions) count += transactions_of(*one);
    return count;
}

void conn_concurrency(const Course& course, Hearing& hearing) {
    for (const Sessions& sessions : sessions_by_pair(course)) {
        const std::vector<std::size_t> open = open_at_once(sessions);
        const auto peak = std::max_element(open.begin(), open.end());
        if (*peak > hearing.thresholds().connections_max) {
            broken_at(hearing, *sessions[static_cast<std::size_t>(peak - open.begin())],
                      fmt::format("{} connections at once", *peak));
        } else if (transactions_of(sessions) >= 50) {
            hearing.kept();
        }
    }
}

void conn_rate(const Course& course, Hearing& hearing) {
    constexpr std::size_t most = 60;  // in a minute
    for (Sessions sessions : sessions_by_pair(course)) {
        const std::size_t transactions = transactions_of(sessions);
        // Where the receiver ends the session, a new one has to be opened.
        std::erase_if(sessions, [](const Dialogue* one) {
            return one->exchanges.empty() ||
                   (one->ended && one->ended->how != smtp::Ended::How::quit &&
                    !one->ended_by_client());
        });
        const Dialogue* too_many = one_too_many(sessions, most, 1min);
        if (too_many != nullptr && transactions_of(sessions) < 2 * sessions.size()) {
            broken_at(
                hearing, *too_many,
                fmt::format("more than {} connections in a minute, with {} over {} in all", most,
                            counted(transactions, "message", "messages"), sessions.size()));
        } else if (transactions >= 50) {
            hearing.kept();
        }
    }
}

void probe_no_data(const Dialogue& dialogue, Hearing& hearing) {
    // Who was sent away may have wanted to go on.
    if (!dialogue.ended || dialogue.ended->how != smtp::Ended::How::quit) return;
    bool accepted = false;
    for (const Exchange& exchange : dialogue.exchanges) {
        if (exchange.verb == Verb::data || exchange.verb == Verb::bdat) return;
        accepted = accepted || (exchange.verb == Verb::rcpt && exchange.accepted());
    }
    if (accepted) hearing.kept();
}

constexpr Rule rules[]{
    {.slug = "conn-concurrency",
     .source = "RFC 1123 §5.3.1.1; RFC 5321 §4.5.4.1",
     .level = Level::should,
     .severity = Severity::major,
     .stage = Stage::connect,
     .requirement = "No more than twenty connections from one address to one host at once.",
     .remedy = "Limit the connections for each destination.",
     .unexercised = "less than fifty messages were sent by one address",
     .judge_course = conn_concurrency,
     .senders = with_queue},
    {.slug = "conn-rate",
     .source = "best practice",
     .level = Level::best_practice,
     .severity = Severity::minor,
     .stage = Stage::connect,
     .requirement =
         "No more than sixty new connections in a minute, unless each brings two messages "
         "or more.",
     .remedy = "Send several messages over a connection.",
     .unexercised = "less than fifty messages were sent by one address",
     .judge_course = conn_rate,
     .senders = with_queue},
    {.slug = "probe-no-data",
     .source = "best practice",
     .level = Level::info,
     .severity = Severity::info,
     .stage = Stage::quit,
     .requirement =
         "Sessions that have a recipient accepted and bring no message, as those do that "
         "look whether an address exists.",
     .remedy = "Nothing: it is told, and not judged.",
     .unexercised = "each session with an accepted recipient came to DATA",
     .judge = probe_no_data},
    {.slug = "backoff-421",
     .source = "best practice (Google, Yahoo)",
     .level = Level::best_practice,
     .severity = Severity::major,
     .stage = Stage::connect,
     .requirement = "From the third 421 at connect on, a minute at least passes before the next "
                    "connection.",
     .remedy = "Wait for some minutes, and longer each time, when a receiver refuses connections.",
     .unexercised = "less than six connections in a row were refused with 421, or they were many "
                    "messages'",
     .judge_course = backoff_421,
     .senders = with_queue},
    {.slug = "backoff-exponential",
     .source = "best practice (Google, Yahoo)",
     .level = Level::best_practice,
     .severity = Severity::minor,
     .stage = Stage::queue,
     .requirement =
         "Waits grow while connections are refused with 421: within six hours to twice the "
         "first one.",
     .remedy = "Double the wait each time, up to some hours.",
     .unexercised = "connections for one message were not refused with 421 for six hours",
     .judge_course = backoff_exponential,
     .senders = with_queue},
    {.slug = "backoff-concurrency",
     .source = "best practice",
     .level = Level::best_practice,
     .severity = Severity::minor,
     .stage = Stage::connect,
     .requirement =
         "Where a further connection beside those that are open is refused with 421, the "
         "client is content with fewer after ten minutes, but for one that tries.",
     .remedy = "Lower the number of connections for that destination after such a 421.",
     .unexercised =
         "no connection beside others was refused with 421, or none followed ten minutes "
         "later",
     .judge_course = backoff_concurrency,
     .senders = with_queue},
};

}  // namespace

std::span<const Rule> connection_rules() {
    return rules;
}

}  // namespace fakemx::conformance
