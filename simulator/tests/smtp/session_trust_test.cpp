// PROXY headers and XCLIENT as dialogues, broken off at every step and split at every octet. What a client sees of
// them is in transcripts/43 to 49.
#include "smtp/session.h"
#include "support/catch.h"
#include "support/dialogue.h"

using namespace fakemx;
using namespace fakemx::smtp;
using fakemx::test::Dialogue;
using Kind = Anomaly::Kind;
using How = Ended::How;

namespace {

constexpr PeerTrust proxy{.xclient = PeerTrust::Xclient::unspoken, .proxy = true};
constexpr PeerTrust xclient{.xclient = PeerTrust::Xclient::taken, .proxy = false};
constexpr std::string_view header = "PROXY TCP4 198.51.100.7 203.0.113.9 4711 25\r\n";

}  // namespace

TEST_CASE("a PROXY header gives the session its client") {
    Dialogue dialogue{{}, proxy};
    dialogue.connects().expect_nothing();
    CHECK(dialogue.session().state() == State::proxy);
    dialogue.says(header).expect_consult(Hook::connect);
    const SessionFacts& facts = dialogue.session().facts();
    CHECK(facts.client == "198.51.100.7");
    CHECK(facts.local == "203.0.113.9");
    CHECK(facts.peer() == "192.0.2.1");
    CHECK(dialogue.last<Declared>()->declaration->port == 4711);
    dialogue.answer_default().expect_send("220 mx.fakemx.test ESMTP fakemx");
    dialogue.says("QUIT\r\n").expect_consult(Hook::quit).answer_default();
    dialogue.expect_send("221 Bye").expect_end(How::quit, Close::How::flush);
    dialogue.break_at_every_step().split_at_every_octet();
}

TEST_CASE("what comes right behind a PROXY header came before the greeting: RFC 5321 §4.3.1") {
    Dialogue dialogue{{}, proxy};
    dialogue.connects().says(std::string{header} + "NOOP\r\n");
    dialogue.expect_anomaly(Kind::early_talk).expect_consult(Hook::connect).answer_default();
    dialogue.expect_send("220 mx.fakemx.test ESMTP fakemx");
    dialogue.expect_consult(Hook::noop).answer_default().expect_send("250 OK");
    dialogue.break_at_every_step().split_at_every_octet();
}

TEST_CASE("a proxy that speaks for itself is the client") {
    Dialogue dialogue{{}, proxy};
    dialogue.connects().says("PROXY UNKNOWN\r\n").expect_consult(Hook::connect);
    CHECK(dialogue.session().facts().client == "192.0.2.1");
    CHECK(dialogue.session().facts().peer() == "192.0.2.1");
    CHECK(dialogue.last<Declared>()->declaration->client.empty());
    dialogue.answer_default().expect_send("220 mx.fakemx.test ESMTP fakemx");
}

TEST_CASE("no PROXY header where one must stand: closed without a word") {
    Dialogue dialogue{{}, proxy};
    dialogue.connects().says("PROXY QUIC 1 2 3\r\nEHLO x\r\n");
    dialogue.expect_end(How::proxy_failed, Close::How::now);
    CHECK(dialogue.last<Anomaly>()->kind == Kind::bad_proxy_header);
    CHECK(dialogue.last<Anomaly>()->detail == "PROXY QUIC 1 2 3\r\n");
    CHECK(dialogue.last<Ended>()->detail == "not TCP4, TCP6 or UNKNOWN behind PROXY");
    dialogue.break_at_every_step().split_at_every_octet();
}

TEST_CASE("a PROXY header has the idle timeout, counted from the last octet") {
    Dialogue dialogue{{}, proxy};
    dialogue.connects().passes(4min).expect_nothing().says("PROX").passes(4min).expect_nothing();
    dialogue.passes(1min).expect_end(How::proxy_failed, Close::How::now);
    CHECK(dialogue.last<Anomaly>()->kind == Kind::bad_proxy_header);
    dialogue.break_at_every_step();
}

TEST_CASE("TLS from the first octet begins behind the PROXY header, with what came along") {
    HostOptions host;
    host.implicit_tls = true;
    Dialogue dialogue{host, proxy};
    dialogue.connects().says(std::string{header} + "\x16\x03\x01").expect_upgrade();
    CHECK(dialogue.session().state() == State::tls);
    dialogue.tls_ready().expect_consult(Hook::connect).answer_default();
    dialogue.expect_send("220 mx.fakemx.test ESMTP fakemx");
    CHECK(dialogue.last<Anomaly>() == nullptr);
    CHECK(dialogue.session().facts().client == "198.51.100.7");
}

TEST_CASE("XCLIENT goes back to the greeting, with another client") {
    Dialogue dialogue{{}, xclient};
    dialogue.connects().expect_consult(Hook::connect).answer_default();
    dialogue.expect_send("220 mx.fakemx.test ESMTP fakemx");
    dialogue.says("XCLIENT ADDR=198.51.100.7 NAME=a.test HELO=b.test PROTO=ESMTP LOGIN=ann\r\n");
    dialogue.expect_consult(Hook::connect);
    const SessionFacts& facts = dialogue.session().facts();
    CHECK(facts.client == "198.51.100.7");
    CHECK(facts.peer() == "192.0.2.1");
    CHECK(facts.helo == "b.test");
    CHECK(facts.esmtp);
    CHECK(facts.auth->user == "ann");
    CHECK(facts.declared->name == "a.test");
    dialogue.answer_default().expect_send("220 mx.fakemx.test ESMTP fakemx");
    CHECK(dialogue.session().state() == State::fresh);
    dialogue.says("XCLIENT NAME=c.test LOGIN=[UNAVAILABLE]\r\nNOOP\r\n")
        .expect_consult(Hook::connect);
    CHECK(facts.client == "198.51.100.7");
    CHECK(facts.peer() == "192.0.2.1");
    CHECK(facts.auth == nullptr);
    dialogue.answer_default().expect_send("220 mx.fakemx.test ESMTP fakemx");
    dialogue.expect_consult(Hook::noop).answer_default().expect_send("250 OK");
    dialogue.break_at_every_step().split_at_every_octet();
}

TEST_CASE("a greeting behind XCLIENT may be held back, fail, or be silence") {
    for (const bool fails : {false, true}) {
        Dialogue dialogue{{}, xclient};
        dialogue.connects().expect_consult(Hook::connect).answer_default();
        dialogue.expect_send("220 mx.fakemx.test ESMTP fakemx");
        dialogue.says("XCLIENT ADDR=198.51.100.7\r\nNOOP\r\n").expect_consult(Hook::connect);
        if (fails) {
            dialogue.answer_fails().expect_send("421 The profile failed to answer");
            dialogue.expect_end(How::server_closed, Close::How::flush);
        } else {
            dialogue.answer({.answer = DefaultAnswer{}, .pacing = {.after = 3s}});
            dialogue.expect_send("220 mx.fakemx.test ESMTP fakemx").expect_nothing();
            dialogue.drains().expect_consult(Hook::noop).answer({.answer = Silence{}});
            dialogue.expect_nothing();
        }
        dialogue.break_at_every_step().split_at_every_octet();
    }
}
