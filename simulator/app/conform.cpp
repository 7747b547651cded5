// fakemx conform: a sender taken through scenarios and judged by the rules, or judged from the journal of another run.
#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "app/auditor.h"
#include "app/judge_journal.h"
#include "app/log_lines.h"
#include "app/pack.h"
#include "app/play.h"
#include "app/profile_files.h"
#include "app/ready.h"
#include "app/report_file.h"
#include "app/scenario_children.h"
#include "app/standard_output.h"
#include "app/subcommands.h"
#include "app/work_folder.h"
#include "conformance/baseline.h"
#include "conformance/pack_report.h"
#include "conformance/print.h"
#include "core/text.h"
#include "core/words.h"

namespace fakemx::app {

namespace {

namespace fs = std::filesystem;

struct Options {
    std::vector<std::string> ids;
    std::vector<std::string> command;
    std::string journal;
    std::string sender;
    std::string pack;
    std::string clock;
    std::string seed;
    std::string dns;
    std::string work;
    std::vector<std::string> thresholds;
    std::string junit;
    std::string html;
    std::string baseline;
    std::string write_baseline;
    std::size_t jobs = 0;
    bool strict = false;
    bool everything = false;
    bool json = false;
    bool github = false;
    bool dry_run = false;
};

/// What the sender has said first, which tells why it did nothing.
std::string first_words_in(const std::string& log) {
    std::ifstream file{log};
    std::string line;
    // fakemx itself may have something to say in front of it.
    while (std::getline(file, line)) {
        if (!line.starts_with("warning: ")) return line;
    }
    return "nothing";
}

/// Why a child could not do its work: its report begins with what went wrong in the run; without a report it is the last that
/// the child has said.
std::string trouble_of(const ChildRun& run) {
    constexpr std::string_view word = "ERROR ";
    std::string line;
    std::ifstream report{run.report};
    if (std::getline(report, line) && line.starts_with(word)) return line.substr(word.size());
    std::ifstream log{run.log};
    std::string last;
    while (std::getline(log, line)) {
        if (!trim(line).empty()) last = line;
    }
    return last.empty() ? fmt::format("fakemx run ended with status {}", run.status) : last;
}

class Conform {
public:
    explicit Conform(const Options& options) : options_(options) {}

    ExitStatus operator()() {
        if (auto error = read_settings()) return wrong_use(*error);
        if (!options_.journal.empty()) return judge_one();
        if (options_.command.empty() && !options_.dry_run)
            return wrong_use(
                "behind -- stands the command that sends a message, such as -- "
                "./my-sender; or --journal names what a sender has done");
        auto pack = choose_pack({.ids = options_.ids,
                                 .sender = settings_.sender,
                                 .has_names = !options_.dns.empty(),
                                 .by_the_wall = clock_ == "real",
                                 .folder = options_.pack});
        if (!pack) return wrong_use(pack.error().message);
        pack_ = std::move(*pack);
        if (options_.dry_run) return list();
        if (auto wrong = nothing_to_play()) return wrong_use(*wrong);
        if (auto wrong = clear_reports()) return wrong_use(*wrong);
        if (auto error = work_.make(options_.work)) return failed(*error);
        if (auto wrong = clear_work()) return wrong_use(*wrong);
        return play() ? tell() : failed("interrupted");
    }

private:
    static ExitStatus failed(std::string_view why) {
        say(Level::error, why);
        return ExitStatus::harness_failed;
    }

    std::optional<std::string> read_settings() {
        settings_.strict = options_.strict;
        const bool plays = options_.journal.empty();
        const auto sender = read_sender(options_.sender.empty() ? (plays ? "library" : "unknown")
                                                                : options_.sender);
        if (!sender) return sender.error().message;
        settings_.sender = *sender;
        const auto thresholds = parse_settings(options_.thresholds, "--threshold");
        if (!thresholds) return thresholds.error().message;
        for (const auto& [name, value] : *thresholds) {
            if (auto error = conformance::set_threshold(settings_.thresholds, name, value))
                return "--threshold " + *error;
        }
        if (auto wrong = plays ? read_play() : meant_for_play()) return wrong;
        if (options_.baseline.empty()) return std::nullopt;
        const auto source = read_source(options_.baseline);
        if (!source) return "--baseline: " + source.error().message;
        auto baseline = conformance::read_baseline(source->text);
        if (!baseline) {
            return fmt::format("{}:{}: {}", options_.baseline, baseline.error().line,
                               baseline.error().message);
        }
        baseline_ = std::move(*baseline);
        return std::nullopt;
    }

