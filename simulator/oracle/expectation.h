// What a scenario expects of a sender, as values, and whether it did so. Knows nothing of how expectations are written down.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/time.h"
#include "oracle/delivery.h"
#include "oracle/judge.h"
#include "oracle/ledger.h"

namespace fakemx::oracle {

/// Which deliveries an expectation is about: all that match everything that is named. Notices (Delivery::is_notice) are
/// left out unless `sender` names their reverse path ("" for the null one).
struct Selection {
    std::optional<std::string> recipient;         ///< address; the domain without letter case
    std::optional<std::string> recipient_domain;  ///< without letter case
    std::optional<std::string> sender;            ///< reverse path

    bool matches(const Delivery& delivery) const;
};

/// What is counted.
enum class Unit : std::uint8_t {
    round,    ///< see rounds_of
    attempt,  ///< each host that was tried
};

/// Taken by the receiver exactly once, and the sender knows: no acceptance too many, none missing.
struct DeliveredOnce {};

struct AttemptsBetween {
    std::uint64_t min = 0;
    std::optional<std::uint64_t> max;
    Unit unit = Unit::round;
};

/// Each wait between two rounds.
struct WaitsBetween {
    Duration min{};
    std::optional<Duration> max;
};

/// The waits between rounds, one by one, each within `tolerance`.
struct WaitsAre {
    std::vector<Duration> waits;
    Duration tolerance{};
    bool more_may_follow = false;  ///< further waits behind those are not looked at
};

/// Never accepted, and tried for the last time so long after the first try; after that the sender was silent, or said in a
/// notice that it had given up, up to which time it then counts.
struct GaveUpAfter {
    Duration min{};
    std::optional<Duration> max;
};

/// No round begins within this time after the end of a failed one. Without a time: the one that its replies ask
/// for (retry_hint); a round whose replies ask for nothing is passed over, but not all may be.
struct NoAttemptWithin {
    std::optional<Duration> wait;
};

/// No attempt behind a 5yz (RFC 5321 §4.2.1), be it at another host.
struct NeverAfter5yz {};

/// While the deliveries selected fail, all others (to other domains, where a recipient domain is selected) are accepted within
/// this time after their first try.
struct OthersUnaffected {
    Duration within{};
    /// All messages were there at the first instant of the account: counted from then on, so that one that is not tried at all
    /// while others fail is seen.
    bool from_begin = false;
};

/// Times that a message was taken beyond the first, over all deliveries selected.
struct DuplicatesAtMost {
    std::uint64_t count = 0;
    bool count_reply_lost = true;  ///< also where the sender could not know that it was taken
};

/// Exactly one final notice for each delivery, and not before this time after the first try.
struct NoticeSent {
    Duration not_before{};
    std::optional<Duration> not_after;
};

/// No final notice.
struct NotBounced {};

/// The same in all tries of a delivery.
struct SameIdentity {
    bool helo = true;
    bool sending_ip = true;
    bool mail_from = true;
    bool size = true;
    bool body = true;
    bool message_id = true;
};

struct Context;

/// Nothing: passed. A text: what is wrong.
struct Predicate {
    using Function = std::function<std::optional<std::string>(
        const std::vector<const Delivery*>& selected, const Context& context)>;
    Function check;
};

using ExpectationKind =
    std::variant<DeliveredOnce, AttemptsBetween, WaitsBetween, WaitsAre, GaveUpAfter,
                 NoAttemptWithin, NeverAfter5yz, OthersUnaffected, DuplicatesAtMost, NoticeSent,
                 NotBounced, SameIdentity, Predicate>;

struct Expectation {
    std::string title;  ///< empty: title_of(kind, selection)
    ExpectationKind kind;
    Selection selection;
};

/// "delivered exactly once", "waits between 5m and 1h10m, to 163.com".
std::string title_of(const ExpectationKind& kind, const Selection& selection);

/// What expectations are checked against. `judgements` are those of `account`, made with `policy`.
struct Context {
    const Account& account;
    const Policy& policy;
    const std::vector<Judgement>& judgements;

    const Judgement& of(const Delivery& delivery) const;
};

/// The attempts that a result is about.
struct Exhibit {
    journal::DeliveryId delivery{};
    std::vector<std::uint64_t> attempts;  ///< ids of those that are marked
    std::string timeline;                 ///< oracle::timeline of the delivery
};

struct Result {
    std::string title;
    bool passed = false;
    std::string explanation;        ///< what was found; also of one that passed
    std::vector<Exhibit> exhibits;  ///< of what failed, at most limits::exhibits_max deliveries
    std::uint64_t exhibits_left_out = 0;
};

/// One result for each expectation, in their order. One that finds no delivery to look at has failed. Where the ledger had
/// no room for everything, one more result says so, and has failed.
std::vector<Result> check(const std::vector<Expectation>& expectations, const Context& context);

}  // namespace fakemx::oracle
