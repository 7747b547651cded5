// A modelled sender: when it tries again, when it gives up, and how it uses connections. Whoever reads such
// a model (script) fills this in; how a user writes it is settled in docs/reference/senders.md. It must not
// know how a queue is worked through.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/time.h"
#include "engine/profile.h"

namespace fakemx::senders {

/// A part of a retry schedule. The first one holds until it is used up, then the next one.
struct RetryStep {
    enum class Kind : std::uint8_t {
        wait,  ///< so long behind the failed try, times a factor with each further try of this step
        square,  ///< at n² times so long behind the message's arrival, n = 1, 2, 3 …
        age,     ///< as long as the message is old
    };
    Kind kind = Kind::wait;
    Duration base{};  ///< of `wait` and `square`
    engine::Ratio factor{1, 1};
    std::optional<engine::Ratio> factor_most;  ///< by chance between `factor` and this one
    Duration at_least{};
    std::optional<Duration> at_most;
    Duration spread{};  ///< by chance so much earlier or later
    std::optional<std::uint32_t> times;
    std::optional<Duration> until;  ///< as long as the first try is not longer ago
};

/// How the lifetime of a message ends it.
enum class GivesUp : std::uint8_t {
    after_try,       ///< with the first try at that age or later that fails
    at_lifetime,     ///< at that age, without a try
    before_next,     ///< with a failed try behind which the next one would be later than that
    after_last_run,  ///< with one more try in the first queue run behind that age
};

inline constexpr std::array<std::string_view, 4> gives_up_names{"after_try", "at_lifetime",
                                                                "before_next", "after_last_run"};

/// Which temporary failures send it to the next MX host at once.
enum class NextHost : std::uint8_t {
    never,
    connection,   ///< no connection, or a refusal before MAIL
    transaction,  ///< and of MAIL, DATA and the message
    recipient,    ///< and of RCPT
};

inline constexpr std::array<std::string_view, 4> next_host_names{"never", "connection",
                                                                 "transaction", "recipient"};

/// What is waited for together.
enum class Backoff : std::uint8_t {
    message,
    queue,  ///< all messages are tried one after the other, and the whole queue waits
};

inline constexpr std::array<std::string_view, 2> backoff_names{"message", "queue"};

/// What is counted until a destination is dead.
enum class DeadCounts : std::uint8_t {
    connections,
    cohorts,  ///< each failure is the part of one that the connection is of those allowed at once
};

inline constexpr std::array<std::string_view, 2> dead_counts_names{"connections", "cohorts"};

/// How long it waits for the server (RFC 5321 §4.5.3.2 has these as the least).
struct Timeouts {
    Duration connect = 30s;
    Duration greeting = 5min;
    Duration hello = 5min;
    Duration mail = 5min;
    Duration rcpt = 5min;
    Duration data = 2min;
    Duration message = 10min;
};

struct Model {
    std::string name;  ///< file name without directory and ending
    std::string summary;

    std::vector<RetryStep> retry;  ///< at least one
    /// Index in `retry` of the step that follows the last one; nothing: the last one has no end.
    std::optional<std::size_t> retry_again_from;
    Backoff backoff = Backoff::message;
    std::optional<Duration>
        queue_run;  ///< tries of deferred messages happen at multiples of this only
    std::optional<Duration> lifetime;
    GivesUp gives_up = GivesUp::after_try;
    std::optional<std::uint32_t> tries_max;
    /// Waits as long as a reply says ("300 seconds", "5 minutes"), and so much more.
    std::optional<Duration> heeds_waits;

    std::uint32_t hosts_per_try = 1;
    NextHost next_host = NextHost::connection;
    std::uint32_t addresses = 1;  ///< it sends from so many, a different one with each try

    std::uint32_t connections = 20;  ///< at once, to one destination
    /// At first; one more with each delivery that reaches the host. Nothing: all of them at once.
    std::optional<std::uint32_t> connections_first;
    std::uint32_t messages_per_connection = 1;
    Duration keeps_connection{};  ///< so long without a message for it
    /// A destination counts as dead after so many connections have failed in a row; nothing: never.
    std::optional<std::uint32_t> dead_after;
    DeadCounts dead_counts = DeadCounts::connections;
    /// For how long; nothing: as `retry` says, with a schedule of its own.
    std::optional<Duration> dead_for;

    bool esmtp = true;
    bool pipelining = true;
    bool starttls = true;             ///< where it is offered
    bool bounces_at_greeting = true;  ///< takes 5yz to the connection for final
    Timeouts timeouts;
};

}  // namespace fakemx::senders
