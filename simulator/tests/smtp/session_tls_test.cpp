// STARTTLS and implicit TLS as dialogues: RFC 3207, RFC 8314. What needs no handshake that fails is in
// transcripts/17-starttls.txt.
#include "smtp/session.h"
#include "support/catch.h"
#include "support/dialogue.h"

using namespace fakemx;
using namespace fakemx::smtp;
using fakemx::test::Dialogue;
using Kind = Anomaly::Kind;
using How = Ended::How;

namespace {

HostOptions offering() {
    HostOptions host;
    host.extensions.push_back({Extension::starttls, "STARTTLS"});
    return host;
}

HostOptions implicit() {
    HostOptions host;
    host.implicit_tls = true;
    return host;
}

/// Up to the beginning of the handshake.
Dialogue& starting(Dialogue& dialogue) {
    dialogue.begins();
    dialogue.says("STARTTLS\r\n").expect_consult(Hook::starttls).answer_default();
    return dialogue.expect_send("220 2.0.0 Ready to start TLS").expect_upgrade();
}

}  // namespace

TEST_CASE("inside TLS a session begins anew: RFC 3207 §4.2") {
    Dialogue dialogue{offering()};
    starting(dialogue);
    CHECK(dialogue.session().state() == State::tls);
    CHECK(dialogue.session().facts().tls == nullptr);
    dialogue.tls_ready().expect_nothing();
    CHECK(dialogue.last<TlsSeen>()->failure.empty());
    CHECK(dialogue.session().facts().tls->version == "TLSv1.3");
    CHECK(dialogue.session().facts().helo.empty());
    CHECK(dialogue.session().state() == State::fresh);
    dialogue.says("MAIL FROM:<a@b.test>\r\n").expect_send("503 Bad sequence of commands");
    dialogue.says("EHLO client.test\r\n").expect_consult(Hook::ehlo).answer_default();
    dialogue.expect_send(
        "250-mx.fakemx.test\n250-PIPELINING\n250-SIZE 73400320\n250-8BITMIME\n250 "
        "ENHANCEDSTATUSCODES");
    dialogue.says("STARTTLS\r\n").expect_send("503 5.5.1 Bad sequence of commands");
    dialogue.says("QUIT\r\n").expect_consult(Hook::quit).answer_default();
    dialogue.expect_send("221 2.0.0 Bye").expect_end(How::quit, Close::How::flush);
    dialogue.break_at_every_step().split_at_every_octet();
}

TEST_CASE("plaintext behind STARTTLS is discarded and recorded: RFC 3207 §4.2") {
    Dialogue dialogue{offering()};
    dialogue.begins();
    dialogue.says("STARTTLS\r\nMAIL FROM:<injected@b.test>\r\n").expect_consult(Hook::starttls);
    // TLS begins when the last octet of the reply has left, and what came until then is plaintext.
    dialogue.answer(Verdict{.answer = DefaultAnswer{}, .pacing = {.after = 3s}});
    dialogue.expect_send("220 2.0.0 Ready to start TLS");
    dialogue.says("RCPT TO:<c@d.test>\r\n").expect_nothing();
    dialogue.drains().expect_upgrade().expect_anomaly(Kind::plaintext_before_tls);
    CHECK(dialogue.last<Anomaly>()->detail.starts_with("MAIL FROM:<injected@b.test>"));
    dialogue.tls_ready().expect_nothing();
    dialogue.says("NOOP\r\n").expect_consult(Hook::noop).answer_default();
    dialogue.expect_send("250 OK");
    CHECK_FALSE(dialogue.last<CommandSeen>()->pipelined);
    CHECK(dialogue.session().facts().transactions == 0);
    dialogue.break_at_every_step();
}

TEST_CASE("credentials in what is discarded stay out of the journal") {
    Dialogue dialogue{offering()};
    dialogue.begins();
    dialogue.says("STARTTLS\r\nAUTH PLAIN AGFkYQBzZWNyZXQ=\r\n").expect_consult(Hook::starttls);
    dialogue.answer_default().expect_send("220 2.0.0 Ready to start TLS").expect_upgrade();
    CHECK(dialogue.last<Anomaly>()->detail.find("AGFkYQ") == std::string::npos);
}

