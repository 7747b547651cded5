// A whole run as its rules look at it: its sessions, what became of each message for each recipient, what the sender was given and
// what it believes in the end, and which names it asked for. What one session cannot show.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "conformance/dialogue.h"
#include "conformance/fidelity.h"
#include "conformance/sender.h"
#include "core/ids.h"
#include "core/time.h"
#include "journal/event.h"
#include "message/notice.h"
#include "oracle/ledger.h"

namespace fakemx::conformance {

/// A message that arrived and had the Message-ID of one that the sender was given.
struct Copy {
    SessionId session{};
    std::uint32_t transaction = 0;
    std::uint64_t octets = 0;
    /// What became of the body; the same, too, where the journal does not have it all.
    BodyChange change = BodyChange::none;
    /// The first thing in which the bodies differ, line ends aside; empty without a change.
    std::string difference;
    bool recoded = false;  ///< it came in another transfer encoding
    /// Lines that begin with a dot within a few octets of a multiple of 512: where a sender's buffers end.
    std::uint32_t dots_at_boundaries = 0;
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

/// A notice (RFC 3464, or plain text) of the sender's own making that came to its end here, whether it was taken or not.
struct Report {
    SessionId session{};
    std::uint32_t transaction = 0;
    Instant at{};
    std::string identity;  ///< of the notice itself: journal::identity_of
    message::Notice notice;
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
    std::vector<Report> reports;  ///< in order of arrival
    std::vector<Query> queries;   ///< in order of arrival
    Instant begin{};
    Instant end{};           ///< of what is known; silence up to here means something
    bool has_ended = false;  ///< the run is known to be over: nothing comes behind `end`

    const Dialogue* session(SessionId id) const;
    /// The transaction of an attempt: its MAIL; null where it had none.
    const Exchange* mail_of(const oracle::Attempt& attempt) const;
    const Exchange* mail_of(SessionId session, std::uint32_t transaction) const;
    /// Its RCPT; null where it had none that can be read.
    const Exchange* rcpt_of(const oracle::Attempt& attempt) const;
    /// The command whose message was this transaction's; null where none came to its end.
    const Exchange* message_of(SessionId session, std::uint32_t transaction) const;
    /// Refused as one recipient too many of its transaction, with 452 or, by older servers, 552 (RFC 5321 §4.5.3.1.10): others
    /// were accepted before.
    bool had_no_room_for(const oracle::Attempt& attempt) const;
    /// What it is a try of; null where that is not known.
    const Submission* submission(const oracle::Delivery& delivery) const;
    /// All that it might be where nothing of it arrived.
    std::vector<const Submission*> submissions_with_envelope_of(
        const oracle::Delivery& delivery) const;
};

}  // namespace fakemx::conformance
