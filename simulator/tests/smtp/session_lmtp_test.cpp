// The replies of LMTP as dialogues. What a client sees of them is in transcripts/40 to 42.
#include "smtp/session.h"
#include "support/catch.h"
#include "support/dialogue.h"

using namespace fakemx;
using namespace fakemx::smtp;
using fakemx::test::Dialogue;

namespace {

HostOptions lmtp() {
    HostOptions host;
    host.lmtp = true;
    return host;
}

}  // namespace

TEST_CASE("LMTP asks about each recipient, and goes on behind the last: RFC 2033 §4.2") {
    Dialogue dialogue{lmtp()};
    dialogue.connects().expect_consult(Hook::connect).answer_default();
    dialogue.expect_send("220 mx.fakemx.test LMTP fakemx");
    dialogue.says("LHLO c.test\r\n").expect_consult(Hook::ehlo).answer(Reply{250, {}, {"hello"}});
    dialogue.expect_send("250 hello");
    dialogue.says(
        "MAIL FROM:<a@b.test>\r\nRCPT TO:<one@d.test>\r\nRCPT TO:<two@d.test>\r\nDATA\r\n");
    dialogue.expect_consult(Hook::mail).answer_default().expect_send("250 Sender OK");
    dialogue.expect_consult(Hook::rcpt).answer_default().expect_send("250 Recipient OK");
    dialogue.expect_consult(Hook::rcpt).answer_default().expect_send("250 Recipient OK");
    dialogue.expect_consult(Hook::data).answer_default();
    dialogue.expect_send("354 End data with <CR><LF>.<CR><LF>");
    dialogue.says("x\r\n.\r\nNOOP\r\n").expect_consult(Hook::message);
    // Held back: the next question comes when the reply has left.
    dialogue.answer({.answer = Reply{451, {}, {"one"}}, .pacing = {.after = 3s}})
        .expect_send("451 one");
    CHECK(dialogue.last<Answered>()->recipient == "one@d.test");
    dialogue.drains().expect_consult(Hook::message).answer_default();
    dialogue.expect_send("250 OK queued as 0.1");
    CHECK(dialogue.last<Answered>()->recipient == "two@d.test");
    CHECK(dialogue.session().facts().messages == 1);
    dialogue.expect_consult(Hook::noop).answer_default().expect_send("250 OK");
    CHECK(dialogue.session().state() == State::ready);
    dialogue.break_at_every_step().split_at_every_octet();
}

TEST_CASE("LMTP: a message counts once, however many take it") {
    Dialogue dialogue{lmtp()};
    dialogue.connects().expect_consult(Hook::connect).answer_default();
    dialogue.expect_send("220 mx.fakemx.test LMTP fakemx");
    dialogue.says("LHLO c.test\r\n").expect_consult(Hook::ehlo).answer(Reply{250, {}, {"hello"}});
    dialogue.expect_send("250 hello");
    for (std::uint32_t sent = 1; sent <= 2; ++sent) {
        dialogue.says("MAIL FROM:<a@b.test>\r\n").expect_consult(Hook::mail).answer_default();
        dialogue.expect_send("250 Sender OK");
        for (int i = 0; i < 3; ++i) {
            dialogue.says("RCPT TO:<c@d.test>\r\n").expect_consult(Hook::rcpt).answer_default();
            dialogue.expect_send("250 Recipient OK");
        }
        dialogue.says("DATA\r\n").expect_consult(Hook::data).answer_default();
        dialogue.expect_send("354 End data with <CR><LF>.<CR><LF>").says(".\r\n");
        for (int i = 0; i < 3; ++i) {
            dialogue.expect_consult(Hook::message).answer(Reply{250, {}, {"yes"}});
            dialogue.expect_send("250 yes");
        }
        CHECK(dialogue.session().facts().messages == sent);
        CHECK(dialogue.session().facts().envelope.recipients.empty());
    }
}
