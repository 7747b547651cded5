// Clients that do anything, hooks that answer anything, at any time: whatever happens, every session ends
// once, no attempt is left open, and the same happens again when the same is done again.
#include <map>

#include <fmt/format.h>

#include "support/catch.h"
#include "support/draws.h"
#include "support/virtual_driver.h"

using namespace fakemx;
using namespace fakemx::test;

namespace {

const std::vector<std::string> rules{"default",
                                     "default",
                                     "default",
                                     "accept",
                                     "defer",
                                     "reject",
                                     "silence",
                                     "close",
                                     "reset",
                                     "fail",
                                     "sleep 10s default",
                                     "sleep 1ms sleep 7m 450 4.2.0 wait",
                                     "after 3s default",
                                     "after 20m 250 late",
                                     "drip 1 1s default",
                                     "drip 5 90s 451 4.3.2 slow",
                                     "after 1s drip 3 1s then_close default",
                                     "then_reset default",
                                     "then_stay 421 stay",
                                     "421 4.3.2 bye",
                                     "raw 250 odd\\r\\n",
                                     "raw ",
                                     "raw nonsense",
                                     "tries 1 450 4.2.0 Greylisted",
                                     "tries 2 sleep 1s 451 4.3.2 no",
                                     "chance 1 2 554 5.7.1 no",
                                     "354 go on",
                                     "250 2.0.0 fine"};

const std::vector<std::string> sayings{
    "EHLO a.test\r\n",
    "HELO b\r\n",
    "MAIL FROM:<a@b.test>\r\n",
    "MAIL FROM:<> SIZE=100\r\n",
    "MAIL FROM:<bad\r\n",
    "RCPT TO:<c@d.test>\r\n",
    "RCPT TO:<e@f.test>\r\n",
    "RCPT TO:<>\r\n",
    "DATA\r\n",
    "RSET\r\n",
    "NOOP\r\n",
    "VRFY a\r\n",
    "QUIT\r\n",
    "XYZZY\r\n",
    ".\r\n",
    "\n",
    "\r",
    "NO",
    "OP\r\n",
    "Message-ID: <1@a>\r\n\r\nx\r\n.\r\n",
    "Message-ID: <2@a>\r\n\r\nx\r\n.\r\n",
    "Subject: y\r\n\r\nx\r\n.\r\n",
    "EHLO a.test\r\nMAIL FROM:<a@b.test>\r\nRCPT TO:<c@d.test>\r\nDATA\r\n",
    "MAIL FROM:<a@b.test>\r\nRCPT TO:<c@d.test>\r\nRCPT TO:<e@f.test>\r\nDATA\r\nMessage-ID: "
    "<3@a>\r\n\r\n.\r\nQUIT\r\n"};

/// Does something, for so many steps, and shuts down.
void run_wild(VirtualDriver& driver, std::uint64_t seed) {
    Draws draws{"wild", seed};
    REQUIRE(driver.direct("host idle_timeout=2m recipients_max=2 sessions_max=6"));
    driver.simulator();
    std::vector<TranscriptDriver::Client> clients;
    const auto somebody = [&] {
        return clients[clients.size() - 1 - draws.below(std::min<std::size_t>(clients.size(), 6))];
    };
    for (int step = 0; step < 120; ++step) {
        const auto next = driver.simulator().deadline();
        REQUIRE((!next || *next > driver.run().now()));
        const auto what = draws.below(20);
        if (clients.empty() || what == 0) {
            clients.push_back(driver.connect(0, fmt::format("192.0.2.{}", draws.below(3))));
        } else if (what == 1) {
            driver.reset(somebody());
        } else if (what == 2) {
            driver.finish(somebody());
        } else if (what < 6) {
            const std::size_t hook = draws.below(smtp::hook_names.size());
            // Whoever is greeted with nonsense comes to nothing; most are not.
            const bool greets =
                smtp::hook_names[hook] == "connect" || smtp::hook_names[hook] == "ehlo";
            const std::string& rule =
                greets && !draws.one_in(8) ? rules[0] : rules[draws.below(rules.size())];
            REQUIRE(driver.policy().set(smtp::hook_names[hook], rule));
        } else if (what < 9) {
            driver.advance(Duration{1} *
                           static_cast<std::int64_t>(draws.below(100) * draws.below(5'000'000)));
        } else if (what == 9) {
            driver.run().advance_to_next();
        } else {
            driver.send(somebody(), sayings[draws.below(sayings.size())]);
        }
    }
    driver.simulator().shut_down(driver.run().now());
}

std::string journal_of(VirtualDriver& driver) {
    std::string text;
    for (const auto& event : driver.journal().events) append_json(text, event, journal::Form::full);
    return text;
}

}  // namespace

TEST_CASE("whatever clients and hooks do, everything ends in order and is written down") {
    std::map<std::string, int> outcomes;
    for (std::uint64_t seed = 0; seed < 400; ++seed) {
        CAPTURE(seed);
        VirtualDriver driver;
        run_wild(driver, seed);
        CHECK(driver.simulator().sessions() == 0);
        CHECK_FALSE(driver.simulator().deadline());
        const RecordingSink& journal = driver.journal();
        CHECK(journal.sessions.size() == driver.simulator().sessions_opened());
        std::map<std::uint64_t, std::uint32_t> last;
        std::map<std::uint64_t, int> ended;
        for (const auto& event : journal.events) {
            const std::uint64_t session = number(event.session);
            if (event.number != last[session] + 1) FAIL("an event is missing or doubled");
            last[session] = event.number;
            ended[session] += name(event.body) == "ended" ? 1 : 0;
        }
        for (const auto& session : journal.sessions) {
            CHECK(ended[number(session.id)] == 1);
            CHECK(session.ended_at.has_value());
            ++outcomes[session.ended];
        }
        for (const auto& attempt : journal.attempts) {
            CHECK(attempt.outcome != journal::Outcome::pending);
            CHECK(attempt.ended_at >= attempt.at);
            CHECK(attempt.number >= 1);
            CHECK((attempt.recipient.empty() || attempt.delivery.has_value()));
            ++outcomes[std::string{name(attempt.outcome)}];
        }
    }
    // The test is worth something only where everything has happened.
    for (const char* what :
         {"quit", "client_closed", "client_lost", "server_closed", "server_reset", "idle",
          "shutdown", "accepted", "deferred", "rejected", "lost"}) {
        CAPTURE(what);
        CHECK(outcomes[what] > 0);
    }
}

TEST_CASE("the same wild run gives the same journal, and hardly ever another one does") {
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        VirtualDriver one, two, other;
        run_wild(one, seed);
        run_wild(two, seed);
        run_wild(other, seed + 1000);
        CHECK(journal_of(one) == journal_of(two));
        CHECK(journal_of(one) != journal_of(other));
    }
}
