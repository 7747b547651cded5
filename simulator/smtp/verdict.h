// What somebody answers to a question: a reply or something else, how it leaves, and what becomes of
// the connection. A value; whoever made it has no further hold on the session.
#pragma once

#include <cstdint>
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
        false;         ///< the last size goes on to the end; else the rest is one piece
    Duration every{};  ///< between one piece and the next

    bool operator==(const Pacing&) const = default;

    bool immediate() const { return after == Duration::zero() && pieces.empty(); }
};

/// What becomes of the connection once the reply has left.
enum class Ending : std::uint8_t {
    by_code,  ///< closed after 421 (RFC 5321 §3.8), the server's own timeout, and QUIT's 2yz; else kept
    stay,   ///< kept, whatever the code says
    close,  ///< closed in order
    reset,  ///< TCP reset
};

struct Verdict {
    std::variant<DefaultAnswer, StandardAnswer, Reply, RawAnswer, Silence> answer;
    Pacing pacing;
    Ending ending = Ending::by_code;

    bool operator==(const Verdict&) const = default;
};

}  // namespace fakemx::smtp
