// Attempts in the journal: what a sender tried, which try of which delivery it was, and what became of it.
#include <fmt/format.h>

#include "engine/attempt_log.h"
#include "support/catch.h"
#include "support/effort.h"
#include "support/virtual_driver.h"

using namespace fakemx;
using namespace fakemx::test;

namespace {

/// Runs the transcript and writes down the attempts, one line each:
/// "delivery/number <from> <to> stage code outcome"; a delivery of 0 is none.
std::string attempts(std::string_view transcript, VirtualDriver& driver) {
    const std::string error = run_transcript(driver, transcript, "attempts");
    if (!error.empty()) return error;
    std::string text;
    for (const auto& record : driver.journal().attempts) {
        text += fmt::format("{}/{} <{}> <{}> {} {} {}\n",
                            record.delivery ? number(*record.delivery) : 0, record.number,
                            record.mail_from, record.recipient, journal::stage_name(record.stage),
                            record.code, name(record.outcome));
    }
    return text;
}

std::string attempts(std::string_view transcript) {
    VirtualDriver driver;
    return attempts(transcript, driver);
}

/// A client that greets, in front of what it says then.
std::string greeted(std::string_view rest) {
    return "S~ 220 *\nC: EHLO client.test\nS~ 250-*\nS~ 250-*\nS~ 250-*\nS~ 250-*\nS~ 250 *\n" +
           std::string{rest};
}

const std::string to_the_dot = "C: DATA\nS~ 354 *\nC: Message-ID: <1@a.test>\nC: \nC: hello\n";

}  // namespace

TEST_CASE("451 at the end of data, twice, then accepted") {
    const std::string one =
        greeted("C: MAIL FROM:<ann@a.test>\nS~ 250 *\nC: RCPT TO:<bob@b.test>\nS~ 250 *\n" +
                to_the_dot + "C: .\n");
    VirtualDriver driver;
    CHECK(attempts("!on message tries 2 451 4.3.2 Internal server error\n" + one +
                       "S: 451 4.3.2 Internal server error\n!connect\n" + one +
                       "S: 451 4.3.2 Internal server error\n!connect\n" + one +
                       "S~ 250 *\n!connect\n" + one + "S~ 250 *\n",
                   driver) ==
          "1/1 <ann@a.test> <bob@b.test> end-of-data 451 deferred\n"
          "1/2 <ann@a.test> <bob@b.test> end-of-data 451 deferred\n"
          "1/3 <ann@a.test> <bob@b.test> end-of-data 250 accepted\n"
          "1/4 <ann@a.test> <bob@b.test> end-of-data 250 accepted\n");
    const auto& record = driver.journal().attempt(1);
    CHECK(record.text == "4.3.2 Internal server error");
    CHECK(record.identity == "1@a.test");
    CHECK(record.helo == "client.test");
    CHECK(record.sending_ip == "192.0.2.1");
    CHECK(record.transaction == 1);
    CHECK(record.message_octets == 33U);
    CHECK(record.at == default_epoch);
    CHECK(driver.journal().messages.size() == 4);
}

TEST_CASE("greylisted at RCPT, then accepted") {
    const std::string one =
        greeted("C: MAIL FROM:<ann@a.test> SIZE=9\nS~ 250 *\nC: RCPT TO:<bob@b.test>\n");
    CHECK(attempts("!on rcpt tries 1 450 4.2.0 Greylisted\n" + one +
                   "S~ 450 *\nC: QUIT\nS~ 221 *\n!connect\n" + one + "S~ 250 *\n" + to_the_dot +
                   "C: .\nS~ 250 *\n") ==
          "1/1 <ann@a.test> <bob@b.test> rcpt 450 deferred\n"
          "1/2 <ann@a.test> <bob@b.test> end-of-data 250 accepted\n");
}

