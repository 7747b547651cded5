// An SMTP client that blocks, over a real socket. Whatever is waited for comes from the other side; the
// bound on each wait is an error, never an expectation.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "support/tls_stream.h"

namespace fakemx::test {

/// An answer that takes longer is none.
inline constexpr int patience_seconds = 30;

class Client {
public:
    explicit Client(std::uint16_t port, const std::string& address = "127.0.0.1");
    /// A socket that is not connected yet.
    static Client unconnected();
    /// One that listens on a free port of 127.0.0.1, so that nobody else can.
    static Client listening();
    std::uint16_t local_port() const;
    ~Client();
    Client(Client&& other) noexcept;
    Client& operator=(Client&&) = delete;

    void connect(std::uint16_t port, const std::string& address = "127.0.0.1");
    void send(std::string_view octets);
    /// Leaves in one segment with what is sent next. Not inside TLS.
    void begin_segment(std::string_view octets);
    /// Sends these octets again and again as long as the network takes them; how many it took.
    std::size_t send_until_full(std::string_view octets, std::size_t octets_max);
    /// The next reply, all its lines, with CRLF. "" at the end of the connection, and "reset" where it
    /// was reset.
    std::string reply();
    /// Everything up to the end of the connection, which is put behind it: "[end]" or "[reset]"; inside
    /// TLS "[end]" is one that the server announced, and "[cut]" one that it did not.
    std::string rest();
    /// From here on everything goes through TLS, if the handshake goes well.
    TlsOutcome start_tls(const TlsWishes& wishes = {});
    TlsStream& tls() { return *tls_; }
    /// No more will come: inside TLS it says so, and the connection stays as it is.
    void finish();
    void reset();
    int descriptor() const { return descriptor_; }

private:
    Client() = default;
    bool read_more();

    int descriptor_ = -1;
    std::unique_ptr<TlsStream> tls_;
    std::string input_;
    std::string end_;
};

}  // namespace fakemx::test
