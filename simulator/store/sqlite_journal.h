// The journal of a run: one SQLite file, written by a thread of its own behind a bounded queue, so that
// the engine waits for the disk only when the disk is far behind. It reads no clock: a batch is
// written as soon as the writer is free, and batches that come close together share a transaction.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/result.h"
#include "journal/records.h"
#include "store/batch_queue.h"
#include "store/store_error.h"

namespace fakemx::store {

class SqliteJournal final : public journal::Sink {
public:
    /// What may wait for the writer.
    using Bounds = BatchQueue::Bounds;
    /// Called once, on the writer's thread or from finish(), when the journal can no longer be written
    /// (a full disk): from then on everything handed over is thrown away. The text names the file and
    /// the reason.
    using OnFailure = std::function<void(std::string_view)>;

    /// A new file, and nothing but a new one: a journal is never written over. ":memory:" keeps
    /// everything in memory, where location() finds it as long as this object lives.
    static Result<std::unique_ptr<SqliteJournal>, StoreError> create(std::string path,
                                                                     const journal::RunRecord& run,
                                                                     OnFailure on_failure);
    static Result<std::unique_ptr<SqliteJournal>, StoreError> create(std::string path,
                                                                     const journal::RunRecord& run,
                                                                     OnFailure on_failure,
                                                                     Bounds bounds);
    /// Writes what was handed over. Without finish() before, the run has no end: as after a kill.
    ~SqliteJournal() override;

    SqliteJournal(const SqliteJournal&) = delete;
    SqliteJournal& operator=(const SqliteJournal&) = delete;

    /// Blocks while the queue is at its bounds.
    void write(journal::Batch batch) override;

    /// Returns when everything handed over so far is in the file, or the journal has failed.
    void sync();

    /// Writes the rest and the end of the run. Nothing may be written afterwards. Gives what went
    /// wrong, now or earlier.
    std::optional<StoreError> finish(Instant ended_at);

    /// What went wrong, if anything has.
    std::optional<StoreError> failure() const;

    /// What JournalReader::open takes.
    const std::string& location() const;

private:
    class Queue;

    explicit SqliteJournal(std::unique_ptr<Queue> queue);

    std::unique_ptr<Queue> queue_;
};

}  // namespace fakemx::store
