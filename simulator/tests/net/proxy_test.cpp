// PROXY headers over real sockets: in pieces, with TLS right behind them, and wrong ones.
#include "net/fixture.h"
#include "support/catch.h"
#include "support/transcript.h"

using namespace fakemx;
using namespace fakemx::test;
using Catch::Matchers::Contains;
using Catch::Matchers::EndsWith;
using Catch::Matchers::StartsWith;
using smtp::Hook;

namespace {

constexpr std::string_view header = "PROXY TCP4 198.51.100.7 203.0.113.9 4711 25\r\n";
const std::string header_v2 = unescape(
    "\\r\\n\\r\\n\\0\\r\\nQUIT\\n\\x21\\x11\\0\\x0c\\xc6\\x33\\x64\\x07\\xcb\\0\\x71\\x09\\x12\\x67"
    "\\0\\x19");

Setup trusting() {
    Setup setup;
    setup.proxy_peers = {IpNetwork::parse("127.0.0.1").value()};
    // The greeting shows whom the server takes the client for.
    setup.hooks = hooks({Hook::connect});
    setup.answer = [](const engine::Question& question, int, Instant) {
        return reply(220, question.session.client);
    };
    return setup;
}

}  // namespace

TEST_CASE("a PROXY header octet by octet, and with a whole session behind it") {
    Served served{trusting()};
    Client slow = served.client();
    for (const char octet : header) slow.send({&octet, 1});
    CHECK(slow.reply() == "220 198.51.100.7\r\n");
    Client quick = served.client();
    quick.send(std::string{header} + "EHLO a.test\r\nQUIT\r\n");
    CHECK_THAT(quick.rest(), StartsWith("220 198.51.100.7\r\n250-"));
    slow.send("QUIT\r\n");
    CHECK_THAT(slow.rest(), EndsWith("[end]"));
    served.stop();
    CHECK_THAT(served.sink.canonical(1),
               Contains(R"("by":"proxy_v1","peer":"127.0.0.1","client":"198.51.100.7")"));
}

TEST_CASE("TLS from the first octet, with the handshake in the segment of the PROXY header") {
    for (const std::size_t octets_at_once : {0, 1}) {
        Setup setup = trusting();
        setup.implicit_tls = true;
        Served served{setup};
        Client client = served.client();
        client.begin_segment(header);
        const TlsOutcome outcome =
            client.start_tls({.ca_pem = served.ca_pem(), .octets_at_once = octets_at_once});
        CHECK(outcome.error == "");
        CHECK(client.reply() == "220 198.51.100.7\r\n");
        client.send("QUIT\r\n");
        CHECK_THAT(client.rest(), EndsWith("[end]"));
        served.stop();
        CHECK_THAT(served.sink.canonical(1), Contains(R"("event":"tls","version":"TLSv1.3")"));
    }
}

TEST_CASE("a handshake goes wrong behind a PROXY header as it does without one") {
    using Kind = smtp::HandshakeFault::Kind;
    struct Case {
        Kind kind;
        TlsStream::End seen;  ///< by the client
        std::string failure;  ///< in the journal; empty: the client gave up
    };
    const std::vector<Case> cases{
        {Kind::stall, TlsStream::End::silent, "the handshake was not over within the idle timeout"},
        {Kind::close, TlsStream::End::silent, "closed, as the profile says"},
        {Kind::reset, TlsStream::End::reset, "reset, as the profile says"},
        {Kind::garbage, TlsStream::End::open, ""},
        {Kind::plaintext, TlsStream::End::open, ""},
    };
    for (const std::string& front : {std::string{header}, header_v2}) {
        for (const bool implicit : {false, true}) {
            for (const Case& one : cases) {
                CAPTURE(implicit, front,
                        smtp::handshake_fault_names.at(static_cast<std::size_t>(one.kind)));
                Setup setup = trusting();
                setup.handshake = smtp::HandshakeFault{.kind = one.kind};
                setup.implicit_tls = implicit;
                setup.starttls = true;
                if (one.kind == Kind::stall) {
                    setup.speed = 1000;
                    setup.idle_timeout = 5min;
                }
                Served served{setup};
                {
                    Client client = served.client();
                    if (implicit) {
                        // In the segment of the ClientHello.
                        client.begin_segment(front);
                    } else {
                        client.send(front + "EHLO a.test\r\n");
                        CHECK(client.reply() == "220 198.51.100.7\r\n");
                        client.reply();
                        client.send("STARTTLS\r\n");
                        CHECK_THAT(client.reply(), StartsWith("220 "));
                    }
                    CHECK(client.start_tls().error != "");
                    CHECK(client.tls().end() == one.seen);
                }
                // The next session shows that the server is past it.
                Client other = served.client();
                other.send("no header\r\n");
                other.rest();
                served.stop();
                const std::string events = served.sink.canonical(1);
                CHECK_THAT(events, Contains(R"("peer":"127.0.0.1","client":"198.51.100.7")"));
                if (!one.failure.empty()) {
                    CHECK_THAT(events, Contains(R"("failure":")" + one.failure));
                    CHECK(served.sink.ended(1) == "tls_failed");
                } else {
                    CHECK_THAT(served.sink.ended(1), StartsWith("client_"));
                }
            }
        }
    }
}

TEST_CASE("whoever should send a PROXY header and does not is cut off without a word") {
    Served served{trusting()};
    Client client = served.client();
    client.send("EHLO a.test\r\n");
    const std::string rest = client.rest();
    // Octets that nobody reads any more turn the end into a reset.
    CHECK((rest == "[end]" || rest == "[reset]"));
    served.stop();
    CHECK(served.sink.ended(1) == "proxy_failed");
}

TEST_CASE("connections that wait for a PROXY header do not hold up a shutdown") {
    Served served{trusting()};
    Client silent = served.client();
    Client half = served.client();
    half.send("PROXY TCP4");
    Client whole = served.client();
    whole.send(header);
    CHECK(whole.reply() == "220 198.51.100.7\r\n");
    served.stop();
    CHECK_THAT(whole.rest(), StartsWith("421 "));
    CHECK(served.sink.ended(1) == "shutdown");
    CHECK(served.sink.ended(2) == "shutdown");
}
