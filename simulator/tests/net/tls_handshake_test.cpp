// Handshakes over real sockets, with OpenSSL as the client: what is settled, and how they fail.
#include <openssl/x509_vfy.h>

#include "net/fixture.h"
#include "net/tls_hosts.h"
#include "support/catch.h"

using namespace fakemx;
using namespace fakemx::test;
using Catch::Matchers::Contains;
using Catch::Matchers::EndsWith;
using Catch::Matchers::StartsWith;
using engine::Certificate;
using engine::TlsVersion;

namespace {

/// Whether a later session is served shows that the server is past what this one did.
void another_session(Served& served) {
    Client other = served.client();
    other.send("QUIT\r\n");
    other.rest();
}

}  // namespace

TEST_CASE("a verifying client finds in each certificate what is wrong, and its alert is recorded") {
    struct Case {
        Certificate kind;
        int verify_result;
        const char* alert;
    };
    for (const auto& [kind, verify_result, alert] :
         {Case{Certificate::expired, X509_V_ERR_CERT_HAS_EXPIRED, "certificate expired"},
          {Certificate::not_yet_valid, X509_V_ERR_CERT_NOT_YET_VALID, "bad certificate"},
          {Certificate::wrong_host, X509_V_ERR_HOSTNAME_MISMATCH, "bad certificate"},
          {Certificate::self_signed, X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, "unknown CA"},
          {Certificate::unknown_ca, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, "unknown CA"},
          {Certificate::weak_key, X509_V_ERR_EE_KEY_TOO_SMALL, "bad certificate"},
          {Certificate::weak_hash, X509_V_ERR_CA_MD_TOO_WEAK, "bad certificate"},
          {Certificate::missing_intermediate, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
           "unknown CA"}}) {
        CAPTURE(engine::certificate_names.at(static_cast<std::size_t>(kind)));
        Served served{{.tls = {.certificate = kind}, .starttls = true}};
        for (const char* version : {"TLSv1.3", "TLSv1.2"}) {
            CAPTURE(version);
            Client client = served.starting_tls();
            const TlsOutcome outcome = client.start_tls(
                {.ca_pem = served.ca_pem(), .verify_name = "mx.fakemx.test", .newest = version});
            CHECK(outcome.error == "certificate verify failed");
            CHECK(outcome.verify_result == verify_result);
        }
        // Whoever looks away gets through.
        Client careless = served.starting_tls();
        CHECK(careless.start_tls({.security_level = 0}).error == "");
        careless.send("QUIT\r\n");
        CHECK_THAT(careless.rest(), StartsWith("221 "));
        CHECK_THAT(tls_event(served),
                   Contains(std::string{R"("failure":"alert from the client: )"} + alert));
        CHECK(served.sink.ended(1) == "tls_failed");
        CHECK(served.sink.ended(2) == "tls_failed");
        CHECK(served.sink.ended(3) == "quit");
    }
}

TEST_CASE("versions that the host does not take end the handshake with a reason on both sides") {
    SECTION("too old") {
        Served served{{.tls = {.oldest = TlsVersion::tls_1_3}, .starttls = true}};
        Client client = served.starting_tls();
        const TlsOutcome outcome = client.start_tls({.newest = "TLSv1.2"});
        CHECK(outcome.error == "tlsv1 alert protocol version");
        CHECK(client.rest() != "[reset]");
        CHECK_THAT(tls_event(served), EndsWith(R"("failure":"unsupported protocol"})"));
    }
    SECTION("too new") {
        Served served{{.tls = {.newest = TlsVersion::tls_1_2}, .starttls = true}};
        Client client = served.starting_tls();
        CHECK(client.start_tls({.oldest = "TLSv1.3"}).error == "tlsv1 alert protocol version");
        CHECK_THAT(tls_event(served), EndsWith(R"("failure":"unsupported protocol"})"));
    }
    SECTION("old ones where the profile says so") {
        Served served{{.tls = {.oldest = TlsVersion::tls_1_0}, .starttls = true}};
        for (const char* version : {"TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"}) {
            Client client = served.starting_tls();
            const TlsOutcome outcome = client.start_tls({.newest = version, .security_level = 0});
            CHECK(outcome.error == "");
            CHECK(outcome.version == version);
            client.send("EHLO a\r\nQUIT\r\n");
            CHECK_THAT(client.rest(), EndsWith("221 2.0.0 Bye\r\n[end]"));
        }
        CHECK_THAT(tls_event(served), Contains(R"("version":"TLSv1",)"));
    }
}

TEST_CASE("ciphers that the two do not share, and those that need an RSA key") {
    SECTION("none shared") {
        Served served{
            {.tls = {.newest = TlsVersion::tls_1_2, .ciphers = "ECDHE-ECDSA-AES128-GCM-SHA256"},
             .starttls = true}};
        Client client = served.starting_tls();
        // "sslv3 alert handshake failure", or "ssl/tls alert handshake failure" since OpenSSL 3.2.
        CHECK_THAT(client.start_tls({.ciphers = "ECDHE-ECDSA-AES256-GCM-SHA384"}).error,
                   EndsWith("alert handshake failure"));
        CHECK_THAT(tls_event(served), Contains(R"("failure":"no shared cipher")"));
    }
    SECTION("RSA") {
        Served served{
            {.tls = {.newest = TlsVersion::tls_1_2, .ciphers = "AES128-SHA"}, .starttls = true}};
        Client client = served.starting_tls();
        const TlsOutcome outcome =
            client.start_tls({.ca_pem = served.ca_pem(), .verify_name = "localhost"});
        CHECK(outcome.error == "");
        CHECK(outcome.cipher == "TLS_RSA_WITH_AES_128_CBC_SHA");
    }
}

TEST_CASE("ciphers that OpenSSL does not know are refused by name") {
    CHECK(net::refusal_of({.ciphers = "AES128-SHA:!aNULL"}) == std::nullopt);
    CHECK(net::refusal_of({.ciphers = "ROT13"}) ==
          "OpenSSL does not take ciphers = \"ROT13\": no cipher match");
    CHECK(net::refusal_of({}) == std::nullopt);
}

TEST_CASE("the name that the client asks for chooses the certificate") {
    Served served{{.hosts = {"mx1.example.test", "mx2.example.test"}, .starttls = true}};
    const auto subject_for = [&](const std::string& name) {
        Client client = served.starting_tls(0);
        return client.start_tls({.server_name = name}).subject;
    };
    CHECK(subject_for("MX2.example.test") == "mx2.example.test");
    CHECK(subject_for("mx1.example.test") == "mx1.example.test");
    CHECK(subject_for("other.example.test") == "mx1.example.test");
    CHECK(subject_for("") == "mx1.example.test");
    CHECK_THAT(tls_event(served), Contains(R"("server_name":"MX2.example.test")"));
}

TEST_CASE("a client's certificate is asked for, taken whatever it is, and recorded") {
    for (const char* version : {"TLSv1.2", "TLSv1.3"}) {
        Served served{{.tls = {.ask_client_certificate = true}, .starttls = true}};
        Client client = served.starting_tls();
        CHECK(client.start_tls({.newest = version, .client_name = "mta \"1\"\n"}).error == "");
        client.send("QUIT\r\n");
        CHECK_THAT(client.rest(), StartsWith("221 "));
        Client none = served.starting_tls();
        CHECK(none.start_tls({.newest = version}).error == "");
        none.send("QUIT\r\n");
        CHECK_THAT(none.rest(), StartsWith("221 "));
        CHECK_THAT(tls_event(served), Contains(R"("client_subject":"CN=mta \\\"1\\\"\\0A",)"));
    }
}

TEST_CASE("a session is resumed where the client wants it, and recorded as such") {
    // By the name of the host connected to, and by that of another one.
    const std::string name = GENERATE("mx1.example.test", "mx2.example.test");
    for (const char* version : {"TLSv1.2", "TLSv1.3"}) {
        CAPTURE(name, version);
        Served served{{.hosts = {"mx1.example.test", "mx2.example.test"},
                       .tls = {.ask_client_certificate = true},
                       .starttls = true}};
        std::shared_ptr<ssl_session_st> session;
        for (const bool again : {false, true}) {
            Client client = served.starting_tls();
            const TlsOutcome outcome = client.start_tls(
                {.server_name = name, .newest = version, .client_name = "mta", .resumes = session});
            CHECK(outcome.error == "");
            CHECK(outcome.resumed == again);
            client.send("EHLO a\r\nQUIT\r\n");
            CHECK_THAT(client.rest(), EndsWith("[end]"));
            if (!again) session = client.tls().session();
            REQUIRE(session != nullptr);
        }
        CHECK(tls_event(served).find("resumed") == std::string::npos);
        CHECK_THAT(served.sink.canonical(2),
                   Contains(R"("server_name":")" + name +
                            R"(","client_subject":"CN=mta","resumed":true)"));
    }
}

TEST_CASE("a client that leaves during the handshake") {
    Served served{{.starttls = true}};
    Client client = served.starting_tls();
    SECTION("by closing") {
        client.finish();
        CHECK(client.rest() == "[end]");
        served.stop();
        CHECK(served.sink.ended(1) == "client_closed");
    }
    SECTION("by a reset") {
        client.send("\x16\x03\x01");
        client.reset();
        another_session(served);
        served.stop();
        CHECK(served.sink.ended(1) == "client_lost");
    }
}

TEST_CASE("a client that speaks no TLS where TLS is due") {
    Served served{{.implicit_tls = true}};
    Client client = served.client();
    SECTION("SMTP") {
        client.send("EHLO mta.example.test\r\n");
        CHECK(client.rest() == "[end]");
        CHECK_THAT(tls_event(served),
                   Contains(R"("failure":"no TLS: the client spoke in the clear")"));
    }
    SECTION("HTTP") {
        client.send("GET / HTTP/1.0\r\n\r\n");
        CHECK(client.rest() == "[end]");
        CHECK_THAT(tls_event(served),
                   Contains(R"("failure":"no TLS: the client sent an HTTP request")"));
    }
    SECTION("anything else") {
        client.send(std::string(100'000, '\x16'));
        client.rest();
        CHECK_THAT(tls_event(served), Contains(R"("failure":")"));
    }
    CHECK(served.sink.ended(1) == "tls_failed");
}

TEST_CASE("a handshake that is not over within the idle timeout") {
    Served served{{.speed = 10'000, .idle_timeout = 5min, .implicit_tls = true}};
    Client client = served.client();
    CHECK(client.rest() == "[end]");
    CHECK_THAT(tls_event(served), Contains("the handshake was not over within the idle timeout"));
    CHECK(served.sink.ended(1) == "tls_failed");
}

TEST_CASE("secrets are logged as Wireshark reads them, and the certificate is made when needed") {
    engine::Profile profile;
    profile.hosts.resize(2);
    profile.hosts[1].options.implicit_tls = true;
    net::TlsHosts hosts{profile, net::wall_time(), {"127.0.0.1", "192.0.2.1"}};
    std::string secrets;
    hosts.log_secrets([&](std::string_view line) { secrets += std::string{line} + "\n"; });
    hosts.prepare();
    ScriptedPolicy policy{{}, {}};
    KeepingSink sink;
    engine::Simulator simulator{profile, policy, sink, {.seed = 1}};
    const auto clock = net::real_clock();
    net::Server server{simulator, *clock, nullptr, &hosts};
    const std::uint16_t port = server.listen(1, "127.0.0.1", 0).value();
    std::thread thread{[&] { server.run(); }};
    {
        Client client{port};
        CHECK(client.start_tls({.ca_pem = hosts.ca_pem(), .verify_name = "192.0.2.1"}).error == "");
        client.reply();
    }
    server.stop();
    thread.join();
    CHECK_THAT(secrets, Contains("CLIENT_TRAFFIC_SECRET_0 "));
    CHECK_THAT(secrets, Contains("SERVER_HANDSHAKE_TRAFFIC_SECRET "));
}

TEST_CASE("STARTTLS that only a hook has offered works, with a certificate made on the spot") {
    Served served{{.hooks = hooks({smtp::Hook::ehlo}), .answer = [](const auto&, int, Instant) {
                       engine::Step step = reply(250, "mx.fakemx.test");
                       auto& verdict = std::get<smtp::Verdict>(step.outcome);
                       std::get<smtp::Reply>(verdict.answer).lines.emplace_back("STARTTLS");
                       return step;
                   }}};
    // Asked for while the server is idle: it makes the CA itself once STARTTLS is answered.
    const std::string ca_pem = served.ca_pem();
    Client client = served.starting_tls();
    CHECK(client.start_tls({.ca_pem = ca_pem, .verify_name = "localhost"}).error == "");
    client.send("QUIT\r\n");
    CHECK(client.rest() == "221 Bye\r\n[end]");
}

TEST_CASE("a server without TLS fails every handshake, and says so") {
    engine::Profile profile;
    profile.hosts.emplace_back().options.implicit_tls = true;
    ScriptedPolicy policy{{}, {}};
    KeepingSink sink;
    engine::Simulator simulator{profile, policy, sink, {.seed = 1}};
    const auto clock = net::real_clock();
    net::Server server{simulator, *clock, nullptr};
    const std::uint16_t port = server.listen(0, "127.0.0.1", 0).value();
    std::thread thread{[&] { server.run(); }};
    Client client{port};
    CHECK(client.start_tls().error == "the server closed the connection");
    server.stop();
    thread.join();
    CHECK_THAT(sink.canonical(1), Contains("TLS is not set up"));
}
