// OpenSSL between two memory BIOs and a socket.
#include "support/tls_stream.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <sys/socket.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

namespace fakemx::test {

namespace {

void must(bool done, const char* what) {
    if (!done) throw std::runtime_error{std::string{"TLS client: "} + what};
}

int number_of(const std::string& version) {
    if (version.empty()) return 0;
    if (version == "TLSv1") return TLS1_VERSION;
    if (version == "TLSv1.1") return TLS1_1_VERSION;
    if (version == "TLSv1.2") return TLS1_2_VERSION;
    must(version == "TLSv1.3", "no such version");
    return TLS1_3_VERSION;
}

std::string common_name_of(const X509* certificate) {
    std::array<char, 256> text{};
    const int size = X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName,
                                               text.data(), static_cast<int>(text.size()));
    return size < 0 ? "" : std::string{text.data(), static_cast<std::size_t>(size)};
}

void trust(SSL_CTX* context, const std::string& pem) {
    const std::shared_ptr<BIO> memory{BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())),
                                      BIO_free};
    const std::shared_ptr<X509> root{PEM_read_bio_X509(memory.get(), nullptr, nullptr, nullptr),
                                     X509_free};
    must(root != nullptr && X509_STORE_add_cert(SSL_CTX_get_cert_store(context), root.get()) == 1,
         "the CA's certificate");
    // The handshake goes on to its end or to the server's: what was wrong is in the verify result.
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
}

void identify(SSL_CTX* context, const std::string& name) {
    const std::shared_ptr<EVP_PKEY> key{EVP_EC_gen("P-256"), EVP_PKEY_free};
    const std::shared_ptr<X509> certificate{X509_new(), X509_free};
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -3600);
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3600);
    X509_set_pubkey(certificate.get(), key.get());
    X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate.get()), "CN", MBSTRING_UTF8,
                               reinterpret_cast<const unsigned char*>(name.data()),
                               static_cast<int>(name.size()), -1, 0);
    X509_set_issuer_name(certificate.get(), X509_get_subject_name(certificate.get()));
    must(X509_sign(certificate.get(), key.get(), EVP_sha256()) > 0 &&
             SSL_CTX_use_certificate(context, certificate.get()) == 1 &&
             SSL_CTX_use_PrivateKey(context, key.get()) == 1,
         "a certificate of its own");
}

}  // namespace

