// What a sender did about each message and recipient, as the oracle looks at it: attempts, the rounds they form, and the
// notices that came back. Plain values; where they come from is for the ledger.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/ids.h"
#include "core/time.h"
#include "journal/records.h"
#include "message/notice.h"
#include "smtp/hook.h"

namespace fakemx::oracle {

/// An address as it is compared with others: the local part as it is, the domain without case (RFC 5321 §2.4).
std::string comparable(std::string_view address);

/// One try, as the journal has it at its end.
struct Attempt {
    std::uint64_t id = 0;  ///< in order of arrival
    SessionId session{};
    std::uint32_t transaction = 0;    ///< within the session
    Instant at{};                     ///< arrival
    std::optional<Instant> ended_at;  ///< nothing while it is under way
    std::string host;                 ///< name of the host that was tried
    std::string sending_ip;
    std::string helo;
    std::string mail_from;  ///< empty: the null reverse path
    std::string recipient;
    smtp::Hook stage = smtp::Hook::connect;  ///< where it ended
    int code = 0;                            ///< 0: no reply
    std::string text;
    journal::Outcome outcome = journal::Outcome::pending;
    bool taken =
        false;  ///< the receiver had decided to take the message, whether or not the sender heard it
    std::string identity;  ///< journal::identity_of; empty before end of data
    std::optional<std::uint64_t> message_octets;  ///< nothing before end of data
    std::optional<std::uint64_t> body;  ///< fingerprint of the body, without header fields

    Instant end() const { return ended_at.value_or(at); }
    /// 4yz, or no reply that means anything: the sender has to come back (RFC 5321 §4.2.1, §4.5.4.1).
    bool failed_for_now() const {
        return outcome == journal::Outcome::deferred || outcome == journal::Outcome::lost;
    }
    /// 5yz, but for 552 to RCPT, which older servers mean for too many recipients, and which is temporary then (RFC 5321
    /// §4.5.3.1.10).
    bool refused_for_good() const {
        return outcome == journal::Outcome::rejected && !(code == 552 && stage == smtp::Hook::rcpt);
    }
    /// Another recipient of that transaction, or the same one named twice.
    bool is_beside(const Attempt& other) const {
        return session == other.session && transaction == other.transaction;
    }
};

/// A notice about a delivery, sent by the sender to an address that fakemx serves, and taken here.
struct Notice {
    Instant at{};
    std::uint64_t attempt = 0;  ///< the one that brought it
    std::string recipient;      ///< whom it was sent to
    message::NoticeAction action = message::NoticeAction::failed;
    std::string status;  ///< "5.4.7", or empty

    /// A final one. A delayed one is a warning (RFC 3464 §2.3.3), and no bounce.
    bool bounce() const { return action == message::NoticeAction::failed; }
};

/// One message to one recipient.
struct Delivery {
    journal::DeliveryId id{};
    std::string mail_from;
    std::string recipient;
    std::string identity;           ///< empty while no try has come to the end of data
    std::vector<Attempt> attempts;  ///< at least one, in order of arrival
    std::vector<Notice> notices;    ///< about this delivery, in order of arrival
    bool is_notice = false;  ///< has the null reverse path (RFC 5321 §4.5.5), or brought a notice

    Instant first_at() const { return attempts.front().at; }
    std::string_view recipient_domain() const;
};

/// What one run of the sender's queue did for one delivery: attempts from `first` to before `last` in
/// Delivery::attempts.
struct Round {
    std::size_t first = 0;
    std::size_t last = 0;
};

/// The rounds of a delivery. An attempt goes on with the round before it when that was neither accepted nor rejected, goes
/// to a host that the round has not tried yet, and begins at most `gap` after the attempt before it ended: a sender that goes
/// from one host of a pool to the next (RFC 5321 §5.1) has not waited. So does a recipient that one transaction names twice.
/// Everything else begins a round. None is empty.
std::vector<Round> rounds_of(const Delivery& delivery, Duration gap);

/// From the end of one round to the beginning of the next: one less than there are rounds.
std::vector<Duration> waits_of(const Delivery& delivery, Duration gap);

std::span<const Attempt> attempts_of(const Delivery& delivery, Round round);

}  // namespace fakemx::oracle
