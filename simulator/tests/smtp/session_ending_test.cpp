// How sessions end, are paced, are silent, and time out.
#include "core/limits.h"
#include "smtp/session.h"
#include "support/catch.h"
#include "support/dialogue.h"

using namespace fakemx;
using namespace fakemx::smtp;
using fakemx::test::Dialogue;
using Kind = Anomaly::Kind;
using How = Ended::How;

TEST_CASE("a paced reply stops the session until it has left") {
    Dialogue dialogue;
    dialogue.begins().says("NOOP\r\nRSET\r\n").expect_consult(Hook::noop);
    dialogue.answer(Verdict{.answer = DefaultAnswer{}, .pacing = {.after = 10min}});
    dialogue.expect_send("250 2.0.0 OK");
    CHECK(dialogue.session().draining());
    CHECK_FALSE(dialogue.session().deadline());
    dialogue.passes(10min).expect_nothing();  // the wait is not the client's silence
    dialogue.drains().expect_consult(Hook::rset).answer_default().expect_send("250 2.0.0 OK");
    CHECK(dialogue.session().deadline() == dialogue.now() + limits::idle_timeout_default);
    dialogue.break_at_every_step().split_at_every_octet();
}

TEST_CASE("an ending comes behind its reply: at once, or when the reply has left") {
    for (const Duration after : {Duration{0s}, Duration{3s}}) {
        for (const Ending ending : {Ending::close, Ending::reset}) {
            Dialogue dialogue;
            dialogue.begins().says("NOOP\r\nNOOP\r\n").expect_consult(Hook::noop);
            dialogue.answer(
                Verdict{.answer = DefaultAnswer{}, .pacing = {.after = after}, .ending = ending});
            dialogue.expect_send("250 2.0.0 OK");
            if (after != 0s) dialogue.drains();
            if (ending == Ending::close) {
                dialogue.expect_end(How::server_closed, Close::How::flush);
            } else {
                dialogue.expect_end(How::server_reset, Close::How::reset);
            }
            // What stood behind is nobody's business any more: how much of it had come is chance.
            CHECK(dialogue.last<Anomaly>() == nullptr);
            dialogue.break_at_every_step().split_at_every_octet();
        }
    }
}

TEST_CASE("421 closes unless the verdict says stay: RFC 5321 §3.8") {
    Dialogue closing;
    closing.begins().says("NOOP\r\n").expect_consult(Hook::noop);
    closing.answer(Reply{421, {}, {"bye"}}).expect_send("421 bye");
    closing.expect_end(How::server_closed, Close::How::flush);

    Dialogue staying;
    staying.begins().says("NOOP\r\n").expect_consult(Hook::noop);
    staying.answer(Verdict{.answer = Reply{421, {}, {"not yet"}}, .ending = Ending::stay});
    staying.expect_send("421 not yet");
    staying.says("QUIT\r\n").expect_consult(Hook::quit);
    staying.answer(Verdict{.answer = DefaultAnswer{}, .ending = Ending::stay})
        .expect_send("221 2.0.0 Bye");
    CHECK_FALSE(staying.session().ended());
    staying.says("QUIT\r\n").expect_consult(Hook::quit);
    staying.answer(Reply{550, {}, {"you may not"}}).expect_send("550 you may not");
    CHECK_FALSE(staying.session().ended());
    staying.break_at_every_step();
}

TEST_CASE("silence reads on, never speaks, and ends after an hour") {
    Dialogue dialogue;
    dialogue.begins().says("NOOP\r\nQUIT\r\n").expect_consult(Hook::noop);
    dialogue.answer(Verdict{.answer = Silence{}}).expect_nothing();
    CHECK(dialogue.session().state() == State::mute);
    CHECK(dialogue.session().wants_input());
    dialogue.passes(59min).says("QUIT\r\n").expect_nothing();
    dialogue.passes(1min).expect_end(How::silence_over, Close::How::now);
    dialogue.split_at_every_octet();

    Dialogue flooded;
    flooded.begins()
        .says("NOOP\r\n")
        .expect_consult(Hook::noop)
        .answer(Verdict{.answer = Silence{}});
    flooded.says(std::string(limits::input_octets_kept * 2, 'x')).expect_nothing();
    CHECK(flooded.session().wants_input());

    // The driver may be late: the hour is over whatever comes next.
    Dialogue late;
    late.begins().says("NOOP\r\n").expect_consult(Hook::noop).answer(Verdict{.answer = Silence{}});
    late.after(61min).says("QUIT\r\n").expect_end(How::silence_over, Close::How::now);

    Dialogue closed;
    closed.begins().says("NOOP\r\n").expect_consult(Hook::noop);
    closed.answer(Verdict{.answer = Silence{}, .ending = Ending::reset});
    closed.expect_end(How::server_reset, Close::How::reset);

    Dialogue waits;
    waits.begins().says("NOOP\r\n").expect_consult(Hook::noop);
    waits.answer(Verdict{.answer = Silence{}, .pacing = {.after = 3s}, .ending = Ending::close});
    waits.expect_send_nothing_paced();
    waits.drains().expect_end(How::server_closed, Close::How::flush);
}

