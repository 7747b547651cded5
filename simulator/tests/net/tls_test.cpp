// Sessions inside TLS over real sockets, with OpenSSL as the client.
#include <sys/socket.h>

#include <fmt/format.h>
#include <openssl/x509_vfy.h>

#include "net/fixture.h"
#include "support/catch.h"

using namespace fakemx;
using namespace fakemx::test;
using Catch::Matchers::Contains;
using Catch::Matchers::EndsWith;
using Catch::Matchers::StartsWith;
using smtp::Hook;

namespace {

constexpr std::string_view inside =
    "EHLO mta.example.test\r\n"
    "MAIL FROM:<ada@example.test>\r\n"
    "RCPT TO:<u@163.com>\r\n"
    "DATA\r\n"
    "Subject: x\r\n\r\n..\r\n.\r\n"
    "QUIT\r\n";

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
    CHECK_THAT(
        tls_event(served),
        StartsWith(R"("event":"tls","version":"TLSv1.3","cipher":")" + outcome.cipher +
                   R"(","server_name":"mx.fakemx.test","client_versions":"TLSv1.3 TLSv1.2)"));
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
