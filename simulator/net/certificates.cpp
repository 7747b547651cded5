// Making keys and certificates with OpenSSL.
#include "net/certificates.h"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <string_view>

#include <fmt/format.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

namespace fakemx::net {

namespace {

using engine::Certificate;
using std::chrono::days;

/// No client can complain of the age of a CA.
constexpr days authority_validity{3650};
/// Less than the 398 days that some clients bear at most.
constexpr days leaf_validity{90};
/// Clocks that go a little differently.
constexpr days leeway{1};
/// RFC 5280 appendix A.1: ub-common-name.
constexpr std::size_t common_name_octets_max = 64;
constexpr std::string_view wrong_host_name = "elsewhere.fakemx.test";

[[noreturn]] void fail(std::string_view what) {
    throw std::runtime_error{fmt::format("{}: {}", what, take_openssl_error())};
}

void must(bool done, std::string_view what) {
    if (!done) fail(what);
}

struct Lifetime {
    Instant from, to;
};

Owned<EVP_PKEY> make_key(KeyKind kind) {
    Owned<EVP_PKEY> key{kind == KeyKind::elliptic ? EVP_EC_gen("P-256")
                                                  : EVP_RSA_gen(std::size_t{2048})};
    must(key != nullptr, "a key for TLS");
    return key;
}

Owned<EVP_PKEY> make_weak_key() {
    Owned<EVP_PKEY> key{EVP_RSA_gen(std::size_t{1024})};
    must(key != nullptr, "a key for TLS");
    return key;
}

void set_instant(ASN1_TIME* field, Instant at) {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(at).time_since_epoch().count();
    must(ASN1_TIME_set(field, static_cast<time_t>(seconds)) != nullptr, "a certificate's dates");
}

/// Sixteen random octets: two runs must not issue the same number under the same name.
void set_serial(X509* certificate) {
    std::array<unsigned char, 16> octets{};
    must(RAND_bytes(octets.data(), octets.size()) == 1, "a certificate's number");
    octets[0] = static_cast<unsigned char>((octets[0] & 0x7fU) | 0x40U);  // positive, full length
    const std::unique_ptr<BIGNUM, decltype(&BN_free)> number{
        BN_bin2bn(octets.data(), octets.size(), nullptr), BN_free};
    must(number != nullptr &&
             BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) != nullptr,
         "a certificate's number");
}

void set_name(X509* certificate, std::string_view common_name) {
    X509_NAME* name = X509_get_subject_name(certificate);
    const auto add = [&](const char* field, std::string_view value) {
        must(X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8,
                                        reinterpret_cast<const unsigned char*>(value.data()),
                                        static_cast<int>(value.size()), -1, 0) == 1,
             "a certificate's name");
    };
    add("O", "fakemx");
    // A longer name stands in the SAN alone, where clients look anyway (RFC 6125 §6.4.4).
    if (common_name.size() <= common_name_octets_max) add("CN", common_name);
}

void extend(X509* certificate, X509* issuer, int extension, const char* value) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    const std::unique_ptr<X509_EXTENSION, decltype(&X509_EXTENSION_free)> made{
        X509V3_EXT_conf_nid(nullptr, &context, extension, value), X509_EXTENSION_free};
    must(made != nullptr && X509_add_ext(certificate, made.get(), -1) == 1,
         "a certificate's extension");
}

void add_general_name(GENERAL_NAMES* names, int type, ASN1_STRING* value) {
    GENERAL_NAME* name = GENERAL_NAME_new();
    must(name != nullptr && value != nullptr, "a certificate's names");
    GENERAL_NAME_set0_value(name, type, value);
    must(sk_GENERAL_NAME_push(names, name) > 0, "a certificate's names");
}

void add_alternative_names(X509* certificate, const std::vector<std::string>& hosts,
                           const std::vector<std::string>& addresses) {
    const std::unique_ptr<GENERAL_NAMES, decltype(&GENERAL_NAMES_free)> names{
        sk_GENERAL_NAME_new_null(), GENERAL_NAMES_free};
    for (const std::string& host : hosts) {
        ASN1_STRING* text = ASN1_IA5STRING_new();
        must(ASN1_STRING_set(text, host.data(), static_cast<int>(host.size())) == 1,
             "a certificate's names");
        add_general_name(names.get(), GEN_DNS, text);
    }
    for (const std::string& address : addresses) {
        // One with a zone ("fe80::1%eth0") has no form in a certificate.
        ASN1_OCTET_STRING* octets = a2i_IPADDRESS(address.c_str());
        if (octets != nullptr) add_general_name(names.get(), GEN_IPADD, octets);
    }
    ERR_clear_error();
    must(X509_add1_ext_i2d(certificate, NID_subject_alt_name, names.get(), 0, 0) == 1,
         "a certificate's names");
}

/// Everything but the extensions and the signature. `issuer` null: the certificate itself.
Owned<X509> begin_certificate(std::string_view name, EVP_PKEY* key, const X509* issuer,
                              const Lifetime& lifetime) {
    Owned<X509> certificate{X509_new()};
    must(certificate != nullptr && X509_set_version(certificate.get(), X509_VERSION_3) == 1 &&
             X509_set_pubkey(certificate.get(), key) == 1,
         "a certificate");
    set_serial(certificate.get());
    set_name(certificate.get(), name);
    set_instant(X509_getm_notBefore(certificate.get()), lifetime.from);
    set_instant(X509_getm_notAfter(certificate.get()), lifetime.to);
    const X509* signer = issuer != nullptr ? issuer : certificate.get();
    must(X509_set_issuer_name(certificate.get(), X509_get_subject_name(signer)) == 1,
         "a certificate");
    return certificate;
}

