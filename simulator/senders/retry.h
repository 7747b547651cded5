// When a message is tried next. It must not know what else is in the queue.
#pragma once

#include <cstdint>
#include <string>

#include "core/random.h"
#include "core/time.h"
#include "senders/model.h"

namespace fakemx::senders {

/// How far along its schedule a message is, or a queue that waits as a whole.
struct RetryState {
    std::uint32_t step = 0;
    std::uint32_t used = 0;      ///< tries of this step
    std::uint32_t failures = 0;  ///< of all
    Duration last_wait{};
};

struct RetryQuestion {
    Instant failed_at;
    Instant arrived_at;
    Instant first_try_at;
    std::uint64_t message = 0;  ///< whom chance is drawn for
};

/// When the next try is due, which is later than the failed one unless the step says "0s". The queue run is
/// not looked at. Senders count in whole seconds, and so does this.
Instant next_try(const Model& model, RetryState& state, const RetryQuestion& exactly,
                 const Rng& rng);

/// The first queue run at `due` or later, and later than `now`; `due` itself without queue runs.
Instant next_run(const Model& model, Instant start, Instant now, Instant due);

/// "300 seconds" or "5 minutes" in a reply, as Postal looks for them.
std::optional<Duration> wait_in(std::string_view reply);

}  // namespace fakemx::senders
