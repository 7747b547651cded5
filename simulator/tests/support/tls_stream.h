// The client's side of TLS over a connected, blocking socket, by OpenSSL itself.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include <openssl/types.h>

struct ssl_session_st;  // OpenSSL declares its name elsewhere

namespace fakemx::test {

struct TlsWishes {
    std::string server_name{};  ///< SNI; empty: none
    std::string ca_pem{};       ///< empty: any certificate will do
    std::string verify_name{};  ///< the host that the certificate must name, where it is verified
    std::string oldest{};       ///< "TLSv1.2"; empty: any
    std::string newest{};
    std::string ciphers{};  ///< of TLS 1.2 and older
    int security_level = 2;
    std::string client_name{};                  ///< with a certificate of its own for this name
    std::shared_ptr<ssl_session_st> resumes{};  ///< see TlsStream::session()
    std::size_t octets_at_once = 0;             ///< to the network; 0: all of them
};

struct TlsOutcome {
    std::string error;       ///< empty: all is well
    int verify_result = -1;  ///< X509_V_…
    std::string version;
    std::string cipher;
    std::string subject;  ///< common name of the server's certificate
    bool resumed = false;
};

class TlsStream {
public:
    enum class End { open, said, silent, reset };

    TlsStream(int descriptor, const TlsWishes& wishes);
    ~TlsStream();

    /// To its end.
    TlsOutcome handshake();
    void send(std::string_view octets);
    /// Tells the server that no more will come.
    void finish();
    /// Appends what has come to `octets`, and waits for something where nothing has. False when the
    /// server says no more, or, without `wait`, when nothing is there.
    bool receive(std::string& octets, bool wait);
    /// How the server's side ended: with close_notify, without, or by a reset.
    End end() const { return end_; }
    /// To be resumed by another connection.
    std::shared_ptr<ssl_session_st> session() const { return session_; }

private:
    bool feed(bool wait);
    void flush();
    static int keep_session(SSL* ssl, ssl_session_st* session);

    int descriptor_;
    std::size_t octets_at_once_;
    std::shared_ptr<SSL_CTX> context_;
    std::shared_ptr<SSL> ssl_;
    std::shared_ptr<ssl_session_st> session_;
    End end_ = End::open;
};

}  // namespace fakemx::test