    /// How a pack is played.
    std::optional<std::string> read_play() {
        if (clock_ != "shared" && clock_ != "real") {
            constexpr std::array<std::string_view, 2> clocks{"shared", "real"};
            return fmt::format("--clock {}: not shared or real{}", clock_,
                               did_you_mean(clock_, clocks));
        }
        const auto seed = read_seed(seed_);
        if (!seed) return seed.error().message;
        if (const auto dns = read_dns_place(options_.dns); !dns) return dns.error().message;
        return std::nullopt;
    }

    /// What says how a pack is played says nothing of a journal.
    std::optional<std::string> meant_for_play() const {
        if (!options_.command.empty())
            return "--journal is judged as it is; no command is run for it";
        for (const auto& [flag, is_given] : {std::pair{"--dry-run", options_.dry_run},
                                             {"--clock", !options_.clock.empty()},
                                             {"--seed", !options_.seed.empty()},
                                             {"--jobs", options_.jobs != 0},
                                             {"--dns", !options_.dns.empty()},
                                             {"--pack", !options_.pack.empty()},
                                             {"--work", !options_.work.empty()}}) {
            if (is_given)
                return fmt::format("{} is for a sender that is played with, and not for --journal",
                                   flag);
        }
        return std::nullopt;
    }

    std::optional<std::string> clear_reports() const {
        if (auto wrong = clear_report_file("--junit", options_.junit)) return wrong;
        if (auto wrong = clear_report_file("--html", options_.html)) return wrong;
        // The old one is worth something until there is a new one.
        return check_report_file("--write-baseline", options_.write_baseline);
    }

    // --- A journal.

    ExitStatus judge_one() {
        auto rules = find_rules(options_.ids);
        if (!rules) return wrong_use(rules.error().message);
        pack_.rules = std::move(*rules);
        if (auto wrong = clear_reports()) return wrong_use(*wrong);
        conformance::Checker checker{settings_};
        if (const auto error = judge_journal(options_.journal, checker)) return failed(*error);
        return report(checker.audit());
    }

    // --- A pack.

    ExitStatus list() {
        StandardOutput out;
        std::size_t columns = 0;
        for (const PackScenario& one : pack_.scenarios)
            columns = std::max(columns, one.file.name.size());
        if (pack_.scenarios.empty()) out.line(unserved);
        for (const PackScenario& one : pack_.scenarios) {
            out.line(fmt::format("{:<{}}  {}", one.file.name, columns, one.scenario.summary));
            std::string rules;
            for (const conformance::Rule* rule : one.exercises)
                rules += fmt::format(" {}", rule->slug);
            if (!rules.empty()) out.line(fmt::format("{:<{}} {}", "", columns, rules));
            if (!one.skipped.empty())
                out.line(fmt::format("{:<{}}  not played: {}", "", columns, one.skipped));
        }
        out.line(fmt::format(
            "\n{}, in {}", counted(pack_.scenarios.size(), "scenario", "scenarios"), pack_.folder));
        return out.finish();
    }

    static constexpr std::string_view unserved =
        "no scenario is made for that: it is judged wherever it comes up, also with --journal";

    /// Nothing broken where nothing happened is no verdict.
    std::optional<std::string> nothing_to_play() const {
        if (pack_.scenarios.empty()) return std::string{unserved};
        std::string why = "nothing is to be played";
        for (const PackScenario& one : pack_.scenarios) {
            if (one.skipped.empty()) return std::nullopt;
            why += fmt::format("; {} {}", one.file.name, one.skipped);
        }
        return why;
    }

    bool keeps_queue() const { return conformance::with_queue.has(settings_.sender); }
    std::string journal_of(const PackScenario& one) const {
        return work_.file(one.file.name + ".db");
    }
    std::string log_of(const PackScenario& one) const { return work_.file(one.file.name + ".log"); }

    /// Takes away what an earlier run has left in the same folder, and nothing else: somebody may have named one with other things
    /// in it.
    std::optional<std::string> clear_work() const {
        for (const PackScenario& one : pack_.scenarios) {
            if (!one.skipped.empty()) continue;
            const std::string folder = work_.file(one.file.name);
            std::error_code error;
            for (const std::string& left : {folder, journal_of(one)}) {
                if (fs::exists(left, error) && !fs::exists(log_of(one), error))
                    return fmt::format("--work: {} is there, and not from an earlier run", left);
            }
            for (const char* end : {"", "-wal", "-shm"}) fs::remove(journal_of(one) + end, error);
            fs::remove_all(folder, error);
            fs::create_directories(folder, error);
            if (error) return fmt::format("--work: {}: {}", folder, error.message());
        }
        return std::nullopt;
    }

