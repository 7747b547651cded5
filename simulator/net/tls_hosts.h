// The TLS side of a profile's hosts: what each accepts, and the certificate it shows. Certificates are
// made when a host needs one first. It must not know connections beyond OpenSSL's own object for them.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/certificates.h"
#include "smtp/tls.h"

namespace fakemx::net {

/// What is wrong with the host's settings, where OpenSSL does not take them.
std::optional<std::string> refusal_of(const engine::TlsOptions& options);

/// Whether the host offers STARTTLS by itself; what a hook says to EHLO is another matter.
bool offers_starttls(const smtp::HostOptions& options);

class TlsHosts {
public:
    /// A line of the key log, as Wireshark reads them (the format of NSS).
    using OnSecret = std::function<void(std::string_view line)>;

    /// `profile` outlives this. `wall` is the time of the wall clock; `addresses` are where the hosts
    /// listen, in their order. What makes certificates throws
    /// std::runtime_error where OpenSSL fails.
    TlsHosts(const engine::Profile& profile, Instant wall, std::vector<std::string> addresses);

    TlsHosts(const TlsHosts&) = delete;
    TlsHosts& operator=(const TlsHosts&) = delete;

    /// Before the first connection.
    void log_secrets(OnSecret on_secret) { on_secret_ = std::move(on_secret); }

    /// Makes the certificates of the hosts that offer TLS, so that no client waits for them.
    void prepare();

    /// The CA of this run, for clients to trust. Made when it is needed first, so before the first
    /// connection or behind prepare().
    std::string ca_pem() { return authority().root_pem(); }

    /// A TLS server's side of a connection to the host with this index.
    Owned<SSL> accept(std::size_t host);

    /// `hello` is filled in when the client's first message has come; it outlives the connection.
    static void tell_hello_of(SSL* connection, smtp::ClientHello& hello);

    /// What is wrong with the certificate that is shown there, in the words of profiles; empty: nothing.
    std::string_view fault_shown_to(const SSL* connection) const;

private:
    CertificateAuthority& authority();
    SSL_CTX* context(std::size_t host);
    Owned<SSL_CTX> make_context(std::size_t host);
    void log_secrets_of(SSL_CTX* context);
    static int read_hello(SSL* connection, int* alert, void*);
    static int choose_host(SSL* connection, int* alert, void* self);

    const engine::Profile& profile_;
    Instant wall_;
    std::vector<std::string> addresses_;
    std::optional<CertificateAuthority> authority_;  // none while nobody has needed it
    OnSecret on_secret_;
    std::vector<Owned<SSL_CTX>> contexts_;  // by host; null where nobody has needed it yet
};

}  // namespace fakemx::net
