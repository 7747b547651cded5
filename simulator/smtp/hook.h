// The moments at which a receiver's behaviour can be asked for. They carry the names of the
// protocol's verbs and moments; a profile defines `mx.on.<name>` for the ones it cares about.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace fakemx::smtp {

enum class Hook : std::uint8_t {
    connect,  ///< a client has connected; the verdict is the greeting
    ehlo,
    helo,
    starttls,
    auth,  ///< an AUTH exchange is complete
    mail,
    rcpt,
    data,     ///< the DATA command; the default verdict is 354
    bdat,     ///< a chunk that is not the last one has arrived (RFC 3030)
    message,  ///< the end of the message data; the verdict decides the transaction
    rset,
    vrfy,
    expn,
    help,
    noop,
    quit,
    unknown,  ///< a verb that this server does not speak
    idle,     ///< the client has been silent for the idle timeout
    close,    ///< the session is over; the verdict is not used
};

inline constexpr std::array<std::string_view, 19> hook_names{
    "connect", "ehlo", "helo", "starttls", "auth", "mail", "rcpt",    "data", "bdat", "message",
    "rset",    "vrfy", "expn", "help",     "noop", "quit", "unknown", "idle", "close"};

constexpr std::string_view name(Hook hook) {
    return hook_names.at(static_cast<std::size_t>(hook));
}

}  // namespace fakemx::smtp
