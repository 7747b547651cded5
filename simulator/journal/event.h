// Journal events: what a session observed, stamped with session, number and instant, and their
// canonical form. Credentials never get here: the session leaves them out of what it observes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/ids.h"
#include "core/time.h"
#include "smtp/observation.h"

namespace fakemx::journal {

/// A connection was accepted.
struct Opened {
    std::string host;     ///< name of the host connected to
    std::string client;   ///< IP address of the client
    std::string local{};  ///< the one that it connected to
};

/// A hook of the profile failed; the session answered 451 4.3.0 in its place.
struct ScriptFailed {
    std::optional<smtp::Hook> hook = smtp::Hook::connect;  ///< nothing: the hook query
    std::string message;                                   ///< begins with "file:line: "
    std::string traceback;
};

/// A hook wrote it with `mx.log`.
struct Note {
    std::optional<smtp::Hook> hook = smtp::Hook::connect;  ///< nothing: the hook query
    std::string text;
};

/// A query to the name server has been answered, or never will be. Belongs to no session: its number is 0.
struct Queried {
    std::string name;  ///< in lower case; empty where the query could not be read
    std::string type;
    std::string client;          ///< IP address
    std::string_view transport;  ///< "udp" or "tcp"
    std::string rcode;           ///< "NXDOMAIN"; empty: it got no answer
    std::uint32_t answers = 0;   ///< records of the answer section
    std::uint32_t ttl = 0;       ///< the shortest one of theirs, in seconds
    /// Those records: "MX 10 mx1.example", "A 127.0.0.2"; "mx1.example A 127.0.0.2" where the owner is not `name`. Names in lower
    /// case.
    std::vector<std::string> records{};
    bool truncated = false;  ///< it was told to come again over TCP
    Duration after{};        ///< between the query and the answer
    bool scripted = false;   ///< the profile decided
};

// What a run says of itself beside what it sees: what the sender was given, what it makes of it, and when all was over. These belong
// to no session either, and are stamped with the instant at which they were known.

/// The sender under test was given a message.
struct Submitted {
    std::uint32_t message = 0;  ///< 1, 2, … in this run
    std::string from;           ///< reverse path; empty for the null one
    std::vector<std::string> to;
    std::string text;  ///< as in the file that the sender was given
};

/// What a sender takes for the fate of a message.
enum class Belief : std::uint8_t { delivered, deferred, failed };
std::string_view name(Belief belief);
std::optional<Belief> belief_named(std::string_view text);

/// What the sender believes about one recipient of a message that it was given.
struct Believed {
    std::uint32_t message = 0;  ///< Submitted::message
    std::string recipient;
    Belief belief = Belief::delivered;
    std::string text;        ///< in its own words
    bool by_status = false;  ///< all that is known is the exit status of its process
};

/// The run is over.
struct RunOver {
    std::string why;            ///< half a sentence
    std::optional<int> status;  ///< that the command ended with; nothing: it was ended
    /// The sender had so long to do something more: until here its silence means something.
    Instant silent_until{};
};

using EventBody =
    std::variant<Opened, smtp::CommandSeen, smtp::Answered, smtp::MessageSeen, smtp::TlsSeen,
                 smtp::AuthSeen, smtp::AuthLineSeen, smtp::Declared, smtp::Anomaly, smtp::Ended,
                 ScriptFailed, Note, Queried, Submitted, Believed, RunOver>;

struct Event {
    SessionId session{};       ///< 0: it belongs to none
    std::uint32_t number = 0;  ///< 1, 2, … within the session
    Instant at{};
    EventBody body;
};

/// The value of "event" in the JSON form: "opened", "command", "reply", "message", "tls", "auth", "auth_line", "declared", "anomaly",
/// "ended", "script_failed", "note", "query", "submitted", "believed" or "over".
std::string_view name(const EventBody& body);

/// "mail", or "query" for none of those of SMTP.
std::string_view hook_name(std::optional<smtp::Hook> hook);

enum class Form : std::uint8_t {
    full,
    /// Leaves out what cannot repeat from run to run of the same sender: instants, ports of clients, whether commands or
    /// data came ahead of a reply (a race between the sender's writes and the server's replies), and
    /// the network's own words about how a connection was lost.
    canonical,
};

/// Appends the event as one JSON object, without a line end. Fields come in a fixed order; those
/// without a value are left out.
void append_json(std::string& out, const Event& event, Form form);

}  // namespace fakemx::journal