TlsStream::TlsStream(int descriptor, const TlsWishes& wishes)
    : descriptor_(descriptor),
      octets_at_once_(wishes.octets_at_once),
      context_(SSL_CTX_new(TLS_client_method()), SSL_CTX_free) {
    SSL_CTX* context = context_.get();
    SSL_CTX_set_security_level(context, wishes.security_level);
    must(SSL_CTX_set_min_proto_version(context, number_of(wishes.oldest)) == 1, "oldest version");
    must(SSL_CTX_set_max_proto_version(context, number_of(wishes.newest)) == 1, "newest version");
    if (!wishes.ciphers.empty())
        must(SSL_CTX_set_cipher_list(context, wishes.ciphers.c_str()) == 1, "ciphers");
    if (!wishes.ca_pem.empty()) trust(context, wishes.ca_pem);
    if (!wishes.client_name.empty()) identify(context, wishes.client_name);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(context, &TlsStream::keep_session);

    ssl_ = {SSL_new(context), SSL_free};
    SSL_set_app_data(ssl_.get(), this);
    SSL_set_bio(ssl_.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    if (!wishes.server_name.empty())
        must(SSL_set_tlsext_host_name(ssl_.get(), wishes.server_name.c_str()) == 1, "SNI");
    if (!wishes.verify_name.empty()) {
        X509_VERIFY_PARAM* param = SSL_get0_param(ssl_.get());
        if (X509_VERIFY_PARAM_set1_ip_asc(param, wishes.verify_name.c_str()) != 1)
            must(SSL_set1_host(ssl_.get(), wishes.verify_name.c_str()) == 1, "host name");
    }
    if (wishes.resumes) must(SSL_set_session(ssl_.get(), wishes.resumes.get()) == 1, "session");
    SSL_set_connect_state(ssl_.get());
}

TlsStream::~TlsStream() {
    // OpenSSL takes no session up again that was not shut down on both sides.
    SSL_set_shutdown(ssl_.get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
}

int TlsStream::keep_session(SSL* ssl, SSL_SESSION* session) {
    auto* self = static_cast<TlsStream*>(SSL_get_app_data(ssl));
    self->session_ = {session, SSL_SESSION_free};
    return 1;
}

TlsOutcome TlsStream::handshake() {
    TlsOutcome outcome;
    while (true) {
        ERR_clear_error();
        const int result = SSL_do_handshake(ssl_.get());
        const int error = SSL_get_error(ssl_.get(), result);
        const unsigned long code = ERR_peek_error();
        flush();
        if (result == 1) break;
        if (error != SSL_ERROR_WANT_READ) {
            const char* reason = ERR_reason_error_string(code);
            outcome.error = reason != nullptr ? reason : "failed";
            break;
        }
        if (!feed(true)) {
            outcome.error = "the server closed the connection";
            break;
        }
    }
    outcome.verify_result = static_cast<int>(SSL_get_verify_result(ssl_.get()));
    outcome.version = SSL_get_version(ssl_.get());
    const char* cipher = SSL_CIPHER_standard_name(SSL_get_current_cipher(ssl_.get()));
    if (cipher != nullptr) outcome.cipher = cipher;
    if (const X509* certificate = SSL_get0_peer_certificate(ssl_.get()))
        outcome.subject = common_name_of(certificate);
    outcome.resumed = SSL_session_reused(ssl_.get()) == 1;
    return outcome;
}

void TlsStream::send(std::string_view octets) {
    std::size_t count = 0;
    must(SSL_write_ex(ssl_.get(), octets.data(), octets.size(), &count) == 1, "write");
    flush();
}

void TlsStream::finish() {
    SSL_shutdown(ssl_.get());
    flush();
}

bool TlsStream::receive(std::string& octets, bool wait) {
    std::array<char, 16 * 1024> buffer;
    bool some = false;
    while (end_ == End::open) {
        ERR_clear_error();
        std::size_t count = 0;
        const int result = SSL_read_ex(ssl_.get(), buffer.data(), buffer.size(), &count);
        if (result == 1) {
            octets.append(buffer.data(), count);
            some = true;
            continue;
        }
        const int error = SSL_get_error(ssl_.get(), result);
        flush();
        if (error == SSL_ERROR_ZERO_RETURN) {
            end_ = End::said;
            break;
        }
        if (error != SSL_ERROR_WANT_READ) {
            end_ = End::reset;
            break;
        }
        if (some || !feed(wait)) break;
    }
    return some;
}

/// Ciphertext from the socket. False: none is there, or the end.
bool TlsStream::feed(bool wait) {
    std::array<char, 16 * 1024> buffer;
    const ssize_t count =
        ::recv(descriptor_, buffer.data(), buffer.size(), wait ? 0 : MSG_DONTWAIT);
    if (count > 0) {
        BIO_write(SSL_get_rbio(ssl_.get()), buffer.data(), static_cast<int>(count));
        return true;
    }
    if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
        must(!wait, "no answer from the server");
        return false;
    }
    end_ = count == 0 ? End::silent : End::reset;
    return false;
}

void TlsStream::flush() {
    BIO* out = SSL_get_wbio(ssl_.get());
    std::array<char, 16 * 1024> buffer;
    for (int size = BIO_read(out, buffer.data(), static_cast<int>(buffer.size())); size > 0;
         size = BIO_read(out, buffer.data(), static_cast<int>(buffer.size()))) {
        std::string_view rest{buffer.data(), static_cast<std::size_t>(size)};
        while (!rest.empty()) {
            const std::size_t part =
                octets_at_once_ == 0 ? rest.size() : std::min(octets_at_once_, rest.size());
            const ssize_t count = ::send(descriptor_, rest.data(), part, MSG_NOSIGNAL);
            if (count < 0) return;  // the next read tells
            rest.remove_prefix(static_cast<std::size_t>(count));
        }
    }
}

}  // namespace fakemx::test