TEST_CASE("STARTTLS without an offer is unknown, and recorded") {
    Dialogue dialogue;
    dialogue.begins();
    dialogue.says("STARTTLS\r\n").expect_anomaly(Kind::not_offered);
    dialogue.expect_consult(Hook::unknown).answer_default();
    dialogue.expect_send("502 5.5.1 Command not implemented");
    dialogue.break_at_every_step().split_at_every_octet();
}

TEST_CASE("implicit TLS: nothing is said before the handshake is over") {
    Dialogue dialogue{implicit()};
    dialogue.connects().expect_upgrade();
    dialogue.tls_ready().expect_consult(Hook::connect);
    CHECK(dialogue.session().facts().tls != nullptr);
    dialogue.answer_default().expect_send("220 mx.fakemx.test ESMTP fakemx");
    dialogue.says("QUIT\r\n").expect_consult(Hook::quit).answer_default();
    dialogue.expect_send("221 Bye").expect_end(How::quit, Close::How::flush);
    dialogue.break_at_every_step().split_at_every_octet();
}

TEST_CASE("a handshake that fails ends the session") {
    Dialogue upgraded{offering()};
    starting(upgraded);
    Dialogue encrypted{implicit()};
    encrypted.connects().expect_upgrade();
    for (Dialogue* dialogue : {&upgraded, &encrypted}) {
        dialogue->tls_fails("alert from the client: unknown CA");
        dialogue->expect_end(How::tls_failed, Close::How::flush);
        CHECK(dialogue->last<TlsSeen>()->failure == "alert from the client: unknown CA");
        CHECK(dialogue->last<Ended>()->detail == "alert from the client: unknown CA");
        dialogue->break_at_every_step();
    }
}

TEST_CASE("a handshake has the idle timeout, from its beginning to its end") {
    HostOptions host = offering();
    host.idle_timeout = 90s;
    Dialogue dialogue{host};
    starting(dialogue);
    CHECK(dialogue.session().deadline() == dialogue.now() + 90s);
    dialogue.passes(89s).expect_nothing();
    dialogue.passes(1s).expect_end(How::tls_failed, Close::How::flush);
    CHECK(dialogue.last<TlsSeen>()->failure ==
          "the handshake was not over within the idle timeout");
    dialogue.break_at_every_step();
}

TEST_CASE("a shutdown during the handshake has no words, and inside TLS it has") {
    Dialogue early{offering()};
    starting(early).shuts_down().expect_end(How::shutdown, Close::How::flush);

    Dialogue late{offering()};
    starting(late).tls_ready().shuts_down();
    late.expect_send("421 mx.fakemx.test Shutting down, closing");
    late.expect_end(How::shutdown, Close::How::flush);
}

TEST_CASE("a client that goes away during the handshake") {
    Dialogue closed{offering()};
    starting(closed).half_closes().expect_end(How::client_closed, Close::How::flush);
    Dialogue lost{offering()};
    starting(lost).breaks().expect_end(How::client_lost, Close::How::now);
    Dialogue encrypted{implicit()};
    encrypted.connects().expect_upgrade();
    encrypted.half_closes().expect_end(How::client_closed, Close::How::flush);
    for (const Dialogue* dialogue : {&closed, &lost, &encrypted}) {
        CHECK(dialogue->last<TlsSeen>()->failure == "the client left during the handshake");
    }
}

TEST_CASE("a profile may refuse TLS, or close instead") {
    Dialogue refused{offering()};
    refused.begins();
    refused.says("STARTTLS\r\n").expect_consult(Hook::starttls);
    refused.answer(Verdict{.answer = StandardAnswer{Disposition::defer, {}}});
    refused.expect_send("454 4.7.0 TLS not available due to temporary reason");
    refused.says("MAIL FROM:<>\r\n").expect_consult(Hook::mail).answer_default();
    refused.expect_send("250 2.1.0 Sender OK");
    refused.break_at_every_step().split_at_every_octet();

    // 220 and then the end: no handshake.
    Dialogue closed{offering()};
    closed.begins();
    closed.says("STARTTLS\r\n").expect_consult(Hook::starttls);
    closed.answer(Verdict{.answer = DefaultAnswer{}, .ending = Ending::close});
    closed.expect_send("220 2.0.0 Ready to start TLS");
    closed.expect_end(How::server_closed, Close::How::flush);
}
