// fakemx log: reads a journal, also while a server writes it.
#include <memory>
#include <optional>
#include <string>

#include <fmt/format.h>

#include "app/bounce_table.h"
#include "app/log_lines.h"
#include "app/options.h"
#include "app/standard_output.h"
#include "app/subcommands.h"
#include "app/timeline.h"
#include "app/transcript.h"
#include "core/text.h"
#include "store/event_json.h"
#include "store/journal_reader.h"

namespace fakemx::app {

namespace {

struct Options {
    std::string journal;
    std::string format = "table";
    bool timeline = false;
    bool canonical = false;
    bool transcript = false;
    std::string session;  // for the transcript; none: all
};

using Error = std::optional<store::StoreError>;

Error write_bounce_log(store::JournalReader& reader, const std::string& format,
                       StandardOutput& out) {
    if (format == "table") {
        std::vector<store::BounceRow> rows;
        auto error = reader.bounce_log([&](const store::BounceRow& row) {
            rows.push_back(row);
            return true;
        });
        if (!error && !rows.empty()) out.write(table(rows));
        if (!error && rows.empty()) say(Level::info, "no attempts yet");
        return error;
    }
    if (format == "csv") out.write(csv_header());
    return reader.bounce_log([&](const store::BounceRow& row) {
        out.write(format == "csv" ? csv_line(row) : json_line(row));
        return !out.failed();
    });
}

/// Only what repeats: the header has no times, and events are in their canonical form.
Error write_canonical(store::JournalReader& reader, StandardOutput& out) {
    const auto run = reader.run();
    if (!run) return run.error();
    std::string header{R"({"profile":)"};
    append_json_string(header, run->profile);
    out.line(header + fmt::format(R"(,"seed":{}}})", run->seed));
    return reader.events(std::nullopt, [&](const store::StoredEvent& event) {
        out.line(store::canonical_form(event.json));
        return !out.failed();
    });
}

ExitStatus log(const Options& options) {
    std::optional<std::uint64_t> session;
    if (options.transcript && !options.session.empty()) {
        session = parse_decimal(options.session);
        if (!session) {
            say(Level::error,
                fmt::format("--transcript {}: not the number of a session", options.session));
            return ExitStatus::usage;
        }
    }
    if (options.timeline + options.canonical + options.transcript > 1) {
        say(Level::error, "--timeline, --canonical and --transcript: one of them");
        return ExitStatus::usage;
    }
    auto reader = store::JournalReader::open(options.journal);
    if (!reader) {
        say(Level::error, reader.error().message);
        return ExitStatus::harness_failed;
    }
    StandardOutput out;
    Error error;
    if (options.timeline) {
        error = write_timeline(*reader, out);
    } else if (options.canonical) {
        error = write_canonical(*reader, out);
    } else if (options.transcript) {
        error = write_transcript(*reader, session, out);
    } else {
        error = write_bounce_log(*reader, options.format, out);
    }
    const ExitStatus written = out.finish();
    if (!error) return written;
    say(Level::error, error->message);
    return ExitStatus::harness_failed;
}

}  // namespace

void add_log(Command& program) {
    auto options = std::make_shared<Options>();
    Command command = program.subcommand("log", "Read a journal");
    command.argument("RUN.db", options->journal, "The journal; it may be being written")
        .variable("FAKEMX_JOURNAL")
        .required();
    command
        .option("--format", options->format,
                "table, csv or jsonl: the bounce log, a row for each attempt [table]")
        .placeholder("FORMAT")
        .one_of({"table", "csv", "jsonl"});
    command.flag("--timeline", options->timeline,
                 "Delivery by delivery: each try with its wait, and what became of it");
    command.flag("--canonical", options->canonical,
                 "The events without what cannot repeat: compare two runs with cmp");
    command
        .option_with_or_without_value("--transcript", options->session, options->transcript,
                                      "The dialogue of one session, or of all")
        .placeholder("[SESSION]");
    command.footer(
        "Examples:\n"
        "  fakemx log run.db\n"
        "  fakemx log run.db --format csv > attempts.csv\n"
        "  fakemx log run.db --transcript 3");
    command.runs([options] { return log(*options); });
}

}  // namespace fakemx::app
