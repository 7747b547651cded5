// Folds a journal, while it is written or when it is read, into deliveries. Order does not matter and attempts may come again
// and again: what came last counts. Must not know who writes the journal or where it lies.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/time.h"
#include "journal/records.h"
#include "oracle/delivery.h"

namespace fakemx::oracle {

/// A ledger at one moment.
struct Account {
    std::vector<Delivery>
        deliveries;  ///< in order of their ids; those that bring notices among them
    std::vector<Attempt>
        unnamed;  ///< that got no further than MAIL, so that nobody knows whose they are
    std::uint64_t unmatched_notices = 0;  ///< about no delivery that is known
    std::uint64_t dropped =
        0;            ///< attempts and sessions beyond the bounds: nothing can be said of them
    Instant begin{};  ///< the first instant that anything speaks of
    Instant end{};    ///< the last one
};

class Ledger {
public:
    /// Keeps at most so many attempts, and as many sessions and messages; what comes beyond is counted and forgotten.
    explicit Ledger(std::size_t attempts_max);
    Ledger();  ///< limits::oracle_attempts_max

    void take(const journal::Batch& batch);
    /// The run has come so far, even if nothing has happened since: silence is judged by it.
    void reached(Instant now) { saw(now); }

    /// Everything so far. Linear in the number of attempts.
    Account account() const;

    /// Calls what it is given with one attempt after the other, in order of their ids. Each is valid during that call.
    using Attempts = std::function<void(const std::function<void(const journal::AttemptRecord&)>&)>;
    /// The same of attempts that somebody else keeps, instead of its own.
    Account account_of(const Attempts& attempts) const;

    /// Deliveries of which no attempt was accepted or rejected yet, or one is still under way. Notices are no part of it.
    /// Constant.
    std::size_t unfinished() const { return unfinished_; }
    /// Attempts seen.
    std::size_t attempts() const { return attempts_.size(); }

private:
    struct Message {
        std::uint64_t body = 0;
        std::optional<message::Notice> notice;
    };
    struct Tally {
        std::uint32_t attempts = 0;
        std::uint32_t settled = 0;  // accepted or rejected
        std::uint32_t pending = 0;

        bool unfinished() const { return attempts != 0 && (settled == 0 || pending != 0); }
    };
    using Transaction = std::pair<std::uint64_t, std::uint32_t>;  // session, number

    void take(const journal::SessionRecord& session);
    void take(const journal::AttemptRecord& attempt);
    void take(const journal::MessageRecord& message);
    void count(const journal::AttemptRecord& attempt, bool added);
    void saw(Instant at);
    Attempt attempt_of(const journal::AttemptRecord& record) const;
    const Message* message_of(const journal::AttemptRecord& record) const;

    std::size_t attempts_max_;
    std::vector<journal::AttemptRecord> attempts_;          // in order of their ids
    std::unordered_map<std::uint64_t, std::string> hosts_;  // by session
    std::map<Transaction, Message> messages_;
    std::unordered_map<std::uint64_t, Tally> tallies_;  // by delivery
    std::size_t unfinished_ = 0;
    std::uint64_t dropped_ = 0;
    std::optional<Instant> begin_;
    Instant end_{};
};

}  // namespace fakemx::oracle
