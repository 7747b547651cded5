// Steps of a schedule, one after the other.
#include "senders/retry.h"

#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include "core/assert.h"
#include "core/text.h"

namespace fakemx::senders {

namespace {

using std::chrono::floor;
using std::chrono::seconds;

__extension__ using Wide = __int128;

/// So many times `ratio`; as long as a duration can be, where it would be longer.
Duration scaled(Duration duration, const engine::Ratio& ratio) {
    const Wide product = static_cast<Wide>(duration.count()) * ratio.numerator;
    const Wide most = std::numeric_limits<Duration::rep>::max() / 4;
    return Duration{static_cast<Duration::rep>(std::min(product / ratio.denominator, most))};
}

/// Chance for this message and this failure.
class Draw {
public:
    Draw(const Rng& rng, const RetryQuestion& asked, const RetryState& state)
        : rng_(rng), key_(fmt::format("{}", asked.message)), earlier_(state.failures) {}

    /// Whole seconds in [low, high].
    Duration between(std::string_view rule, Duration low, Duration high) const {
        const auto span = floor<seconds>(high - low).count();
        if (span <= 0) return low;
        return low + seconds{rng_.below(static_cast<std::uint64_t>(span) + 1,
                                        {.rule = rule, .key = key_, .earlier = earlier_})};
    }

private:
    const Rng& rng_;
    std::string key_;
    std::uint64_t earlier_;
};

bool used_up(const RetryStep& step, const RetryState& state, Duration since_first_try) {
    if (step.times && state.used >= *step.times) return true;
    return step.until && since_first_try > *step.until;
}

/// The step that holds now. Steps that are over already when they are reached are passed by, each once.
const RetryStep& go_to_step(const Model& model, RetryState& state, Duration since_first_try) {
    for (std::size_t passed = 0; passed <= model.retry.size(); ++passed) {
        if (!used_up(model.retry[state.step], state, since_first_try)) break;
        if (state.step + 1 < model.retry.size()) {
            ++state.step;
        } else if (model.retry_again_from) {
            state.step = static_cast<std::uint32_t>(*model.retry_again_from);
        } else {
            break;
        }
        state.used = 0;
    }
    return model.retry[state.step];
}

Duration wait_of(const RetryStep& step, const RetryState& state, const Draw& draw) {
    if (state.used == 0) return step.base;
    const Duration least = scaled(state.last_wait, step.factor);
    if (!step.factor_most) return least;
    return draw.between("factor", least, scaled(state.last_wait, *step.factor_most));
}

/// The first n²·base behind the arrival that is still to come.
Duration square_wait(const RetryStep& step, const RetryQuestion& asked) {
    const Duration age = asked.failed_at - asked.arrived_at;
    std::int64_t n = 1;
    while (step.base * (n * n) <= age) ++n;
    return asked.arrived_at + step.base * (n * n) - asked.failed_at;
}

}  // namespace

Instant next_try(const Model& model, RetryState& state, const RetryQuestion& exactly,
                 const Rng& rng) {
    const RetryQuestion asked{.failed_at = floor<seconds>(exactly.failed_at),
                              .arrived_at = floor<seconds>(exactly.arrived_at),
                              .first_try_at = floor<seconds>(exactly.first_try_at),
                              .message = exactly.message};
    const RetryStep& step = go_to_step(model, state, asked.failed_at - asked.first_try_at);
    const Draw draw{rng, asked, state};
    Duration wait{};
    switch (step.kind) {
        case RetryStep::Kind::wait: wait = wait_of(step, state, draw); break;
        case RetryStep::Kind::square: wait = square_wait(step, asked); break;
        case RetryStep::Kind::age: wait = asked.failed_at - asked.arrived_at; break;
    }
    wait = std::max(wait, step.at_least);
    if (step.at_most) wait = std::min(wait, *step.at_most);
    ++state.used;
    ++state.failures;
    state.last_wait = wait;
    if (step.spread > Duration::zero()) {
        wait += draw.between("spread", Duration::zero(), 2 * step.spread) - step.spread;
        wait = std::max(wait, Duration{1s});
    }
    return later(asked.failed_at, wait);
}

Instant next_run(const Model& model, Instant start, Instant now, Instant due) {
    if (!model.queue_run) return due;
    const Duration every = *model.queue_run;
    FAKEMX_ASSERT(every > Duration::zero());
    const Duration since = std::max(due, now) - start;
    auto runs = since / every;
    if (runs * every < since || start + runs * every <= now) ++runs;
    return later(start, runs * every);
}

std::optional<Duration> wait_in(std::string_view reply) {
    for (std::size_t at = 0; at < reply.size(); ++at) {
        if (!is_ascii_digit(reply[at]) || (at != 0 && is_ascii_digit(reply[at - 1]))) continue;
        const std::size_t end = std::min(reply.find_first_not_of("0123456789", at), reply.size());
        const auto number = parse_decimal(reply.substr(at, end - at));
        const std::string_view behind = reply.substr(end);
        // More than a day is no wait that a server means.
        if (!number || *number > 86'400) continue;
        if (behind.starts_with(" seconds")) return seconds{*number};
        if (behind.starts_with(" minutes")) return std::chrono::minutes{*number};
    }
    return std::nullopt;
}

}  // namespace fakemx::senders
