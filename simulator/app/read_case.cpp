// Journals into a case.
#include "app/read_case.h"

#include <optional>

#include "diagnosis/intake.h"
#include "oracle/judge.h"
#include "store/journal_reader.h"

namespace fakemx::app {

namespace {

std::optional<store::StoreError> take_journal(const std::string& path, diagnosis::Intake& intake) {
    auto reader = store::JournalReader::open(path);
    if (!reader) return reader.error();
    const auto run = reader->run();
    if (!run) return run.error();
    intake.begin({.name = path,
                  .profile = run->profile,
                  .seed = run->seed,
                  .clock = run->clock,
                  .begin = run->started_at,
                  .end = run->ended_at.value_or(run->last_at)});
    auto error = reader->records([&](const journal::Batch& batch) {
        intake.take(batch);
        return true;
    });
    if (error) return error;
    error = reader->traits([&](const store::StoredTraits& traits) {
        intake.take_traits(traits.session, traits.transaction, traits.json);
        return true;
    });
    if (error) return error;
    return reader->events(std::nullopt, [&](const store::StoredEvent& event) {
        // As journal::append_json wrote it; in a text the quotes would have backslashes.
        if (event.json.find(R"("event":"tls")") != std::string_view::npos &&
            event.json.find(R"("failure":)") == std::string_view::npos)
            intake.take_tls(event.session);
        return true;
    });
}

}  // namespace

Result<diagnosis::Case, Complaint> read_case(const std::vector<std::string>& journals,
                                             bool together) {
    diagnosis::Intake intake{together};
    for (const std::string& path : journals) {
        if (auto error = take_journal(path, intake)) return Complaint{error->message};
    }
    return intake.finish(oracle::Policy{});
}

}  // namespace fakemx::app
