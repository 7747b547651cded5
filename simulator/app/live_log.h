// A line for each attempt that has come to its end, while it happens; and at once when a hook of the
// profile fails. Stands in front of the journal and passes everything on.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "app/log_lines.h"
#include "journal/records.h"

namespace fakemx::app {

class LiveLog final : public journal::Sink {
public:
    using Say = std::function<void(Level, std::string_view)>;

    /// What has been seen so far.
    struct Totals {
        std::uint64_t sessions = 0;
        std::uint64_t accepted = 0;
        std::uint64_t deferred = 0;
        std::uint64_t rejected = 0;
        std::uint64_t lost = 0;
        std::uint64_t script_failures = 0;
    };

    /// `next` gets every batch afterwards; it may be null. Lines below level `from` are not made; debug
    /// has every command and reply.
    LiveLog(journal::Sink* next, Say say, Level from)
        : next_(next), say_(std::move(say)), from_(from) {}

    void write(journal::Batch batch) override;

    const Totals& totals() const { return totals_; }

private:
    void show(const journal::Event& event);
    void show(const journal::AttemptRecord& attempt);
    std::string wait_before(const journal::AttemptRecord& attempt);

    journal::Sink* next_;
    Say say_;
    Level from_;
    Totals totals_;
    // When a delivery was tried last; the ones first seen longest ago are forgotten first.
    std::unordered_map<std::uint64_t, Instant> last_tries_;
    std::deque<std::uint64_t> deliveries_;
};

/// "1 session, 3 attempts: 1 accepted, 2 deferred".
std::string format(const LiveLog::Totals& totals);

}  // namespace fakemx::app
