// Journal events: what a session observed, stamped with session, number and instant, and their
// canonical form. Credentials never get here: the session leaves them out of what it observes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "core/ids.h"
#include "core/time.h"
#include "smtp/observation.h"

namespace fakemx::journal {

/// A connection was accepted.
struct Opened {
    std::string host;    ///< name of the host connected to
    std::string client;  ///< IP address of the client
};

/// A hook of the profile failed; the session answered 451 4.3.0 in its place.
struct ScriptFailed {
    smtp::Hook hook = smtp::Hook::connect;
    std::string message;  ///< begins with "file:line: "
    std::string traceback;
};

/// A hook wrote it with `mx.log`.
struct Note {
    smtp::Hook hook = smtp::Hook::connect;
    std::string text;
};

using EventBody =
    std::variant<Opened, smtp::CommandSeen, smtp::Answered, smtp::MessageSeen, smtp::TlsSeen,
                 smtp::AuthSeen, smtp::Declared, smtp::Anomaly, smtp::Ended, ScriptFailed, Note>;

struct Event {
    SessionId session{};
    std::uint32_t number = 0;  ///< 1, 2, … within the session
    Instant at{};
    EventBody body;
};

/// The value of "event" in the JSON form: "opened", "command", "reply", "message", "tls", "auth", "declared", "anomaly",
/// "ended", "script_failed" or "note".
std::string_view name(const EventBody& body);

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
