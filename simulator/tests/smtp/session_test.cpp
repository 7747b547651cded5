// Sessions as dialogues: questions, answers, pacing, endings. What needs no answer by a profile is in
// transcripts/.
#include "smtp/session.h"

#include "core/limits.h"
#include "support/catch.h"
#include "support/dialogue.h"

using namespace fakemx;
using namespace fakemx::smtp;
using fakemx::test::Dialogue;
using Kind = Anomaly::Kind;
using How = Ended::How;

namespace {

/// EHLO, MAIL and one RCPT, all answered by default.
Dialogue& transaction(Dialogue& dialogue) {
    dialogue.begins();
    dialogue.says("MAIL FROM:<a@b.test>\r\n").expect_consult(Hook::mail).answer_default();
    dialogue.expect_send("250 2.1.0 Sender OK");
    dialogue.says("RCPT TO:<c@d.test>\r\n").expect_consult(Hook::rcpt).answer_default();
    return dialogue.expect_send("250 2.1.5 Recipient OK");
}

Dialogue& data(Dialogue& dialogue) {
    transaction(dialogue).says("DATA\r\n").expect_consult(Hook::data).answer_default();
    return dialogue.expect_send("354 End data with <CR><LF>.<CR><LF>");
}

}  // namespace

TEST_CASE("a delivery, question by question, broken off everywhere") {
    Dialogue dialogue;
    data(dialogue).says("Subject: x\r\n\r\n..dot\r\n.\r\n").expect_consult(Hook::message);
    CHECK(dialogue.session().facts().envelope.recipients.size() == 1);
    dialogue.answer(Reply{451, EnhancedCode{4, 3, 2}, {"Internal server error"}});
    dialogue.expect_send("451 4.3.2 Internal server error");
    CHECK(dialogue.session().state() == State::ready);
    CHECK(dialogue.session().facts().envelope.recipients.empty());
    CHECK(dialogue.session().facts().messages == 0);
    dialogue.says("QUIT\r\n").expect_consult(Hook::quit).answer_default();
    dialogue.expect_send("221 2.0.0 Bye").expect_end(How::quit, Close::How::flush);
    dialogue.break_at_every_step().split_at_every_octet();
}

TEST_CASE("a reply decides what the command did, whoever chose it: RFC 5321 §4.2.1") {
    Dialogue dialogue;
    dialogue.begins();
    dialogue.says("MAIL FROM:<a@b.test>\r\n").expect_consult(Hook::mail);
    dialogue.answer(Reply{451, {}, {"no"}}).expect_send("451 no");
    CHECK(dialogue.session().state() == State::ready);
    dialogue.says("MAIL FROM:<a@b.test>\r\n").expect_consult(Hook::mail);
    dialogue.answer(Verdict{.answer = RawAnswer{"250-odd\r\n250 but positive\r\n"}});
    dialogue.expect_send("250-odd\n250 but positive");
    CHECK(dialogue.session().state() == State::mail);
    dialogue.says("RCPT TO:<c@d.test>\r\n").expect_consult(Hook::rcpt);
    dialogue.answer(Verdict{.answer = RawAnswer{"no code at all\r\n"}})
        .expect_send("no code at all");
    CHECK(dialogue.session().state() == State::mail);
    dialogue.says("RCPT TO:<c@d.test>\r\n").expect_consult(Hook::rcpt);
    dialogue.answer(Reply{251, {}, {"elsewhere"}}).expect_send("251 elsewhere");
    CHECK(dialogue.session().state() == State::rcpt);
    // 2yz is no go-ahead for data, and 3yz is one.
    dialogue.says("DATA\r\n").expect_consult(Hook::data);
    dialogue.answer(Reply{250, {}, {"what?"}}).expect_send("250 what?");
    CHECK(dialogue.session().state() == State::rcpt);
    dialogue.says("DATA\r\n").expect_consult(Hook::data);
    dialogue.answer(Reply{399, {}, {"go"}}).expect_send("399 go");
    CHECK(dialogue.session().state() == State::data);
    dialogue.says(".\r\n").expect_consult(Hook::message).answer_default();
    dialogue.expect_send("250 2.0.0 OK queued as 0.1");
    CHECK(dialogue.session().facts().messages == 1);
    dialogue.break_at_every_step().split_at_every_octet();
}

TEST_CASE("raw octets that begin with no code refuse; the last line counts") {
    struct Case {
        const char* octets;
        int code;
    };
    for (const auto& [octets, code] : {Case{"250 ok\r\n", 250},
                                       {"250\r\n", 250},
                                       {"250", 250},
                                       {"2500 x\r\n", 0},
                                       {"25\r\n", 0},
                                       {"abc\r\n", 0},
                                       {"550-a\r\n250 b\r\n", 250},
                                       {"250 a\r\n550 b\r\n", 550},
                                       {"\r\n", 0},
                                       {"250 a\r\n\r\n", 250},
                                       {"-25 x", 0}}) {
        CAPTURE(octets);
        Dialogue dialogue;
        dialogue.begins();
        dialogue.says("MAIL FROM:<>\r\n").expect_consult(Hook::mail);
        dialogue.answer(Verdict{.answer = RawAnswer{octets}});
        CHECK(dialogue.session().state() == (code / 100 == 2 ? State::mail : State::ready));
    }
}

