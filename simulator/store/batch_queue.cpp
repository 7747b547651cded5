// A bounded queue between two threads.
#include "store/batch_queue.h"

#include <chrono>
#include <utility>

namespace fakemx::store {

namespace {

/// How long the first batch waits for company: waking a thread, or a transaction in a database, costs about as much as twenty batches. At a
/// thousand messages a second it is paid for once in twenty.
constexpr std::chrono::milliseconds gathering_time{20};

/// What a batch occupies, roughly: texts that a client can make long count, the rest is a lump.
std::size_t octets_of(const journal::Batch& batch) {
    constexpr std::size_t record_octets = 256;
    std::size_t octets =
        record_octets * (batch.sessions.size() + batch.events.size() + batch.attempts.size());
    octets += batch.inputs.size();
    for (const journal::MessageRecord& message : batch.messages) {
        octets += record_octets + message.content.size();
        if (message.structure) octets += record_octets * message.structure->parts.size();
    }
    for (const journal::AttemptRecord& attempt : batch.attempts)
        octets += attempt.text.size() + attempt.identity.size();
    for (const journal::Event& event : batch.events) {
        if (const auto* command = std::get_if<smtp::CommandSeen>(&event.body)) {
            octets += command->line.size();
        } else if (const auto* answer = std::get_if<smtp::Answered>(&event.body)) {
            octets += answer->text.size();
        }
    }
    return octets;
}

}  // namespace

void BatchQueue::push(journal::Batch batch) {
    const std::size_t octets = octets_of(batch);
    std::unique_lock lock{mutex_};
    room_.wait(lock, [&] {
        return is_abandoned_ || batches_.empty() ||
               (batches_.size() < bounds_.batches_max && octets_ + octets <= bounds_.octets_max);
    });
    if (is_abandoned_) return;
    batches_.push_back(std::move(batch));
    octets_ += octets;
    ++pushed_;
    // Whoever is gathering goes by its own time, unless the queue fills.
    if (batches_.size() == 1 || is_half_full()) work_.notify_one();
}

void BatchQueue::sync() {
    std::unique_lock lock{mutex_};
    const std::uint64_t wanted = pushed_;
    is_urgent_ = true;
    work_.notify_one();
    room_.wait(lock, [&] { return is_abandoned_ || done_ >= wanted; });
}

void BatchQueue::close() {
    const std::lock_guard lock{mutex_};
    is_closed_ = true;
    work_.notify_one();
}

void BatchQueue::take(std::vector<journal::Batch>& batches) {
    batches.clear();
    std::unique_lock lock{mutex_};
    work_.wait(lock, [&] { return is_closed_ || !batches_.empty(); });
    work_.wait_for(lock, gathering_time,
                   [&] { return is_closed_ || is_urgent_ || is_half_full(); });
    is_urgent_ = false;
    std::swap(batches, batches_);
    octets_ = 0;
    room_.notify_all();
}

void BatchQueue::done(std::size_t batches) {
    const std::lock_guard lock{mutex_};
    done_ += batches;
    room_.notify_all();
}

void BatchQueue::abandon() {
    const std::lock_guard lock{mutex_};
    is_abandoned_ = true;
    batches_.clear();
    octets_ = 0;
    room_.notify_all();
}

}  // namespace fakemx::store
