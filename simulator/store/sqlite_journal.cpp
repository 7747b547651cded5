// The writer on a thread of its own.
#include "store/sqlite_journal.h"

#include <atomic>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <mutex>
#include <thread>
#include <unistd.h>
#include <vector>

#include <fmt/format.h>

#include "store/journal_reader.h"
#include "store/journal_writer.h"

namespace fakemx::store {

namespace {

/// Makes the file, or says why there cannot be a new one.
std::optional<StoreError> make_file(const std::string& path) {
    const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (file >= 0) {
        ::close(file);
        return std::nullopt;
    }
    if (errno != EEXIST) return StoreError{fmt::format("{}: {}", path, std::strerror(errno))};
    if (JournalReader::open(path)) {
        return StoreError{fmt::format(
            "{}: holds the journal of an earlier run; remove it, or name another file", path)};
    }
    return StoreError{
        fmt::format("{}: exists and is no journal of this version of fakemx; "
                    "name another file",
                    path)};
}

/// A database in memory that several connections of this process can open.
std::string memory_location() {
    static std::atomic<unsigned> count{0};
    return fmt::format("file:/fakemx-{}?vfs=memdb", ++count);
}

}  // namespace

class SqliteJournal::Queue {
public:
    Queue(std::string path, std::string location, JournalWriter writer, OnFailure on_failure,
          Bounds bounds)
        : path_(std::move(path)),
          location_(std::move(location)),
          writer_(std::move(writer)),
          on_failure_(std::move(on_failure)),
          queue_(bounds),
          thread_([this] { work(); }) {}

    ~Queue() { join(); }
    Queue(const Queue&) = delete;
    Queue& operator=(const Queue&) = delete;

    void push(journal::Batch batch) { queue_.push(std::move(batch)); }
    void sync() { queue_.sync(); }

    std::optional<StoreError> finish(Instant ended_at) {
        join();
        if (!failure_) {
            try {
                writer_.finish(ended_at);
            } catch (const SqliteError& error) {
                fail(error);
            }
        }
        return failure_;
    }

    std::optional<StoreError> failure() const {
        const std::lock_guard lock{mutex_};
        return failure_;
    }

    const std::string& location() const { return location_; }

private:
    void join() {
        queue_.close();
        if (thread_.joinable()) thread_.join();
    }

    void work() {
        std::vector<journal::Batch> batches;
        for (queue_.take(batches); !batches.empty(); queue_.take(batches)) {
            try {
                writer_.write(batches);
            } catch (const SqliteError& error) {
                return fail(error);
            }
            queue_.done(batches.size());
        }
    }

    void fail(const SqliteError& error) {
        std::string message =
            fmt::format("{}: the journal cannot be written: {}", path_, error.what());
        {
            const std::lock_guard lock{mutex_};
            failure_ = StoreError{message};
        }
        queue_.abandon();
        if (on_failure_) on_failure_(message);
    }

    const std::string path_;
    const std::string location_;
    JournalWriter writer_;  // the writer's thread alone uses it, until that has ended
    const OnFailure on_failure_;
    BatchQueue queue_;

    mutable std::mutex mutex_;
    std::optional<StoreError> failure_;

    std::thread thread_;  // the last member: it uses all others
};

Result<std::unique_ptr<SqliteJournal>, StoreError> SqliteJournal::create(
    std::string path, const journal::RunRecord& run, OnFailure on_failure) {
    return create(std::move(path), run, std::move(on_failure), Bounds{});
}

Result<std::unique_ptr<SqliteJournal>, StoreError> SqliteJournal::create(
    std::string path, const journal::RunRecord& run, OnFailure on_failure, Bounds bounds) {
    const bool in_memory = path == ":memory:";
    if (!in_memory) {
        if (auto error = make_file(path)) return *error;
    }
    std::string location = in_memory ? memory_location() : location_of(path);
    try {
        JournalWriter writer{location, run};
        return std::unique_ptr<SqliteJournal>{new SqliteJournal{
            std::make_unique<Queue>(std::move(path), std::move(location), std::move(writer),
                                    std::move(on_failure), bounds)}};
    } catch (const SqliteError& error) {
        if (!in_memory) ::unlink(path.c_str());  // made above, and nothing is in it
        return StoreError{fmt::format("{}: {}", path, error.what())};
    }
}

SqliteJournal::SqliteJournal(std::unique_ptr<Queue> queue) : queue_(std::move(queue)) {}

SqliteJournal::~SqliteJournal() = default;

void SqliteJournal::write(journal::Batch batch) {
    queue_->push(std::move(batch));
}

void SqliteJournal::sync() {
    queue_->sync();
}

std::optional<StoreError> SqliteJournal::finish(Instant ended_at) {
    return queue_->finish(ended_at);
}

std::optional<StoreError> SqliteJournal::failure() const {
    return queue_->failure();
}

const std::string& SqliteJournal::location() const {
    return queue_->location();
}

}  // namespace fakemx::store
