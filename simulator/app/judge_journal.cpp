// From a journal's rows to what the rules look at.
#include "app/judge_journal.h"

#include <fmt/format.h>

#include "store/journal_reader.h"
#include "store/stored_event.h"

namespace fakemx::app {

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

}  // namespace fakemx::app
