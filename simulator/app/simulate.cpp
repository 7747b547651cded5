// fakemx simulate: modelled senders against a profile, in virtual time.
#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "app/load_profile.h"
#include "app/log_lines.h"
#include "app/options.h"
#include "app/profile_files.h"
#include "app/simulation_chart.h"
#include "app/simulation_text.h"
#include "app/standard_output.h"
#include "app/subcommands.h"
#include "app/text.h"
#include "app/version.h"
#include "core/limits.h"
#include "core/text.h"
#include "senders/simulation.h"
#include "smtp/path.h"
#include "store/sqlite_journal.h"

namespace fakemx::app {

namespace {

struct Options {
    std::string profile;
    std::vector<std::string> senders;
    std::vector<std::string> settings;
    std::vector<std::string> sender_settings;
    std::string messages = "1000";
    std::string over = "1h";
    std::string horizon = "8d";
    std::string round_trip = "50ms";
    std::string message_size = "1024";
    std::string addresses = "0";
    std::string interval = "0s";
    std::string seed = "1";
    std::string epoch;
    std::string from;
    std::vector<std::string> to;
    std::string helo;
    std::vector<std::string> mx;
    std::string journal;
    std::string svg;
    bool json = false;
};

/// What is wrong with the command line. Thrown by the readers below, so that each option is one line.
struct WrongUse {
    std::string message;
};

Duration read_duration(std::string_view option, const std::string& text) {
    const auto duration = parse_duration(text);
    if (!duration)
        throw WrongUse{fmt::format("{} {}: not a duration such as 90s, 1h30m or 8d", option, text)};
    if (*duration > std::chrono::hours{24 * 3660})
        throw WrongUse{fmt::format("{} {}: ten years are the most", option, text)};
    return *duration;
}

std::uint64_t read_number(std::string_view option, const std::string& text, std::uint64_t least,
                          std::uint64_t most) {
    const auto number = parse_decimal(text);
    if (!number || *number < least || *number > most)
        throw WrongUse{
            fmt::format("{} {}: not a whole number from {} to {}", option, text, least, most)};
    return *number;
}

/// An address in which "{n}" may stand for a number.
std::string read_address(std::string_view option, const std::string& text, bool null_allowed) {
    std::string example = text;
    for (std::size_t at = example.find("{n}"); at != std::string::npos; at = example.find("{n}"))
        example.replace(at, 3, "1000000");
    const auto path = smtp::parse_path("<" + example + ">");
    const bool null = text.empty() && null_allowed;
    if (!null && (!path || path->path.domain.empty() || path->octets != example.size() + 2))
        throw WrongUse{
            fmt::format("{} {}: not an address such as user{{n}}@163.com", option, text)};
    return text;
}

senders::Plan read_plan(const Options& options, const engine::Profile& profile) {
    senders::Plan plan;
    plan.messages = static_cast<std::uint32_t>(
        read_number("--messages", options.messages, 1, limits::simulated_messages_max));
    plan.over = read_duration("--over", options.over);
    plan.horizon = read_duration("--for", options.horizon);
    plan.round_trip = read_duration("--round-trip", options.round_trip);
    plan.message_octets =
        read_number("--message-size", options.message_size, 1, limits::message_octets_max);
    plan.addresses = static_cast<std::uint32_t>(
        read_number("--addresses", options.addresses, 0, limits::sender_addresses_max));
    plan.seed = read_number("--seed", options.seed, 0, UINT64_MAX);
    if (!options.epoch.empty()) {
        const auto epoch = parse_instant(options.epoch);
        if (!epoch)
            throw WrongUse{fmt::format("--epoch {}: not an instant such as 2026-01-01T00:00:00Z",
                                       options.epoch)};
        plan.start = *epoch;
    }
    if (!options.from.empty())
        plan.from = options.from == "<>" ? "" : read_address("--from", options.from, true);
    const auto& served = profile.hosts.front().options.domains;
    plan.to = {"user{n}@" + (served.empty() ? "receiver.example" : served.front())};
    if (!options.to.empty()) plan.to.clear();
    for (const std::string& to : options.to) plan.to.push_back(read_address("--to", to, false));
    if (!options.helo.empty()) plan.helo = options.helo;
    for (const std::string& name : options.mx) {
        std::vector<std::string_view> names;
        for (const auto& host : profile.hosts) names.push_back(host.options.name);
        if (std::find(names.begin(), names.end(), name) == names.end())
            throw WrongUse{fmt::format("--mx {}: the profile has no such host{}", name,
                                       did_you_mean(name, names))};
        plan.mx.push_back(name);
    }
    return plan;
}

bool write_file(const std::string& path, std::string_view text) {
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file{std::fopen(path.c_str(), "we"),
                                                               &std::fclose};
    const bool written = file &&
                         std::fwrite(text.data(), 1, text.size(), file.get()) == text.size() &&
                         std::fflush(file.get()) == 0;
    if (!written) say(Level::error, fmt::format("{}: {}", path, std::strerror(errno)));
    return written;
}

/// The journal that the user wants, or none; nothing when it cannot be made.
class OptionalJournal {
public:
    bool open(const std::string& path, const std::string& profile, const senders::Plan& plan) {
        if (path.empty()) return true;
        auto made = store::SqliteJournal::create(
            path,
            {.version = std::string{version_text},
             .profile = profile,
             .seed = plan.seed,
             .clock = "virtual",
             .started_at = plan.start},
            [](std::string_view reason) { say(Level::error, reason); });
        if (!made) {
            say(Level::error, made.error().message);
            return false;
        }
        journal_ = std::move(*made);
        return true;
    }