TEST_CASE("a message to several recipients: each has its own fate until the end of data") {
    VirtualDriver driver;
    CHECK(attempts(
              greeted(
                  "C: MAIL FROM:<ann@a.test>\nS~ 250 *\nC: RCPT TO:<bob@b.test>\nS~ 250 *\n"
                  "!on rcpt 550 5.1.1 No such user\nC: RCPT TO:<no@b.test>\nS~ 550 *\n"
                  "!on rcpt default\nC: RCPT TO:<cat@b.test>\nS~ 250 *\n"
                  "C: RCPT TO:<bad..one@b.test>\nS~ 501 *\nC: RCPT TO:<x@b.test> X=1\nS~ 555 *\n") +
                  to_the_dot + "!on message 554 5.7.1 Spam\nC: .\nS~ 554 *\n",
              driver) ==
          "1/1 <ann@a.test> <bob@b.test> end-of-data 554 rejected\n"
          "2/1 <ann@a.test> <no@b.test> rcpt 550 rejected\n"
          "3/1 <ann@a.test> <cat@b.test> end-of-data 554 rejected\n"
          "0/1 <ann@a.test> <> rcpt 501 rejected\n"
          "4/1 <ann@a.test> <x@b.test> rcpt 555 rejected\n");
    CHECK(driver.policy().asked.size() == 8);
}

TEST_CASE("a recipient named twice in a transaction is one try") {
    const std::string begun =
        greeted("C: MAIL FROM:<ann@a.test>\nS~ 250 *\nC: RCPT TO:<bob@b.test>\nS~ 250 *\n");
    const std::string again = "C: RCPT TO:<bob@B.test>\nS~ 250 *\n";
    const std::string accepted = "1/1 <ann@a.test> <bob@b.test> end-of-data 250 accepted\n";
    VirtualDriver driver;
    CHECK(attempts(begun + again + to_the_dot + "C: .\nS~ 250 *\n", driver) == accepted);
    CHECK(driver.policy().asked.size() == 7);
    // The second one refused: the first still stands.
    CHECK(attempts(begun + "!on rcpt 450 Again?\nC: RCPT TO:<bob@b.test>\nS~ 450 *\n" + to_the_dot +
                   "C: .\nS~ 250 *\n") == accepted);
    CHECK(attempts(begun + "C: RCPT TO:<bob@b.test> X=1\nS~ 555 *\n" + to_the_dot +
                   "C: .\nS~ 250 *\n") == accepted);
    CHECK(
        attempts(
            "!on rcpt sleep 1m default\n" +
            greeted("C: MAIL FROM:<ann@a.test>\nS~ 250 *\n"
                    "C: RCPT TO:<bob@b.test>\n+1m\nS~ 250 *\nC: RCPT TO:<bob@b.test>\n!reset\n")) ==
        "1/1 <ann@a.test> <bob@b.test> rcpt 0 lost\n");
    // Refused, and then named again: that is a second try.
    CHECK(attempts(
              "!on rcpt tries 1 450 Later\n" +
              greeted("C: MAIL FROM:<ann@a.test>\nS~ 250 *\nC: RCPT TO:<bob@b.test>\nS~ 450 *\n") +
              again + to_the_dot + "C: .\nS~ 250 *\n") ==
          "1/1 <ann@a.test> <bob@b.test> rcpt 450 deferred\n"
          "1/2 <ann@a.test> <bob@B.test> end-of-data 250 accepted\n");
}

TEST_CASE("two messages with one envelope, both refused at the end: told apart by Message-ID") {
    const auto one = [](std::string_view id) {
        return "!connect\n" +
               greeted(
                   "C: MAIL FROM:<ann@a.test>\nS~ 250 *\nC: RCPT TO:<bob@b.test>\nS~ 250 *\nC: "
                   "DATA\nS~ 354 *\n") +
               "C: Message-ID: <" + std::string{id} + ">\nC: \nC: .\nS~ 451 *\n";
    };
    CHECK(attempts("!on message 451 later\n" + one("1") + one("2") + one("2") + one("1")) ==
          "1/1 <ann@a.test> <bob@b.test> end-of-data 451 deferred\n"
          "2/1 <ann@a.test> <bob@b.test> end-of-data 451 deferred\n"
          "2/2 <ann@a.test> <bob@b.test> end-of-data 451 deferred\n"
          "1/2 <ann@a.test> <bob@b.test> end-of-data 451 deferred\n");
}

