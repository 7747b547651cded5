// From the numbers of a simulation to panels.
#include "app/simulation_chart.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "app/text.h"
#include "core/words.h"
#include "journal/records.h"

namespace fakemx::app {

namespace {

using chart::Axis;

constexpr std::size_t bars_shown = 10;
constexpr std::size_t intervals_drawn = 400;
enum Colour : std::size_t { blue, orange, green, red, pink, grey };

double seconds(Duration duration) {
    return std::chrono::duration<double>{duration}.count();
}

Axis time_axis(const senders::Result& result) {
    return {.title = "virtual time",
            .unit = Axis::Unit::seconds,
            .low = 0,
            .high = std::max(seconds(result.end - result.start), 1.0)};
}

/// What became of what was asked, by interval.
chart::Plot volume_plot(const Simulated& simulated, const std::string& title) {
    const senders::Report& report = simulated.report;
    chart::Plot plot{.title = title, .x = time_axis(simulated.result), .y = {}};
    plot.parts = {{"accepted", green}, {"deferred", orange}, {"rejected", red}, {"no reply", grey}};
    // Columns that nobody could tell apart become one.
    const std::size_t joined = report.volumes.size() / intervals_drawn + 1;
    double highest = 0;
    for (std::size_t i = 0; i < report.volumes.size(); i += joined) {
        const double from = seconds(report.volumes[i].from - simulated.result.start);
        chart::Stack stack{.from = from,
                           .to = from + seconds(report.interval) * static_cast<double>(joined),
                           .parts = {0, 0, 0, 0}};
        double all = 0;
        for (std::size_t k = i; k < std::min(i + joined, report.volumes.size()); ++k) {
            const senders::Volume& volume = report.volumes[k];
            stack.parts[0] += static_cast<double>(volume.accepted);
            stack.parts[1] += static_cast<double>(volume.deferred);
            stack.parts[2] += static_cast<double>(volume.rejected);
            stack.parts[3] += static_cast<double>(volume.lost);
            all += static_cast<double>(volume.attempted);
        }
        highest = std::max(highest, all);
        if (all > 0) plot.stacks.push_back(std::move(stack));
    }
    plot.x.high = std::max(plot.x.high, plot.stacks.empty() ? 0.0 : plot.stacks.back().to);
    plot.y.high = chart::round_up(Axis::Unit::count, highest);
    return plot;
}

chart::Plot queue_plot(const Simulated& simulated) {
    chart::Plot plot{.title = "Messages that entered the queue, were accepted, and waited",
                     .x = time_axis(simulated.result),
                     .y = {}};
    chart::Steps arrived{.name = "entered", .colour = grey, .points = {{0, 0}}};
    chart::Steps accepted{.name = "accepted", .colour = green, .points = {{0, 0}}};
    chart::Steps queued{.name = "in the queue", .colour = blue, .points = {{0, 0}}};
    const senders::Result& result = simulated.result;
    struct Change {
        int entered = 0;
        int accepted = 0;
        int queued = 0;
    };
    std::map<Instant, Change> changes;
    for (const senders::MessageResult& message : result.messages) {
        Change& arrival = changes[message.arrived_at];
        ++arrival.entered;
        ++arrival.queued;
        if (message.fate == senders::Fate::queued) continue;
        Change& end = changes[message.ended_at];
        --end.queued;
        end.accepted += message.fate == senders::Fate::accepted ? 1 : 0;
    }
    Change sum;
    for (const auto& [at, change] : changes) {
        sum.entered += change.entered;
        sum.accepted += change.accepted;
        sum.queued += change.queued;
        const double x = seconds(at - result.start);
        arrived.points.push_back({x, static_cast<double>(sum.entered)});
        accepted.points.push_back({x, static_cast<double>(sum.accepted)});
        queued.points.push_back({x, static_cast<double>(sum.queued)});
    }
    for (chart::Steps* steps : {&arrived, &accepted, &queued})
        steps->points.push_back({plot.x.high, steps->points.back().y});
    plot.y.high = chart::round_up(Axis::Unit::count, static_cast<double>(result.messages.size()));
    plot.steps = {std::move(arrived), std::move(accepted), std::move(queued)};
    return plot;
}

/// How many of all messages were accepted after how long.
chart::Plot delivery_plot(const std::vector<Simulated>& all) {
    chart::Plot plot{.title = "Share of the messages accepted within a time",
                     .x = {.title = "since the message entered the queue",
                           .unit = Axis::Unit::seconds,
                           .low = 1,
                           .high = 60,
                           .logarithmic = true},
                     .y = {.title = "", .unit = Axis::Unit::percent, .low = 0, .high = 100}};
    for (const Simulated& one : all) {
        if (!one.report.delivery_times.empty())
            plot.x.high = std::max(plot.x.high, seconds(one.report.delivery_times.back()) * 1.5);
    }
    for (std::size_t i = 0; i < all.size(); ++i) {
        const Simulated& one = all[i];
        chart::Steps steps{.name = one.model.name, .colour = i, .points = {{plot.x.low, 0}}};
        const double whole =
            static_cast<double>(std::max<std::size_t>(one.result.messages.size(), 1));
        double accepted = 0;
        for (const Duration time : one.report.delivery_times)
            steps.points.push_back({std::max(seconds(time), plot.x.low), ++accepted / whole * 100});
        steps.points.push_back({plot.x.high, accepted / whole * 100});
        plot.steps.push_back(std::move(steps));
    }
    return plot;
}

chart::Plot tries_plot(const Simulated& simulated) {
    const std::vector<std::uint32_t>& tries = simulated.report.tries;
    chart::Plot plot{.title = "Tries of a message, until it was accepted, rejected or given up",
                     .x = {.title = "tries", .low = 0.5, .high = 1.5},
                     .y = {}};
    plot.parts = {{"messages", blue}};
    std::map<std::uint32_t, double> counts;
    for (const std::uint32_t count : tries) ++counts[count];
    double highest = 0;
    for (const auto& [count, messages] : counts) {
        plot.stacks.push_back({count - 0.5, count + 0.5, {messages}});
        highest = std::max(highest, messages);
    }
    if (!tries.empty()) plot.x.high = tries.back() + 0.5;
    plot.y.high = chart::round_up(Axis::Unit::count, highest);
    return plot;
}

chart::Bars limits_bars(const Simulated& simulated) {
    chart::Bars bars{.title = "What limited it", .bars = {}};
    const auto& limits = simulated.report.limits;
    for (std::size_t i = 0; i < std::min(limits.size(), bars_shown); ++i) {
        const senders::Answer& answer = simulated.result.answers.at(limits[i].answer);
        bars.bars.push_back(
            {.label = fmt::format("{}: {}", journal::stage_name(answer.stage),
                                  printable(words_of(answer))),
             .value = static_cast<double>(limits[i].asked),
             .note = fmt::format("{}, of {}", counted(limits[i].asked, "time", "times"),
                                 counted(limits[i].messages, "message", "messages")),
             .colour = answer.code >= 500 ? red
                       : answer.code == 0 ? grey
                                          : orange});
    }
    return bars;
}

std::string volume_title(const Simulated& one) {
    return fmt::format("Hosts asked in every {}, and what they answered",
                       rounded(one.report.interval));
}

std::string facts_of(const Simulated& one) {
    std::string facts = fmt::format("{}: {} accepted, {} rejected, {} expired",
                                    counted(one.result.messages.size(), "message", "messages"),
                                    one.report.accepted, one.report.rejected, one.report.expired);
    if (one.report.queued != 0) facts += fmt::format(", {} still queued", one.report.queued);
    return facts;
}

}  // namespace

chart::Figure figure_of(const std::vector<Simulated>& all) {
    const Simulated& first = all.front();
    chart::Figure figure;
    if (all.size() == 1) {
        figure.title = fmt::format("{} sends to {}", first.model.name, first.profile);
        figure.subtitle = fmt::format("{}; seed {}", facts_of(first), first.plan.seed);
        figure.panels = {volume_plot(first, volume_title(first)), queue_plot(first),
                         delivery_plot(all), tries_plot(first)};
        if (!first.report.limits.empty()) figure.panels.emplace_back(limits_bars(first));
        return figure;
    }
    figure.title = fmt::format("{} senders, each to {}", all.size(), first.profile);
    figure.subtitle =
        fmt::format("{} each; seed {}",
                    counted(first.result.messages.size(), "message", "messages"), first.plan.seed);
    figure.panels.emplace_back(delivery_plot(all));
    for (const Simulated& one : all)
        figure.panels.emplace_back(
            volume_plot(one, fmt::format("{} – {}", one.model.name, facts_of(one))));
    return figure;
}

}  // namespace fakemx::app