    journal::Sink* sink() { return journal_.get(); }

    bool finish(Instant ended_at) { return !journal_ || !journal_->finish(ended_at); }

private:
    std::unique_ptr<store::SqliteJournal> journal_;
};

ExitStatus judge(const std::vector<Simulated>& all) {
    ExitStatus status = ExitStatus::pass;
    for (const Simulated& one : all) {
        if (one.result.script_failures != 0) {
            say(Level::error, fmt::format("the profile failed {}, first: {}",
                                          counted(one.result.script_failures, "time", "times"),
                                          one.result.script_failure));
            if (status == ExitStatus::pass) status = ExitStatus::verdict_failed;
        }
        if (one.result.cut_short) {
            say(Level::error,
                fmt::format("{}: more than {} times a host was asked: fewer --messages, or a "
                            "shorter --for",
                            one.model.name, limits::simulated_asked_max));
            status = ExitStatus::harness_failed;
        }
    }
    return status;
}

ExitStatus print(const std::vector<Simulated>& all, const Options& options) {
    StandardOutput out;
    if (options.json) {
        out.line(json_of(all));
        return out.finish();
    }
    for (const Simulated& one : all) {
        out.write(text_of(one));
        if (all.size() > 1) out.write("\n");
    }
    if (all.size() > 1) out.write(comparison_of(all));
    return out.finish();
}

ExitStatus simulate(const Options& options) {
    if (options.senders.empty()) throw WrongUse{"--sender is missing: whom shall I play?"};
    const auto settings = parse_settings(options.settings);
    if (!settings) throw WrongUse{settings.error().message};
    const auto sender_settings = parse_settings(options.sender_settings, "--sender-set");
    if (!sender_settings) throw WrongUse{sender_settings.error().message};
    const auto profile = load_profile(options.profile, *settings);
    if (!profile) throw WrongUse{profile.error().message};
    const senders::Plan plan = read_plan(options, profile->profile());
    const Duration interval = read_duration("--interval", options.interval);
    if (!options.journal.empty() && options.senders.size() > 1)
        throw WrongUse{"--journal is for one sender: each plays against a receiver of its own"};
    std::vector<Simulated> all;
    for (const std::string& name : options.senders) {
        auto sender = load_sender(name, *sender_settings);
        if (!sender) throw WrongUse{sender.error().message};
        all.push_back({.profile = profile->profile().name,
                       .model = std::move(sender->model),
                       .plan = plan,
                       .result = {},
                       .report = {}});
    }
    OptionalJournal journal;
    if (!journal.open(options.journal, profile->profile().name, plan))
        return ExitStatus::harness_failed;
    for (Simulated& one : all) {
        one.result = senders::simulate(one.model, one.plan, profile->profile(), *profile->policy,
                                       journal.sink());
        one.report = senders::report_of(one.result, interval);
    }
    if (!journal.finish(all.front().result.end)) return ExitStatus::harness_failed;
    if (!options.svg.empty() && !write_file(options.svg, chart::svg(figure_of(all))))
        return ExitStatus::harness_failed;
    const ExitStatus printed = print(all, options);
    return printed == ExitStatus::pass ? judge(all) : printed;
}

ExitStatus simulate_or_complain(const Options& options) {
    try {
        return simulate(options);
    } catch (const WrongUse& wrong) {
        say(Level::error, wrong.message);
        return ExitStatus::usage;
    }
}

void add_plan_options(Command& command, Options& options) {
    command.option("--messages", options.messages, "How many are sent [1000]").placeholder("N");
    command.option("--over", options.over, "They enter the queue evenly over so long [1h]")
        .placeholder("DURATION");
    command.option("--for", options.horizon, "Virtual time, at most [8d]").placeholder("DURATION");
    command
        .option("--from", options.from,
                "Reverse path; {n} is the number of the message [news@sender.example]")
        .placeholder("ADDRESS");
    command
        .options("--to", options.to,
                 "Recipient, one for each message; several take turns [user{n}@ the profile's "
                 "first domain]")
        .placeholder("ADDRESS");
    command.option("--helo", options.helo, "The sender's own name [mta1.sender.example]")
        .placeholder("NAME");
    command
        .options("--mx", options.mx,
                 "Hosts of the profile that are MX for all recipients, best first [those that "
                 "serve the domain]")
        .placeholder("NAME");
    command
        .option("--addresses", options.addresses,
                "IP addresses that it sends from, by turns [as the model says]")
        .placeholder("N");
    command.option("--round-trip", options.round_trip, "From a command to its reply [50ms]")
        .placeholder("DURATION");
    command.option("--message-size", options.message_size, "Of each message, about [1024]")
        .placeholder("OCTETS");
}

}  // namespace

void add_simulate(Command& program) {
    auto options = std::make_shared<Options>();
    Command command =
        program.subcommand("simulate", "Play modelled senders against a profile, in virtual time");
    command.argument("PROFILE", options->profile, "Name of a shipped profile, or path of yours")
        .variable("FAKEMX_PROFILE")
        .required();
    command
        .options("--sender", options->senders,
                 "Name of a modelled sender (fakemx list senders), or path of yours; each plays "
                 "alone")
        .placeholder("NAME");
    command.options("--set", options->settings, "Set a parameter of the profile")
        .placeholder("NAME=VALUE");
    command.options("--sender-set", options->sender_settings, "Set a parameter of the senders")
        .placeholder("NAME=VALUE");
    add_plan_options(command, *options);
    command.option("--seed", options->seed, "Fixes all that is decided by chance [1]")
        .placeholder("N");
    command.option("--epoch", options->epoch, "When it begins [2026-01-01T00:00:00Z]")
        .placeholder("T");
    command
        .option("--interval", options->interval,
                "Of the volumes [such that there are two dozen at most]")
        .placeholder("DURATION");
    command.flag("--json", options->json, "Print one JSON object");
    command.option("--svg", options->svg, "Draw it, and write the figure to this file")
        .placeholder("FILE");
    command.option("--journal", options->journal, "Write the receiver's journal to this file")
        .placeholder("RUN.db");
    command.footer(
        "Examples:\n"
        "  fakemx simulate netease --sender postfix --svg netease.svg\n"
        "  fakemx simulate greylist --set delay=6h --sender postfix --sender exim\n"
        "  fakemx simulate ./my.lua --sender ./my-mta.lua --messages 20000 --over 2d --json\n"
        "\nNo socket is opened. The same command prints the same octets.");
    command.runs([options] { return simulate_or_complain(*options); });
}

}  // namespace fakemx::app
