// fakemx simulate: modelled senders against a profile, in virtual time.
#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "app/load_profile.h"
#include "app/log_lines.h"
#include "app/options.h"
#include "app/play.h"
#include "app/profile_files.h"
#include "app/ready.h"
#include "app/replay_setup.h"
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

/// Reads options, each in one line, and keeps what is wrong with the first one that cannot be read.
class Reader {
public:
    Duration duration(std::string_view option, const std::string& text) {
        const auto duration = parse_duration(text);
        if (!duration) complain(option, text, "not a duration such as 90s, 1h30m or 8d");
        if (duration > longest) complain(option, text, "ten years are the most");
        return duration.value_or(longest);
    }
    std::uint64_t number(std::string_view option, const std::string& text, std::uint64_t least,
                         std::uint64_t most) {
        const auto number = parse_decimal(text);
        if (!number || *number < least || *number > most)
            complain(option, text, fmt::format("not a whole number from {} to {}", least, most));
        return number.value_or(least);
    }
    Instant instant(std::string_view option, const std::string& text) {
        const auto instant = parse_instant(text);
        if (!instant) complain(option, text, "not an instant such as 2026-01-01T00:00:00Z");
        return instant.value_or(default_epoch);
    }
    /// In which "{n}" may stand for a number.
    std::string address(std::string_view option, const std::string& text) {
        std::string example = text;
        for (std::size_t at = example.find("{n}"); at != std::string::npos;
             at = example.find("{n}"))
            example.replace(at, 3, "1000000");
        const auto path = smtp::parse_path("<" + example + ">");
        if (!path || path->path.domain.empty() || path->octets != example.size() + 2)
            complain(option, text, "not an address such as user{n}@163.com");
        return text;
    }
    void complain(std::string_view option, std::string_view text, std::string_view what) {
        if (!complaint_) complaint_ = fmt::format("{} {}: {}", option, text, what);
    }

    const std::optional<std::string>& complaint() const { return complaint_; }

private:
    static constexpr Duration longest = std::chrono::hours{24 * 3660};

    std::optional<std::string> complaint_;
};

senders::Plan read_plan(const Options& options, const engine::Profile& profile, Reader& read) {
    senders::Plan plan;
    plan.messages = static_cast<std::uint32_t>(
        read.number("--messages", options.messages, 1, limits::simulated_messages_max));
    plan.over = read.duration("--over", options.over);
    plan.horizon = read.duration("--for", options.horizon);
    plan.round_trip = read.duration("--round-trip", options.round_trip);
    plan.message_octets =
        read.number("--message-size", options.message_size, 1, limits::message_octets_max);
    plan.addresses = static_cast<std::uint32_t>(
        read.number("--addresses", options.addresses, 0, limits::sender_addresses_max));
    plan.seed = read.number("--seed", options.seed, 0, UINT64_MAX);
    if (!options.epoch.empty()) plan.start = read.instant("--epoch", options.epoch);
    if (!options.from.empty())
        plan.from = options.from == "<>" ? "" : read.address("--from", options.from);
    const auto& served = profile.hosts.front().options.domains;
    plan.to = {"user{n}@" + (served.empty() ? "receiver.example" : served.front())};
    if (!options.to.empty()) plan.to.clear();
    for (const std::string& to : options.to) plan.to.push_back(read.address("--to", to));
    if (!options.helo.empty()) plan.helo = options.helo;
    std::vector<std::string_view> names;
    for (const auto& host : profile.hosts) names.push_back(host.options.name);
    for (const std::string& name : options.mx) {
        if (std::find(names.begin(), names.end(), name) == names.end())
            read.complain("--mx", name,
                          fmt::format("the profile has no such host{}", did_you_mean(name, names)));
        plan.mx.push_back(name);
    }
    return plan;
}

/// The receiver's journal, or the error.
Result<std::unique_ptr<store::SqliteJournal>, Complaint> open_journal(
    const std::string& path, const LoadedProfile& profile, const script::Settings& settings,
    const senders::Plan& plan) {
    ReplaySetup setup;
    setup.settings = settings;
    setup.sessions_max = limits::sessions_max;
    auto journal =
        store::SqliteJournal::create(path,
                                     {.version = std::string{version_text},
                                      .profile = profile.profile().name,
                                      .seed = plan.seed,
                                      .clock = "virtual",
                                      .started_at = plan.start,
                                      .setup = to_json(setup),
                                      .sources = profile.sources},
                                     [](std::string_view reason) { say(Level::error, reason); });
    if (!journal) return Complaint{journal.error().message};
    return std::move(*journal);
}

ExitStatus failed(std::string_view message) {
    say(Level::error, message);
    return ExitStatus::harness_failed;
}

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
    if (options.senders.empty()) return wrong_use("--sender is missing: whom shall I play?");
    const auto settings = parse_settings(options.settings);
    if (!settings) return wrong_use(settings.error().message);
    const auto sender_settings = parse_settings(options.sender_settings, "--sender-set");
    if (!sender_settings) return wrong_use(sender_settings.error().message);
    const auto profile = load_profile(options.profile, *settings);
    if (!profile) return wrong_use(profile.error().message);
    Reader read;
    const senders::Plan plan = read_plan(options, profile->profile(), read);
    const Duration interval = read.duration("--interval", options.interval);
    if (read.complaint()) return wrong_use(*read.complaint());
    if (!options.journal.empty() && options.senders.size() > 1)
        return wrong_use("--journal is for one sender: each plays against a receiver of its own");
    std::vector<Simulated> all;
    for (const std::string& name : options.senders) {
        auto sender = load_sender(name, *sender_settings);
        if (!sender) return wrong_use(sender.error().message);
        all.push_back({.profile = profile->profile().name,
                       .model = std::move(sender->model),
                       .plan = plan,
                       .result = {},
                       .report = {}});
    }
    std::unique_ptr<store::SqliteJournal> journal;
    if (!options.journal.empty()) {
        auto made = open_journal(options.journal, *profile, *settings, plan);
        if (!made) return failed(made.error().message);
        journal = std::move(*made);
    }
    for (Simulated& one : all) {
        one.result = senders::simulate(one.model, one.plan, profile->profile(), *profile->policy,
                                       journal.get());
        one.report = senders::report_of(one.result, interval);
    }
    // What went wrong has been told already.
    if (journal && journal->finish(all.front().result.end)) return ExitStatus::harness_failed;
    if (!options.svg.empty()) {
        if (auto error = write_whole_file(options.svg, chart::svg(figure_of(all))))
            return failed(*error);
    }
    const ExitStatus printed = print(all, options);
    return printed == ExitStatus::pass ? judge(all) : printed;
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
    command
        .option("--journal", options->journal,
                "Write the receiver's journal to this file, which must not exist")
        .placeholder("RUN.db");
    command.footer(
        "Examples:\n"
        "  fakemx simulate netease --sender postfix --svg netease.svg\n"
        "  fakemx simulate greylist --set delay=6h --sender postfix --sender exim\n"
        "  fakemx simulate ./my.lua --sender ./my-mta.lua --messages 20000 --over 2d --json\n"
        "\nNo socket is opened. The same command prints the same octets.");
    command.runs([options] { return simulate(*options); });
}

}  // namespace fakemx::app
