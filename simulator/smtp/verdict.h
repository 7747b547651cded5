// What somebody answers to a question: a reply or something else, how it leaves, and what becomes of
// the connection. A value; whoever made it has no further hold on the session.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/time.h"
#include "smtp/reply.h"

namespace fakemx::smtp {

/// Answers in the server's own words for the moment: 250, 354 or 220 for accept, 4yz for defer, 5yz
/// for reject.
enum class Disposition : std::uint8_t { accept, defer, reject };

/// What the server would say without a profile: accept, unless the protocol or the limits say no.
struct DefaultAnswer {
    bool operator==(const DefaultAnswer&) const = default;
};

struct StandardAnswer {
    Disposition disposition = Disposition::accept;
    std::optional<std::string> text;  ///< instead of the server's own

    bool operator==(const StandardAnswer&) const = default;
};

/// Octets sent as they are. What they mean for the transaction is read from the code at the start of
/// the last line; without one the command counts as refused.
struct RawAnswer {
    std::string octets;

    bool operator==(const RawAnswer&) const = default;
};

/// No reply, now or later: the session reads on and never speaks again.
struct Silence {
    bool operator==(const Silence&) const = default;
};

/// How the octets of a reply leave: after a wait, whole or in pieces.
struct Pacing {
    Duration after{};                   ///< before the first octet
    std::vector<std::uint32_t> pieces;  ///< octets of each piece; none: all at once
    bool repeat_last_piece =
        false;          ///< the last size goes on to the end; else the rest is one piece
    Duration every{};   ///< between one piece and the next
    bool late = false;  ///< nothing waits for this reply: others may overtake it

    bool operator==(const Pacing&) const = default;

    bool immediate() const { return after == Duration::zero() && pieces.empty(); }
    /// What comes next waits until the reply has left.
    bool awaited() const { return !immediate() && !late; }
};

/// What becomes of the connection once the reply has left.
enum class Ending : std::uint8_t {
    by_code,  ///< closed after 421 (RFC 5321 §3.8), the server's own timeout, and QUIT's 2yz; else kept
    stay,        ///< kept, whatever the code says
    close,       ///< closed in order
    reset,       ///< TCP reset
    cut,         ///< closed, and inside TLS without a close_notify (RFC 8446 §6.1)
    half_close,  ///< nothing is sent any more (TCP FIN); what comes is read and never answered
};

/// How the session reads from here on. TCP holds the rest back: a sender sees its window close.
struct Reading {
    std::uint32_t octets =
        0;             ///< at most so many at a time; 0: none, and as before when `every` is over
    Duration every{};  ///< zero, where nothing is read: for ever

    bool operator==(const Reading&) const = default;
};

/// What goes wrong in a TLS handshake, once so many octets of it have left.
struct HandshakeFault {
    enum class Kind : std::uint8_t {
        stall,      ///< nothing more comes
        close,      ///< TCP FIN
        reset,      ///< TCP RST
        garbage,    ///< octets that are no TLS
        plaintext,  ///< an SMTP reply in the clear
    };
    Kind kind = Kind::stall;
    std::uint32_t octets = 0;

    bool operator==(const HandshakeFault&) const = default;
};

inline constexpr std::array<std::string_view, 5> handshake_fault_names{"stall", "close", "reset",
                                                                       "garbage", "plaintext"};

struct FollowUp;

struct Verdict {
    std::variant<DefaultAnswer, StandardAnswer, Reply, RawAnswer, Silence> answer;
    Pacing pacing;
    Ending ending = Ending::by_code;
    /// The reply counts, and only so many of its octets leave. Ends the connection unless `ending` is stay.
    std::optional<std::uint32_t> lost_after;
    std::optional<Reading> reading;
    std::optional<HandshakeFault> handshake;   ///< of the TLS that this reply begins
    std::shared_ptr<const FollowUp> and_then;  ///< what comes when the reply has left
    std::shared_ptr<const FollowUp> in_body;   ///< what comes in the middle of the message
    std::string cause;                         ///< why, for the journal; the client never sees it

    bool operator==(const Verdict&) const = default;
};

/// Something that the server says, or does to the connection, without having been asked. It means nothing
/// for the transaction.
struct FollowUp {
    Duration wait{};           ///< of and_then: from when the reply has left
    std::uint64_t octets = 0;  ///< of in_body: so much of the message has arrived, as sent
    Verdict verdict;
};

}  // namespace fakemx::smtp
