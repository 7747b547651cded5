// A queue, and a thread behind it.
#include "journal/background_sink.h"

#include <utility>
#include <vector>

namespace fakemx::journal {

BackgroundSink::BackgroundSink(Sink& next, BatchQueue::Bounds bounds)
    : queue_(bounds), thread_([this, &next] { work(next); }) {}

void BackgroundSink::write(Batch batch) {
    queue_.push(std::move(batch));
}

void BackgroundSink::finish() {
    queue_.close();
    if (thread_.joinable()) thread_.join();
}

void BackgroundSink::work(Sink& next) {
    std::vector<Batch> batches;
    for (queue_.take(batches); !batches.empty(); queue_.take(batches)) {
        for (Batch& batch : batches) next.write(std::move(batch));
    }
}

}  // namespace fakemx::journal