    /// What fakemx run is told.
    std::vector<std::string> words_for(const PackScenario& one) const {
        const std::string folder = work_.file(one.file.name);
        std::vector<std::string> words{"run",       one.file.path,
                                       "--sender",  std::string{name(settings_.sender)},
                                       "--journal", journal_of(one),
                                       "--work",    folder,
                                       "--seed",    seed_};
        words.emplace_back("--over");
        words.emplace_back(keeps_queue() ? "settled" : "command");
        if (!keeps_queue()) words.emplace_back("--each");
        if (clock_ == "shared") {
            words.emplace_back("--share-clock");
        } else {
            words.insert(words.end(), {"--clock", "real"});
        }
        if (!options_.dns.empty()) words.insert(words.end(), {"--dns", options_.dns});
        // Whoever finds hosts by their names goes to port 25 there.
        if (one.scenario.needs_names) words.insert(words.end(), {"--listen", "127.0.0.1:25"});
        words.emplace_back("--");
        words.insert(words.end(), options_.command.begin(), options_.command.end());
        return words;
    }

    bool play() {
        for (const PackScenario& one : pack_.scenarios) {
            if (!one.skipped.empty()) continue;
            runs_.push_back({.name = one.file.name,
                             .words = words_for(one),
                             .report = work_.file(one.file.name + ".txt"),
                             .log = log_of(one)});
        }
        const std::size_t cores = std::max(1U, std::thread::hardware_concurrency());
        const std::size_t at_once =
            options_.jobs != 0 ? options_.jobs : (keeps_queue() ? 1 : cores);
        std::size_t done = 0;
        return run_children(runs_, at_once, [&](const ChildRun& run) {
            say(Level::info, fmt::format("[{}/{}] {}{}", ++done, runs_.size(), run.name,
                                         has_run(run.status) ? "" : ": " + trouble_of(run)));
        });
    }

    /// With a verdict of its own, which does not matter here.
    static bool has_run(int status) {
        return status == static_cast<int>(ExitStatus::pass) ||
               status == static_cast<int>(ExitStatus::verdict_failed);
    }

    ExitStatus tell() {
        conformance::Checker checker{settings_};
        for (const PackScenario& one : pack_.scenarios) {
            conformance::Played played{.name = one.file.name,
                                       .summary = one.scenario.summary,
                                       .exercises = one.exercises,
                                       .skipped = one.skipped,
                                       .trouble = {},
                                       .journal = {}};
            const auto run = std::find_if(runs_.begin(), runs_.end(), [&](const ChildRun& child) {
                return child.name == one.file.name;
            });
            if (run != runs_.end()) {
                if (!options_.work.empty()) played.journal = journal_of(one);
                if (!has_run(run->status)) {
                    played.trouble = trouble_of(*run);
                } else {
                    const std::uint64_t before = checker.sessions();
                    checker.begin_run(one.file.name);
                    if (auto error = judge_journal(journal_of(one), checker)) {
                        played.trouble = std::move(*error);
                    } else if (checker.sessions() == before) {
                        played.trouble = fmt::format("the sender did not connect; it said: {}",
                                                     first_words_in(run->log));
                    }
                }
            }
            played_.push_back(std::move(played));
        }
        return report(checker.audit());
    }

    // --- What is told.

    ExitStatus report(conformance::Audit audit) {
        if (!pack_.rules.empty()) audit.keep_only(pack_.rules);
        conformance::PackReport report{.audit = audit,
                                       .scenarios = std::move(played_),
                                       .command = options_.command,
                                       .comparison = {}};
        if (baseline_) report.comparison = conformance::compare(audit, *baseline_);
        const auto write = [](const std::string& path, const auto& text) {
            return path.empty() ? std::nullopt : write_whole_file(path, text());
        };
        auto error = write(options_.junit, [&] { return conformance::junit(report); });
        if (!error) error = write(options_.html, [&] { return conformance::page(report); });
        // What is not known to be broken would be new the next time.
        if (!error && report.complete()) {
            error =
                write(options_.write_baseline, [&] { return conformance::write_baseline(audit); });
        }
        if (error) return failed(*error);
        if (!options_.write_baseline.empty() && !report.complete())
            say(Level::error, "--write-baseline: not written, for not everything was judged");
        StandardOutput out;
        const bool is_pack = options_.journal.empty();
        if (options_.json) {
            out.write(is_pack ? conformance::json(report) : conformance::json(audit));
        } else {
            out.write(conformance::text(report, options_.everything));
            const char* actions = std::getenv("GITHUB_ACTIONS");
            if (options_.github || (actions != nullptr && std::string_view{actions} == "true"))
                out.write(conformance::annotations(report));
        }
        if (out.finish() != ExitStatus::pass) return ExitStatus::harness_failed;
        if (!report.complete()) return ExitStatus::harness_failed;
        return report.passed() ? ExitStatus::pass : ExitStatus::verdict_failed;
    }

