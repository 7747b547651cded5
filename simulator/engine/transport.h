// Where a conversation's octets go: a socket (net) or a virtual client (virtual_run.h).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "smtp/session.h"

namespace fakemx::engine {

/// The two ends of a connection, as text without ports.
struct Endpoints {
    std::string client;
    std::string local;

    bool operator==(const Endpoints&) const = default;
};

class Transport {
public:
    virtual ~Transport() = default;

    /// Takes all octets, at once or queued behind earlier ones. Each call may become a segment of its
    /// own.
    virtual void send(std::string_view octets) = 0;

    /// Everything sent has been handed to the network. When this becomes true later, the driver says
    /// so with smtp::Drained.
    virtual bool flushed() const = 0;

    /// From here on what is sent is encrypted, and what comes in belongs to a TLS handshake, until the
    /// driver says smtp::TlsReady or smtp::TlsFailed. The settings are those of the host; `fault` is what goes
    /// wrong on the way. `arrived` belongs to the handshake already.
    virtual void upgrade_tls(const std::optional<smtp::HandshakeFault>& fault,
                             std::string arrived) = 0;

    /// Nothing more is sent (TCP FIN, behind a close_notify inside TLS), once everything sent before has
    /// left. What comes in is still handed over.
    virtual void half_close() = 0;

    /// Time has passed, and what the session wants to read may have changed with it (Session::input_octets_max).
    /// After any other input the driver looks for itself.
    virtual void read_on() = 0;

    /// The last call the conversation makes; `flush` still delivers what was sent before.
    virtual void close(smtp::Close::How how) = 0;
};

}  // namespace fakemx::engine
