// Writing into one journal file: prepared statements, one transaction for many batches. It belongs to
// one thread at a time; queueing is for SqliteJournal.
#pragma once

#include <span>
#include <string>

#include "journal/records.h"
#include "store/sqlite.h"

namespace fakemx::store {

class JournalWriter {
public:
    /// Lays out the schema in a fresh database at `location` and records the run. Throws SqliteError.
    JournalWriter(const std::string& location, const journal::RunRecord& run);

    /// All of it in one transaction, or nothing. Throws SqliteError.
    void write(std::span<const journal::Batch> batches);

    /// Records the end, and leaves a file that stands alone (no -wal beside it). Throws SqliteError.
    void finish(Instant ended_at);

private:
    void write(const journal::SessionRecord& session);
    void write(std::span<const journal::Event> events);
    void write(const journal::AttemptRecord& attempt);
    void write(const journal::MessageRecord& message);
    void saw(Instant at);

    Database database_;
    Instant last_at_;
    std::string text_;  // of the row being written
    Statement begin_, commit_, session_, event_, attempt_, message_, input_, progress_;
};

}  // namespace fakemx::store
