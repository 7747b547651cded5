// OpenSSL between two strings.
#include "net/tls.h"

#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <utility>

#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include "core/assert.h"

namespace fakemx::net {

namespace {

/// Of a client's subject: enough for any name that a person would read.
constexpr int subject_octets_max = 512;

std::string subject_of(const X509* certificate) {
    const std::unique_ptr<BIO, decltype(&BIO_free_all)> memory{BIO_new(BIO_s_mem()), BIO_free_all};
    if (!memory) return {};
    // RFC 4514; what is not printable ASCII is escaped.
    X509_NAME_print_ex(memory.get(), X509_get_subject_name(certificate), 0, XN_FLAG_RFC2253);
    char* text = nullptr;
    const long size = std::min<long>(BIO_get_mem_data(memory.get(), &text), subject_octets_max);
    return {text, static_cast<std::size_t>(size)};
}

int read_network(BIO* bio, char* octets, int room) {
    auto& network = *static_cast<TlsNetwork*>(BIO_get_data(bio));
    BIO_clear_retry_flags(bio);
    if (network.input.empty()) {
        BIO_set_retry_read(bio);
        return -1;
    }
    const std::size_t count = std::min(network.input.size(), static_cast<std::size_t>(room));
    std::memcpy(octets, network.input.data(), count);
    network.input.remove_prefix(count);
    return static_cast<int>(count);
}

int write_network(BIO* bio, const char* octets, int count) {
    auto& network = *static_cast<TlsNetwork*>(BIO_get_data(bio));
    network.output.append(octets, static_cast<std::size_t>(count));
    return count;
}

long control_network(BIO*, int command, long, void*) {
    return command == BIO_CTRL_FLUSH ? 1 : 0;
}

const BIO_METHOD* network_method() {
    static BIO_METHOD* const method = [] {
        BIO_METHOD* made =
            BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "fakemx network");
        FAKEMX_ASSERT(made != nullptr);
        BIO_meth_set_read(made, &read_network);
        BIO_meth_set_write(made, &write_network);
        BIO_meth_set_ctrl(made, &control_network);
        return made;
    }();
    return method;
}

}  // namespace

Tls::Tls(TlsHosts* hosts, std::size_t host, std::string arrived)
    : hosts_(hosts), arrived_(std::move(arrived)) {
    try {
        if (hosts == nullptr) throw std::runtime_error{"TLS is not set up"};
        ssl_ = hosts->accept(host);
    } catch (const std::runtime_error& error) {
        failure_ = error.what();
        return;
    }
    BIO* bio = BIO_new(network_method());
    FAKEMX_ASSERT(bio != nullptr);
    BIO_set_data(bio, &network_);
    BIO_set_init(bio, 1);
    SSL_set_bio(ssl_.get(), bio, bio);
    hosts->tell_hello_of(ssl_.get(), hello_);
}

Tls::~Tls() = default;

void Tls::receive(std::string_view ciphertext) {
    FAKEMX_ASSERT(network_.input.empty());
    network_.input = ciphertext;
}

std::string Tls::take_output() {
    return std::exchange(network_.output, {});
}

Tls::Progress Tls::shake_hands() {
    FAKEMX_ASSERT(!open_);
    if (!ssl_) return Progress::failed;
    ERR_clear_error();
    const Progress progress = after(SSL_do_handshake(ssl_.get()));
    open_ = progress == Progress::done;
    ticket_owed_ = open_ && SSL_version(ssl_.get()) == TLS1_3_VERSION;
    return progress;
}

Tls::Progress Tls::read(std::span<char> octets, std::size_t& count) {
    ERR_clear_error();
    return after(SSL_read_ex(ssl_.get(), octets.data(), octets.size(), &count));
}

void Tls::write(std::string_view octets) {
    if (!open_ || octets.empty()) return;
    ERR_clear_error();
    if (std::exchange(ticket_owed_, false)) SSL_new_session_ticket(ssl_.get());
    std::size_t count = 0;
    // The network takes everything, so that only a connection that has failed before fails here.
    if (SSL_write_ex(ssl_.get(), octets.data(), octets.size(), &count) != 1) ERR_clear_error();
}

void Tls::end() {
    if (!open_) return;
    open_ = false;
    ERR_clear_error();
    SSL_shutdown(ssl_.get());
    ERR_clear_error();
}

Tls::Progress Tls::after(int result) {
    if (result == 1) return Progress::done;
    switch (SSL_get_error(ssl_.get(), result)) {
        case SSL_ERROR_WANT_READ: return Progress::more;
        case SSL_ERROR_ZERO_RETURN: network_.input = {}; return Progress::ended;
        default: break;
    }
    failure_ = describe_failure();
    network_.input = {};
    open_ = false;
    return Progress::failed;
}

std::string Tls::describe_failure() const {
    const unsigned long error = ERR_peek_error();
    const int reason = ERR_GET_REASON(error);
    if (ERR_GET_LIB(error) == ERR_LIB_SSL) {
        // OpenSSL numbers the alerts it has received from here on.
        if (reason > SSL_AD_REASON_OFFSET && reason <= SSL_AD_REASON_OFFSET + 255) {
            const int alert = reason - SSL_AD_REASON_OFFSET;
            ERR_clear_error();
            return fmt::format("alert from the client: {}", SSL_alert_desc_string_long(alert));
        }
        if (reason == SSL_R_HTTP_REQUEST || reason == SSL_R_HTTPS_PROXY_REQUEST) {
            ERR_clear_error();
            return "no TLS: the client sent an HTTP request";
        }
        if (reason == SSL_R_WRONG_VERSION_NUMBER && SSL_get_state(ssl_.get()) == TLS_ST_BEFORE) {
            ERR_clear_error();
            return std::string{smtp::spoke_in_the_clear};
        }
    }
    return take_openssl_error();
}

smtp::TlsFacts Tls::facts() const {
    smtp::TlsFacts facts;
    if (!ssl_) return facts;
    const SSL* ssl = ssl_.get();
    facts.hello = hello_;
    if (const char* name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name)) {
        facts.server_name = name;
    }
    const SSL_CIPHER* cipher = SSL_get_current_cipher(ssl);
    if (cipher == nullptr) cipher = SSL_get_pending_cipher(ssl);
    if (cipher == nullptr) return facts;
    // With the cipher the version is settled.
    facts.version = SSL_get_version(ssl);
    facts.cipher = SSL_CIPHER_standard_name(cipher);
    facts.certificate = hosts_->fault_shown_to(ssl);
    if (const X509* certificate = SSL_get0_peer_certificate(ssl)) {
        facts.client_subject = subject_of(certificate);
    }
    facts.resumed = SSL_session_reused(ssl) == 1;
    return facts;
}

}  // namespace fakemx::net
