// Journals into a case.
#include "app/read_case.h"

#include <algorithm>
#include <optional>
#include <sys/stat.h>

#include <fmt/format.h>

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
    return reader->encrypted_sessions([&](std::uint64_t session) {
        intake.take_tls(session);
        return true;
    });
}

}  // namespace

bool is_same_file(const std::string& one, const std::string& other) {
    struct stat a {};
    struct stat b {};
    return ::stat(one.c_str(), &a) == 0 && ::stat(other.c_str(), &b) == 0 && a.st_dev == b.st_dev &&
           a.st_ino == b.st_ino;
}

Result<diagnosis::Case, Complaint> read_case(const std::vector<std::string>& journals,
                                             bool together) {
    diagnosis::Intake intake{together};
    for (auto path = journals.begin(); path != journals.end(); ++path) {
        // Its deliveries would all count twice.
        const auto same = std::find_if(
            journals.begin(), path, [&](const auto& other) { return is_same_file(*path, other); });
        if (same != path)
            return Complaint{fmt::format("{}: is the same journal as {}", *path, *same)};
        if (auto error = take_journal(*path, intake)) return Complaint{error->message};
    }
    return intake.finish({.heed_hints = false});
}

}  // namespace fakemx::app
