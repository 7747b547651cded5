// A whole run as its rules look at it: its sessions, what became of each message for each recipient, what the sender was given and
// what it believes in the end, and which names it asked for. What one session cannot show.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "conformance/dialogue.h"
#include "conformance/sender.h"
#include "core/ids.h"
#include "core/time.h"
#include "journal/event.h"
#include "oracle/ledger.h"

namespace fakemx::conformance {

/// A message that arrived and had the Message-ID of one that the sender was given.
struct Copy {
    SessionId session{};
    std::uint32_t transaction = 0;
    std::uint64_t octets = 0;
    /// The first thing in which the bodies differ, line ends aside; empty: they are the same, or the journal does not have it all.
    std::string difference;
    /// The same of the header fields that were given, whatever else stands there; their order and folding aside.
    std::string header_difference;
    bool whole = true;  ///< the journal has all of it
};

/// What the sender was given, and what came of that.
struct Submission {
    journal::Submitted given;
    Instant at{};            ///< when it was given
    std::string message_id;  ///< empty: none
    std::vector<Copy> copies;
    std::vector<journal::Believed> beliefs;

    /// What it believes about a recipient; null: nothing is known.
    const journal::Believed* belief(std::string_view recipient) const;
};

struct Query {
    Instant at{};
    journal::Queried asked;
};

struct Course {
    Sender sender = Sender::unknown;
    std::vector<Dialogue> sessions;  ///< by id
    oracle::Account account;         ///< deliveries with their attempts and notices
    std::vector<Submission> submissions;
    std::vector<Query> queries;  ///< in order of arrival
    Instant begin{};
    Instant end{};           ///< of what is known; silence up to here means something
    bool has_ended = false;  ///< the run is known to be over: nothing comes behind `end`

    const Dialogue* session(SessionId id) const;
    /// The transaction of an attempt: its MAIL; null where it had none.
    const Exchange* mail_of(const oracle::Attempt& attempt) const;
    /// What was given of this delivery; null where it might be one of several.
    const Submission* submission(const oracle::Delivery& delivery) const;
    /// All that it might be where nothing of it arrived.
    std::vector<const Submission*> submissions_with_envelope_of(
        const oracle::Delivery& delivery) const;
};

/// The first difference of two message bodies in words: "line 3 is 'x', and was 'y'"; empty where there is none. Line ends (CR, LF,
/// CRLF) are the same, and so is whether the last line has one.
std::string difference(std::string_view given, std::string_view arrived);

/// A message that arrived, held against the one that was given.
Copy compare(const journal::Submitted& given, SessionId session, std::uint32_t transaction,
             std::string_view content, bool whole);

}  // namespace fakemx::conformance
