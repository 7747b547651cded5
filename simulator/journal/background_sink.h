// Hands batches to another sink on a thread of its own, so that what that one does costs who makes them no time.
#pragma once

#include <thread>

#include "journal/batch_queue.h"
#include "journal/records.h"

namespace fakemx::journal {

class BackgroundSink final : public Sink {
public:
    /// `next` is used by the thread alone until finish() has returned.
    explicit BackgroundSink(Sink& next, BatchQueue::Bounds bounds = {});
    /// Hands over what it has.
    ~BackgroundSink() override { finish(); }

    BackgroundSink(const BackgroundSink&) = delete;
    BackgroundSink& operator=(const BackgroundSink&) = delete;

    /// Blocks while the queue is at its bounds.
    void write(Batch batch) override;

    /// Returns when `next` has everything. Nothing may be written afterwards.
    void finish();

private:
    void work(Sink& next);

    BatchQueue queue_;
    std::thread thread_;  // the last member: it uses the other
};

}  // namespace fakemx::journal
