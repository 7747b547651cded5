// The report of a simulation for programs. Fields come in a fixed order, and numbers are whole or have three
// decimals, so that two runs compare equal as texts.
#include <iterator>

#include <fmt/format.h>

#include "app/json_text.h"
#include "app/simulation_text.h"
#include "core/series.h"
#include "core/text.h"
#include "journal/records.h"

namespace fakemx::app {

namespace {

/// Seconds, to the millisecond.
std::string seconds(Duration duration) {
    const auto milliseconds = std::chrono::floor<std::chrono::milliseconds>(duration).count();
    return fmt::format("{}.{:03}", milliseconds / 1000, milliseconds % 1000);
}

template <class Value, class Text>
std::string distribution(const std::vector<Value>& sorted, const Text& text) {
    if (sorted.empty()) return "null";
    std::string json = fmt::format("{{\"least\":{}", text(sorted.front()));
    for (const std::uint32_t percent : {50, 75, 90, 95, 99}) {
        fmt::format_to(std::back_inserter(json), ",\"p{}\":{}", percent,
                       text(percentile(sorted, percent)));
    }
    return json + fmt::format(",\"most\":{}}}", text(sorted.back()));
}

std::string limit_of(const Simulated& simulated, const senders::Limit& limit) {
    const senders::Answer& answer = simulated.result.answers.at(limit.answer);
    return fmt::format("{{\"stage\":{},\"code\":{},\"text\":{},\"asked\":{},\"messages\":{}}}",
                       quoted(journal::stage_name(answer.stage)),
                       answer.code == 0 ? "null" : fmt::format("{}", answer.code),
                       quoted(answer.text), limit.asked, limit.messages);
}

std::string volume_of(const Simulated& simulated, const senders::Volume& volume) {
    return fmt::format(
        "{{\"from\":{},\"attempted\":{},\"accepted\":{},\"deferred\":{},\"rejected\":{},\"lost\":"
        "{},\"expired\":{},\"queued\":{}}}",
        seconds(volume.from - simulated.result.start), volume.attempted, volume.accepted,
        volume.deferred, volume.rejected, volume.lost, volume.expired, volume.queued);
}

std::string sender_of(const Simulated& simulated) {
    const senders::Report& report = simulated.report;
    const senders::Result& result = simulated.result;
    std::string json = fmt::format(
        "{{\"sender\":{},\"messages\":{},\"accepted\":{},\"rejected\":{},\"expired\":{},\"queued\":"
        "{},\"virtual_time\":{},\"tries\":{},\"asked\":{},\"connections\":{},\"connections_at_once"
        "\":{},\"held_back\":{},\"script_failures\":{}",
        quoted(simulated.model.name), result.messages.size(), report.accepted, report.rejected,
        report.expired, report.queued, seconds(result.end - result.start), report.tries_all,
        result.asked.size(), result.connections, result.connections_most, result.held_back,
        result.script_failures);
    json += ",\"time_to_delivery\":" + distribution(report.delivery_times, seconds);
    json += ",\"tries_of_a_message\":" +
            distribution(report.tries, [](std::uint32_t n) { return fmt::format("{}", n); });
    json += ",\"first_message_tried_at\":" + list_of(report.first_tries, seconds);
    json += ",\"limited_by\":" + list_of(report.limits, [&](const senders::Limit& limit) {
                return limit_of(simulated, limit);
            });
    json += fmt::format(",\"interval\":{},\"volume\":", seconds(report.interval));
    json += list_of(report.volumes,
                    [&](const senders::Volume& volume) { return volume_of(simulated, volume); });
    return json + "}";
}

}  // namespace

std::string json_of(const std::vector<Simulated>& all) {
    const senders::Plan& plan = all.front().plan;
    return fmt::format(
        "{{\"profile\":{},\"seed\":{},\"start\":{},\"over\":{},\"for\":{},\"senders\":{}}}",
        quoted(all.front().profile), plan.seed, quoted(format_instant(plan.start)),
        seconds(plan.over), seconds(plan.horizon), list_of(all, sender_of));
}

}  // namespace fakemx::app
