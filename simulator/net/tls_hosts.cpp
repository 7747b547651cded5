// OpenSSL's contexts, set up as a profile says. Whatever the machine's openssl.cnf says is overridden:
// a profile behaves the same everywhere.
#include "net/tls_hosts.h"

#include <algorithm>
#include <array>
#include <stdexcept>

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include "core/text.h"

namespace fakemx::net {

namespace {

/// What OpenSSL offers by itself, but for suites without authentication or encryption.
constexpr const char* default_ciphers = "DEFAULT";
/// 112 bits of strength at least, as Debian has it: what is weaker, a profile must ask for.
constexpr int ordinary_security_level = 2;

int number_of(engine::TlsVersion version) {
    switch (version) {
        case engine::TlsVersion::tls_1_0: return TLS1_VERSION;
        case engine::TlsVersion::tls_1_1: return TLS1_1_VERSION;
        case engine::TlsVersion::tls_1_2: return TLS1_2_VERSION;
        case engine::TlsVersion::tls_1_3: return TLS1_3_VERSION;
    }
    return TLS1_3_VERSION;
}

/// Empty for versions that nobody knows (RFC 8701 has some).
std::string_view name_of_version(unsigned version) {
    switch (version) {
        case SSL3_VERSION: return "SSLv3";
        case TLS1_VERSION: return "TLSv1";
        case TLS1_1_VERSION: return "TLSv1.1";
        case TLS1_2_VERSION: return "TLSv1.2";
        case TLS1_3_VERSION: return "TLSv1.3";
        default: return {};
    }
}

bool weak(const engine::TlsOptions& options) {
    return options.oldest < engine::TlsVersion::tls_1_2 || !options.ciphers.empty() ||
           options.certificate == engine::Certificate::weak_key ||
           options.certificate == engine::Certificate::weak_hash;
}

/// Versions and ciphers. False: OpenSSL refuses them, and says why in its queue of errors.
bool set_protocol(SSL_CTX* context, const engine::TlsOptions& options) {
    SSL_CTX_set_security_level(context, weak(options) ? 0 : ordinary_security_level);
    const char* ciphers = options.ciphers.empty() ? default_ciphers : options.ciphers.c_str();
    return SSL_CTX_set_min_proto_version(context, number_of(options.oldest)) == 1 &&
           SSL_CTX_set_max_proto_version(context, number_of(options.newest)) == 1 &&
           SSL_CTX_set_cipher_list(context, ciphers) == 1;
}

/// The key that the ciphers need: an RSA key where none of them goes with another one.
KeyKind key_for(const SSL_CTX* context) {
    const STACK_OF(SSL_CIPHER)* ciphers = SSL_CTX_get_ciphers(context);
    bool rsa = false;
    for (int i = 0; i < sk_SSL_CIPHER_num(ciphers); ++i) {
        const SSL_CIPHER* cipher = sk_SSL_CIPHER_value(ciphers, i);
        const int authentication = SSL_CIPHER_get_auth_nid(cipher);
        if (authentication == NID_auth_ecdsa) return KeyKind::elliptic;
        rsa = rsa || authentication == NID_auth_rsa;
    }
    return rsa ? KeyKind::rsa : KeyKind::elliptic;
}

Owned<SSL_CTX> new_context() {
    Owned<SSL_CTX> context{SSL_CTX_new(TLS_server_method())};
    if (!context) throw std::runtime_error{fmt::format("TLS: {}", take_openssl_error())};
    return context;
}

}  // namespace

bool offers_starttls(const smtp::HostOptions& options) {
    return std::any_of(options.extensions.begin(), options.extensions.end(), [](const auto& offer) {
        return offer.extension == smtp::Extension::starttls;
    });
}

std::optional<std::string> refusal_of(const engine::TlsOptions& options) {
    // Most hosts: no context to make, and nothing to find out.
    if (options == engine::TlsOptions{}) return std::nullopt;
    const Owned<SSL_CTX> context = new_context();
    if (set_protocol(context.get(), options)) return std::nullopt;
    return fmt::format("OpenSSL does not take ciphers = \"{}\": {}", options.ciphers,
                       take_openssl_error());
}

TlsHosts::TlsHosts(const engine::Profile& profile, Instant wall, std::vector<std::string> addresses)
    : profile_(profile),
      wall_(wall),
      addresses_(std::move(addresses)),
      contexts_(profile.hosts.size()) {
    addresses_.resize(profile.hosts.size());
}

void TlsHosts::prepare() {
    for (std::size_t host = 0; host < profile_.hosts.size(); ++host) {
        const smtp::HostOptions& options = profile_.hosts[host].options;
        if (options.implicit_tls || offers_starttls(options)) context(host);
    }
}

CertificateAuthority& TlsHosts::authority() {
    if (!authority_) authority_.emplace(wall_);
    return *authority_;
}

Owned<SSL> TlsHosts::accept(std::size_t host) {
    Owned<SSL> connection{SSL_new(context(host))};
    if (!connection) throw std::runtime_error{fmt::format("TLS: {}", take_openssl_error())};
    SSL_set_accept_state(connection.get());
    return connection;
}

SSL_CTX* TlsHosts::context(std::size_t host) {
    Owned<SSL_CTX>& context = contexts_.at(host);
    if (!context) context = make_context(host);
    return context.get();
}

Owned<SSL_CTX> TlsHosts::make_context(std::size_t host) {
    const engine::HostProfile& played = profile_.hosts.at(host);
    Owned<SSL_CTX> made = new_context();
    SSL_CTX* context = made.get();
    const auto must = [&](bool done) {
        if (done) return;
        throw std::runtime_error{
            fmt::format("TLS of {}: {}", played.options.name, take_openssl_error())};
    };
    must(set_protocol(context, played.tls));
    // What an idle connection holds; and nothing that a client could make this side do again.
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION);
    SSL_CTX_set_dh_auto(context, 1);
    // Sessions are resumed by tickets, which the client keeps. With TLS 1.3 they leave with the first
    // reply (net/tls.cpp): a client that goes away at once must not leave them unread.
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_num_tickets(context, 0);
    // One for all hosts: which session a ticket may take up is for its key to say, and that belongs to
    // the context that accepted the connection.
    constexpr std::array<unsigned char, 6> scope{'f', 'a', 'k', 'e', 'm', 'x'};
    must(SSL_CTX_set_session_id_context(context, scope.data(), scope.size()) == 1);
    if (played.tls.ask_client_certificate) {
        SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
        SSL_CTX_set_cert_verify_callback(
            context, [](X509_STORE_CTX*, void*) { return 1; }, nullptr);
    }
    const Identity identity = authority().issue(
        played.tls.certificate, {played.options.name, {addresses_.at(host)}}, key_for(context));
    must(SSL_CTX_use_certificate(context, identity.certificate.get()) == 1 &&
         SSL_CTX_use_PrivateKey(context, identity.key.get()) == 1);
    for (const Owned<X509>& certificate : identity.chain) {
        must(SSL_CTX_add1_chain_cert(context, certificate.get()) == 1);
    }
    SSL_CTX_set_client_hello_cb(context, &TlsHosts::read_hello, nullptr);
    SSL_CTX_set_tlsext_servername_callback(context, &TlsHosts::choose_host);
    SSL_CTX_set_tlsext_servername_arg(context, this);
    if (on_secret_) log_secrets_of(context);
    return made;
}

