// A simulator driven without sockets and without waiting: clients are strings, and time is a number
// that jumps to the next deadline. The same simulator code runs here and behind real sockets.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/simulator.h"

namespace fakemx::engine {

class VirtualRun {
public:
    using Client = std::size_t;

    explicit VirtualRun(Simulator& simulator, Instant epoch = default_epoch);
    ~VirtualRun();

    Instant now() const { return now_; }

    /// Connects from `address` to the host with this index, which is at `local`.
    Client connect(std::size_t host = 0, std::string address = "192.0.2.1",
                   std::string local = "127.0.0.1");
    /// What the server does not want to read yet waits, as it would in the network.
    void send(Client client, std::string_view octets);
    /// Octets sent that wait.
    std::size_t unread(Client client) const;
    /// The client sends no more (TCP FIN).
    void finish(Client client);
    /// The TLS handshake that the server waits for is over.
    void finish_tls(Client client, const smtp::TlsFacts& facts);
    void fail_tls(Client client, std::string_view reason);
    /// The client resets the connection.
    void reset(Client client);

    /// What the server has sent since the last call.
    std::string received(Client client);
    /// The same, as it was handed over: a network makes a segment of each.
    std::vector<std::string> segments(Client client);
    /// How the server has closed the connection, if it has.
    std::optional<smtp::Close::How> closed(Client client) const;
    /// The server has said that it sends no more; it still reads.
    bool half_closed(Client client) const;

    /// Lets time pass, with everything that is due on the way, each at its own instant.
    void advance(Duration duration);
    /// Goes to the next deadline, if there is one at or before `horizon`.
    bool advance_to_next(std::optional<Instant> horizon = std::nullopt);

private:
    class Connection;

    void deliver(Connection& connection);
    void tick();

    Simulator& simulator_;
    Instant now_;
    std::vector<std::unique_ptr<Connection>> connections_;
    std::vector<Connection*> reading_on_;  // at this instant
};

}  // namespace fakemx::engine
