// The client's words, reply by reply.
#include "senders/dialogue.h"

#include "support/catch.h"

namespace fakemx::senders::test {

namespace {

using State = Dialogue::State;
using journal::Outcome;

const Letter letter{
    .from = "a@b.example", .to = "u@163.com", .content = "Subject: x\r\n\r\nHello\r\n"};

struct Fixture {
    Model model;
    Dialogue dialogue{model, "mta.example", false};

    std::string says(std::string_view reply) {
        progress = dialogue.received(reply);
        return dialogue.take_output();
    }
    void greet(std::string_view ehlo = "250-x\r\n250 PIPELINING\r\n") {
        says("220 hello\r\n");
        says(ehlo);
        REQUIRE(dialogue.state() == State::idle);
    }
    std::string begin() {
        progress = dialogue.begin(letter);
        return dialogue.take_output();
    }
    Progress progress;
};

}  // namespace

TEST_CASE("one message, with pipelining", "[dialogue]") {
    Fixture client;
    CHECK(client.says("220 hello\r\n") == "EHLO mta.example\r\n");
    CHECK(client.says("250-x\r\n250-PIPELINING\r\n250 SIZE 1000\r\n").empty());
    CHECK(client.begin() == "MAIL FROM:<a@b.example> SIZE=21\r\nRCPT TO:<u@163.com>\r\nDATA\r\n");
    CHECK(client.says("250 ok\r\n250 ok\r\n354 go\r\n") == "Subject: x\r\n\r\nHello\r\n.\r\n");
    CHECK(client.says("250 2.0.0 taken\r\n").empty());
    REQUIRE(client.progress.outcome);
    CHECK(client.progress.outcome->kind == Outcome::accepted);
    CHECK(client.dialogue.state() == State::idle);
    client.dialogue.quit();
    CHECK(client.dialogue.take_output() == "QUIT\r\n");
}

TEST_CASE("one command after the other, and replies octet by octet", "[dialogue]") {
    Fixture client;
    client.greet("250 x\r\n");
    CHECK(client.begin() == "MAIL FROM:<a@b.example>\r\n");
    CHECK(client.says("2").empty());
    CHECK(client.says("50 ok\r").empty());
    CHECK(client.says("\n") == "RCPT TO:<u@163.com>\r\n");
    CHECK(client.says("450-4.2.1 wait\r\n450 4.2.1 a while\r\n") == "RSET\r\n");
    REQUIRE(client.progress.outcome);
    CHECK(client.progress.outcome->kind == Outcome::deferred);
    CHECK(client.progress.outcome->answer.stage == smtp::Hook::rcpt);
    CHECK(client.progress.outcome->answer.text == "4.2.1 wait 4.2.1 a while");
    CHECK(client.dialogue.state() == State::reset);
    client.says("250 ok\r\n");
    CHECK(client.dialogue.state() == State::idle);
}

TEST_CASE("a refused recipient behind which DATA is taken gets an empty message", "[dialogue]") {
    Fixture client;
    client.greet();
    client.begin();
    CHECK(client.says("250 ok\r\n550 5.1.1 no\r\n354 go\r\n") == ".\r\n");
    CHECK_FALSE(client.progress.outcome);
    client.says("554 nobody\r\n");
    REQUIRE(client.progress.outcome);
    CHECK(client.progress.outcome->kind == Outcome::rejected);
    CHECK(client.progress.outcome->answer.stage == smtp::Hook::rcpt);
    CHECK(client.progress.outcome->answer.code == 550);
}

TEST_CASE("421 ends the connection and the message", "[dialogue]") {
    Fixture client;
    client.greet();
    client.begin();
    client.says("250 ok\r\n421 4.3.2 going down\r\n");
    REQUIRE(client.progress.outcome);
    CHECK(client.progress.outcome->kind == Outcome::deferred);
    REQUIRE(client.progress.lost);
    CHECK(client.dialogue.state() == State::over);
}

TEST_CASE("refusals before MAIL are about the connection", "[dialogue]") {
    Fixture client;
    SECTION("the greeting") {
        CHECK(client.says("421 HL:ICC\r\n") == "QUIT\r\n");
        REQUIRE(client.progress.lost);
        CHECK(client.progress.lost->code == 421);
        CHECK(client.progress.lost->stage == smtp::Hook::connect);
    }
    SECTION("EHLO, and then HELO") {
        client.says("220 x\r\n");
        CHECK(client.says("502 what\r\n") == "HELO mta.example\r\n");
        client.says("550 go away\r\n");
        REQUIRE(client.progress.lost);
        CHECK(client.progress.lost->stage == smtp::Hook::helo);
    }
    SECTION("no SMTP at all") {
        client.says("HTTP/1.1 400 Bad Request\r\n");
        REQUIRE(client.progress.lost);
        CHECK(client.progress.lost->code == 0);
    }
    CHECK_FALSE(client.progress.outcome);
}

TEST_CASE("a connection that ends in the middle loses the message", "[dialogue]") {
    Fixture client;
    client.greet();
    client.begin();
    client.says("250 ok\r\n250 ok\r\n354 go\r\n");
    const Progress progress = client.dialogue.ended("connection closed");
    REQUIRE(progress.outcome);
    CHECK(progress.outcome->kind == Outcome::lost);
    CHECK(progress.outcome->answer.stage == smtp::Hook::message);
    CHECK(progress.outcome->answer.text == "connection closed");
}

TEST_CASE("STARTTLS is used where it is offered, and the session begins anew", "[dialogue]") {
    Fixture client;
    client.says("220 x\r\n");
    CHECK(client.says("250-x\r\n250 STARTTLS\r\n") == "STARTTLS\r\n");
    SECTION("taken") {
        CHECK(client.says("220 go\r\n").empty());
        client.dialogue.tls_ready();
        CHECK(client.dialogue.take_output() == "EHLO mta.example\r\n");
        client.says("250-x\r\n250 STARTTLS\r\n");
    }
    SECTION("refused: in the clear") {
        client.says("454 not now\r\n");
    }
    CHECK(client.dialogue.state() == State::idle);
}

TEST_CASE("an unasked reply is read as that to the next command", "[dialogue]") {
    Fixture client;
    client.greet();
    client.says("421 4.4.2 idle\r\n");
    CHECK(client.dialogue.state() == State::idle);
    client.begin();
    REQUIRE(client.progress.outcome);
    CHECK(client.progress.outcome->answer.code == 421);
    CHECK(client.progress.outcome->answer.stage == smtp::Hook::mail);
}

}  // namespace fakemx::senders::test