TEST_CASE("an idle client is asked about, then closed: RFC 5321 §4.5.3.2.7") {
    HostOptions host;
    host.idle_timeout = 30s;
    Dialogue dialogue{host};
    dialogue.begins().passes(29s).says("NOO").expect_nothing();
    dialogue.passes(29s).expect_nothing();
    dialogue.passes(1s).expect_consult(Hook::idle);
    dialogue.answer_default().expect_send("421 4.4.2 mx.fakemx.test Timeout, closing");
    dialogue.expect_end(How::idle, Close::How::flush);
    REQUIRE(dialogue.last<Anomaly>() != nullptr);
    CHECK(dialogue.last<Anomaly>()->kind == Kind::cut_off_line);
    CHECK(dialogue.last<Anomaly>()->detail == "NOO");
    dialogue.break_at_every_step().split_at_every_octet();
}

TEST_CASE(
    "a verdict on idleness that keeps the connection begins the wait anew, whatever it says") {
    HostOptions host;
    host.idle_timeout = 30s;
    for (const Verdict& verdict :
         {Verdict{.answer = RawAnswer{""}}, Verdict{.answer = Reply{250, {}, {"still there?"}}},
          Verdict{.answer = DefaultAnswer{}, .ending = Ending::stay}}) {
        Dialogue dialogue{host};
        dialogue.begins().passes(30s).expect_consult(Hook::idle).answer(verdict);
        CHECK(dialogue.session().deadline() == dialogue.now() + 30s);
    }
    // The server's own timeout closes even where a profile has reworded it.
    host.replies.at(static_cast<std::size_t>(Occasion::idle_timeout)) =
        Reply{451, {}, {"too slow"}};
    Dialogue reworded{host};
    reworded.begins().passes(30s).expect_consult(Hook::idle).answer_default();
    reworded.expect_send("451 too slow").expect_end(How::idle, Close::How::flush);
}

TEST_CASE("idleness within the message data") {
    HostOptions host;
    host.idle_timeout = 30s;
    Dialogue dialogue{host};
    dialogue.begins();
    dialogue.says("MAIL FROM:<>\r\n")
        .expect_consult(Hook::mail)
        .answer_default()
        .expect_send("250 2.1.0 Sender OK");
    dialogue.says("RCPT TO:<c@d.test>\r\n").expect_consult(Hook::rcpt).answer_default();
    dialogue.expect_send("250 2.1.5 Recipient OK");
    dialogue.says("DATA\r\n").expect_consult(Hook::data).answer_default();
    dialogue.expect_send("354 End data with <CR><LF>.<CR><LF>");
    dialogue.says("half a mess").passes(30s).expect_consult(Hook::idle);
    dialogue.says("age").answer(Verdict{.answer = RawAnswer{""}}).expect_nothing();
    dialogue.says("\r\n.\r\n").expect_consult(Hook::message).answer_default();
    dialogue.expect_send("250 2.0.0 OK queued as 0.1");
    CHECK(dialogue.last<MessageSeen>()->octets == 16);
    dialogue.break_at_every_step().split_at_every_octet();
}