TEST_CASE("without a Message-ID: by the fields that stay and the body") {
    const auto one = [](std::string_view content) {
        return "!connect\n" +
               greeted(
                   "C: MAIL FROM:<ann@a.test>\nS~ 250 *\nC: RCPT TO:<bob@b.test>\nS~ 250 *\nC: "
                   "DATA\nS~ 354 *\n") +
               std::string{content} + "C: .\nS~ 451 *\n";
    };
    // A trace field that each try adds makes no difference, the subject does.
    CHECK(attempts("!on message 451 later\n" +
                   one("C: Received: one\nC: Subject: x\nC: \nC: hi\n") +
                   one("C: Received: two\nC: Subject: x\nC: \nC: hi\n") +
                   one("C: Subject: y\nC: \nC: hi\n") + one("C: Subject: x\nC: \nC: ho\n")) ==
          "1/1 <ann@a.test> <bob@b.test> end-of-data 451 deferred\n"
          "1/2 <ann@a.test> <bob@b.test> end-of-data 451 deferred\n"
          "2/1 <ann@a.test> <bob@b.test> end-of-data 451 deferred\n"
          "3/1 <ann@a.test> <bob@b.test> end-of-data 451 deferred\n");
    // Messages without any header section, as one-line test clients send them, are not all the same.
    CHECK(attempts("!on message 451 later\n" + one("C: hello\n") + one("C: world\n") +
                   one("C: hello\n")) ==
          "1/1 <ann@a.test> <bob@b.test> end-of-data 451 deferred\n"
          "2/1 <ann@a.test> <bob@b.test> end-of-data 451 deferred\n"
          "1/2 <ann@a.test> <bob@b.test> end-of-data 451 deferred\n");
    // Neither are those with nothing but bare LFs.
    CHECK(attempts("!on message 451 later\n" + one("C: Subject: x\\n\\nhello\n") +
                   one("C: Subject: x\\n\\nworld\n")) ==
          "1/1 <ann@a.test> <bob@b.test> end-of-data 451 deferred\n"
          "2/1 <ann@a.test> <bob@b.test> end-of-data 451 deferred\n");
}

TEST_CASE("MAIL refused: one attempt without a recipient, or those pipelined behind it") {
    const std::string alone = greeted("C: MAIL FROM:<ann@a.test>\nS~ 451 *\nC: QUIT\nS~ 221 *\n");
    CHECK(attempts("!on mail 451 4.3.2 Busy\n" + alone) ==
          "0/1 <ann@a.test> <> mail 451 deferred\n");

    const std::string piped = greeted(
        "C- MAIL FROM:<ann@a.test> SIZE=9\\r\\nRCPT TO:<bob@b.test>\\r\\nRCPT "
        "TO:<cat@b.test>\\r\\nDATA\\r\\n\n");
    VirtualDriver driver;
    CHECK(attempts("!on mail 451 4.3.2 Busy\n" + piped +
                       "S~ 451 *\nS~ 503 *\nS~ 503 *\nS~ 503 *\nC: QUIT\nS~ 221 *\n!on mail "
                       "default\n!connect\n" +
                       piped + "S~ 250 *\nS~ 250 *\nS~ 250 *\nS~ 354 *\nC: .\nS~ 250 *\n",
                   driver) ==
          "1/1 <ann@a.test> <bob@b.test> mail 451 deferred\n"
          "2/1 <ann@a.test> <cat@b.test> mail 451 deferred\n"
          "1/2 <ann@a.test> <bob@b.test> end-of-data 250 accepted\n"
          "2/2 <ann@a.test> <cat@b.test> end-of-data 250 accepted\n");
    CHECK(driver.journal().attempt(1).text == "4.3.2 Busy");
}

