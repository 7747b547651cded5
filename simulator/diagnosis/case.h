// What a diagnosis is made from: all attempts of one journal, or of several that are put together as if one receiver had written
// them. It must not know where the journals lie, and draws no conclusions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

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

/// An attempt, with what is known beside it.
struct Try {
    /// `id`, `session`, `delivery` and `number` count through all journals: `id` is the index in Case::tries, plus 1.
    journal::AttemptRecord record;
    std::size_t source = 0;         ///< index in Case::sources
    std::size_t letter = nowhere;   ///< index in Case::letters, once the message has arrived
    std::size_t session = nowhere;  ///< index in Case::sessions

    Instant end() const { return record.ended_at.value_or(record.at); }
    bool pending() const { return record.outcome == journal::Outcome::pending; }
    bool accepted() const { return record.outcome == journal::Outcome::accepted; }
    bool failed() const { return !pending() && !accepted(); }
};

struct Session {
    std::string host;
    std::string client;
    bool tls = false;
    bool closed_by_receiver = false;
    Instant ended_at{};
};

struct Case {
    std::vector<Source> sources;
    std::vector<Try> tries;  ///< in order of their arrival
    std::vector<Letter> letters;
    std::vector<Session> sessions;
    oracle::Account account;  ///< its ids are those of `tries`
    std::vector<oracle::Judgement> judgements;
    bool together = true;       ///< the journals are those of one receiver
    std::uint64_t dropped = 0;  ///< attempts beyond limits::report_attempts_max
    /// Deliveries that several journals said they had accepted: those journals may be no fleet, but runs of their own.
    std::uint64_t accepted_in_several = 0;

    const Try& of(const oracle::Attempt& attempt) const { return tries.at(attempt.id - 1); }
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
std::string sender_of(const journal::AttemptRecord& attempt);

}  // namespace fakemx::diagnosis
