// A queue, and a thread behind it.
#include "store/background_sink.h"

#include <utility>
#include <vector>

namespace fakemx::store {

BackgroundSink::BackgroundSink(journal::Sink& next, BatchQueue::Bounds bounds)
    : queue_(bounds), thread_([this, &next] { work(next); }) {}

void BackgroundSink::write(journal::Batch batch) {
    queue_.push(std::move(batch));
}

void BackgroundSink::finish() {
    queue_.close();
    if (thread_.joinable()) thread_.join();
}

void BackgroundSink::work(journal::Sink& next) {
    std::vector<journal::Batch> batches;
    for (queue_.take(batches); !batches.empty(); queue_.take(batches)) {
        for (journal::Batch& batch : batches) next.write(std::move(batch));
    }
}

}  // namespace fakemx::store