TEST_CASE("a client that leaves cancels its question, and what it left is recorded") {
    Dialogue asked;
    asked.begins().says("NOOP\r\nRSET\r\nQU").expect_consult(Hook::noop).breaks();
    asked.expect_abandon().expect_end(How::client_lost, Close::How::now);
    REQUIRE(asked.last<Anomaly>() != nullptr);
    CHECK(asked.last<Anomaly>()->kind == Kind::unread_input);
    CHECK(asked.last<Anomaly>()->detail == "RSET\r\nQU");
    asked.split_at_every_octet();

    Dialogue half;
    half.begins().says("NOOP\r\n").expect_consult(Hook::noop).half_closes();
    half.expect_abandon().expect_end(How::client_closed, Close::How::now);
    CHECK(half.last<Anomaly>() == nullptr);

    Dialogue mid_line;
    mid_line.begins().says("MAIL FR").half_closes().expect_end(How::client_closed,
                                                               Close::How::flush);
    CHECK(mid_line.last<Anomaly>()->kind == Kind::cut_off_line);

    Dialogue overlong;
    overlong.begins().says("MAIL FROM:<" + std::string(3 * limits::line_octets_kept, 'x')).breaks();
    overlong.expect_end(How::client_lost, Close::How::now);
    CHECK(overlong.last<Anomaly>()->kind == Kind::cut_off_line);
    CHECK(overlong.last<Anomaly>()->detail == "MAIL FROM:<" + std::string(53, 'x'));
}

TEST_CASE("a shutdown says 421, once, to whoever can hear it: RFC 5321 §3.8") {
    Dialogue asked;
    asked.begins().says("NOOP\r\n").expect_consult(Hook::noop).shuts_down();
    asked.expect_abandon().expect_send("421 4.3.2 mx.fakemx.test Shutting down, closing");
    asked.expect_end(How::shutdown, Close::How::flush);

    Dialogue greeting;
    greeting.connects().expect_consult(Hook::connect).shuts_down();
    greeting.expect_abandon().expect_send("421 mx.fakemx.test Shutting down, closing");
    greeting.expect_end(How::shutdown, Close::How::flush);

    Dialogue mute;
    mute.begins().says("NOOP\r\n").expect_consult(Hook::noop).answer(Verdict{.answer = Silence{}});
    mute.shuts_down().expect_end(How::shutdown, Close::How::flush);
}

TEST_CASE("a hook that fails is answered in the server's place") {
    Dialogue dialogue;
    dialogue.begins().says("MAIL FROM:<>\r\n").expect_consult(Hook::mail).answer_fails();
    dialogue.expect_send("451 4.3.0 The profile failed to answer");
    CHECK_FALSE(dialogue.last<Answered>()->scripted);
    dialogue.says("EHLO a\r\n").expect_consult(Hook::ehlo).answer_fails();
    dialogue.expect_send("451 The profile failed to answer");

    Dialogue greeting;  // a greeting knows 220, 421, 521 and 554
    greeting.connects().expect_consult(Hook::connect).answer_fails();
    greeting.expect_send("421 The profile failed to answer")
        .expect_end(How::server_closed, Close::How::flush);
}

TEST_CASE("a client that makes a hundred mistakes is closed at the next") {
    Dialogue dialogue;
    dialogue.begins();
    for (std::uint32_t n = 0; n < limits::protocol_errors_max; ++n) {
        dialogue.says("DATA\r\n").expect_send("503 5.5.1 Bad sequence of commands");
    }
    dialogue.says("DATA\r\nNOOP\r\n")
        .expect_send("421 4.7.0 mx.fakemx.test Too many errors, closing");
    dialogue.expect_end(How::too_many_errors, Close::How::flush);
    CHECK(dialogue.last<Anomaly>() == nullptr);
}

TEST_CASE("a line of an AUTH exchange that is cut off does not reach the journal") {
    HostOptions host;
    host.extensions = offers({Extension::auth});
    Dialogue dialogue{host};
    dialogue.connects().expect_consult(Hook::connect).answer_default();
    dialogue.expect_send("220 mx.fakemx.test ESMTP fakemx");
    dialogue.says("EHLO client.test\r\n").expect_consult(Hook::ehlo).answer_default();
    dialogue.expect_send("250-mx.fakemx.test\n250 AUTH PLAIN LOGIN CRAM-MD5 XOAUTH2 EXTERNAL");
    dialogue.says("AUTH PLAIN\r\n").expect_send("334 ");
    dialogue.says("AGFubgBzZWNy").breaks().expect_end(How::client_lost, Close::How::now);
    CHECK(dialogue.last<Anomaly>()->kind == Anomaly::Kind::cut_off_line);
    CHECK(dialogue.last<Anomaly>()->detail == "[redacted]");
}