TEST_CASE("a MAIL out of its order changes nothing about the transaction") {
    CHECK(attempts(
              greeted("C: MAIL FROM:<ann@a.test>\nS~ 250 *\nC: MAIL FROM:<eve@a.test>\nS~ 503 *\n"
                      "C: RCPT TO:<bob@b.test>\nS~ 250 *\n") +
              to_the_dot + "C: .\nS~ 250 *\n") ==
          "1/1 <ann@a.test> <bob@b.test> end-of-data 250 accepted\n");
    CHECK(attempts("S~ 220 *\nC: MAIL FROM:<a@b.test>\nS~ 503 *\nC: RCPT TO:<a@b.test>\nS~ 503 "
                   "*\nC: DATA\nS~ 503 *\nC: QUIT\nS~ 221 *\n") == "");
}

TEST_CASE("refused at the greeting or at EHLO; a fallback to HELO is no failed attempt") {
    VirtualDriver greeting;
    CHECK(attempts("!on connect 554 5.7.1 Blocked\nS~ 554 *\nC: QUIT\nS~ 221 *\n", greeting) ==
          "0/1 <> <> connect 554 rejected\n");
    CHECK(greeting.journal().attempt(1).transaction == 0);

    VirtualDriver ehlo;
    CHECK(
        attempts(
            "!on ehlo 550 Bad name\nS~ 220 *\nC: EHLO spammer.test\nS~ 550 *\nC: QUIT\nS~ 221 *\n",
            ehlo) == "0/1 <> <> ehlo 550 rejected\n");
    CHECK(ehlo.journal().attempt(1).helo == "spammer.test");
    CHECK(attempts("!on ehlo 502 No\nS~ 220 *\nC: EHLO a\nS~ 502 *\nC: HELO a\nS~ 250 *\nC: "
                   "QUIT\nS~ 221 *\n") == "");
    CHECK(attempts("!on ehlo 550 No\n!on helo 550 No\nS~ 220 *\nC: EHLO a\nS~ 550 *\nC: HELO a\nS~ "
                   "550 *\nC: QUIT\nS~ 221 *\n") == "0/1 <> <> helo 550 rejected\n");
}

TEST_CASE("DATA refused, then taken") {
    const std::string begun =
        greeted("C: MAIL FROM:<ann@a.test>\nS~ 250 *\nC: RCPT TO:<bob@b.test>\nS~ 250 *\n");
    CHECK(attempts("!on data 451 4.3.0 Not now\n" + begun +
                   "C: DATA\nS~ 451 *\nC: QUIT\nS~ 221 *\n") ==
          "1/1 <ann@a.test> <bob@b.test> data 451 deferred\n");
    CHECK(attempts("!on data 451 4.3.0 Not now\n" + begun +
                   "C: DATA\nS~ 451 *\n!on data default\n" + to_the_dot + "C: .\nS~ 250 *\n") ==
          "1/1 <ann@a.test> <bob@b.test> end-of-data 250 accepted\n");
    // Lost in the middle of the data: what was said to the first DATA is not what became of it.
    CHECK(attempts("!on data 451 4.3.0 Not now\n" + begun +
                   "C: DATA\nS~ 451 *\n!on data default\n" + to_the_dot + "!reset\n") ==
          "1/1 <ann@a.test> <bob@b.test> end-of-data 0 lost\n");
}

TEST_CASE("RSET, a new EHLO, QUIT and leaving lose what was not decided") {
    const std::string begun =
        greeted("C: MAIL FROM:<ann@a.test>\nS~ 250 *\nC: RCPT TO:<bob@b.test>\nS~ 250 *\n");
    const std::string lost = "1/1 <ann@a.test> <bob@b.test> rcpt 0 lost\n";
    VirtualDriver reset;
    CHECK(attempts(begun + "C: RSET\nS~ 250 *\n", reset) == lost);
    CHECK(reset.journal().attempt(1).text == "the sender sent RSET");
    CHECK(attempts(begun + "C: HELO a\nS~ 250 *\n") == lost);
    CHECK(attempts(begun + "C: QUIT\nS~ 221 *\n") == lost);
    CHECK(attempts(begun + "!reset\n") == lost);
    CHECK(attempts(begun + "!finish\n") == lost);
    CHECK(attempts(begun + "+5m\nS~ 421 *\n") == lost);
    // A lost delivery is tried again.
    CHECK(attempts(begun + "!reset\n!connect\n" + begun) ==
          lost + "1/2 <ann@a.test> <bob@b.test> rcpt 0 pending\n");
}

