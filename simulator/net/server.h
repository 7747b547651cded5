// The simulator behind real sockets: listens, accepts, moves octets, and calls the simulator when time
// has come. One thread does all of it. It must not know SMTP beyond the inputs of a session.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include <boost/assert/source_location.hpp>

#include "core/result.h"
#include "engine/simulator.h"
#include "net/clock.h"

namespace boost::asio {
class io_context;
}

namespace fakemx::net {

struct ListenError {
    std::string message;  ///< begins with address and port
};

/// Makes Result::value() throw the message where nobody asked for the error first.
[[noreturn]] inline void throw_exception_from_error(const ListenError& error,
                                                    const boost::source_location&) {
    throw std::runtime_error{error.message};
}

/// Whether nobody but this machine can reach it.
bool is_loopback(const std::string& address);

/// Raises the number of files that this process may have open as far as it may, and gives it: each
/// session needs one.
std::uint64_t raise_descriptor_limit();

class Loop;
class TlsHosts;

/// How an address takes connections.
struct Reception {
    engine::Connections connections = engine::Connections::accept;
    std::uint32_t window_octets = 0;  ///< that a client may send ahead; 0: as the system does it
    /// Of the queue of connections that the kernel has accepted and the server has not. A sender that opens
    /// a thousand at once must not see its SYN dropped; the kernel caps it at net.core.somaxconn.
    int backlog = 4096;
    bool ipv6_only = false;  ///< where an IPv6 address would take IPv4 clients as well
};

class Server {
public:
    /// By the wall, whatever the simulator's clock says: clients and networks live by it.
    struct Waits {
        /// A client that does not take the last octets of a closed session.
        std::chrono::milliseconds undelivered{30'000};
        /// Between the end of what is sent and the client's own end; without this wait, octets that are
        /// still coming in would turn the orderly end into a reset that may destroy the last reply.
        std::chrono::milliseconds linger{2'000};
        /// At a shutdown, for both together; half of it for the linger.
        std::chrono::milliseconds shutdown{500};
        /// What conversations have gathered for the journal is at most this old.
        std::chrono::milliseconds journal{100};
        /// When the process is out of file descriptors.
        std::chrono::milliseconds accept_pause{100};
    };
    /// Something that a person should know: why no connections can be accepted. Called once for each
    /// reason.
    using OnTrouble = std::function<void(std::string_view)>;

    /// `simulator`, `clock` and `tls` outlive the server. Without `tls` every handshake fails.
    Server(engine::Simulator& simulator, Clock& clock, OnTrouble on_trouble,
           TlsHosts* tls = nullptr);
    Server(engine::Simulator& simulator, Clock& clock, OnTrouble on_trouble, TlsHosts* tls,
           Waits waits);
    /// Before the simulator's end: drops every connection that is left.
    ~Server();

    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    /// Connections to this IP address and port reach the host with this index of the profile. Port 0
    /// takes a free one; gives the port.
    Result<std::uint16_t, ListenError> listen(std::size_t host, const std::string& address,
                                              std::uint16_t port, Reception reception = {});
    /// The same on a socket in the file system; one that is there is replaced. Its clients have the address
    /// "local". Gives the error, if there is one.
    std::optional<ListenError> listen_at(std::size_t host, const std::string& path,
                                         Reception reception = {});

    /// The simulator's name server, over UDP and TCP at this port. Port 0 takes one that is free for both; gives the
    /// port. Once at most.
    Result<std::uint16_t, ListenError> listen_for_names(const std::string& address,
                                                        std::uint16_t port);

    /// With so many sessions open, further connections stay in the kernel's queue.
    void hold_back_at(std::size_t sessions);

    /// These signals stop the server.
    void stop_on(std::initializer_list<int> signals);

    /// Goes to this instant with `clock`, which is the server's own: what is due on the way is done, each thing at
    /// its own instant. Clients get the octets of all of it afterwards.
    void go_to(SteppedClock& clock, Instant instant);

    /// Whenever the server has nothing to do, it asks how long it may wait for something to come; nothing: for ever.
    /// Whoever is asked may move the clock (go_to), and says zero then.
    using OnIdle = std::function<std::optional<std::chrono::nanoseconds>()>;
    void when_idle(OnIdle on_idle);

    /// With when_idle: before each look at its sockets the server asks whether it may look; who says no has waited a
    /// little. So clients are heard at moments that somebody else chooses.
    void serve_only_if(std::function<bool()> may_serve);

    /// Of the loop that run() runs: for who else is to be served by it.
    boost::asio::io_context& io();

    /// Serves until it is stopped; returns when every session has been told and every connection is
    /// closed, or the time for that is over.
    void run();

    /// Ends run(). May be called from any thread.
    void stop();

    /// Calls `task` between two pieces of the server's work. May be called from any thread.
    void run_soon(std::function<void()> task);

private:
    std::unique_ptr<Loop> loop_;
};

}  // namespace fakemx::net
