// Whether the receiver has taken a message, whatever becomes of the reply.
#include <fmt/format.h>

#include "support/catch.h"
#include "support/virtual_driver.h"

using namespace fakemx;
using namespace fakemx::test;

namespace {

/// A client that greets, in front of what it says then.
std::string greeted(std::string_view rest) {
    return "S~ 220 *\nC: EHLO client.test\nS~ 250-*\nS~ 250-*\nS~ 250-*\nS~ 250-*\nS~ 250 *\n" +
           std::string{rest};
}

const std::string to_the_dot = "C: DATA\nS~ 354 *\nC: Message-ID: <1@a.test>\nC: \nC: hello\n";

}  // namespace

TEST_CASE("whether the receiver has the message is known from when it decides so") {
    const auto taken = [](std::string_view rule, std::string_view behind) {
        VirtualDriver driver;
        const std::string error = run_transcript(
            driver,
            fmt::format("!on message {}\n", rule) +
                greeted("C: MAIL FROM:<ann@a.test>\nS~ 250 *\nC: RCPT TO:<bob@b.test>\nS~ 250 *\n"
                        "C: RCPT TO:<cat@b.test>\nS~ 250 *\n" +
                        to_the_dot + "C: .\n" + std::string{behind}),
            "taken");
        if (!error.empty()) return error;
        std::string text;
        for (const auto& record : driver.journal().attempts) {
            text += fmt::format("{} {}: {}; ", name(record.outcome), record.taken, record.text);
        }
        return text;
    };
    const auto both = [](const std::string& text) { return text + text; };
    CHECK(taken("default", "S~ 250 *\n") == both("accepted true: 2.0.0 OK queued as 1.1; "));
    CHECK(taken("450 No", "S~ 450 *\n") == both("deferred false: No; "));
    CHECK(taken("lost 0 250 OK", "!closed\n") == both("lost true: lost: 250 OK; "));
    CHECK(taken("lost 0 550 No", "!closed\n") == both("lost false: lost: 550 No; "));
    // While the reply is on its way.
    CHECK(taken("after 1m 250 OK", "+10s\n") == both("pending true: ; "));
    CHECK(taken("after 1m 450 No", "+10s\n") == both("pending false: ; "));
    CHECK(taken("after 1m 250 OK", "+10s\n!reset\n") ==
          both("lost true: the session ended: client_lost; "));
    CHECK(taken("after 1m 450 No", "+10s\n!reset\n") ==
          both("lost false: the session ended: client_lost; "));
    // A late reply counts when it is decided, unless the session does not live until it leaves.
    CHECK(taken("late 1m 250 OK", "+10s\n") == both("accepted true: OK; "));
    CHECK(taken("late 1m 250 OK", "+10s\n!reset\n") == both("lost true: lost: 250 OK; "));
    CHECK(taken("late 1m 450 No", "+10s\n!reset\n") == both("lost false: lost: 450 No; "));
    CHECK(taken("late 1m 250 OK", "+1m\nS: 250 OK\n!reset\n") == both("accepted true: OK; "));
    CHECK(taken("silence", "+1m\n!reset\n") == both("lost false: no reply; "));
    CHECK(taken("sleep 1m 250 OK", "+10s\n!reset\n") ==
          both("lost false: the session ended: client_lost; "));
}

TEST_CASE("LMTP: a reply on its way takes the message for one recipient") {
    VirtualDriver driver;
    const std::string error = run_transcript(
        driver,
        "!host lmtp=true extensions=\n!on message after 1m 250 OK\nS~ 220 *\nC: LHLO client.test\n"
        "S: 250 mx.fakemx.test\nC: MAIL FROM:<ann@a.test>\nS~ 250 *\nC: RCPT TO:<one@b.test>\n"
        "S~ 250 *\nC: RCPT TO:<two@b.test>\nS~ 250 *\nC: RCPT TO:<three@b.test>\nS~ 250 *\n" +
            to_the_dot + "C: .\n+1m\nS: 250 OK\n+10s\n!reset\n",
        "lmtp");
    REQUIRE(error.empty());
    std::string text;
    for (const auto& record : driver.journal().attempts) {
        text += fmt::format("{} {} {}; ", record.recipient, name(record.outcome), record.taken);
    }
    CHECK(text == "one@b.test accepted true; two@b.test lost true; three@b.test lost false; ");
}
