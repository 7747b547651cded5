// One view after the other; each writes as it reads, so a journal of any size can be shown.
#include "app/log.h"

#include <ostream>

#include <fmt/format.h>

#include "app/bounce_log.h"
#include "app/timeline.h"
#include "app/transcript.h"
#include "core/text.h"
#include "store/event_json.h"
#include "store/journal_reader.h"

namespace fakemx::app {

namespace {

/// A line that says which run it is, then all events without what cannot repeat.
std::optional<store::StoreError> print_canonical(store::JournalReader& journal, std::ostream& out) {
    const auto run = journal.run();
    if (!run) return run.error();
    std::string header = "{\"profile\":";
    append_json_string(header, run->profile);
    out << header << ",\"seed\":" << run->seed << "}\n";
    return journal.events(std::nullopt, [&](const store::StoredEvent& event) {
        out << store::canonical_form(event.json) << '\n';
        return out.good();
    });
}

std::optional<store::StoreError> print(store::JournalReader& journal, const LogOptions& options,
                                       std::ostream& out) {
    switch (options.view) {
        case LogOptions::View::bounce_log: return print_bounce_log(journal, options.format, out);
        case LogOptions::View::timeline: return print_timeline(journal, out);
        case LogOptions::View::canonical: return print_canonical(journal, out);
        case LogOptions::View::transcript: return print_transcript(journal, options.session, out);
    }
    return std::nullopt;
}

}  // namespace

ExitStatus run_log(const LogOptions& options, std::ostream& out, std::ostream& errors) {
    auto journal = store::JournalReader::open(options.journal);
    if (!journal) {
        errors << "fakemx: " << journal.error().message << '\n';
        return ExitStatus::usage;
    }
    if (const auto error = print(*journal, options, out)) {
        errors << "fakemx: " << error->message << '\n';
        return ExitStatus::harness_failed;
    }
    out.flush();
    if (!out) {
        errors << "fakemx: cannot write the output\n";
        return ExitStatus::harness_failed;
    }
    return ExitStatus::pass;
}

}  // namespace fakemx::app