void TlsHosts::log_secrets_of(SSL_CTX* context) {
    SSL_CTX_set_app_data(context, this);
    SSL_CTX_set_keylog_callback(context, [](const SSL* connection, const char* line) {
        const auto* self =
            static_cast<const TlsHosts*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(connection)));
        self->on_secret_(line);
    });
}

void TlsHosts::tell_hello_of(SSL* connection, smtp::ClientHello& hello) {
    SSL_set_app_data(connection, &hello);
}

int TlsHosts::read_hello(SSL* connection, int*, void*) {
    auto& hello = *static_cast<smtp::ClientHello*>(SSL_get_app_data(connection));
    hello = {};  // a second one follows where the server has asked for another key share
    const auto each_pair = [](const unsigned char* octets, std::size_t size, const auto& take) {
        for (std::size_t i = 0; i + 1 < size; i += 2) take(octets + i);
    };
    const unsigned char* octets = nullptr;
    std::size_t size = 0;
    const auto add_version = [&](unsigned version) {
        const std::string_view name = name_of_version(version);
        if (!name.empty() && !hello.versions.empty()) hello.versions += ' ';
        hello.versions += name;
    };
    // RFC 8446 §4.2.1: a list, with its length in the first octet; without it the old field is the newest version.
    if (SSL_client_hello_get0_ext(connection, TLSEXT_TYPE_supported_versions, &octets, &size) ==
            1 &&
        size != 0) {
        each_pair(octets + 1, size - 1,
                  [&](const unsigned char* pair) { add_version(pair[0] * 256U + pair[1]); });
    } else {
        add_version(SSL_client_hello_get0_legacy_version(connection));
    }
    size = SSL_client_hello_get0_ciphers(connection, &octets);
    each_pair(octets, size, [&](const unsigned char* pair) {
        const SSL_CIPHER* cipher = SSL_CIPHER_find(connection, pair);
        // What OpenSSL does not know may be a signal or there to keep servers tolerant (RFC 8701).
        if (cipher == nullptr) return;
        ++hello.suites;
        const int exchange = SSL_CIPHER_get_kx_nid(cipher);
        const bool anonymous = SSL_CIPHER_get_auth_nid(cipher) == NID_auth_null;
        const bool forward_secret = exchange == NID_kx_ecdhe || exchange == NID_kx_any;
        if (anonymous) ++hello.anonymous_suites;
        if (!anonymous && forward_secret && SSL_CIPHER_is_aead(cipher) == 1) ++hello.modern_suites;
    });
    return SSL_CLIENT_HELLO_SUCCESS;
}

std::string_view TlsHosts::fault_shown_to(const SSL* connection) const {
    const SSL_CTX* shown = SSL_get_SSL_CTX(connection);
    const auto found = std::find_if(contexts_.begin(), contexts_.end(),
                                    [&](const auto& context) { return context.get() == shown; });
    if (found == contexts_.end()) return {};
    const auto host = static_cast<std::size_t>(found - contexts_.begin());
    const engine::Certificate certificate = profile_.hosts.at(host).tls.certificate;
    if (certificate == engine::Certificate::valid) return {};
    return engine::certificate_names.at(static_cast<std::size_t>(certificate));
}

/// RFC 6066 §3: the certificate of the host that the client names, where there is one.
int TlsHosts::choose_host(SSL* connection, int*, void* self) {
    const char* name = SSL_get_servername(connection, TLSEXT_NAMETYPE_host_name);
    if (name == nullptr) return SSL_TLSEXT_ERR_NOACK;
    auto& hosts = *static_cast<TlsHosts*>(self);
    for (std::size_t host = 0; host < hosts.profile_.hosts.size(); ++host) {
        if (!equal_ignoring_case(hosts.profile_.hosts[host].options.name, name)) continue;
        try {
            SSL_set_SSL_CTX(connection, hosts.context(host));
        } catch (const std::runtime_error&) {
            return SSL_TLSEXT_ERR_ALERT_FATAL;
        }
        return SSL_TLSEXT_ERR_OK;
    }
    return SSL_TLSEXT_ERR_NOACK;
}

}  // namespace fakemx::net
