// TLS over real sockets, with OpenSSL as the client.
#include <sys/socket.h>

#include <fmt/format.h>
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
using smtp::Hook;

namespace {

constexpr std::string_view inside =
    "EHLO mta.example.test\r\n"
    "MAIL FROM:<ada@example.test>\r\n"
    "RCPT TO:<u@163.com>\r\n"
    "DATA\r\n"
    "Subject: x\r\n\r\n..\r\n.\r\n"
    "QUIT\r\n";

std::size_t count(std::string_view text, std::string_view part) {
    std::size_t times = 0;
    for (std::size_t at = text.find(part); at != std::string_view::npos;
         at = text.find(part, at + part.size())) {
        ++times;
    }
    return times;
}

/// What the journal has of the handshake of the first session.
std::string tls_event(Served& served) {
    served.stop();
    const std::string events = served.sink.canonical(1);
    const std::size_t at = events.find(R"("event":"tls")");
    return at == std::string::npos ? "" : events.substr(at, events.find('\n', at) - at);
}

/// Whether a later session is served shows that the server is past what this one did.
void another_session(Served& served) {
    Client other = served.client();
    other.send("QUIT\r\n");
    other.rest();
}

}  // namespace

TEST_CASE("STARTTLS: a handshake, and a whole session inside TLS") {
    Served served{{.starttls = true}};
    Client client = served.starting_tls();
    const TlsOutcome outcome = client.start_tls({.server_name = "mx.fakemx.test",
                                                 .ca_pem = served.ca_pem(),
                                                 .verify_name = "mx.fakemx.test"});
    CHECK(outcome.error == "");
    CHECK(outcome.verify_result == X509_V_OK);
    CHECK(outcome.version == "TLSv1.3");
    client.send(inside);
    const std::string replies = client.rest();
    CHECK_THAT(replies, StartsWith("250-mx.fakemx.test\r\n"));
    CHECK(replies.find("STARTTLS") == std::string::npos);
    CHECK(count(replies, "\r\n250 2.") == 3);
    CHECK_THAT(replies, EndsWith("221 2.0.0 Bye\r\n[end]"));
    CHECK(tls_event(served) == R"("event":"tls","version":"TLSv1.3","cipher":")" + outcome.cipher +
                                   R"(","server_name":"mx.fakemx.test"})");
    CHECK(served.sink.ended(1) == "quit");
}

TEST_CASE("implicit TLS: the greeting comes after the handshake") {
    Served served{{.implicit_tls = true}};
    Client client = served.client();
    CHECK(client.start_tls({.ca_pem = served.ca_pem(), .verify_name = "127.0.0.1"}).verify_result ==
          X509_V_OK);
    CHECK_THAT(client.reply(), StartsWith("220 mx.fakemx.test"));
    client.send(inside);
    CHECK_THAT(client.rest(), EndsWith("221 2.0.0 Bye\r\n[end]"));
    CHECK_THAT(tls_event(served), Contains(R"("version":"TLSv1.3")"));
}

TEST_CASE("how ciphertext is split makes no difference") {
    std::string replies, events;
    for (const std::size_t octets : {0, 1, 7}) {
        Served served{{.implicit_tls = true}};
        Client client = served.client();
        CHECK(client.start_tls({.octets_at_once = octets}).error == "");
        client.reply();
        client.send(inside);
        const std::string got = client.rest();
        served.stop();
        if (octets == 0) {
            replies = got;
            events = served.sink.canonical(1);
            CHECK_THAT(replies, EndsWith("221 2.0.0 Bye\r\n[end]"));
        }
        CHECK(got == replies);
        CHECK(served.sink.canonical(1) == events);
    }
}

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
        CHECK(tls_event(served) == R"("event":"tls","failure":"unsupported protocol"})");
    }
    SECTION("too new") {
        Served served{{.tls = {.newest = TlsVersion::tls_1_2}, .starttls = true}};
        Client client = served.starting_tls();
        CHECK(client.start_tls({.oldest = "TLSv1.3"}).error == "tlsv1 alert protocol version");
        CHECK(tls_event(served) == R"("event":"tls","failure":"unsupported protocol"})");
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
        CHECK(client.start_tls({.ciphers = "ECDHE-ECDSA-AES256-GCM-SHA384"}).error ==
              "sslv3 alert handshake failure");
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
        CHECK_THAT(tls_event(served), Contains(R"("client_subject":"CN=mta \\\"1\\\"\\0A"})"));
    }
}