TEST_CASE("accept, defer and reject use the server's own words for the moment") {
    const auto answers = [](std::string_view line, Hook hook, Disposition disposition,
                            std::string_view expected) {
        CAPTURE(line, expected);
        Dialogue dialogue;
        dialogue.begins();
        dialogue.says(line).expect_consult(hook);
        dialogue.answer(Verdict{.answer = StandardAnswer{disposition, {}}}).expect_send(expected);
    };
    using D = Disposition;
    answers("MAIL FROM:<>\r\n", Hook::mail, D::accept, "250 2.1.0 Sender OK");
    answers("MAIL FROM:<>\r\n", Hook::mail, D::defer, "451 4.3.0 Try again later");
    answers("MAIL FROM:<>\r\n", Hook::mail, D::reject, "550 5.7.1 Sender refused");
    answers("VRFY a\r\n", Hook::vrfy, D::accept,
            "252 2.5.0 Cannot VRFY user, but will take a message for it");
    answers("EXPN a\r\n", Hook::expn, D::accept, "250 2.0.0 OK");
    answers("EXPN a\r\n", Hook::expn, D::reject, "550 5.7.1 Refused");
    answers("NOOP\r\n", Hook::noop, D::defer, "451 4.3.0 Try again later");
    answers("XYZ\r\n", Hook::unknown, D::accept, "250 2.0.0 OK");
    // RFC 2034 §4: no enhanced code in an answer to EHLO.
    answers("EHLO again\r\n", Hook::ehlo, D::defer, "451 Try again later");
    answers("HELO again\r\n", Hook::helo, D::reject, "550 Refused");

    Dialogue dialogue;
    dialogue.connects().expect_consult(Hook::connect);
    dialogue.answer(Verdict{.answer = StandardAnswer{D::reject, "go away"}});
    dialogue.expect_send("554 go away");
    CHECK(dialogue.session().state() == State::refused);
}

TEST_CASE("what EHLO really said is what was offered") {
    Dialogue dialogue;
    dialogue.connects().expect_consult(Hook::connect).answer_default();
    dialogue.expect_send("220 mx.fakemx.test ESMTP fakemx");
    dialogue.says("EHLO client.test\r\n").expect_consult(Hook::ehlo);
    dialogue.answer(Reply{250, {}, {"SIZE", "size 10", "x-odd"}});
    dialogue.expect_send("250-SIZE\n250-size 10\n250 x-odd");
    // SIZE was offered (the first line is no keyword, the second is one), 8BITMIME and enhanced codes not.
    dialogue.says("MAIL FROM:<> SIZE=5\r\n").expect_consult(Hook::mail).answer_default();
    dialogue.expect_send("250 Sender OK");
    CHECK(dialogue.session().facts().envelope.declared_octets == 5);
    dialogue.says("RSET\r\n").expect_consult(Hook::rset).answer_default();
    dialogue.expect_send("250 OK");
    dialogue.says("MAIL FROM:<> BODY=8BITMIME\r\n")
        .expect_send("555 Parameter not recognized or not implemented");
    // HELO takes back what EHLO offered.
    dialogue.says("HELO client.test\r\n").expect_consult(Hook::helo).answer_default();
    dialogue.expect_send("250 mx.fakemx.test");
    dialogue.says("MAIL FROM:<> SIZE=5\r\n")
        .expect_send("555 Parameter not recognized or not implemented");
    dialogue.split_at_every_octet();
}

TEST_CASE("own words are filled in, with the name that EHLO gives while it is answered") {
    HostOptions host;
    host.replies.at(static_cast<std::size_t>(Occasion::ehlo)) =
        Reply{250, {}, {"{host} greets {client} {x} {"}};
    host.replies.at(static_cast<std::size_t>(Occasion::noop)) = Reply{250, {}, {"{id} {client}}"}};
    host.extensions.clear();
    Dialogue dialogue{host};
    dialogue.connects().expect_consult(Hook::connect).answer_default();
    dialogue.expect_send("220 mx.fakemx.test ESMTP fakemx");
    dialogue.says("EHLO client.test\r\n").expect_consult(Hook::ehlo).answer_default();
    dialogue.expect_send("250 mx.fakemx.test greets client.test {x} {");
    dialogue.says("NOOP\r\n").expect_consult(Hook::noop).answer_default();
    dialogue.expect_send("250 0.0 client.test}");
}

