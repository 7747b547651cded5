// fakemx report: what journals say about who fails, where, since when, and what those have in common.
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <sys/stat.h>
#include <vector>

#include <fmt/format.h>

#include "app/log_lines.h"
#include "app/options.h"
#include "app/read_case.h"
#include "app/ready.h"
#include "app/standard_output.h"
#include "app/subcommands.h"
#include "core/limits.h"
#include "core/text.h"
#include "core/words.h"
#include "diagnosis/print.h"

namespace fakemx::app {

namespace {

struct Options {
    std::vector<std::string> journals;
    std::vector<std::string> by;
    std::string interval = "0s";
    std::string sender;  // for the evidence; empty: the one that fails most
    bool evidence = false;
    bool apart = false;
    bool json = false;
    std::string svg;
    std::string html;
};

ExitStatus failed(std::string_view message) {
    say(Level::error, message);
    return ExitStatus::harness_failed;
}

/// One file where the path ends in ".svg", all figures below each other; otherwise a folder, and a file for each.
std::optional<std::string> write_figures(const diagnosis::Diagnosis& diagnosis,
                                         const std::string& path) {
    const auto drawings = diagnosis::figures(diagnosis);
    if (drawings.empty()) {
        say(Level::warning, fmt::format("{}: not written, there is no attempt to draw", path));
        return std::nullopt;
    }
    if (path.ends_with(".svg")) {
        chart::Figure figure{.title = diagnosis.verdict.headline,
                             .subtitle = drawings.front().figure.subtitle,
                             .panels = {}};
        for (const auto& drawing : drawings) {
            figure.panels.insert(figure.panels.end(), drawing.figure.panels.begin(),
                                 drawing.figure.panels.end());
        }
        return write_whole_file(path, chart::svg(figure));
    }
    if (::mkdir(path.c_str(), 0777) != 0 && errno != EEXIST)
        return fmt::format("{}: {}", path, std::strerror(errno));
    for (const auto& drawing : drawings) {
        auto error = write_whole_file(fmt::format("{}/{}.svg", path, drawing.name),
                                      chart::svg(drawing.figure));
        if (error) return error;
    }
    return std::nullopt;
}

/// Complains about a name that no sender has.
bool is_sender(const diagnosis::Diagnosis& diagnosis, const std::string& name) {
    const std::vector<std::string>& senders = diagnosis.courses.senders;
    if (name.empty() || std::any_of(senders.begin(), senders.end(), [&](const std::string& one) {
            return equal_ignoring_case(one, name);
        }))
        return true;
    const std::vector<std::string_view> names{senders.begin(), senders.end()};
    say(Level::error, fmt::format("--sender {}: no such sender in these journals{}",
                                  printable(name), printable(did_you_mean(name, names))));
    return false;
}

ExitStatus print(const diagnosis::Diagnosis& diagnosis, const Options& options,
                 const std::vector<diagnosis::Facet>& by) {
    StandardOutput out;
    if (options.evidence) {
        const std::string evidence = diagnosis::evidence(diagnosis, options.sender);
        if (evidence.empty()) {
            say(Level::info, options.sender.empty()
                                 ? std::string{"nothing failed: there is no evidence to give"}
                                 : fmt::format("nothing of {} failed", printable(options.sender)));
        }
        for (const std::string& doubt : diagnosis::doubts(diagnosis, options.sender))
            if (!evidence.empty()) say(Level::warning, doubt);
        out.write(evidence);
    } else if (options.json) {
        out.write(diagnosis::json(diagnosis));
    } else {
        out.write(diagnosis::text(diagnosis, by));
    }
    return out.finish();
}

ExitStatus report(const Options& options) {
    std::vector<diagnosis::Facet> by;
    for (const std::string& key : options.by) {
        const auto facet = diagnosis::facet_named(key);
        if (!facet) {
            say(Level::error, fmt::format("--by {}: no such key{}", key,
                                          did_you_mean(key, diagnosis::facet_names())));
            return ExitStatus::usage;
        }
        by.push_back(*facet);
    }
    const auto interval = parse_duration(options.interval);
    if (!interval) {
        say(Level::error,
            fmt::format("--interval {}: not a duration such as 15m, 1h or 1d", options.interval));
        return ExitStatus::usage;
    }
    if (!options.sender.empty() && !options.evidence) {
        say(Level::error, "--sender is for --evidence");
        return ExitStatus::usage;
    }
    if (options.json && options.evidence) {
        say(Level::error, "--json and --evidence: one of them");
        return ExitStatus::usage;
    }
    for (const std::string& journal : options.journals) {
        for (const std::string& written : {options.svg, options.html}) {
            if (!is_same_file(journal, written)) continue;
            say(Level::error, fmt::format("{}: is a journal, and would be lost", written));
            return ExitStatus::usage;
        }
    }
    auto read = read_case(options.journals, !options.apart);
    if (!read) return failed(read.error().message);
    const diagnosis::Diagnosis diagnosis =
        diagnosis::diagnose(std::move(*read), {.interval = *interval});
    if (!is_sender(diagnosis, options.sender)) return ExitStatus::usage;
    if (diagnosis.all.dropped != 0)
        say(Level::warning,
            fmt::format("{} attempts beyond {} were not looked at: report fewer "
                        "journals at once, or shorter ones",
                        grouped(diagnosis.all.dropped), grouped(limits::report_attempts_max)));
    if (*interval > Duration{} && diagnosis.volumes.length > *interval)
        say(Level::warning,
            fmt::format("--interval {}: more than {} of them; volumes are counted by {}",
                        options.interval, grouped(limits::report_intervals_max),
                        format_duration(diagnosis.volumes.length)));
    if (!options.svg.empty()) {
        if (auto error = write_figures(diagnosis, options.svg)) return failed(*error);
    }
    if (!options.html.empty()) {
        if (auto error = write_whole_file(options.html, diagnosis::page(diagnosis)))
            return failed(*error);
    }
    return print(diagnosis, options, by);
}

}  // namespace

void add_report(Command& program) {
    auto options = std::make_shared<Options>();
    Command command = program.subcommand(
        "report", "Diagnose journals: who fails, where, since when, and what they share");
    command
        .arguments("RUN.db", options->journals,
                   "Journals; several are put together, as of one fleet of receivers")
        .required();
    command
        .options("--by", options->by,
                 "Count by this key as well: " +
                     fmt::format("{}", fmt::join(diagnosis::facet_names(), ", ")))
        .placeholder("KEY");
    command
        .option("--interval", options->interval,
                "Of the volumes [such that there are two dozen at most]")
        .placeholder("DURATION");
    command.flag("--apart", options->apart,
                 "The journals are runs of their own: no delivery goes on in another one");
    command.flag("--evidence", options->evidence,
                 "Print ten lines to escalate with, about the sender of which most fails");
    command.option("--sender", options->sender, "The evidence is about this one")
        .placeholder("DOMAIN");
    command.flag("--json", options->json, "Print one JSON object");
    command
        .option("--svg", options->svg,
                "Draw volume, acceptance and retries: into one file, or a folder of files")
        .placeholder("FILE.svg|DIR");
    command.option("--html", options->html, "Write a page with everything to this file")
        .placeholder("FILE");
    command.footer(
        "Examples:\n"
        "  fakemx report run.db\n"
        "  fakemx report mx1.db mx2.db --by template --html report.html\n"
        "  fakemx report run.db --evidence\n"
        "\nExit status 0 whatever the journals say, 2 for wrong use, 3 for a journal that cannot "
        "be "
        "read.");
    command.runs([options] { return report(*options); });
}

}  // namespace fakemx::app