TEST_CASE("a session is resumed where the client wants it, and recorded as such") {
    for (const char* version : {"TLSv1.2", "TLSv1.3"}) {
        CAPTURE(version);
        Served served{{.starttls = true}};
        std::shared_ptr<ssl_session_st> session;
        for (const bool again : {false, true}) {
            Client client = served.starting_tls();
            const TlsOutcome outcome = client.start_tls({.newest = version, .resumes = session});
            CHECK(outcome.error == "");
            CHECK(outcome.resumed == again);
            client.send("EHLO a\r\nQUIT\r\n");
            CHECK_THAT(client.rest(), EndsWith("[end]"));
            if (!again) session = client.tls().session();
            REQUIRE(session != nullptr);
        }
        CHECK(tls_event(served).find("resumed") == std::string::npos);
        CHECK_THAT(served.sink.canonical(2), Contains(R"("resumed":true)"));
    }
}

TEST_CASE("plaintext behind STARTTLS is discarded, and the handshake goes on: RFC 3207 §4.2") {
    Served served{{.starttls = true}};
    Client client = served.client();
    client.reply();
    client.send("EHLO mta.example.test\r\n");
    client.reply();
    client.send("STARTTLS\r\nMAIL FROM:<injected@example.test>\r\n");
    CHECK_THAT(client.reply(), StartsWith("220 "));
    CHECK(client.start_tls().error == "");
    client.send("NOOP\r\nQUIT\r\n");
    CHECK(client.rest() == "250 OK\r\n221 Bye\r\n[end]");
    served.stop();
    CHECK_THAT(served.sink.canonical(1), Contains(R"("kind":"plaintext_before_tls")"));
}

