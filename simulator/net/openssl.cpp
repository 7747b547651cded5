// Freeing, and errors as text.
#include "net/openssl.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

namespace fakemx::net {

void OpenSslFree::operator()(X509* certificate) const {
    X509_free(certificate);
}
void OpenSslFree::operator()(EVP_PKEY* key) const {
    EVP_PKEY_free(key);
}
void OpenSslFree::operator()(SSL_CTX* context) const {
    SSL_CTX_free(context);
}
void OpenSslFree::operator()(SSL* connection) const {
    SSL_free(connection);
}

std::string take_openssl_error() {
    const unsigned long error = ERR_get_error();
    ERR_clear_error();
    const char* reason = ERR_reason_error_string(error);
    return reason != nullptr ? reason : "unknown error";
}

}  // namespace fakemx::net
