// Each kind of certificate, judged by OpenSSL as a client would.
#include "net/certificates.h"

#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "net/clock.h"
#include "support/catch.h"

using namespace fakemx;
using engine::Certificate;

namespace {

const net::Subject subject{"mx.fakemx.test", {"192.0.2.25", "2001:db8::25"}};

/// What a client that trusts this run's CA says of the certificate, by the wall's time `at`.
int judge(const net::CertificateAuthority& authority, const net::Identity& identity, Instant at,
          const char* host) {
    const std::string pem = authority.root_pem();
    const std::unique_ptr<BIO, decltype(&BIO_free)> memory{
        BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), BIO_free};
    const net::Owned<X509> root{PEM_read_bio_X509(memory.get(), nullptr, nullptr, nullptr)};
    const std::unique_ptr<X509_STORE, decltype(&X509_STORE_free)> store{X509_STORE_new(),
                                                                        X509_STORE_free};
    X509_STORE_add_cert(store.get(), root.get());
    STACK_OF(X509)* chain = sk_X509_new_null();
    for (const auto& certificate : identity.chain) sk_X509_push(chain, certificate.get());
    const std::unique_ptr<X509_STORE_CTX, decltype(&X509_STORE_CTX_free)> context{
        X509_STORE_CTX_new(), X509_STORE_CTX_free};
    REQUIRE(X509_STORE_CTX_init(context.get(), store.get(), identity.certificate.get(), chain) ==
            1);
    X509_VERIFY_PARAM* param = X509_STORE_CTX_get0_param(context.get());
    X509_VERIFY_PARAM_set_purpose(param, X509_PURPOSE_SSL_SERVER);
    X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_X509_STRICT);
    X509_VERIFY_PARAM_set_auth_level(param, 2);
    X509_VERIFY_PARAM_set_time(
        param, std::chrono::floor<std::chrono::seconds>(at).time_since_epoch().count());
    if (X509_VERIFY_PARAM_set1_ip_asc(param, host) != 1) {
        X509_VERIFY_PARAM_set1_host(param, host, 0);
    }
    const int verified = X509_verify_cert(context.get());
    const int error = X509_STORE_CTX_get_error(context.get());
    CHECK((verified == 1) == (error == X509_V_OK));
    sk_X509_free(chain);
    return error;
}

}  // namespace

TEST_CASE("a client that knows the CA finds in each certificate what is wrong with it") {
    const Instant wall = default_epoch + 12h;
    net::CertificateAuthority authority{wall};
    const auto judged = [&](Certificate kind, const char* host = "mx.fakemx.test") {
        return judge(authority, authority.issue(kind, subject), wall, host);
    };
    CHECK(judged(Certificate::valid) == X509_V_OK);
    CHECK(judged(Certificate::expired) == X509_V_ERR_CERT_HAS_EXPIRED);
    CHECK(judged(Certificate::not_yet_valid) == X509_V_ERR_CERT_NOT_YET_VALID);
    CHECK(judged(Certificate::wrong_host) == X509_V_ERR_HOSTNAME_MISMATCH);
    CHECK(judged(Certificate::wrong_host, "127.0.0.1") == X509_V_ERR_IP_ADDRESS_MISMATCH);
    CHECK(judged(Certificate::self_signed) == X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT);
    CHECK(judged(Certificate::unknown_ca) == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY);
    CHECK(judged(Certificate::weak_key) == X509_V_ERR_EE_KEY_TOO_SMALL);
    CHECK(judged(Certificate::weak_hash) == X509_V_ERR_CA_MD_TOO_WEAK);
    CHECK(judged(Certificate::missing_intermediate) ==
          X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY);
}

TEST_CASE("nothing is wrong with a certificate but what was asked for") {
    const Instant wall = default_epoch;
    net::CertificateAuthority authority{wall};
    const auto judged = [&](Certificate kind, Instant at) {
        return judge(authority, authority.issue(kind, subject), at, "mx.fakemx.test");
    };
    CHECK(judged(Certificate::expired, wall - 48h) == X509_V_OK);
    CHECK(judged(Certificate::not_yet_valid, wall + 48h) == X509_V_OK);
    // Clocks that differ a little, and a run of a month.
    CHECK(judged(Certificate::valid, wall - 23h) == X509_V_OK);
    CHECK(judged(Certificate::valid, wall + 24h * 30) == X509_V_OK);
    CHECK(judge(authority, authority.issue(Certificate::wrong_host, subject), wall,
                "elsewhere.fakemx.test") == X509_V_OK);
}

TEST_CASE("a valid certificate is for the host and for every way to reach it") {
    net::CertificateAuthority authority{default_epoch};
    for (const auto key : {net::KeyKind::elliptic, net::KeyKind::rsa}) {
        const net::Identity identity = authority.issue(Certificate::valid, subject, key);
        for (const char* host :
             {"mx.fakemx.test", "localhost", "127.0.0.1", "::1", "192.0.2.25", "2001:db8::25"}) {
            CAPTURE(host);
            CHECK(judge(authority, identity, default_epoch, host) == X509_V_OK);
        }
        CHECK(judge(authority, identity, default_epoch, "mx2.fakemx.test") ==
              X509_V_ERR_HOSTNAME_MISMATCH);
    }
}

TEST_CASE("a name too long for a common name, and an address that has no form, do no harm") {
    net::CertificateAuthority authority{default_epoch};
    const std::string label(60, 'x');
    const std::string host = label + "." + label + ".example.test";
    const net::Identity identity = authority.issue(Certificate::valid, {host, {"fe80::1%lo", ""}});
    CHECK(judge(authority, identity, default_epoch, host.c_str()) == X509_V_OK);
}

TEST_CASE("the CA of another run is another one") {
    net::CertificateAuthority one{default_epoch}, other{default_epoch};
    CHECK(one.root_pem() != other.root_pem());
    CHECK(judge(one, other.issue(Certificate::valid, subject), default_epoch, "localhost") ==
          X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY);
}
