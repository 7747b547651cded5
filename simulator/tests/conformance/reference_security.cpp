// TLS and AUTH by the book, and the ways to be wrong in them. There is no TLS in virtual time: what a handshake would have told is
// said to the receiver in its place.
#include "conformance/reference_client.h"
#include "smtp/auth.h"
#include "smtp/tls.h"
#include "support/virtual_driver.h"

namespace fakemx::test {

using namespace std::string_literals;

/// What comes between EHLO and the first MAIL.
bool ReferenceClient::secure() {
    if (!in_tls_ && offers("STARTTLS") && !breaks("tls-opportunistic") &&
        !breaks("requiretls-conditions") && !encrypt())
        return false;
    const bool exposed = options_.needs_tls && !in_tls_;
    if (exposed && breaks("auth-no-cleartext")) authenticate();
    if (exposed && !breaks("tls-submission-stripped") && !breaks("tls-required-config"))
        return leave(0);
    return !offers("AUTH") || !options_.has_password || authenticate();
}

/// Nothing can be sent in this session; the code says whether it can later.
bool ReferenceClient::leave(int code) {
    refused_at_once_ = code;
    quit();
    return false;
}

smtp::TlsFacts ReferenceClient::handshake() const {
    auto facts = virtual_handshake("mx.fakemx.test");
    facts.certificate = options_.certificate;
    if (options_.has_password) facts.client_subject = "CN=mta";
    if (breaks("tls-min-version")) facts.version = "TLSv1.1";
    if (breaks("tls-sni")) facts.server_name = "192.0.2.25";
    if (breaks("tls-1.3")) {
        facts.version = facts.hello.versions = "TLSv1.2";
        facts.cipher = "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384";
    }
    if (breaks("tls-anon-ciphers")) {
        facts.version = "TLSv1.2";
        facts.cipher = "TLS_RSA_WITH_AES_128_CBC_SHA";
        facts.hello.suites = 6;
        facts.hello.anonymous_suites = 2;
        facts.hello.modern_suites = 0;
    }
    return facts;
}

bool ReferenceClient::fail_handshake(std::string_view why) {
    run_.fail_tls(connection_, why);
    closed_ = true;
    return false;
}

bool ReferenceClient::begin_in_tls() {
    if (breaks("tls-implicit")) return fail_handshake(smtp::spoke_in_the_clear);
    if (options_.handshakes_failing != 0) {
        --options_.handshakes_failing;
        return fail_handshake("the client left during the handshake");
    }
    run_.finish_tls(connection_, handshake());
    in_tls_ = true;
    return true;
}

bool ReferenceClient::encrypt() {
    if (breaks("tls-no-args")) {
        // It is not understood, and the client goes on in the clear.
        ask("STARTTLS now");
        return true;
    }
    if (!ask("STARTTLS").is(2)) {
        if (options_.needs_tls && !breaks("tls-required-config")) return leave(0);
        return !breaks("tls-454-policy") || leave(554);
    }
    if (breaks("tls-no-cmd-before-hs")) return fail_handshake(smtp::spoke_in_the_clear);
    if (options_.handshakes_failing != 0) {
        --options_.handshakes_failing;
        if (breaks("tls-hs-failure")) refused_at_once_ = 554;
        return fail_handshake("no shared cipher");
    }
    run_.finish_tls(connection_, handshake());
    in_tls_ = true;
    // Nothing that came in the clear counts any more.
    const Reply injected = breaks("tls-response-injection") ? read() : Reply{};
    input_.clear();
    offered_in_clear_ = std::exchange(offers_, {});
    const bool bad = !options_.certificate.empty() && options_.needs_tls;
    if (bad && !breaks("tls-verify-submission")) {
        if (breaks("tls-quit-if-insufficient")) ask("EHLO " + options_.helo);
        return leave(0);
    }
    if (breaks("tls-ehlo-after")) ask("NOOP");
    if (!say_hello(true)) return false;
    add_offers(injected);
    if (breaks("tls-discard-caps")) offers_ = offered_in_clear_;
    if (breaks("tls-no-second")) ask("STARTTLS");
    return true;
}

/// The best mechanism that is offered. `plain` is what PLAIN says.
ReferenceClient::Reply ReferenceClient::exchange(const std::string& plain) {
    const std::string& offered = offers_.at("AUTH");
    if (offered == "EXTERNAL" && breaks("auth-empty-ir")) {
        ask("AUTH EXTERNAL ");
        return ask("");
    }
    if (offered == "EXTERNAL") return ask("AUTH EXTERNAL =");
    if (breaks("auth-ir-length")) return ask("AUTH PLAIN " + plain);
    std::vector<std::string> responses{plain};
    if (offered == "LOGIN") responses = {"YW5u", "c2VjcmV0"};
    Reply reply = ask("AUTH " + offered);
    for (std::size_t i = 0; i < responses.size() && reply.code == 334; ++i) {
        const std::string& challenge = reply.lines.back();
        const bool understood = smtp::decode_base64(challenge) || breaks("auth-cancel");
        const bool stumbles = (breaks("auth-empty-challenge") && challenge.empty()) ||
                              (breaks("auth-long-challenge") && challenge.size() > 8192);
        if (!understood || stumbles) return ask("*");
        reply = ask(responses[i]);
    }
    return reply;
}

bool ReferenceClient::authenticate() {
    if (breaks("auth-plain-tls")) return leave(0);
    std::string plain = "AGFubgBzZWNyZXQ=";  // ann, secret
    if (options_.has_long_password) plain = smtp::encode_base64("\0ann\0"s + std::string(500, 'x'));
    if (breaks("auth-not-in-transaction")) return true;
    if (breaks("auth-only-if-offered")) {
        ask("AUTH CRAM-MD5");
        return true;
    }
    const std::string wrong = "AGFubgB3cm9uZw==";  // ann, wrong
    if (breaks("auth-no-storm")) {
        for (int i = 0; i < 5; ++i) ask("AUTH PLAIN " + wrong);
        quit();
        return false;
    }
    if (breaks("auth-pipeline-last")) {
        write("AUTH PLAIN\r\n" + plain + "\r\nNOOP\r\n");
        read();
        read();
        return read().is(2);
    }
    Reply reply = exchange(plain);
    if (!reply.is(2)) return leave(breaks("auth-454-535") ? 535 : 0);
    if (breaks("auth-once")) ask("AUTH PLAIN " + plain);
    return true;
}

}  // namespace fakemx::test
