// Hands batches to another sink on a thread of its own, so that what that one does costs who makes them no time.
#pragma once

#include <thread>

#include "journal/records.h"
#include "store/batch_queue.h"

namespace fakemx::store {

class BackgroundSink final : public journal::Sink {
public:
    /// `next` is used by the thread alone until finish() has returned.
    explicit BackgroundSink(journal::Sink& next, BatchQueue::Bounds bounds = {});
    /// Hands over what it has.
    ~BackgroundSink() override { finish(); }

    BackgroundSink(const BackgroundSink&) = delete;
    BackgroundSink& operator=(const BackgroundSink&) = delete;

    /// Blocks while the queue is at its bounds.
    void write(journal::Batch batch) override;

    /// Returns when `next` has everything. Nothing may be written afterwards.
    void finish();

private:
    void work(journal::Sink& next);

    BatchQueue queue_;
    std::thread thread_;  // the last member: it uses the other
};

}  // namespace fakemx::store