TEST_CASE("a client that leaves before its reply has left was never answered") {
    const std::string sent =
        greeted("C: MAIL FROM:<ann@a.test>\nS~ 250 *\nC: RCPT TO:<bob@b.test>\nS~ 250 *\n") +
        to_the_dot;
    const std::string lost = "1/1 <ann@a.test> <bob@b.test> end-of-data 0 lost\n";
    CHECK(attempts("!on message after 10m 250 OK\n" + sent + "C: .\n+5m\n!reset\n") == lost);
    CHECK(attempts("!on message sleep 10m 250 OK\n" + sent + "C: .\n+5m\n!reset\n") == lost);
    CHECK(attempts("!on message silence\n" + sent + "C: .\n+5m\n!reset\n") == lost);
    CHECK(attempts("!on message after 10m 250 OK\n" + sent + "C: .\n+10m\nS: 250 OK\n!reset\n") ==
          "1/1 <ann@a.test> <bob@b.test> end-of-data 250 accepted\n");
    CHECK(attempts(
              "!on rcpt after 10m 250 OK\n" +
              greeted(
                  "C: MAIL FROM:<ann@a.test>\nS~ 250 *\nC: RCPT TO:<bob@b.test>\n+1m\n!reset\n")) ==
          "1/1 <ann@a.test> <bob@b.test> rcpt 0 lost\n");
    // Nobody was named yet.
    CHECK(attempts("!on mail sleep 10m 250 OK\n" +
                   greeted("C: MAIL FROM:<ann@a.test>\n+1m\n!reset\n")) ==
          "0/1 <ann@a.test> <> mail 0 lost\n");
    CHECK(attempts("!on connect after 10m 220 hi\n!connect\n+1m\n!reset\n") ==
          "0/1 <> <> connect 0 lost\n");
    CHECK(attempts("!on ehlo sleep 10m default\nS~ 220 *\nC: EHLO a\n+1m\n!reset\n") ==
          "0/1 <> <> ehlo 0 lost\n");
    CHECK(attempts("S~ 220 *\nC: NOOP\nS~ 250 *\n!reset\n") == "");
}

TEST_CASE(
    "a session that ends for the sake of TLS is a try; one that goes on in the clear is not") {
    const auto outcome = [](std::string_view rest, bool fails = false) {
        VirtualDriver driver;
        REQUIRE(driver.direct("host extensions=STARTTLS"));
        std::string text = attempts(
            "S~ 220 *\nC: EHLO a\nS~ 250-*\nS~ 250 STARTTLS\n" + std::string{rest}, driver);
        if (!fails) return text;
        driver.run().fail_tls(0, "alert from the client: unknown CA");
        return attempts("", driver) + driver.journal().attempt(1).text;
    };
    const std::string mail =
        "C: MAIL FROM:<ann@a.test>\nS~ 250 *\nC: RCPT TO:<bob@b.test>\nS~ 250 *\n" + to_the_dot +
        "C: .\nS~ 250 *\nC: QUIT\nS~ 221 *\n";
    const std::string delivered = "1/1 <ann@a.test> <bob@b.test> end-of-data 250 accepted\n";
    const std::string refused = "!on starttls 454 4.7.0 No TLS\nC: STARTTLS\nS~ 454 *\n";
    CHECK(outcome(refused + "C: QUIT\nS~ 221 *\n") == "0/1 <> <> starttls 454 deferred\n");
    CHECK(outcome(refused + "!reset\n") == "0/1 <> <> starttls 454 deferred\n");
    CHECK(outcome(refused + mail) == delivered);
    CHECK(outcome(refused + "C: EHLO a\nS~ 250-*\nS~ 250 *\n" + mail) == delivered);
    CHECK(outcome("C: STARTTLS\nS~ 220 *\n", true) ==
          "0/1 <> <> starttls 0 lost\nalert from the client: unknown CA");
    CHECK(outcome("C: STARTTLS\nS~ 220 *\n!reset\n") == "0/1 <> <> starttls 0 lost\n");
    const std::string encrypted = "C: STARTTLS\nS~ 220 *\n!tls\n";
    CHECK(outcome(encrypted + "C: QUIT\nS~ 221 *\n") == "0/1 <> <> starttls 0 lost\n");
    CHECK(outcome(encrypted + "!reset\n") == "0/1 <> <> starttls 0 lost\n");
    CHECK(outcome(encrypted + "C: EHLO a\nS~ 250 *\nC: QUIT\nS~ 221 *\n") == "");
    CHECK(outcome(encrypted + "C: EHLO a\nS~ 250 *\n" + mail) == delivered);
}

