// fakemx replay: does what a journal says once more, and shows the first difference.
#include "engine/replay.h"

#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <fmt/format.h>

#include "app/load_profile.h"
#include "app/log_lines.h"
#include "app/options.h"
#include "app/profile_files.h"
#include "app/replay_setup.h"
#include "app/standard_output.h"
#include "app/subcommands.h"
#include "app/text.h"
#include "app/transcript.h"
#include "app/version.h"
#include "core/overloaded.h"
#include "core/text.h"
#include "engine/notice_host.h"
#include "sink/policy.h"
#include "store/journal_reader.h"
#include "store/sqlite_journal.h"
#include "store/stored_event.h"

namespace fakemx::app {

namespace {

struct Options {
    std::string journal;
    std::string profile;  // empty: the journal's
};

ExitStatus failed(ExitStatus status, std::string_view message) {
    say(Level::error, message);
    return status;
}

/// The receiver, made anew.
struct Receiver {
    std::unique_ptr<engine::Policy> policy;
    engine::Profile profile;
    /// In front of `policy`, where there is a host for notices.
    std::unique_ptr<engine::NoticeHostPolicy> front;
};

/// What is wrong, and whose fault it is.
struct NoReceiver {
    ExitStatus status;
    std::string message;
};

class StoredRecording final : public engine::RecordedRun {
public:
    StoredRecording(store::JournalReader& reader, bool complete)
        : reader_(reader), complete_(complete) {}

    Result<std::optional<std::string>, engine::Unreadable> next_inputs() override {
        auto inputs = reader_.next_inputs();
        if (!inputs) return engine::Unreadable{inputs.error().message};
        return std::move(*inputs);
    }
    Result<std::optional<Events>, engine::Unreadable> next_events() override {
        while (true) {
            auto events = reader_.next_events();
            if (!events) return engine::Unreadable{events.error().message};
            if (!*events) return std::optional<Events>{};
            if ((*events)->session == 0) {
                std::erase_if((*events)->json, tells_of_the_run);
                if ((*events)->json.empty()) continue;
            }
            return std::optional<Events>{Events{(*events)->session, std::move((*events)->json)}};
        }
    }
    Result<std::optional<Message>, engine::Unreadable> next_message() override {
        auto message = reader_.next_message();
        if (!message) return engine::Unreadable{message.error().message};
        if (!*message) return std::optional<Message>{};
        return std::optional<Message>{
            Message{(*message)->session, (*message)->transaction, std::move((*message)->content)}};
    }
    bool complete() const override { return complete_; }

private:
    /// What fakemx run has written beside what its receiver saw: no input makes it.
    static bool tells_of_the_run(const std::string& json) {
        const auto event = store::read_event(json);
        return event && (std::holds_alternative<journal::Submitted>(event->body) ||
                         std::holds_alternative<journal::Believed>(event->body) ||
                         std::holds_alternative<journal::RunOver>(event->body));
    }

    store::JournalReader& reader_;
    bool complete_;
};

/// Hands on what the tables keep and the replay itself does not compare.
class TablesOnly final : public journal::Sink {
public:
    explicit TablesOnly(journal::Sink& next) : next_(next) {}