TEST_CASE("a refused XOAUTH2: the question, the error challenge, and then the verdict's reply") {
    HostOptions host;
    host.extensions = offers({Extension::auth});
    host.users = {{"ann", "secret"}};
    const auto is_refused = [](Dialogue& dialogue) {
        dialogue.connects().expect_consult(Hook::connect).answer_default();
        dialogue.expect_send("220 mx.fakemx.test ESMTP fakemx");
        dialogue.says("EHLO client.test\r\n").expect_consult(Hook::ehlo).answer_default();
        dialogue.expect_send("250-mx.fakemx.test\n250 AUTH PLAIN LOGIN CRAM-MD5 XOAUTH2 EXTERNAL");
        dialogue.says("AUTH XOAUTH2 dXNlcj1hbm4BYXV0aD1CZWFyZXIgbm9uc2Vuc2UBAQ==\r\n");
        dialogue.expect_consult(Hook::auth).answer_default();
        dialogue.expect_send(
            "334 "
            "eyJzdGF0dXMiOiI0MDAiLCJzY2hlbWVzIjoiQmVhcmVyIiwic2NvcGUiOiJodHRwczovL21haWwuZ29vZ2xlLm"
            "NvbS8ifQ==");
    };
    Dialogue taken{host};
    is_refused(taken);
    taken.says("\r\n").expect_send("535 Authentication credentials invalid");
    CHECK(taken.session().facts().auth == nullptr);
    taken.says("NOOP\r\n").expect_consult(Hook::noop).answer_default().expect_send("250 OK");
    taken.break_at_every_step().split_at_every_octet();
    // What comes there may be a token that was sent once more.
    Dialogue lost{host};
    is_refused(lost);
    lost.says("dXNlcj1hbm4B").breaks().expect_end(How::client_lost, Close::How::now);
    CHECK(lost.last<Anomaly>()->detail == "[redacted]");
}

TEST_CASE("passwords do not reach the journal: RFC 4954 §4") {
    const auto seen = [](std::string_view octets) {
        const HostOptions host;
        test::CheckedSession session{host};
        std::string text;
        const auto look = [&](const Effects& effects) {
            for (const Effect& effect : effects) {
                if (const auto* command = test::observed<CommandSeen>(effect))
                    text += command->line;
                if (const auto* anomaly = test::observed<Anomaly>(effect))
                    text += '|' + anomaly->detail;
            }
        };
        session.handle(default_epoch, Connected{});
        session.resolve(default_epoch, {});
        look(session.handle(default_epoch, Received{octets}));
        look(session.handle(default_epoch, Broken{"lost"}));
        return text;
    };
    CHECK(seen("auth plain c2VjcmV0\xff\r\n") ==
          "auth plain [redacted]|AUTH|auth plain [redacted]");
    CHECK(seen("AUTH LOGIN\r\n") == "AUTH LOGIN|AUTH");
    CHECK(seen("AUTH PLAIN c2VjcmV0\r\nAUTH PLAIN c2VjcmV0\r\n") ==
          "AUTH PLAIN [redacted]|AUTH|[redacted]");
    CHECK(seen("AUTH  PLAIN c2VjcmV0") == "|AUTH  PLAIN [redacted]");
    CHECK(seen("AUTH\tPLAIN\tc2VjcmV0\n") == "|AUTH\tPLAIN [redacted]");
    CHECK(seen("NOOP\nAUTH PLAIN c2VjcmV0\nx\r\n") ==
          "NOOP\nAUTH PLAIN [redacted]|NOOP\nAUTH PLAIN [redacted]");
    CHECK(seen("  AUTH PLAIN c2VjcmV0\xff\r\n") ==
          "  AUTH PLAIN [redacted]|  AUTH PLAIN [redacted]");
    CHECK(seen("AUTH PLAIN\nc2VjcmV0\r\n") == "AUTH PLAIN [redacted]|AUTH|AUTH PLAIN [redacted]");
    // Behind an AUTH that is refused, what is no command is what AUTH would have been told.
    CHECK(seen("AUTH ROT13\r\nc2VjcmV0\r\nNOOP\r\nhello\r\n").find("c2VjcmV0") ==
          std::string::npos);
    CHECK(seen("AUTHENTICATE me now\xff\r\n") == "AUTHENTICATE me now\xff|AUTHENTICATE me now\xff");
}