    const Options& options_;
    const std::string clock_ = options_.clock.empty() ? "shared" : options_.clock;
    const std::string seed_ = options_.seed.empty() ? "1" : options_.seed;
    conformance::Settings settings_;
    std::optional<conformance::Baseline> baseline_;
    Pack pack_;
    WorkFolder work_;
    std::vector<ChildRun> runs_;  // of the scenarios that are played
    std::vector<conformance::Played> played_;
};

}  // namespace

void add_conform(Command& program, std::vector<std::string> behind_dashes) {
    auto options = std::make_shared<Options>();
    options->command = std::move(behind_dashes);
    Command command = program.subcommand(
        "conform", "Take a sender through scenarios, and judge it by RFC 5321 and its family");
    command.arguments("ID", options->ids,
                      "Rules, scenarios, severities (critical, major) or sections (RFC5321§4.2) "
                      "[everything]; behind -- the sender");
    command
        .option("--sender", options->sender,
                "What kind it is: library, mua, mta, relay or bulk [library]")
        .placeholder("KIND");
    command
        .option("--journal", options->journal,
                "Judge what this journal says; it may be being written")
        .placeholder("RUN.db");
    command.flag("--dry-run", options->dry_run, "List what would be played, and play nothing");
    command
        .option("--clock", options->clock,
                "shared: waits take no time; real: for senders that are not on a shared clock "
                "[shared]")
        .placeholder("shared|real");
    command.number("--jobs", options->jobs,
                   "So many scenarios at once [as many as cores; one for a sender with a queue]");
    command.option("--seed", options->seed, "Fixes all that is decided by chance [1]")
        .placeholder("N");
    add_dns_option(command, options->dns);
    command.option("--pack", options->pack, "Play the scenarios in this folder [those of fakemx]")
        .placeholder("FOLDER");
    command
        .option("--work", options->work,
                "Keep journals, messages and logs in this folder [a temporary one]")
        .placeholder("FOLDER");
    command
        .options("--threshold", options->thresholds,
                 "Set a number that rules go by, such as retry_within=12h")
        .placeholder("NAME=VALUE");
    command.flag("--strict", options->strict, "Deviations fail, too");
    command
        .option("--baseline", options->baseline,
                "Fail on what is worse than in this file, and on nothing else")
        .placeholder("FILE");
    command.option("--write-baseline", options->write_baseline, "Write what is broken to this file")
        .placeholder("FILE");
    command.option("--junit", options->junit, "Write JUnit XML to this file").placeholder("FILE");
    command.option("--html", options->html, "Write a page to this file").placeholder("FILE");
    command.flag("--github", options->github,
                 "Annotate, as GitHub's actions read it; they have it without being asked");
    command.flag("--everything", options->everything,
                 "Tell of each rule that was kept, or that nothing exercised");
    command.flag("--json", options->json, "Print a JSON object");
    command.footer(
        "Examples:\n"
        "  fakemx conform -- ./send-a-message\n"
        "  fakemx conform critical RFC5321§4.2 --junit report.xml -- python3 send.py\n"
        "  fakemx conform --sender mta -- ./start-my-mta\n"
        "  fakemx conform quit-sent data-dot-stuff --journal run.db --strict\n"
        "\nThe sender finds the message and where to send it in FAKEMX_MESSAGE, FAKEMX_FROM, "
        "FAKEMX_TO,\nFAKEMX_IP and FAKEMX_PORT, or as {message}, {from}, {to}, {ip} and {port}.\n"
        "Exit status: 0 no binding rule is broken, 1 one is, 2 wrong use, 3 something could not be "
        "judged.");
    command.runs([options] { return Conform{*options}(); });
}

}  // namespace fakemx::app
