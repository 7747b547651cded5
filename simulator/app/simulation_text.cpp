// The report of a simulation on a terminal.
#include "app/simulation_text.h"

#include <algorithm>
#include <array>
#include <iterator>

#include <fmt/format.h>

#include "app/text.h"
#include "core/series.h"
#include "core/words.h"
#include "journal/records.h"

namespace fakemx::app {

namespace {

using senders::Report;

constexpr std::size_t answers_shown = 12;
constexpr std::size_t answer_columns = 70;
constexpr std::size_t first_tries_shown = 14;

class Lines {
public:
    template <class... Args>
    void add(fmt::format_string<Args...> format, Args&&... args) {
        fmt::format_to(std::back_inserter(text_), format, std::forward<Args>(args)...);
        text_ += '\n';
    }
    std::string take() { return std::move(text_); }

private:
    std::string text_;
};

void add_fates(Lines& lines, const Simulated& simulated) {
    const Report& report = simulated.report;
    const std::uint64_t all = simulated.result.messages.size();
    const auto row = [&](std::string_view what, std::uint64_t count) {
        lines.add("  {:<14}{:>10}  {:>8}", what, grouped(count), share(count, all));
    };
    row("accepted", report.accepted);
    row("rejected", report.rejected);
    row("expired", report.expired);
    row("still queued", report.queued);
}

void add_distributions(Lines& lines, const Report& report) {
    constexpr std::array<std::uint32_t, 5> percents{50, 75, 90, 95, 99};
    lines.add("");
    lines.add("  {:<18}{:>9}{:>9}{:>9}{:>9}{:>9}{:>9}{:>9}", "", "least", "p50", "p75", "p90",
              "p95", "p99", "most");
    if (!report.delivery_times.empty()) {
        std::string cells = fmt::format("{:>9}", rounded(report.delivery_times.front()));
        for (const std::uint32_t percent : percents)
            cells += fmt::format("{:>9}", rounded(percentile(report.delivery_times, percent)));
        lines.add("  {:<18}{}{:>9}", "time to delivery", cells,
                  rounded(report.delivery_times.back()));
    }
    if (!report.tries.empty()) {
        std::string cells = fmt::format("{:>9}", report.tries.front());
        for (const std::uint32_t percent : percents)
            cells += fmt::format("{:>9}", percentile(report.tries, percent));
        lines.add("  {:<18}{}{:>9}", "tries", cells, report.tries.back());
    }
}

void add_work(Lines& lines, const Simulated& simulated) {
    const senders::Result& result = simulated.result;
    std::string tries;
    const auto& first = simulated.report.first_tries;
    for (std::size_t i = 0; i < std::min(first.size(), first_tries_shown); ++i)
        tries += (i == 0 ? "" : " ") + rounded(first[i]);
    if (first.size() > first_tries_shown) tries += fmt::format(" … {}", rounded(first.back()));
    lines.add("");
    lines.add("  the first message was tried at {}", tries.empty() ? "no time" : tries);
    lines.add("  {} in {}, at most {} at once; {} asked",
              counted(simulated.report.tries_all, "try", "tries"),
              counted(result.connections, "connection", "connections"), result.connections_most,
              counted(result.asked.size(), "host was", "hosts were"));
    if (result.held_back != 0)
        lines.add("  {} put off because the destination counted as dead",
                  counted(result.held_back, "try was", "tries were"));
}

void add_limits(Lines& lines, const Simulated& simulated) {
    const Report& report = simulated.report;
    if (report.limits.empty()) return;
    lines.add("");
    lines.add("what limited it");
    lines.add("  {:>10}{:>11}  {:<12} {}", "asked", "messages", "stage", "answer");
    for (std::size_t i = 0; i < std::min(report.limits.size(), answers_shown); ++i) {
        const senders::Limit& limit = report.limits[i];
        const senders::Answer& answer = simulated.result.answers.at(limit.answer);
        lines.add("  {:>10}{:>11}  {:<12} {}", grouped(limit.asked), grouped(limit.messages),
                  journal::stage_name(answer.stage),
                  shortened(printable(words_of(answer)), answer_columns));
    }
    if (report.limits.size() > answers_shown)
        lines.add("  … and {} (--json has all)",
                  counted(report.limits.size() - answers_shown, "other answer", "other answers"));
}

void add_volumes(Lines& lines, const Simulated& simulated) {
    lines.add("");
    lines.add("volume by {}", rounded(simulated.report.interval));
    lines.add("  {:>8}{:>11}{:>10}{:>10}{:>10}{:>8}{:>9}{:>9}", "from", "attempted", "accepted",
              "deferred", "rejected", "lost", "expired", "queued");
    bool left_out = false;
    for (const senders::Volume& volume : simulated.report.volumes) {
        // Days of waiting are a line.
        if (volume.attempted == 0 && volume.expired == 0) {
            if (!std::exchange(left_out, true)) lines.add("  {:>8}", "…");
            continue;
        }
        left_out = false;
        lines.add("  {:>8}{:>11}{:>10}{:>10}{:>10}{:>8}{:>9}{:>9}",
                  format_duration(volume.from - simulated.result.start), grouped(volume.attempted),
                  grouped(volume.accepted), grouped(volume.deferred), grouped(volume.rejected),
                  grouped(volume.lost), grouped(volume.expired), grouped(volume.queued));
    }
}

}  // namespace

std::string words_of(const senders::Answer& answer) {
    return answer.code == 0 ? answer.text : reply_of(answer.code, answer.text);
}

std::string text_of(const Simulated& simulated) {
    Lines lines;
    lines.add("{} sends to {}: {}{}, seed {}; {} of virtual time", simulated.model.name,
              simulated.profile, counted(simulated.result.messages.size(), "message", "messages"),
              simulated.plan.over > Duration::zero()
                  ? fmt::format(" over {}", format_duration(simulated.plan.over))
                  : "",
              simulated.plan.seed, rounded(simulated.result.end - simulated.result.start));
    lines.add("");
    add_fates(lines, simulated);
    add_distributions(lines, simulated.report);
    add_work(lines, simulated);
    add_limits(lines, simulated);
    add_volumes(lines, simulated);
    return lines.take();
}

std::string comparison_of(const std::vector<Simulated>& all) {
    Lines lines;
    std::size_t columns = std::string_view{"sender"}.size();
    for (const Simulated& one : all) columns = std::max(columns, width_of(one.model.name));
    lines.add("{}{:>10}{:>10}{:>10}{:>10}{:>9}{:>9}{:>9}{:>10}", padded("sender", columns),
              "accepted", "rejected", "expired", "queued", "first", "p50", "p95", "tries");
    for (const Simulated& one : all) {
        const Report& report = one.report;
        const auto& times = report.delivery_times;
        const auto delivered = [&](std::uint32_t percent) {
            return times.empty() ? "-" : rounded(percentile(times, percent));
        };
        lines.add("{}{:>10}{:>10}{:>10}{:>10}{:>9}{:>9}{:>9}{:>10}",
                  padded(one.model.name, columns), grouped(report.accepted),
                  grouped(report.rejected), grouped(report.expired), grouped(report.queued),
                  delivered(0), delivered(50), delivered(95), grouped(report.tries_all));
    }
    return lines.take();
}

}  // namespace fakemx::app