TEST_CASE("what the profile keeps from leaving never reached the sender") {
    const std::string sent =
        greeted("C: MAIL FROM:<ann@a.test>\nS~ 250 *\nC: RCPT TO:<bob@b.test>\nS~ 250 *\n") +
        to_the_dot;
    VirtualDriver driver;
    CHECK(attempts("!on message lost 0 250 OK\n" + sent + "C: .\n!closed\n", driver) ==
          "1/1 <ann@a.test> <bob@b.test> end-of-data 0 lost\n");
    CHECK(driver.journal().attempt(1).text == "lost: 250 OK");
    // A 421 in the middle of the message is the answer to it; anything else said there is not.
    const std::string body = greeted(
        "C: MAIL FROM:<ann@a.test>\nS~ 250 *\nC: RCPT TO:<bob@b.test>\n"
        "S~ 250 *\nC: DATA\nS~ 354 *\nC: hello\n");
    CHECK(attempts("!on data in_body 3 421 Enough\n" + body + "S: 421 Enough\n!closed\n") ==
          "1/1 <ann@a.test> <bob@b.test> end-of-data 421 deferred\n");
    // An ending that accepts what has not arrived accepts nothing.
    CHECK(attempts("!on data in_body 3 then_close 250 Thanks\n" + body +
                   "S: 250 Thanks\n!closed\n") ==
          "1/1 <ann@a.test> <bob@b.test> end-of-data 0 lost\n");
    CHECK(attempts("!on data in_body 3 554 Hm\n" + body + "S: 554 Hm\nC: .\nS~ 250 *\n") ==
          "1/1 <ann@a.test> <bob@b.test> end-of-data 250 accepted\n");
    CHECK(attempts("!on message and_then 10s 421 Bye\n" + sent +
                   "C: .\nS~ 250 *\n+10s\nS: 421 Bye\n"
                   "!closed\n") == "1/1 <ann@a.test> <bob@b.test> end-of-data 250 accepted\n");
    CHECK(attempts("!on rcpt late 10s 450 Later\n" +
                   greeted("C: MAIL FROM:<ann@a.test>\nS~ 250 *\n"
                           "C: RCPT TO:<bob@b.test>\nC: NOOP\nS~ 250 *\n+10s\nS: 450 Later\n")) ==
          "1/1 <ann@a.test> <bob@b.test> rcpt 450 deferred\n");
}