    void write(journal::Batch batch) override {
        batch.events.clear();
        batch.inputs.clear();
        if (!batch.empty()) next_.write(std::move(batch));
    }

private:
    journal::Sink& next_;
};

Result<Receiver, NoReceiver> make_sink(const ReplaySetup& setup) {
    const auto settings = sink::read_flags(setup.flags);
    if (!settings) return NoReceiver{ExitStatus::harness_failed, settings.error().message};
    return Receiver{std::make_unique<sink::SinkPolicy>(*settings), sink::profile_of(*settings), {}};
}

Result<Receiver, NoReceiver> make_from(LoadedProfile loaded, const ReplaySetup& setup) {
    engine::Profile profile = loaded.profile();
    Receiver receiver{std::move(loaded.policy), std::move(profile), {}};
    if (setup.notices.empty()) return receiver;
    receiver.profile = engine::with_notice_host(std::move(receiver.profile), setup.notices);
    receiver.front = std::make_unique<engine::NoticeHostPolicy>(*receiver.policy);
    return receiver;
}

Result<Receiver, NoReceiver> make_receiver(const Options& options, const ReplaySetup& setup,
                                           const std::vector<journal::SourceFile>& sources) {
    if (!options.profile.empty()) {
        auto loaded = load_profile(options.profile, setup.settings);
        if (!loaded) return NoReceiver{ExitStatus::usage, loaded.error().message};
        return make_from(std::move(*loaded), setup);
    }
    if (setup.sink) return make_sink(setup);
    if (sources.empty()) return NoReceiver{ExitStatus::harness_failed, "it has no profile"};
    auto loaded = load_profile(sources, setup.settings);
    if (!loaded) return NoReceiver{ExitStatus::harness_failed, loaded.error().message};
    return make_from(std::move(*loaded), setup);
}

/// Of two transcripts with the same beginning: one with both ends.
std::vector<std::string> diff_of(const engine::ReplayDifference& difference) {
    const auto lines_with = [&](const std::vector<std::string>& events) {
        std::vector<std::string> all = difference.before;
        all.insert(all.end(), events.begin(), events.end());
        return transcript_lines(all);
    };
    std::vector<std::string> then = lines_with(difference.expected);
    std::vector<std::string> now = lines_with(difference.got);
    if (then == now && difference.expected != difference.got) {
        // What differs is nothing that a transcript shows.
        then = transcript_lines(difference.before);
        now = then;
        then.insert(then.end(), difference.expected.begin(), difference.expected.end());
        now.insert(now.end(), difference.got.begin(), difference.got.end());
    }
    const auto [end, ignored] = std::mismatch(then.begin(), then.end(), now.begin(), now.end());
    const auto common = end - then.begin();
    std::vector<std::string> lines;
    for (auto line = then.begin(); line != end; ++line) lines.push_back("  " + *line);
    // What only one side shows further on is no difference: it was not compared.
    const auto add = [&](char sign, const std::vector<std::string>& side) {
        for (auto line = side.begin() + common; line != side.end(); ++line)
            lines.push_back(fmt::format("{} {}", sign, *line));
    };
    add('-', then);
    add('+', now);
    return lines;
}

void show(const engine::ReplayDifference& difference, const Options& options, StandardOutput& out) {
    out.line(
        fmt::format("different{} at {}: {}",
                    difference.session != 0 ? fmt::format(", session {},", difference.session) : "",
                    format_instant(difference.at), printable(difference.input)));
    out.line(fmt::format("--- {}", options.journal));
    out.line("+++ replay");
    for (const std::string& line : diff_of(difference)) out.line(line);
    if (!difference.what.empty()) out.line("! " + printable(difference.what));
}

std::string counts_of(const engine::ReplayedAlike& alike) {
    return fmt::format("{}, {}, {}", counted(alike.sessions, "session", "sessions"),
                       counted(alike.calls, "input", "inputs"),
                       counted(alike.events, "event", "events"));
}

/// A run whose receiver is there.
ExitStatus replay_with(Receiver receiver, engine::Simulator::Options simulator,
                       store::JournalReader& reader, const store::StoredRun& run,
                       const Options& options) {
    // The proofs that clients gave are not in the journal; whether they fitted is.
    for (engine::HostProfile& host : receiver.profile.hosts) host.options.proofs_replaced = true;
    auto journal = store::SqliteJournal::create(":memory:", {.profile = run.profile}, nullptr);
    if (!journal) return failed(ExitStatus::harness_failed, journal.error().message);
    TablesOnly tables{**journal};
    StoredRecording recording{reader, run.ended_at.has_value()};
    engine::Policy& policy =
        receiver.front ? static_cast<engine::Policy&>(*receiver.front) : *receiver.policy;
    const engine::ReplayOutcome outcome =
        engine::replay(recording, receiver.profile, policy, std::move(simulator), &tables);
    StandardOutput out;
    const ExitStatus status = std::visit(
        Overloaded{
            [&](const engine::ReplayStuck& stuck) {
                return failed(ExitStatus::harness_failed, fmt::format("{}: cannot be replayed: {}",
                                                                      options.journal, stuck.why));
            },
            [&](const engine::ReplayDifference& difference) {
                show(difference, options, out);
                return ExitStatus::verdict_failed;
            },
            [&](const engine::ReplayedAlike& alike) {
                if (!run.ended_at) {
                    out.line(
                        fmt::format("identical: {}, as far as the journal goes: its server was "
                                    "killed, or still runs",
                                    counts_of(alike)));
                    return ExitStatus::pass;
                }
                (*journal)->sync();
                auto again = store::JournalReader::open((*journal)->location());
                if (!again) return failed(ExitStatus::harness_failed, again.error().message);
                const auto row = reader.difference_to(*again);
                if (!row) return failed(ExitStatus::harness_failed, row.error().message);
                if (*row) {
                    out.line("different: " + **row);
                    return ExitStatus::verdict_failed;
                }
                out.line("identical: " + counts_of(alike));
                return ExitStatus::pass;
            },
        },
        outcome);
    const ExitStatus written = out.finish();
    return status == ExitStatus::pass ? written : status;
}

ExitStatus replay(const Options& options) {
    const auto cannot = [&](ExitStatus status, std::string_view why) {
        return failed(status, fmt::format("{}: cannot be replayed: {}", options.journal, why));
    };
    auto reader = store::JournalReader::open(options.journal);
    if (!reader) return failed(ExitStatus::harness_failed, reader.error().message);
    const auto run = reader->run();
    if (!run) return failed(ExitStatus::harness_failed, run.error().message);
    const auto stored = reader->setup();
    if (!stored) return failed(ExitStatus::harness_failed, stored.error().message);
    if (stored->setup.empty()) {
        return cannot(ExitStatus::harness_failed,
                      fmt::format("fakemx {} has recorded no inputs in it", run->version));
    }
    if (!run->tells_reply_lines) {
        return cannot(ExitStatus::harness_failed,
                      fmt::format("the fakemx {} that wrote it did not tell the lines of a reply "
                                  "apart, so that every EHLO reply would be different",
                                  run->version));
    }
    const auto setup = read_replay_setup(stored->setup);
    if (!setup) return cannot(ExitStatus::harness_failed, setup.error().message);
    auto xclient_peers = read_networks("--trust-xclient", setup->trust_xclient);
    auto proxy_peers = read_networks("--trust-proxy", setup->trust_proxy);
    const auto seed = parse_decimal(run->seed);
    if (!xclient_peers || !proxy_peers || !seed)
        return cannot(ExitStatus::harness_failed, "what the receiver was made of cannot be read");
    auto receiver = make_receiver(options, *setup, stored->sources);
    if (!receiver) {
        return receiver.error().status == ExitStatus::usage
                   ? failed(ExitStatus::usage, receiver.error().message)
                   : cannot(receiver.error().status, receiver.error().message);
    }
    if (run->version != version_text) {
        say(Level::warning, fmt::format("{} is of fakemx {}, this is {}", options.journal,
                                        run->version, version_text));
    }
    auto zones = zones_of(*setup, receiver->profile);
    return replay_with(std::move(*receiver),
                       {.seed = *seed,
                        .sessions_max = setup->sessions_max,
                        .xclient_peers = std::move(*xclient_peers),
                        .proxy_peers = std::move(*proxy_peers),
                        .zones = std::move(zones)},
                       *reader, *run, options);
}

}  // namespace

void add_replay(Command& program) {
    auto options = std::make_shared<Options>();
    Command command = program.subcommand(
        "replay", "Do what a journal says once more, and show the first difference");
    command.argument("RUN.db", options->journal, "The journal")
        .variable("FAKEMX_JOURNAL")
        .required();
    command
        .option("--profile", options->profile,
                "Another profile for the same arrivals: a name, or a path [the journal's]")
        .placeholder("PROFILE");
    command.footer(
        "Exit status: 0 identical, 1 different, 2 wrong use or a bad --profile, 3 the journal "
        "cannot be\nreplayed.\n"
        "Examples:\n"
        "  fakemx replay run.db\n"
        "  fakemx replay run.db --profile ./my-changed.lua");
    command.runs([options] { return replay(*options); });
}

}  // namespace fakemx::app
