// Counting.
#include "senders/report.h"

#include <algorithm>

#include "core/assert.h"
#include "core/limits.h"
#include "core/series.h"

namespace fakemx::senders {

namespace {

void count(Volume& volume, journal::Outcome outcome) {
    ++volume.attempted;
    switch (outcome) {
        case journal::Outcome::accepted: ++volume.accepted; return;
        case journal::Outcome::deferred: ++volume.deferred; return;
        case journal::Outcome::rejected: ++volume.rejected; return;
        case journal::Outcome::pending:
        case journal::Outcome::lost: ++volume.lost; return;
    }
}

void count_volumes(const Result& result, Report& report) {
    const Duration span = result.end - result.start;
    const auto intervals = std::min<std::int64_t>(
        span / report.interval + 1, static_cast<std::int64_t>(limits::simulated_intervals_max));
    report.volumes.resize(static_cast<std::size_t>(intervals));
    for (std::size_t i = 0; i < report.volumes.size(); ++i)
        report.volumes[i].from = result.start + report.interval * static_cast<std::int64_t>(i);
    const auto at = [&](Instant instant) -> Volume& {
        const auto index = static_cast<std::size_t>((instant - result.start) / report.interval);
        return report.volumes.at(std::min(index, report.volumes.size() - 1));
    };
    for (const Asked& asked : result.asked) count(at(asked.at), asked.outcome);
    // By interval what the queue gains and loses; the sum is what is in it. Unsigned numbers wrap, and back.
    for (const MessageResult& message : result.messages) {
        ++at(message.arrived_at).queued;
        if (message.fate == Fate::queued) continue;
        --at(message.ended_at).queued;
        if (message.fate == Fate::expired) ++at(message.ended_at).expired;
    }
    for (std::size_t i = 1; i < report.volumes.size(); ++i)
        report.volumes[i].queued += report.volumes[i - 1].queued;
}

std::vector<Limit> limits_of(const Result& result) {
    std::vector<Limit> found(result.answers.size());
    std::vector<std::pair<std::uint32_t, std::uint32_t>> met;  // answer, message
    for (std::uint32_t i = 0; i < found.size(); ++i) found[i].answer = i;
    met.reserve(result.asked.size());
    for (const Asked& asked : result.asked) {
        if (asked.outcome == journal::Outcome::accepted) continue;
        ++found.at(asked.answer).asked;
        met.emplace_back(asked.answer, asked.message);
    }
    std::sort(met.begin(), met.end());
    met.erase(std::unique(met.begin(), met.end()), met.end());
    for (const auto& [answer, message] : met) ++found[answer].messages;
    std::erase_if(found, [](const Limit& limit) { return limit.asked == 0; });
    std::stable_sort(found.begin(), found.end(),
                     [](const Limit& a, const Limit& b) { return a.asked > b.asked; });
    return found;
}

}  // namespace

Report report_of(const Result& result, Duration interval) {
    FAKEMX_ASSERT(interval >= Duration::zero());
    Report report;
    report.interval =
        interval > Duration::zero() ? interval : interval_for(result.end - result.start);
    for (const MessageResult& message : result.messages) {
        report.tries_all += message.tries;
        switch (message.fate) {
            case Fate::queued: ++report.queued; continue;
            case Fate::rejected: ++report.rejected; break;
            case Fate::expired: ++report.expired; break;
            case Fate::accepted:
                ++report.accepted;
                report.delivery_times.push_back(message.ended_at - message.arrived_at);
                break;
        }
        report.tries.push_back(message.tries);
    }
    std::sort(report.delivery_times.begin(), report.delivery_times.end());
    std::sort(report.tries.begin(), report.tries.end());
    report.limits = limits_of(result);
    count_volumes(result, report);
    std::uint32_t tries = 0;
    for (const Asked& asked : result.asked) {
        if (asked.message != 0 || asked.number == tries) continue;
        tries = asked.number;
        report.first_tries.push_back(asked.at - result.messages.front().arrived_at);
    }
    return report;
}

}  // namespace fakemx::senders
