// Variants against a profile in virtual time, and variants for a command.
#include <algorithm>
#include <numeric>
#include <poll.h>
#include <thread>

#include <fmt/format.h>

#include "app/load_profile.h"
#include "app/matrix_ways.h"
#include "app/profile_files.h"
#include "app/ready.h"
#include "app/sender_process.h"
#include "app/standard_output.h"
#include "app/work_folder.h"
#include "core/limits.h"
#include "scenario/scenario.h"
#include "senders/simulation.h"

namespace fakemx::app {

namespace {

/// sysexits.h: EX_TEMPFAIL.
constexpr int put_off_status = 75;

/// One try after the other, each over a connection of its own.
senders::Model patient_model(const Consignment& sent) {
    senders::Model model;
    model.name = "matrix";
    model.retry = {{.base = sent.retry_after}};
    model.tries_max = sent.tries;
    model.connections = 1;
    model.pipelining = false;
    return model;
}

std::string file_name_of(const Consignment::Copy& copy) {
    return fmt::format("{}{}.eml", matrix::name(copy.variant), copy.number);
}

void wait(Duration duration) {
    constexpr Duration step_max = 1h;
    for (Duration left = duration; left > Duration::zero(); left -= step_max)
        std::this_thread::sleep_for(std::min(left, step_max));
}

/// Runs to the end. The exit status, or why it did not begin.
Result<int, Complaint> run_command(const std::vector<std::string>& words) {
    auto process = SenderProcess::start(words, {});
    if (!process) return process.error();
    while (process->reap() && !process->status()) ::poll(nullptr, 0, 2);
    return process->status().value_or(0);
}

matrix::CopyResult result_of(int status) {
    matrix::CopyResult result;
    result.stage = smtp::Hook::message;
    result.text = fmt::format("exit status {}", status);
    result.outcome = status == 0                ? journal::Outcome::accepted
                     : status == put_off_status ? journal::Outcome::deferred
                                                : journal::Outcome::rejected;
    return result;
}

}  // namespace

std::vector<Consignment::Copy> Consignment::copies() const {
    std::vector<Copy> all;
    for (std::uint32_t number = 1; number <= repeat; ++number) {
        for (const matrix::Variant variant : matrix::variants) {
            if ((*kit)[variant].made()) all.push_back({variant, number});
        }
    }
    return all;
}

matrix::Grid Consignment::empty_grid() const {
    matrix::Grid grid;
    for (const matrix::Variant variant : matrix::variants)
        grid[variant].why_not = (*kit)[variant].why_not;
    return grid;
}

Result<matrix::Grid, NoGrid> play_matrix(const Consignment& sent, const std::string& profile,
                                         const std::vector<std::string>& settings,
                                         std::uint64_t seed) {
    const auto read = parse_settings(settings);
    if (!read) return NoGrid{ExitStatus::usage, read.error().message};
    const auto loaded = load_profile(profile, *read);
    if (!loaded) return NoGrid{ExitStatus::usage, loaded.error().message};
    const auto copies = sent.copies();
    const auto& served = loaded->profile().hosts.front().options.domains;
    senders::Plan plan;
    plan.messages = static_cast<std::uint32_t>(copies.size());
    plan.over = sent.pause * static_cast<std::int64_t>(copies.size());
    plan.from = sent.from;
    plan.to = {!sent.to.empty() ? sent.to
               : served.empty() ? "user@receiver.example"
                                : "user@" + served.front()};
    plan.helo = sent.helo;
    plan.seed = seed;
    // Longer than the last copy needs.
    plan.horizon = plan.over + (sent.retry_after + 2h) * static_cast<std::int64_t>(sent.tries);
    plan.content = [&](std::uint32_t message) {
        return matrix::dot_stuffed(sent.text_of(copies.at(message)));
    };
    const senders::Result result =
        senders::simulate(patient_model(sent), plan, loaded->profile(), *loaded->policy);
    if (result.script_failures != 0)
        return NoGrid{ExitStatus::verdict_failed,
                      fmt::format("the profile failed: {}", result.script_failure)};
    matrix::Grid grid = sent.empty_grid();
    std::vector<matrix::CopyResult> last(copies.size());
    for (const senders::Asked& asked : result.asked) {
        // What is said of a message that is taken is not kept.
        const bool taken = asked.outcome == journal::Outcome::accepted;
        const senders::Answer answer = taken ? senders::Answer{smtp::Hook::message, 0, "taken"}
                                             : result.answers.at(asked.answer);
        last.at(asked.message) = {.outcome = asked.outcome,
                                  .stage = answer.stage,
                                  .code = answer.code,
                                  .text = answer.text,
                                  .tries = asked.number};
    }
    for (std::size_t i = 0; i < copies.size(); ++i)
        grid[copies[i].variant].results.push_back(std::move(last[i]));
    return grid;
}

Result<matrix::Grid, NoGrid> try_all(const Consignment& sent, const TryOnce& try_once) {
    const auto copies = sent.copies();
    std::vector<matrix::CopyResult> results(copies.size());
    std::vector<std::size_t> waiting(copies.size());
    std::iota(waiting.begin(), waiting.end(), std::size_t{0});
    for (std::uint32_t number = 1; number <= sent.tries && !waiting.empty(); ++number) {
        if (number != 1) wait(sent.retry_after);
        std::vector<std::size_t> put_off;
        for (const std::size_t i : waiting) {
            if (i != waiting.front()) wait(sent.pause);
            auto result = try_once(copies[i]);
            if (!result) return result.error();
            result->tries = number;
            if (result->outcome == journal::Outcome::deferred ||
                result->outcome == journal::Outcome::lost)
                put_off.push_back(i);
            results[i] = std::move(*result);
        }
        waiting = std::move(put_off);
    }
    matrix::Grid grid = sent.empty_grid();
    for (std::size_t i = 0; i < copies.size(); ++i)
        grid[copies[i].variant].results.push_back(std::move(results[i]));
    return grid;
}

Result<matrix::Grid, NoGrid> command_matrix(const Consignment& sent,
                                            const std::vector<std::string>& words) {
    WorkFolder folder;
    if (auto error = folder.make("")) return NoGrid{ExitStatus::harness_failed, *error};
    const auto try_once = [&](const Consignment::Copy& copy) -> Result<matrix::CopyResult, NoGrid> {
        const std::string file = folder.file(file_name_of(copy));
        if (auto error = write_whole_file(file, sent.text_of(copy)))
            return NoGrid{ExitStatus::harness_failed, *error};
        const scenario::Values values{{"file", file},
                                      {"variant", std::string{matrix::name(copy.variant)}},
                                      {"copy", fmt::format("{}", copy.number)},
                                      {"from", sent.from},
                                      {"to", sent.to}};
        std::vector<std::string> filled;
        filled.reserve(words.size());
        for (const std::string& word : words) filled.push_back(scenario::fill_in(word, values));
        const auto status = run_command(filled);
        if (!status) return NoGrid{ExitStatus::usage, status.error().message};
        return result_of(*status);
    };
    return try_all(sent, try_once);
}

std::optional<std::string> write_matrix(const Consignment& sent, const std::string& folder) {
    WorkFolder made;
    if (auto error = made.make(folder)) return error;
    std::string list;
    const auto say = [&](const std::vector<std::string>& done) {
        for (const std::string& one : done) list += fmt::format("   {}\n", one);
    };
    for (const matrix::Variant variant : matrix::variants) {
        const matrix::Made& one = (*sent.kit)[variant];
        if (!one.made()) {
            list += fmt::format("{}  {}: not made, {}\n", matrix::name(variant),
                                matrix::title(variant), one.why_not);
            continue;
        }
        const std::string name = fmt::format("{}.eml", matrix::name(variant));
        const std::string text = sent.text_of({variant, 1});
        if (auto error = write_whole_file(made.file(name), text)) return error;
        list += fmt::format("{}  {}: {}, {} octets\n", matrix::name(variant),
                            matrix::title(variant), name, text.size());
        say(one.done);
    }
    list += "all\n";
    say(sent.kit->done);
    return write_whole_file(made.file("variants.txt"), list);
}

}  // namespace fakemx::app
