// Batches on their way from the thread that makes them to one that takes them, within bounds: whoever makes more than the other can take
// waits. Nothing is lost, and the order stays. It reads no clock of the run.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <vector>

#include "core/limits.h"
#include "journal/records.h"

namespace fakemx::store {

class BatchQueue {
public:
    /// What may wait.
    struct Bounds {
        std::size_t batches_max = limits::journal_queue_max;
        std::size_t octets_max = limits::journal_queue_octets_max;
    };

    explicit BatchQueue(Bounds bounds) : bounds_(bounds) {}

    // --- For who makes them.

    /// Blocks while the queue is at its bounds. A batch that is larger by itself goes alone.
    void push(journal::Batch batch);
    /// Returns when everything that was pushed so far is done, or the queue was abandoned.
    void sync();
    /// Nothing comes any more.
    void close();

    // --- For who takes them: one thread.

    /// Replaces `batches` by what waits, some at once: the first one waits a little for company. Empty: closed, and nothing is left.
    void take(std::vector<journal::Batch>& batches);
    /// So many of those that were taken are done.
    void done(std::size_t batches);
    /// Nobody will take them: what waits and what comes is thrown away.
    void abandon();

private:
    bool is_half_full() const {
        return 2 * batches_.size() >= bounds_.batches_max || 2 * octets_ >= bounds_.octets_max;
    }

    const Bounds bounds_;
    std::mutex mutex_;
    std::condition_variable work_;  // there is something to take
    std::condition_variable room_;  // the queue has changed
    std::vector<journal::Batch> batches_;
    std::size_t octets_ = 0;
    std::uint64_t pushed_ = 0;
    std::uint64_t done_ = 0;
    bool is_urgent_ = false;
    bool is_closed_ = false;
    bool is_abandoned_ = false;
};

}  // namespace fakemx::store