/// RFC 5280 §4.2.1: which key this is, and which one signed it.
void add_key_identifiers(X509* certificate, X509* issuer) {
    extend(certificate, issuer, NID_subject_key_identifier, "hash");
    extend(certificate, issuer, NID_authority_key_identifier, "keyid:always");
}

Owned<X509> make_authority(const std::string& name, EVP_PKEY* key, X509* issuer,
                           EVP_PKEY* issuer_key, const Lifetime& lifetime) {
    Owned<X509> made = begin_certificate(name, key, issuer, lifetime);
    X509* signer = issuer != nullptr ? issuer : made.get();
    extend(made.get(), signer, NID_basic_constraints,
           issuer != nullptr ? "critical,CA:TRUE,pathlen:0" : "critical,CA:TRUE");
    extend(made.get(), signer, NID_key_usage, "critical,keyCertSign,cRLSign");
    add_key_identifiers(made.get(), signer);
    must(X509_sign(made.get(), issuer_key, EVP_sha256()) > 0, "a certificate's signature");
    return made;
}

Lifetime lifetime_of(Certificate kind, Instant wall) {
    switch (kind) {
        case Certificate::expired: return {wall - leeway - leaf_validity, wall - leeway};
        case Certificate::not_yet_valid: return {wall + leeway, wall + leeway + leaf_validity};
        case Certificate::valid:
        case Certificate::wrong_host:
        case Certificate::self_signed:
        case Certificate::unknown_ca:
        case Certificate::weak_key:
        case Certificate::weak_hash:
        case Certificate::missing_intermediate: break;
    }
    return {wall - leeway, wall + leaf_validity};
}

/// Clients that are shown the CA of another run must be able to tell it from this one.
std::string unique_name(std::string_view what) {
    std::array<unsigned char, 4> octets{};
    must(RAND_bytes(octets.data(), octets.size()) == 1, "a name for the CA");
    return fmt::format("{} {:02x}{:02x}{:02x}{:02x}", what, octets[0], octets[1], octets[2],
                       octets[3]);
}

}  // namespace

CertificateAuthority::CertificateAuthority(Instant wall)
    : wall_(wall), known_(make_hierarchy(unique_name("fakemx CA of this run"))) {}

CertificateAuthority::Hierarchy CertificateAuthority::make_hierarchy(
    const std::string& name) const {
    const Lifetime lifetime{wall_ - authority_validity, wall_ + authority_validity};
    Hierarchy made;
    made.root.key = make_key(KeyKind::elliptic);
    made.root.certificate =
        make_authority(name, made.root.key.get(), nullptr, made.root.key.get(), lifetime);
    made.intermediate.key = make_key(KeyKind::elliptic);
    made.intermediate.certificate =
        make_authority(name + " intermediate", made.intermediate.key.get(),
                       made.root.certificate.get(), made.root.key.get(), lifetime);
    return made;
}

Identity CertificateAuthority::issue(Certificate kind, const Subject& subject, KeyKind key) {
    Hierarchy unknown;
    if (kind == Certificate::unknown_ca) {
        unknown = make_hierarchy(unique_name("fakemx CA that nobody knows"));
    }
    const Issuer& issuer =
        kind == Certificate::unknown_ca ? unknown.intermediate : known_.intermediate;
    const bool self_signed = kind == Certificate::self_signed;
    const bool wrong_host = kind == Certificate::wrong_host;

    Identity made;
    made.key = kind == Certificate::weak_key ? make_weak_key() : make_key(key);
    made.certificate = begin_certificate(
        wrong_host ? wrong_host_name : std::string_view{subject.host}, made.key.get(),
        self_signed ? nullptr : issuer.certificate.get(), lifetime_of(kind, wall_));
    X509* certificate = made.certificate.get();
    X509* signer = self_signed ? certificate : issuer.certificate.get();
    const bool rsa = EVP_PKEY_get_base_id(made.key.get()) == EVP_PKEY_RSA;
    extend(certificate, signer, NID_basic_constraints, "critical,CA:FALSE");
    extend(certificate, signer, NID_key_usage,
           rsa ? "critical,digitalSignature,keyEncipherment" : "critical,digitalSignature");
    extend(certificate, signer, NID_ext_key_usage, "serverAuth");
    add_key_identifiers(certificate, signer);
    if (wrong_host) {
        add_alternative_names(certificate, {std::string{wrong_host_name}}, {});
    } else {
        std::vector<std::string> addresses{"127.0.0.1", "::1"};
        for (const std::string& address : subject.addresses) {
            if (std::find(addresses.begin(), addresses.end(), address) == addresses.end())
                addresses.push_back(address);
        }
        add_alternative_names(certificate, {subject.host, "localhost"}, addresses);
    }
    must(X509_sign(certificate, self_signed ? made.key.get() : issuer.key.get(),
                   kind == Certificate::weak_hash ? EVP_sha1() : EVP_sha256()) > 0,
         "a certificate's signature");
    if (!self_signed && kind != Certificate::missing_intermediate) {
        must(X509_up_ref(issuer.certificate.get()) == 1, "a certificate");
        made.chain.emplace_back(issuer.certificate.get());
    }
    return made;
}

std::string CertificateAuthority::root_pem() const {
    const std::unique_ptr<BIO, decltype(&BIO_free_all)> memory{BIO_new(BIO_s_mem()), BIO_free_all};
    must(memory != nullptr && PEM_write_bio_X509(memory.get(), known_.root.certificate.get()) == 1,
         "the CA's certificate");
    char* text = nullptr;
    const long size = BIO_get_mem_data(memory.get(), &text);
    return {text, static_cast<std::size_t>(size)};
}

}  // namespace fakemx::net
