// The TLS of one connection: what came from the network goes in, what is to go there comes out, and in
// between there is a handshake and then the octets themselves. It must not know sockets, nor SMTP beyond
// the facts that a session wants to have.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "net/tls_hosts.h"
#include "smtp/tls.h"

namespace fakemx::net {

/// OpenSSL's view of the network.
struct TlsNetwork {
    std::string_view input;
    std::string output;
};

class Tls {
public:
    enum class Progress : std::uint8_t {
        more,    ///< nothing before the network brings more
        done,    ///< the handshake is over; or there are octets
        ended,   ///< the client says that it sends no more (close_notify)
        failed,  ///< see failure()
    };

    /// `hosts` null: every handshake fails. `arrived` is what came from the network already.
    Tls(TlsHosts* hosts, std::size_t host, std::string arrived = {});
    ~Tls();
    Tls(const Tls&) = delete;
    Tls& operator=(const Tls&) = delete;

    /// What `arrived` was, once.
    std::string take_arrived() { return std::exchange(arrived_, {}); }

    /// What came from the network. Before it is given more, it must have said Progress::more.
    void receive(std::string_view ciphertext);
    /// What is to go to the network, in its order.
    std::string take_output();

    bool open() const { return open_; }
    Progress shake_hands();
    /// Octets of the client, at most as many as `octets` has room for.
    Progress read(std::span<char> octets, std::size_t& count);
    void write(std::string_view octets);
    /// Tells the client that no more is sent (close_notify, RFC 8446 §6.1).
    void end();

    /// As far as is known.
    smtp::TlsFacts facts() const;
    /// Why it has failed, in a sentence: the alert that the client sent, by its name, or what OpenSSL
    /// found wrong with the client.
    const std::string& failure() const { return failure_; }

private:
    Progress after(int result);
    std::string describe_failure() const;

    TlsHosts* hosts_;
    TlsNetwork network_;
    smtp::ClientHello hello_;
    std::string arrived_;
    std::string failure_;
    Owned<SSL> ssl_;
    bool open_ = false;
    bool ticket_owed_ = false;  // TLS 1.3: to leave with the first reply
};

}  // namespace fakemx::net
