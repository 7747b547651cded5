// What crossed the edge of a simulator, as a journal keeps it: every call with its instant, what came of it in a few
// octets, and the octets of the clients. Enough to do the same calls again (replay.h). Knows the form, not where it
// is kept.
//
// One order holds for all sessions, because they share what the profile remembers. The octets of a client stand apart
// from the calls that brought them: they are written once the session has looked at them and its secrets are known
// (smtp/concealment.h), which may be later.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/ids.h"
#include "core/time.h"
#include "engine/state_entry.h"
#include "engine/transport.h"
#include "smtp/session.h"

namespace fakemx::engine {

// What outsiders do to what a profile remembers.
struct StateForgotten {
    std::string store;
    std::optional<std::string> key;  ///< nothing: all keys
    bool operator==(const StateForgotten&) const = default;
};
struct StatePut {
    std::vector<StateEntry> entries;
    bool operator==(const StatePut&) const = default;
};
struct StateReset {
    bool operator==(const StateReset&) const = default;
};
struct StateRestored {
    StateSnapshot snapshot;
    bool operator==(const StateRestored&) const = default;
};
using StateChange = std::variant<StateForgotten, StatePut, StateReset, StateRestored>;

// What happened. Inputs of a session are those of smtp::Input.
struct Opening {
    std::size_t host = 0;
    Endpoints endpoints;
    bool operator==(const Opening&) const = default;
};
struct Arrival {
    std::size_t octets = 0;
    bool operator==(const Arrival&) const = default;
};
struct Trickle {
    bool operator==(const Trickle&) const = default;
};
struct InputEnd {
    bool operator==(const InputEnd&) const = default;
};
struct Loss {
    std::string reason;
    bool operator==(const Loss&) const = default;
};
struct AllTaken {  ///< smtp::Drained
    bool operator==(const AllTaken&) const = default;
};
struct HandshakeDone {
    smtp::TlsFacts facts;
    bool operator==(const HandshakeDone&) const = default;
};
struct HandshakeFailed {
    smtp::TlsFacts facts;
    std::string reason;
    bool reset = false;
    bool operator==(const HandshakeFailed&) const = default;
};
struct TimeCame {
    Instant due{};       ///< for what; it may have come late
    bool first = false;  ///< of those sessions whose time came in one call
    bool operator==(const TimeCame&) const = default;
};
struct Shutdown {
    bool operator==(const Shutdown&) const = default;
};

struct Call {
    using What = std::variant<Opening, Arrival, Trickle, InputEnd, Loss, AllTaken, HandshakeDone,
                              HandshakeFailed, TimeCame, Shutdown, StateChange>;
    Instant at{};
    SessionId session{};  ///< 0 for a change of state
    What what;

    // What came of it.
    std::uint32_t events = 0;  ///< how many
    /// A digest of what was done to the transport: octets in their pieces, and the ends. 0: nothing.
    std::uint32_t output = 0;
    /// When the network stopped taking octets: 0 not at all, 1 before the call, n + 1 at the n-th thing done to
    /// the transport.
    std::uint32_t blocked = 0;

    bool operator==(const Call&) const = default;
};

/// The next octets of a session's input.
struct InputOctets {
    SessionId session{};
    std::string_view octets;  ///< of the recording that was read
    bool operator==(const InputOctets&) const = default;
};
/// The same; they are the last ones of how this message came behind DATA (wire_form).
struct InputBody {
    SessionId session{};
    std::uint32_t transaction = 0;
    std::uint64_t octets = 0;
    bool operator==(const InputBody&) const = default;
};
/// From here on the octets of the session are not there: there were more than is kept.
struct InputCut {
    enum class Why : std::uint8_t { unread, message };
    SessionId session{};
    Why why = Why::unread;
    bool operator==(const InputCut&) const = default;
};

using Recorded = std::variant<Call, InputOctets, InputBody, InputCut>;

/// How a message comes behind DATA (RFC 5321 §4.5.2), with the end of data.
std::string wire_form(std::string_view content);

/// Appends records to a recording. A recording may be cut between two records, and its parts put together again.
class RecordingWriter {
public:
    void append(std::string& out, const Call& call);
    static void append(std::string& out, const InputOctets& octets);
    static void append(std::string& out, const InputBody& body);
    static void append(std::string& out, const InputCut& cut);

private:
    Instant last_{};
};

/// Reads what RecordingWriter wrote, part by part.
class RecordingReader {
public:
    enum class Progress : std::uint8_t { record, end, damaged };

    /// Takes a record from the front of `recording`.
    Progress next(std::string_view& recording, Recorded& out);

private:
    std::optional<Instant> last_;
};

}  // namespace fakemx::engine
