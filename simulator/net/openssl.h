// OpenSSL's objects with owners. Internal to this folder, and seen by nobody outside but its tests.
#pragma once

#include <memory>
#include <string>

#include <openssl/types.h>

namespace fakemx::net {

struct OpenSslFree {
    void operator()(X509* certificate) const;
    void operator()(EVP_PKEY* key) const;
    void operator()(SSL_CTX* context) const;
    void operator()(SSL* connection) const;
};

template <class Object>
using Owned = std::unique_ptr<Object, OpenSslFree>;

/// The reason of the oldest error that OpenSSL has queued for this thread, in its own words. Empties the
/// queue.
std::string take_openssl_error();

}  // namespace fakemx::net