TEST_CASE("replies that the client does not take are kept as ciphertext, and its input waits") {
    const std::string big(200'000, 'x');
    Served served{{.hooks = hooks({Hook::noop}),
                   .answer = [&](const auto&, int, Instant) { return reply(250, big); },
                   .implicit_tls = true}};
    Client client = served.client();
    CHECK(client.start_tls().error == "");
    client.reply();
    // Far more than the network takes: 80 MB of replies.
    constexpr int commands = 400;
    std::string input;
    for (int i = 0; i < commands; ++i) input += "NOOP\r\n";
    client.send(input);
    for (int i = 0; i < commands; ++i) REQUIRE(client.reply().size() == big.size() + 6);
    client.send("QUIT\r\n");
    CHECK(client.rest() == "221 Bye\r\n[end]");
}

TEST_CASE("STARTTLS behind replies that the client has not taken yet") {
    const std::string big(200'000, 'x');
    Served served{{.hooks = hooks({Hook::noop}),
                   .answer = [&](const auto&, int, Instant) { return reply(250, big); },
                   .starttls = true}};
    Client client = served.client();
    client.reply();
    // More than the network takes, all in the clear, and nothing is read meanwhile.
    std::string input = "EHLO mta.example.test\r\n";
    constexpr int commands = 100;
    for (int i = 0; i < commands; ++i) input += "NOOP\r\n";
    client.send(input + "STARTTLS\r\n");
    client.reply();
    for (int i = 0; i < commands; ++i) REQUIRE(client.reply().size() == big.size() + 6);
    CHECK_THAT(client.reply(), StartsWith("220 "));
    CHECK(client.start_tls().error == "");
    client.send("QUIT\r\n");
    CHECK(client.rest() == "221 Bye\r\n[end]");
}

TEST_CASE("a big message comes through whole") {
    Served served{{.starttls = true}};
    Client client = served.starting_tls();
    CHECK(client.start_tls().error == "");
    client.send("EHLO a\r\nMAIL FROM:<a@b.test>\r\nRCPT TO:<c@d.test>\r\nDATA\r\n");
    for (int i = 0; i < 4; ++i) client.reply();
    const std::string line = std::string(76, 'x') + "\r\n";
    constexpr int lines = 50'000;
    std::string message;
    for (int i = 0; i < lines; ++i) message += line;
    client.send(message + ".\r\nQUIT\r\n");
    CHECK_THAT(client.rest(), EndsWith("221 2.0.0 Bye\r\n[end]"));
    served.stop();
    CHECK_THAT(served.sink.canonical(1),
               Contains(fmt::format(R"("octets":{},"lines":{})", message.size(), lines)));
}

TEST_CASE("a client that says it sends no more gets what it is owed") {
    Served served{{.implicit_tls = true}};
    Client client = served.client();
    CHECK(client.start_tls().error == "");
    client.send("EHLO a\r\nNOOP\r\n");
    SECTION("with close_notify") {
        client.finish();
    }
    SECTION("by closing its side of the connection only") {
        ::shutdown(client.descriptor(), SHUT_WR);
    }
    const std::string replies = client.rest();
    CHECK_THAT(replies, EndsWith("250 2.0.0 OK\r\n[end]"));
    served.stop();
    CHECK(served.sink.ended(1) == "client_closed");
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

TEST_CASE("verdicts end connections inside TLS as they say") {
    const auto ending_with = [](smtp::Ending ending) {
        return Setup{.hooks = hooks({Hook::noop}),
                     .answer =
                         [ending](const auto&, int, Instant) {
                             engine::Step step = reply(451, "ending");
                             std::get<smtp::Verdict>(step.outcome).ending = ending;
                             return step;
                         },
                     .starttls = true};
    };
    SECTION("close: with close_notify") {
        Served served{ending_with(smtp::Ending::close)};
        Client client = served.starting_tls();
        CHECK(client.start_tls().error == "");
        client.send("NOOP\r\n");
        CHECK(client.rest() == "451 ending\r\n[end]");
    }
    SECTION("reset: without") {
        Served served{ending_with(smtp::Ending::reset)};
        Client client = served.starting_tls();
        CHECK(client.start_tls().error == "");
        client.send("NOOP\r\n");
        CHECK_THAT(client.rest(), EndsWith("[reset]"));
    }
}

TEST_CASE("a paced reply leaves inside TLS as it does outside") {
    Served served{{.hooks = hooks({Hook::noop}),
                   .answer =
                       [](const auto&, int, Instant) {
                           engine::Step step = reply(250, "one octet after the other");
                           std::get<smtp::Verdict>(step.outcome).pacing = {
                               .after = 10s, .pieces = {1}, .repeat_last_piece = true, .every = 1s};
                           return step;
                       },
                   .speed = 1000,
                   .implicit_tls = true}};
    Client client = served.client();
    CHECK(client.start_tls().error == "");
    client.reply();
    client.send("NOOP\r\nNOOP\r\nQUIT\r\n");
    CHECK(client.reply() == "250 one octet after the other\r\n");
    CHECK(client.reply() == "250 one octet after the other\r\n");
    CHECK_THAT(client.rest(), EndsWith("[end]"));
}

TEST_CASE("a shutdown: 421 inside TLS, and nothing to one that is still at the handshake") {
    Served served{{.starttls = true}};
    Client ready = served.starting_tls(), unready = served.starting_tls();
    CHECK(ready.start_tls().error == "");
    ready.send("EHLO a\r\n");
    ready.reply();
    served.stop();
    const std::string last = ready.rest();
    CHECK_THAT(last, StartsWith("421 ") && EndsWith("\r\n[end]"));
    CHECK(unready.rest() == "[end]");
    CHECK(served.sink.ended(1) == "shutdown");
    CHECK(served.sink.ended(2) == "shutdown");
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

TEST_CASE("octets that are no TLS any more lose the session") {
    Served served{{.starttls = true}};
    Client client = served.starting_tls();
    CHECK(client.start_tls().error == "");
    const std::string garbage = std::string{"\x17\x03\x03\x00\x20", 5} + std::string(32, 'x');
    CHECK(::send(client.descriptor(), garbage.data(), garbage.size(), MSG_NOSIGNAL) ==
          static_cast<ssize_t>(garbage.size()));
    client.rest();
    served.stop();
    CHECK(served.sink.ended(1) == "client_lost");
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
    CHECK(count(secrets, "CLIENT_TRAFFIC_SECRET_0 ") == 1);
    CHECK(count(secrets, "SERVER_HANDSHAKE_TRAFFIC_SECRET ") == 1);
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
