// What a diagnosis is made from: all attempts of one journal, or of several that are put together as if one receiver had written
// them. It must not know where the journals lie, and draws no conclusions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "core/ids.h"
#include "core/time.h"
#include "diagnosis/letter.h"
#include "journal/records.h"
#include "oracle/judge.h"
#include "oracle/ledger.h"

namespace fakemx::diagnosis {

/// A journal.
struct Source {
    std::string name;  ///< as people call it: its path
    std::string profile;
    std::string seed;
    std::string clock;
    Instant begin{};
    Instant end{};
};

inline constexpr std::size_t nowhere = static_cast<std::size_t>(-1);

/// What attempts say is mostly what others have said before: each text is kept once, and stays where it is.
using Texts = std::unordered_set<std::string>;

/// A journal::AttemptRecord whose texts are those of Case::texts. There are many of them.
struct Record {
    std::uint64_t id = 0;
    SessionId session{};
    std::optional<journal::DeliveryId> delivery;
    Instant at{};
    std::optional<Instant> ended_at;
    std::optional<std::uint64_t> message_octets;
    std::string_view sending_ip;
    std::string_view helo;
    std::string_view mail_from;
    std::string_view recipient;
    std::string_view text;
    std::string_view cause;
    std::string_view identity;
    std::string_view header_from_domain;
    std::string_view template_id;
    std::uint32_t transaction = 0;
    std::uint32_t number = 1;
    int code = 0;
    smtp::Hook stage = smtp::Hook::connect;
    journal::Outcome outcome = journal::Outcome::pending;
    bool taken = false;
};

/// An attempt, with what is known beside it.
struct Try {
    /// `id`, `session`, `delivery` and `number` count through all journals: `id` is the index in Case::tries, plus 1.
    Record record;
    std::size_t source = 0;         ///< index in Case::sources
    std::size_t letter = nowhere;   ///< index in Case::letters, once the message has arrived
    std::size_t session = nowhere;  ///< index in Case::sessions

    Instant end() const { return record.ended_at.value_or(record.at); }
    bool pending() const { return record.outcome == journal::Outcome::pending; }
    bool accepted() const { return record.outcome == journal::Outcome::accepted; }
    bool failed() const { return !pending() && !accepted(); }
};

struct Session {
    std::string_view host;
    bool tls = false;
    bool closed_by_receiver = false;
    Instant ended_at{};
};

struct Case {
    std::unique_ptr<Texts> texts = std::make_unique<Texts>();
    std::vector<Source> sources;
    std::vector<Try> tries;       ///< in order of their arrival
    std::vector<Letter> letters;  ///< no two of them are equal
    std::vector<Session> sessions;
    oracle::Account account;  ///< its ids are those of `tries`
    /// Of their findings only those that say that the sender came back after 5yz.
    std::vector<oracle::Judgement> judgements;
    bool together = true;       ///< the journals are those of one receiver
    std::uint64_t dropped = 0;  ///< attempts beyond limits::report_attempts_max
    /// Deliveries that several journals said they had accepted: those journals may be no fleet, but runs of their own.
    std::uint64_t accepted_in_several = 0;

    const Try& of(const oracle::Attempt& attempt) const { return tries.at(attempt.id - 1); }
    /// Silence is judged by it: the end of the journals, or, where they are runs of their own, of the one that knows the delivery.
    Instant end_of(const oracle::Delivery& delivery) const {
        return together ? account.end : sources.at(of(delivery.attempts.front()).source).end;
    }
    const Letter* letter_of(const Try& tried) const {
        return tried.letter == nowhere ? nullptr : &letters.at(tried.letter);
    }
    const Session* session_of(const Try& tried) const {
        return tried.session == nowhere ? nullptr : &sessions.at(tried.session);
    }
};

/// What stands behind the last "@", in lower case; empty where there is none.
std::string domain_of(std::string_view address);

/// Who sends: the domain of the reverse path; for the null one, and where no MAIL came, the name in HELO or else the address.
std::string sender_of(const Record& attempt);

}  // namespace fakemx::diagnosis
