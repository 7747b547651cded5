// Counting by intervals.
#include "diagnosis/volume.h"

#include <algorithm>

#include "core/limits.h"
#include "core/series.h"
#include "oracle/judge.h"

namespace fakemx::diagnosis {

std::vector<Instant> given_up(const Case& all, Duration round_gap) {
    std::vector<Instant> instants;
    for (std::size_t i = 0; i < all.account.deliveries.size(); ++i) {
        if (all.account.deliveries[i].is_notice) continue;
        const oracle::Fate fate = all.judgements[i].fate;
        if (fate != oracle::Fate::bounced && fate != oracle::Fate::gave_up &&
            fate != oracle::Fate::lost)
            continue;
        const oracle::Delivery& delivery = all.account.deliveries[i];
        instants.push_back(oracle::gave_up_at(delivery, all.end_of(delivery), round_gap)
                               .value_or(delivery.attempts.back().end()));
    }
    return instants;
}

Volumes volumes_of(const Case& all, Duration length, Duration round_gap) {
    Volumes volumes;
    if (all.tries.empty()) return volumes;
    const std::vector<Instant> expired = given_up(all, round_gap);
    const Instant begin = all.tries.front().record.at;
    Instant end = all.tries.back().record.at;
    for (const Instant at : expired) end = std::max(end, at);
    volumes.length = length > Duration{} ? length : interval_for(end - begin);
    const auto longest = static_cast<std::int64_t>(limits::report_intervals_max);
    while ((end - begin) / volumes.length >= longest - 1) volumes.length *= 10;
    // Counted from 1970, so that the days of several journals begin at midnight.
    volumes.begin = floor_to(begin, volumes.length);
    const auto count = static_cast<std::size_t>((end - volumes.begin) / volumes.length + 1);
    volumes.intervals.resize(count);
    for (std::size_t i = 0; i < count; ++i)
        volumes.intervals[i].from = volumes.begin + volumes.length * static_cast<std::int64_t>(i);
    const auto at = [&](Instant instant) -> Interval& {
        // A damaged journal may say that something ended before it began.
        const Duration since = std::max(instant - volumes.begin, Duration{});
        return volumes.intervals.at(static_cast<std::size_t>(since / volumes.length));
    };
    for (const Try& tried : all.tries) {
        Interval& interval = at(tried.record.at);
        interval.tally.add(tried.record.outcome);
        if (tried.record.delivery && tried.record.number == 1) ++interval.first;
        volumes.sum.add(tried.record.outcome);
    }
    for (const Instant instant : expired) ++at(instant).expired;
    volumes.expired = expired.size();
    return volumes;
}

Latency latency_of(const Case& all, const Courses& courses) {
    Latency latency;
    for (const Course& course : courses.all) {
        if (!course.accepted) continue;
        const Try& first = all.tries[course.tries.front()];
        const Try& taken = all.tries[course.tries.at(course.accepted_on - 1)];
        latency.sorted.push_back(taken.end() - first.record.at);
        if (course.accepted_on == 1) ++latency.at_once;
    }
    std::sort(latency.sorted.begin(), latency.sorted.end());
    return latency;
}

}  // namespace fakemx::diagnosis