TEST_CASE("a shutdown answers what waits for an answer") {
    const std::string refused = "421 deferred\n";
    const std::string begun = greeted("C: MAIL FROM:<ann@a.test>\nS~ 250 *\n");
    const std::string named = begun + "C: RCPT TO:<bob@b.test>\nS~ 250 *\n";
    const std::string bob = "1/1 <ann@a.test> <bob@b.test> ";
    const std::string end = "!shutdown\nS~ 421 *\n";
    // A hook is asleep.
    CHECK(attempts("!on connect sleep 1h default\n!connect\n" + end) ==
          "0/1 <> <> connect " + refused);
    CHECK(attempts("!on ehlo sleep 1h default\nS~ 220 *\nC: EHLO a\n" + end) ==
          "0/1 <> <> ehlo " + refused);
    CHECK(attempts("!on mail sleep 1h default\n" + greeted("C: MAIL FROM:<ann@a.test>\n") + end) ==
          "0/1 <ann@a.test> <> mail " + refused);
    CHECK(attempts("!on rcpt sleep 1h default\n" + begun + "C: RCPT TO:<bob@b.test>\n" + end) ==
          bob + "rcpt " + refused);
    CHECK(attempts("!on data sleep 1h default\n" + named + "C: DATA\n" + end) ==
          bob + "data " + refused);
    VirtualDriver driver;
    CHECK(attempts("!on message sleep 1h default\n" + named + to_the_dot + "C: .\n" + end,
                   driver) == bob + "end-of-data " + refused);
    CHECK(driver.journal().attempt(1).text == "4.3.2 mx.fakemx.test Shutting down, closing");
    // In the middle of the message.
    CHECK(attempts(named + to_the_dot + end) == bob + "end-of-data " + refused);
    // A reply that is held back is never seen; one that has begun to leave is brought to its end.
    CHECK(attempts("!on message after 1h 250 OK\n" + named + to_the_dot + "C: .\n" + end) ==
          bob + "end-of-data " + refused);
    CHECK(attempts("!on message drip 3 1m 250 OK\n" + named + to_the_dot +
                   "C: .\n!shutdown\nS: 250 OK\nS~ 421 *\n") == bob + "end-of-data 250 accepted\n");
    // Nothing was asked: the sender has not been answered about its recipient.
    CHECK(attempts(named + end) == bob + "rcpt 0 lost\n");
}

