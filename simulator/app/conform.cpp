// fakemx conform: the rules on a sender, judged from a journal.
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "app/log_lines.h"
#include "app/options.h"
#include "app/standard_output.h"
#include "app/subcommands.h"
#include "conformance/print.h"
#include "core/text.h"
#include "store/journal_reader.h"
#include "store/stored_event.h"

namespace fakemx::app {

namespace {

struct Options {
    std::vector<std::string> rules;
    std::string journal;
    bool strict = false;
    bool everything = false;
    bool json = false;
};

/// The rules of these names; the error for a name that none has.
std::optional<std::string> find_rules(const std::vector<std::string>& names,
                                      std::vector<const conformance::Rule*>& found) {
    for (const std::string& name : names) {
        const conformance::Rule* rule = conformance::rule_named(name);
        if (rule == nullptr) {
            std::vector<std::string_view> known;
            for (const conformance::Rule* one : conformance::all_rules())
                known.push_back(one->slug);
            return fmt::format("no rule is called '{}'{}", name, did_you_mean(name, known));
        }
        found.push_back(rule);
    }
    return std::nullopt;
}

/// Gives the error, if there is one.
std::optional<std::string> judge_journal(const std::string& path, conformance::Checker& checker) {
    auto reader = store::JournalReader::open(path);
    if (!reader) return reader.error().message;
    const auto run = reader->run();
    if (!run) return run.error().message;
    if (!run->tells_reply_lines) {
        return fmt::format(
            "{}: written by an earlier version of fakemx, which did not tell the lines of a reply "
            "apart; the rules cannot be judged from it",
            path);
    }
    const auto take_event = [&](const store::StoredEvent& stored) {
        if (const auto event = store::read_event(stored.json)) checker.take(*event);
        return true;
    };
    // What the sender was given is known before what came of it.
    auto error = reader->events(0, take_event);
    if (!error) {
        error = reader->records([&](const journal::Batch& batch) {
            checker.take(batch);
            return true;
        });
    }
    if (!error) {
        error = reader->events(std::nullopt, [&](const store::StoredEvent& stored) {
            return stored.session == 0 || take_event(stored);
        });
    }
    return error ? std::optional{error->message} : std::nullopt;
}

ExitStatus conform(const Options& options) {
    std::vector<const conformance::Rule*> rules;
    if (const auto error = find_rules(options.rules, rules)) {
        say(Level::error, *error);
        return ExitStatus::usage;
    }
    conformance::Checker checker{{.thresholds = {}, .strict = options.strict}};
    if (const auto error = judge_journal(options.journal, checker)) {
        say(Level::error, *error);
        return ExitStatus::harness_failed;
    }
    conformance::Audit audit = checker.audit();
    if (!rules.empty()) audit.keep_only(rules);
    StandardOutput out;
    out.write(options.json ? conformance::json(audit)
                           : conformance::text(audit, options.everything));
    if (out.finish() != ExitStatus::pass) return ExitStatus::harness_failed;
    return audit.count(conformance::Outcome::fail) == 0 ? ExitStatus::pass
                                                        : ExitStatus::verdict_failed;
}

}  // namespace

void add_conform(Command& program) {
    auto options = std::make_shared<Options>();
    Command command =
        program.subcommand("conform", "Judge a sender by the rules of RFC 5321 and its family");
    command.arguments("RULE", options->rules,
                      "Rules to speak of, as fakemx list rules names them [all]");
    command
        .option("--journal", options->journal,
                "The journal of what the sender did; it may be being written")
        .placeholder("RUN.db")
        .required();
    command.flag("--strict", options->strict, "Deviations fail, too");
    command.flag("--everything", options->everything,
                 "Tell of each rule that was kept, or that nothing exercised");
    command.flag("--json", options->json, "Print a JSON object");
    command.footer(
        "Examples:\n"
        "  fakemx conform --journal run.db\n"
        "  fakemx conform quit-sent data-dot-stuff --journal run.db --strict");
    command.runs([options] { return conform(*options); });
}

}  // namespace fakemx::app