TEST_CASE("input behind a question waits for its answer, bounded") {
    Dialogue dialogue;
    transaction(dialogue).says("RCPT TO:<e@f.test>\r\nRSET\r\nNOOP\r\n").expect_consult(Hook::rcpt);
    dialogue.says("QUIT\r\n").expect_nothing();
    CHECK(dialogue.session().wants_input());
    dialogue.answer_default().expect_send("250 2.1.5 Recipient OK").expect_consult(Hook::rset);
    dialogue.answer_default().expect_send("250 2.0.0 OK").expect_consult(Hook::noop);
    dialogue.break_at_every_step();

    Dialogue bounded;
    bounded.begins().says("NOOP\r\n").expect_consult(Hook::noop);
    bounded.says(std::string(limits::input_octets_kept - 1, 'x'));
    CHECK(bounded.session().wants_input());
    bounded.says("x");
    CHECK_FALSE(bounded.session().wants_input());
    // What arrives all the same is not lost.
    bounded.says("\r\nNOOP\r\n").answer_default();
    bounded.expect_send("250 2.0.0 OK")
        .expect_send("500 5.5.2 Line too long")
        .expect_consult(Hook::noop);
    CHECK(bounded.session().wants_input());
}

TEST_CASE("pipelined commands are told from others: RFC 2920 §3.1") {
    Dialogue dialogue;
    dialogue.begins();
    dialogue.says("NOOP\r\n")
        .expect_consult(Hook::noop)
        .answer_default()
        .expect_send("250 2.0.0 OK");
    CHECK_FALSE(dialogue.last<CommandSeen>()->pipelined);
    dialogue.says("NOOP\r\nRSET\r\n").expect_consult(Hook::noop);
    CHECK_FALSE(dialogue.last<CommandSeen>()->pipelined);
    dialogue.answer_default().expect_send("250 2.0.0 OK").expect_consult(Hook::rset);
    CHECK(dialogue.last<CommandSeen>()->pipelined);
    dialogue.answer_default().expect_send("250 2.0.0 OK");
    dialogue.says("NOOP\r\n").expect_consult(Hook::noop);
    CHECK_FALSE(dialogue.last<CommandSeen>()->pipelined);
    // A reply that is held back has not been seen while it has not left.
    dialogue.answer(Verdict{.answer = DefaultAnswer{}, .pacing = {.after = 3s}});
    dialogue.expect_send("250 2.0.0 OK");
    dialogue.says("RSET\r\n").drains().expect_consult(Hook::rset);
    CHECK(dialogue.last<CommandSeen>()->pipelined);
}

TEST_CASE("data in front of its 354 is taken and recorded: RFC 2920 §3.1") {
    Dialogue early;
    transaction(early).says("DATA\r\nhello\r\n").expect_consult(Hook::data).answer_default();
    early.expect_send("354 End data with <CR><LF>.<CR><LF>");
    early.says(".\r\n").expect_consult(Hook::message);
    CHECK(early.last<MessageSeen>()->before_354);
    CHECK(early.last<MessageSeen>()->octets == 7);

    Dialogue in_time;
    data(in_time).says("hello\r\n.\r\n").expect_consult(Hook::message);
    CHECK_FALSE(in_time.last<MessageSeen>()->before_354);

    Dialogue held_back;
    transaction(held_back).says("DATA\r\n").expect_consult(Hook::data);
    held_back.answer(Verdict{.answer = DefaultAnswer{}, .pacing = {.after = 3s}});
    held_back.expect_send("354 End data with <CR><LF>.<CR><LF>");
    held_back.says("hello\r\n.\r\n").drains().expect_consult(Hook::message);
    CHECK(held_back.last<MessageSeen>()->before_354);
}

TEST_CASE("octets before the greeting has left are early talk: RFC 5321 §3.1, §4.3.1") {
    Dialogue asked;
    asked.connects().expect_consult(Hook::connect);
    asked.says("EHLO a\r\n").expect_nothing().expect_anomaly(Kind::early_talk);
    asked.answer_default()
        .expect_send("220 mx.fakemx.test ESMTP fakemx")
        .expect_consult(Hook::ehlo);
    asked.break_at_every_step().split_at_every_octet();

    Dialogue patient;
    patient.connects().expect_consult(Hook::connect);
    patient.answer(Verdict{.answer = DefaultAnswer{}, .pacing = {.after = 6s}});
    patient.expect_send("220 mx.fakemx.test ESMTP fakemx");
    patient.drains().says("EHLO a\r\n").expect_consult(Hook::ehlo);
    CHECK(patient.last<Anomaly>() == nullptr);

    Dialogue held_back;
    held_back.connects().expect_consult(Hook::connect);
    held_back.answer(Verdict{.answer = DefaultAnswer{}, .pacing = {.after = 6s}});
    held_back.expect_send("220 mx.fakemx.test ESMTP fakemx");
    held_back.says("E").expect_nothing().expect_anomaly(Kind::early_talk);
    held_back.says("HLO a\r\n").expect_nothing();
    held_back.drains().expect_consult(Hook::ehlo);
    held_back.answer(Verdict{.answer = DefaultAnswer{}, .pacing = {.after = 6s}});
    held_back.expect_send(
        "250-mx.fakemx.test\n250-PIPELINING\n250-SIZE 73400320\n250-8BITMIME\n250 "
        "ENHANCEDSTATUSCODES");
    held_back.says("NOOP\r\n").expect_nothing();
    CHECK(held_back.last<Anomaly>() != nullptr);
    held_back.break_at_every_step().split_at_every_octet();
}