TEST_CASE("fifty thousand recipients of one message cost a moment") {
    VirtualDriver driver;
    REQUIRE(driver.direct("host recipients_max=50000"));
    const auto client = driver.connect(0, "192.0.2.1");
    driver.send(client, "EHLO a\r\nMAIL FROM:<ann@a.test>\r\n");
    for (int n = 0; n < times(50'000); ++n)
        driver.send(client, fmt::format("RCPT TO:<r{}@b.test>\r\n", n));
    driver.send(client, "DATA\r\nX-Template-ID: t\r\n\r\n.\r\n");
    const std::string said = driver.said(client);
    CHECK(said.substr(said.size() - 28) == "250 2.0.0 OK queued as 1.1\r\n");
}

TEST_CASE("LMTP: each recipient has the reply that was its own, and the number of its own try") {
    VirtualDriver driver;
    const std::string to =
        "C: LHLO client.test\nS: 250 mx.fakemx.test\nC: MAIL FROM:<ann@a.test>\nS~ 250 *\n";
    const auto rcpt = [](std::string_view name) {
        return fmt::format("C: RCPT TO:<{}@b.test>\nS~ 250 *\n", name);
    };
    const std::string error = run_transcript(
        driver,
        "!host lmtp=true extensions=\n!on message tries 1 451 4.3.2 Internal server error\nS~ 220 "
        "*\n" +
            to + rcpt("one") + to_the_dot + "C: .\nS~ 451 *\n" + to + rcpt("two") + rcpt("one") +
            to_the_dot + "C: .\nS~ 451 *\nS~ 250 *\n!on message 421 Down\n" + to + rcpt("two") +
            rcpt("three") + rcpt("two") + to_the_dot + "C: .\nS~ 421 *\n!closed\n",
        "lmtp");
    REQUIRE(error.empty());
    std::string text;
    for (const auto& record : driver.journal().attempts) {
        text += fmt::format("{}/{} <{}> {} {} {} {}\n", number(*record.delivery), record.number,
                            record.recipient, journal::stage_name(record.stage), record.code,
                            record.text, name(record.outcome));
    }
    CHECK(text ==
          "1/1 <one@b.test> end-of-data 451 4.3.2 Internal server error deferred\n"
          "2/1 <two@b.test> end-of-data 451 4.3.2 Internal server error deferred\n"
          "1/2 <one@b.test> end-of-data 250 OK queued as 1.2 accepted\n"
          "2/2 <two@b.test> end-of-data 421 Down deferred\n"
          "3/1 <three@b.test> end-of-data 0 the session ended: server_closed lost\n");
    CHECK(driver.journal().messages.size() == 3);
    std::vector<std::uint32_t> asked;
    for (const auto& question : driver.policy().asked) {
        if (question.hook == smtp::Hook::message) asked.push_back(question.attempt);
    }
    CHECK(asked == std::vector<std::uint32_t>{1, 1, 2, 2});
    CHECK(
        driver.journal().canonical().find(
            R"("code":451,"text":"4.3.2 Internal server error","scripted":true,"recipient":"two@b.test"})") !=
        std::string::npos);
}

TEST_CASE("attempts are those of the client that a trusted peer speaks for; the journal has both") {
    VirtualDriver driver;
    const std::string mail =
        "C: EHLO client.test\nS~ 250*\nS~ 250 *\nC: MAIL FROM:<ann@a.test>\nS~ 250 *\n"
        "C: RCPT TO:<bob@b.test>\nS~ 450 *\nC: RSET\nS~ 250 *\n";
    const std::string error = run_transcript(
        driver,
        "!host extensions=\n!trust proxy 192.0.2.1\n!trust xclient 192.0.2.2\n!on rcpt 450 Later\n"
        "!connect\nC: PROXY TCP4 198.51.100.1 203.0.113.9 4711 25\nS~ 220 *\n"
        "C: HELO a.test\nS~ 250 *\nC: MAIL FROM:<ann@a.test>\nS~ 250 *\nC: RCPT "
        "TO:<bob@b.test>\nS~ 450 *\n"
        "!connect from 192.0.2.2\nS~ 220 *\nC: XCLIENT ADDR=198.51.100.2\nS~ 220 *\n" +
            mail + "C: XCLIENT ADDR=198.51.100.3\nS~ 220 *\n" + mail +
            "!on mail 550 No\nC: MAIL FROM:<ann@a.test>\nS~ 550 *\n"
            "!on connect 554 No\nC: XCLIENT ADDR=198.51.100.4\nS~ 554 *\n"
            "!on connect sleep 1m default\n!connect from 192.0.2.2\n+1m\nS~ 220 *\n"
            "C: XCLIENT ADDR=198.51.100.5\n!reset\n"
            "!connect\nC: EHLO x\n!closed\n",
        "trust");
    REQUIRE(error == "");
    std::string text;
    for (const auto& record : driver.journal().attempts) {
        text += fmt::format("{} {} {}\n", record.sending_ip, journal::stage_name(record.stage),
                            name(record.outcome));
    }
    CHECK(text ==
          "198.51.100.1 rcpt deferred\n198.51.100.2 rcpt deferred\n198.51.100.3 rcpt deferred\n"
          "198.51.100.3 mail rejected\n198.51.100.4 connect rejected\n198.51.100.5 connect "
          "lost\n192.0.2.1 connect lost\n");
    std::string sessions;
    for (const auto& session : driver.journal().sessions)
        sessions += fmt::format("{} by {} {}\n", session.client, session.peer, session.ended);
    CHECK(sessions ==
          "198.51.100.1 by 192.0.2.1 \n198.51.100.4 by 192.0.2.2 \n"
          "198.51.100.5 by 192.0.2.2 client_lost\n192.0.2.1 by 192.0.2.1 proxy_failed\n");
    const std::string events = driver.journal().canonical();
    CHECK(
        events.find(
            R"("event":"opened","host":"mx.fakemx.test","client":"192.0.2.1","local":"127.0.0.1"})") !=
        std::string::npos);
    CHECK(events.find(R"("event":"declared","by":"proxy_v1","peer":"192.0.2.1",)"
                      R"("client":"198.51.100.1","local":"203.0.113.9"})") != std::string::npos);
    CHECK(events.find(R"("event":"declared","by":"xclient","peer":"192.0.2.2",)"
                      R"("client":"198.51.100.3"})") != std::string::npos);
}
