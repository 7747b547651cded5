// The queue between the engine's thread and the writer's.
#include "store/sqlite_journal.h"

#include <atomic>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <cstring>
#include <deque>
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

/// How long the writer waits for company for the first batch. A transaction costs about as much as
/// twenty rows; at a thousand messages a second this makes one transaction of twenty batches.
constexpr std::chrono::milliseconds gathering_time{20};

/// What a batch occupies, roughly: texts that a client can make long count, the rest is a lump.
std::size_t octets_of(const journal::Batch& batch) {
    constexpr std::size_t record_octets = 256;
    std::size_t octets =
        record_octets * (batch.sessions.size() + batch.events.size() + batch.attempts.size());
    octets += batch.inputs.size();
    for (const auto& message : batch.messages) {
        octets += record_octets + message.content.size();
        if (message.structure) octets += record_octets * message.structure->parts.size();
    }
    for (const auto& attempt : batch.attempts)
        octets += attempt.text.size() + attempt.identity.size();
    for (const auto& event : batch.events) {
        if (const auto* command = std::get_if<smtp::CommandSeen>(&event.body)) {
            octets += command->line.size();
        } else if (const auto* answer = std::get_if<smtp::Answered>(&event.body)) {
            octets += answer->text.size();
        }
    }
    return octets;
}

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
          bounds_(bounds),
          thread_([this] { work(); }) {}

    ~Queue() { join(); }
    Queue(const Queue&) = delete;
    Queue& operator=(const Queue&) = delete;

    void push(journal::Batch batch) {
        const std::size_t octets = octets_of(batch);
        std::unique_lock lock{mutex_};
        // A batch that is larger than the bound by itself goes alone.
        room_.wait(lock, [&] {
            return failure_ || batches_.empty() ||
                   (batches_.size() < bounds_.batches_max &&
                    octets_ + octets <= bounds_.octets_max);
        });
        if (failure_) return;
        batches_.push_back(std::move(batch));
        octets_ += octets;
        ++pushed_;
        // The writer that is gathering goes by its own time, unless the queue fills.
        const bool filling =
            2 * batches_.size() >= bounds_.batches_max || 2 * octets_ >= bounds_.octets_max;
        if (batches_.size() == 1 || filling) work_.notify_one();
    }

    void sync() {
        std::unique_lock lock{mutex_};
        const std::uint64_t wanted = pushed_;
        urgent_ = true;
        work_.notify_one();
        room_.wait(lock, [&] { return failure_ || written_ >= wanted; });
    }

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
        {
            const std::lock_guard lock{mutex_};
            stopping_ = true;
            work_.notify_one();
        }
        if (thread_.joinable()) thread_.join();
    }

    void work() {
        std::vector<journal::Batch> batches;
        while (true) {
            batches.clear();
            {
                std::unique_lock lock{mutex_};
                work_.wait(lock, [&] { return stopping_ || !batches_.empty(); });
                if (batches_.empty()) return;
                work_.wait_for(lock, gathering_time, [&] {
                    return stopping_ || urgent_ || 2 * batches_.size() >= bounds_.batches_max ||
                           2 * octets_ >= bounds_.octets_max;
                });
                urgent_ = false;
                std::move(batches_.begin(), batches_.end(), std::back_inserter(batches));
                batches_.clear();
                octets_ = 0;
                room_.notify_all();
            }
            try {
                writer_.write(batches);
            } catch (const SqliteError& error) {
                fail(error);
                return;
            }
            const std::lock_guard lock{mutex_};
            written_ += batches.size();
            room_.notify_all();
        }
    }

    void fail(const SqliteError& error) {
        std::string message =
            fmt::format("{}: the journal cannot be written: {}", path_, error.what());
        {
            const std::lock_guard lock{mutex_};
            failure_ = StoreError{message};
            batches_.clear();
            octets_ = 0;
            room_.notify_all();
        }
        if (on_failure_) on_failure_(message);
    }

    const std::string path_;
    const std::string location_;
    JournalWriter writer_;  // the writer's thread alone uses it, until that has ended
    const OnFailure on_failure_;
    const Bounds bounds_;

    mutable std::mutex mutex_;
    std::condition_variable work_;  // for the writer: there is something to do
    std::condition_variable room_;  // for everybody else: the queue has changed
    std::deque<journal::Batch> batches_;
    std::size_t octets_ = 0;
    std::uint64_t pushed_ = 0;
    std::uint64_t written_ = 0;
    bool urgent_ = false;
    bool stopping_ = false;
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
