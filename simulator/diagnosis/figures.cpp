// From numbers to panels.
#include <algorithm>

#include <fmt/format.h>

#include "core/series.h"
#include "core/words.h"
#include "diagnosis/print.h"

namespace fakemx::diagnosis {

namespace {

using chart::Axis;

constexpr std::size_t columns_drawn = 400;
enum Colour : std::size_t { blue, orange, green, red, pink, grey };

double seconds(Duration duration) {
    return std::chrono::duration<double>{duration}.count();
}

std::string subtitle_of(const Diagnosis& diagnosis) {
    const Volumes& volumes = diagnosis.volumes;
    return fmt::format("{}: {} accepted, {} deferred, {} rejected, {} lost; {} expired",
                       counted(volumes.sum.attempted, "attempt", "attempts"),
                       grouped(volumes.sum.accepted), grouped(volumes.sum.deferred),
                       grouped(volumes.sum.rejected), grouped(volumes.sum.lost),
                       counted(volumes.expired, "delivery", "deliveries"));
}

chart::Plot volume_plot(const Volumes& volumes) {
    chart::Plot plot{.title = fmt::format("Attempts in every {}, and what became of them",
                                          rounded(volumes.length)),
                     .x = {.title = volumes.intervals.empty()
                                        ? std::string{}
                                        : fmt::format("since {}", second_of(volumes.begin)),
                           .unit = Axis::Unit::seconds,
                           .low = 0,
                           .high = 1},
                     .y = {}};
    plot.parts = {{"accepted", green}, {"deferred", orange}, {"rejected", red}, {"lost", grey}};
    // Columns that nobody could tell apart become one.
    const std::size_t joined = volumes.intervals.size() / columns_drawn + 1;
    double highest = 0;
    for (std::size_t i = 0; i < volumes.intervals.size(); i += joined) {
        const std::size_t last = std::min(i + joined, volumes.intervals.size());
        Tally tally;
        for (std::size_t k = i; k < last; ++k) tally.add(volumes.intervals[k].tally);
        const double from = seconds(volumes.intervals[i].from - volumes.begin);
        const double to = from + seconds(volumes.length) * static_cast<double>(last - i);
        plot.x.high = to;
        highest = std::max(highest, static_cast<double>(tally.attempted));
        if (tally.attempted == 0) continue;
        plot.stacks.push_back(
            {from,
             to,
             {static_cast<double>(tally.accepted), static_cast<double>(tally.deferred),
              static_cast<double>(tally.rejected), static_cast<double>(tally.lost)}});
    }
    plot.y.high = chart::round_up(Axis::Unit::count, std::max(highest, 1.0));
    return plot;
}

chart::Plot latency_plot(const Diagnosis& diagnosis) {
    const std::vector<Duration>& sorted = diagnosis.latency.sorted;
    chart::Plot plot{.title = "Share of the deliveries that were accepted within a time",
                     .x = {.title = "since the first try",
                           .unit = Axis::Unit::seconds,
                           .low = 1,
                           .high = 60,
                           .logarithmic = true},
                     .y = {.unit = Axis::Unit::percent, .low = 0, .high = 100}};
    if (!sorted.empty()) plot.x.high = std::max(plot.x.high, seconds(sorted.back()) * 1.5);
    chart::Steps steps{.name = "accepted", .colour = green, .points = {{plot.x.low, 0}}};
    const double whole =
        static_cast<double>(std::max<std::size_t>(diagnosis.courses.all.size(), 1));
    double accepted = 0;
    for (const Duration time : sorted)
        steps.points.push_back({std::max(seconds(time), plot.x.low), ++accepted / whole * 100});
    steps.points.push_back({plot.x.high, accepted / whole * 100});
    plot.steps.push_back(std::move(steps));
    return plot;
}

chart::Plot tries_plot(const Diagnosis& diagnosis) {
    chart::Plot plot{.title = "Number of the try at which deliveries were accepted",
                     .x = {.title = "try", .low = 0.5, .high = 1.5},
                     .y = {}};
    plot.parts = {{"deliveries", blue}};
    std::vector<double> counts;
    for (const Course& course : diagnosis.courses.all) {
        if (!course.accepted) continue;
        if (counts.size() < course.accepted_on) counts.resize(course.accepted_on, 0);
        ++counts[course.accepted_on - 1];
    }
    double highest = 1;
    for (std::size_t i = 0; i < counts.size(); ++i) {
        const auto x = static_cast<double>(i + 1);
        if (counts[i] > 0) plot.stacks.push_back({x - 0.5, x + 0.5, {counts[i]}});
        highest = std::max(highest, counts[i]);
        plot.x.high = x + 0.5;
    }
    plot.y.high = chart::round_up(Axis::Unit::count, highest);
    return plot;
}

std::size_t kind_of(journal::Outcome outcome) {
    switch (outcome) {
        case journal::Outcome::accepted: return 0;
        case journal::Outcome::deferred: return 1;
        case journal::Outcome::rejected: return 2;
        case journal::Outcome::lost:
        case journal::Outcome::pending: return 3;
    }
    return 3;
}

chart::Lanes timeline(const Diagnosis& diagnosis) {
    const Case& all = diagnosis.all;
    chart::Lanes lanes{
        .title = "Tries of the deliveries that waited longest",
        .x = {.title = "since the first try of each",
              .unit = Axis::Unit::seconds,
              .low = 0,
              .high = 60},
        .kinds = {{"accepted", green}, {"deferred", orange}, {"rejected", red}, {"lost", grey}},
        .lanes = {}};
    for (const std::size_t c : diagnosis.worst) {
        const Course& course = diagnosis.courses.all[c];
        const oracle::Delivery& delivery = all.account.deliveries.at(course.delivery);
        const Instant begin = all.tries[course.tries.front()].record.at;
        chart::Lane lane{.label = fmt::format("{} → {}: {}, {}", path_of(delivery.mail_from),
                                              path_of(delivery.recipient),
                                              counted(course.tries.size(), "try", "tries"),
                                              oracle::name(all.judgements[course.delivery].fate)),
                         .marks = {}};
        for (const std::size_t i : course.tries) {
            const Try& tried = all.tries[i];
            const double x = seconds(tried.record.at - begin);
            lanes.x.high = std::max(lanes.x.high, x * 1.02);
            lane.marks.push_back(
                {.x = x,
                 .kind = kind_of(tried.record.outcome),
                 .note = fmt::format("try {} after {} at {}: {}: {}", tried.record.number,
                                     rounded(tried.record.at - begin), second_of(tried.record.at),
                                     journal::stage_name(tried.record.stage),
                                     reply_of(tried.record.code, tried.record.text))});
        }
        lanes.lanes.push_back(std::move(lane));
    }
    return lanes;
}

}  // namespace

std::vector<Drawing> figures(const Diagnosis& diagnosis) {
    std::vector<Drawing> drawings;
    if (diagnosis.all.tries.empty()) return drawings;
    const std::string subtitle = subtitle_of(diagnosis);
    const auto add = [&](std::string name, std::string title, auto... panels) {
        drawings.push_back({std::move(name), {std::move(title), subtitle, {std::move(panels)...}}});
    };
    add("volume", "Volume", volume_plot(diagnosis.volumes));
    add("latency", "Acceptance", latency_plot(diagnosis), tries_plot(diagnosis));
    if (!diagnosis.worst.empty()) add("retries", "Retries", timeline(diagnosis));
    return drawings;
}

}  // namespace fakemx::diagnosis
