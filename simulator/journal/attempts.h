// Which transactions are tries of the same delivery. A delivery is one message to one recipient. Once
// the message is there, it is recognised by its identity (Message-ID, or a fingerprint) and the
// recipient. Before that only the envelope is known: reverse path, recipient, and SIZE where the
// sender declares it. The book then guesses the unfinished delivery of that envelope that was tried
// longest ago, which is the order of a queue; the guess is put right when the message arrives.
//
// A new message is therefore taken for a retry while another one with the same envelope (and size) is
// still unfinished and neither has been seen whole. Nothing better can be known at that point.
#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "journal/records.h"
#include "smtp/envelope.h"

namespace fakemx::journal {

class AttemptBook {
public:
    struct Try {
        DeliveryId delivery{};
        std::uint32_t number = 1;  ///< 1 for the first try
    };

    explicit AttemptBook(std::size_t deliveries_max);

    /// A recipient was named. Until finish(), no other transaction is taken for a try of it.
    Try begin(const smtp::Envelope& envelope, const smtp::Path& recipient);

    /// The message has arrived: the same try, or the one it turns out to be.
    Try identify(const Try& guess, std::string_view identity, const smtp::Path& recipient);

    /// What became of it.
    void finish(const Try& tried, Outcome outcome);

    /// Deliveries remembered.
    std::size_t size() const { return by_id_.size(); }

private:
    struct Delivery {
        DeliveryId id{};
        std::string envelope;  // key in open_
        std::string identity;  // key in identified_; empty while unknown
        std::uint32_t tries = 0;
        std::uint32_t under_way = 0;  // several sessions may try an identified delivery at once
        bool settled = false;         // accepted or rejected
        std::uint64_t turn = 0;       // number of the finish() that ended its last try
    };
    using Deliveries = std::list<Delivery>;

    Deliveries::iterator add(std::string envelope);
    Try start(Deliveries::iterator delivery);
    void stop(Deliveries::iterator delivery);
    void forget(Deliveries::iterator delivery);

    std::size_t deliveries_max_;
    std::uint64_t last_id_ = 0;
    std::uint64_t last_turn_ = 0;
    Deliveries resting_;  // nobody tries them; touched longest ago first
    Deliveries tried_;    // under way
    std::unordered_map<std::uint64_t, Deliveries::iterator> by_id_;
    // By envelope, the resting deliveries that were tried and are not settled, in order of their turn.
    std::unordered_map<std::string, std::map<std::uint64_t, Deliveries::iterator>> open_;
    std::unordered_map<std::string, Deliveries::iterator> identified_;
};

/// What two spellings of an address share: local parts are compared as they are, domains without case
/// (RFC 5321 §2.4).
std::string address_key(const smtp::Path& path);

/// Identity of a message: its Message-ID, or "body:" and a fingerprint of its body and of the fields
/// that do not change on the way (From, To, Subject, Date) where it has none. The body comes in two
/// parts: what was kept of it, and the fingerprint of the rest.
std::string identity_of(const std::optional<std::string>& message_id,
                        const std::vector<std::string_view>& stable_fields, std::string_view body,
                        std::string_view rest_fingerprint);

}  // namespace fakemx::journal
