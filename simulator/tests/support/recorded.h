// Recorded runs in memory: a sink that keeps what a journal would, and gives it back to be replayed.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "engine/replay.h"

namespace fakemx::test {

/// Keeps what replay needs, in the order in which it was written; everything goes on to `next`, which may be null.
class RecordedSink final : public journal::Sink {
public:
    explicit RecordedSink(journal::Sink* next = nullptr) : next_(next) {}

    void write(journal::Batch batch) override;

    std::vector<std::string> inputs;
    std::vector<engine::RecordedRun::Events> events;
    std::vector<engine::RecordedRun::Message> messages;

    /// The inputs in one.
    std::string recording() const;
    /// As a journal has it whose server was killed behind so many writes.
    RecordedSink killed_behind(std::size_t writes) const;
    std::size_t writes() const { return sizes_.size(); }

private:
    struct Sizes {
        std::size_t inputs, events, messages;
    };
    std::vector<Sizes> sizes_;  // behind each write
    journal::Sink* next_;
};

class RecordedInMemory final : public engine::RecordedRun {
public:
    explicit RecordedInMemory(const RecordedSink& sink, bool complete = true)
        : sink_(sink), complete_(complete) {}

    Result<std::optional<std::string>, engine::Unreadable> next_inputs() override {
        return next(sink_.inputs, input_);
    }
    Result<std::optional<Events>, engine::Unreadable> next_events() override {
        return next(sink_.events, event_);
    }
    Result<std::optional<Message>, engine::Unreadable> next_message() override {
        return next(sink_.messages, message_);
    }
    bool complete() const override { return complete_; }

private:
    template <class T>
    static Result<std::optional<T>, engine::Unreadable> next(const std::vector<T>& all,
                                                             std::size_t& at) {
        if (at == all.size()) return std::optional<T>{};
        return std::optional<T>{all[at++]};
    }

    const RecordedSink& sink_;
    bool complete_;
    std::size_t input_ = 0;
    std::size_t event_ = 0;
    std::size_t message_ = 0;
};

/// What came of a replay, in a line: "alike", or what is different and where.
std::string words_of(const engine::ReplayOutcome& outcome);

}  // namespace fakemx::test
