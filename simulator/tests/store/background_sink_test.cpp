// Batches that go to a sink on another thread: all of them, in their order, and no more at once than may wait.
#include "store/background_sink.h"

#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "support/catch.h"

namespace fakemx::store {

namespace {

journal::Batch batch_of(std::string inputs) {
    journal::Batch batch;
    batch.inputs = std::move(inputs);
    return batch;
}

/// Keeps what it is given, and takes the first only once it is let.
class SlowSink final : public journal::Sink {
public:
    void write(journal::Batch batch) override {
        std::unique_lock lock{mutex_};
        open_.wait(lock, [&] { return is_open_; });
        taken_.push_back(std::move(batch.inputs));
        thread_ = std::this_thread::get_id();
    }
    void open() {
        const std::lock_guard lock{mutex_};
        is_open_ = true;
        open_.notify_all();
    }

    // Once the thread is at its end.
    const std::vector<std::string>& taken() const { return taken_; }
    std::thread::id thread() const { return thread_; }

private:
    std::mutex mutex_;
    std::condition_variable open_;
    bool is_open_ = false;
    std::vector<std::string> taken_;
    std::thread::id thread_;
};

}  // namespace

TEST_CASE("All batches reach the sink behind, in their order, on another thread") {
    SlowSink sink;
    BackgroundSink background{sink};
    std::vector<std::string> given;
    for (int i = 0; i < 1000; ++i) given.push_back(std::to_string(i));
    for (const std::string& one : given) background.write(batch_of(one));
    sink.open();
    background.finish();
    CHECK(sink.taken() == given);
    CHECK(sink.thread() != std::this_thread::get_id());
}

TEST_CASE("Nothing is lost where nobody says that it is over") {
    SlowSink sink;
    sink.open();
    {
        BackgroundSink background{sink};
        background.write(batch_of("one"));
    }
    CHECK(sink.taken() == std::vector<std::string>{"one"});
}

TEST_CASE("Whoever writes waits for a sink that is behind, and loses nothing") {
    const auto bounds = GENERATE(BatchQueue::Bounds{.batches_max = 2, .octets_max = 1'000'000},
                                 BatchQueue::Bounds{.batches_max = 1000, .octets_max = 10});
    SlowSink sink;
    BackgroundSink background{sink, bounds};
    // More than the sink and the queue hold: they can only go out once the sink takes some.
    std::vector<std::string> given;
    for (int i = 0; i < 50; ++i) given.push_back("batch " + std::to_string(i));
    std::thread writer{[&] {
        for (const std::string& one : given) background.write(batch_of(one));
    }};
    sink.open();
    writer.join();
    background.finish();
    CHECK(sink.taken() == given);
}

}  // namespace fakemx::store
