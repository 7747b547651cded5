// From a journal's rows to what the rules look at.
#include "app/judge_journal.h"

#include <fmt/format.h>

#include "core/words.h"
#include "store/journal_reader.h"
#include "store/stored_event.h"

namespace fakemx::app {

namespace {

/// Of what is shown of an event.
constexpr std::size_t columns_max = 80;

}  // namespace

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
    // A verdict on what is left of a damaged run would be one on another run.
    std::optional<std::string> damaged;
    const auto take_event = [&](const store::StoredEvent& stored) {
        if (const auto event = store::read_event(stored.json)) {
            checker.take(*event);
        } else if (!damaged) {
            damaged = fmt::format("{}: an event of session {} that cannot be read: {}", path,
                                  stored.session, shortened(printable(stored.json), columns_max));
        }
        return !damaged;
    };
    // What the sender was given is known before what came of it.
    auto error = reader->events(0, take_event);
    if (!error && !damaged) {
        error = reader->records([&](const journal::Batch& batch) {
            checker.take(batch);
            return true;
        });
    }
    if (!error && !damaged) {
        error = reader->events(std::nullopt, [&](const store::StoredEvent& stored) {
            return stored.session == 0 || take_event(stored);
        });
    }
    return error ? std::optional{error->message} : damaged;
}

}  // namespace fakemx::app
