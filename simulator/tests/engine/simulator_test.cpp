// The receiver as a whole: questions cancelled, sessions counted, the journal handed over, shutdown.
#include "engine/simulator.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/limits.h"
#include "support/catch.h"
#include "support/effort.h"
#include "support/virtual_driver.h"

using namespace fakemx;
using namespace fakemx::test;

namespace {

std::size_t count_of(const RecordingSink& journal, std::string_view kind) {
    return static_cast<std::size_t>(
        std::count_if(journal.events.begin(), journal.events.end(),
                      [&](const auto& event) { return name(event.body) == kind; }));
}

}  // namespace

TEST_CASE("whatever breaks off a session, wherever: it ends once, and nothing of it goes on") {
    // A session with everything that takes time in it.
    const std::vector<std::string> steps{"on connect sleep 2s after 2s default",
                                         "connect",
                                         "2s",
                                         "1s",
                                         "1s",
                                         "> EHLO client.test\r\n",
                                         "on mail sleep 5s default",
                                         "> MAIL FROM:<a@b.test>\r\n",
                                         "4s",
                                         "1s",
                                         "on rcpt after 3s 450 4.2.0 Wait",
                                         "> RCPT TO:<c@d.test>\r\n",
                                         "2s",
                                         "1s",
                                         "on rcpt default",
                                         "> RCPT TO:<c@d.test>\r\nDA",
                                         "> TA\r\n",
                                         "> Subject: x\r\n\r\nhel",
                                         "> lo\r\n.\r",
                                         "on message sleep 1s drip 5 1s 451 4.3.2 No",
                                         "> \n",
                                         "1s",
                                         "1s",
                                         "1s",
                                         "> NOOP\r\nNOOP\r\n",
                                         "on noop silence",
                                         "> NOOP\r\n",
                                         "1s",
                                         "> NOOP\r\n"};
    enum class End { reset, finish, shut_down };
    for (const End end : {End::reset, End::finish, End::shut_down}) {
        for (std::size_t stop = 2; stop <= steps.size(); ++stop) {
            CAPTURE(static_cast<int>(end), stop, steps[stop - 1]);
            VirtualDriver driver;
            TranscriptDriver::Client client = 0;
            for (std::size_t i = 0; i < stop; ++i) {
                const std::string& step = steps[i];
                if (step == "connect") {
                    client = driver.connect(0, "192.0.2.1");
                } else if (step.starts_with("> ")) {
                    driver.send(client, step.substr(2));
                } else if (step.starts_with("on ")) {
                    REQUIRE(driver.direct(step));
                } else {
                    driver.advance(*parse_duration(step));
                }
            }
            REQUIRE(driver.simulator().sessions() == 1);
            const std::size_t cancelled = driver.policy().cancelled;
            const bool slept = !driver.policy().asked.empty() &&
                               driver.ending(client, false) == TranscriptDriver::Ending::none;
            REQUIRE(slept);
            driver.said(client);
            if (end == End::reset) driver.reset(client);
            if (end == End::finish) driver.finish(client);
            // With commands behind the question it waits for their answers.
            const bool waits = end == End::finish && driver.simulator().sessions() == 1;
            if (waits) driver.advance(24h);
            if (end == End::shut_down) driver.simulator().shut_down(driver.run().now());
            CHECK(driver.policy().cancelled - cancelled <= 1);
            CHECK(driver.simulator().sessions() == 0);
            CHECK_FALSE(driver.simulator().deadline());
            CHECK(driver.ending(client, true) == TranscriptDriver::Ending::closed);
            const std::string last_words = driver.said(client);
            if (end != End::shut_down && !waits) CHECK(last_words == "");
            driver.advance(24h);
            driver.send(client, "NOOP\r\n");
            CHECK(driver.said(client) == "");
            const RecordingSink& journal = driver.journal();
            CHECK(count_of(journal, "opened") == 1);
            CHECK(count_of(journal, "ended") == 1);
            CHECK(name(journal.events.back().body) == "ended");
            CHECK(journal.sessions.front().ended_at.has_value());
            for (const auto& attempt : journal.attempts) {
                CHECK(attempt.outcome != journal::Outcome::pending);
                CHECK(attempt.ended_at.has_value());
            }
            for (std::size_t n = 0; n < journal.events.size(); ++n) {
                CHECK(journal.events[n].number == n + 1);
                CHECK((n == 0 || journal.events[n].at >= journal.events[n - 1].at));
            }
        }
    }
}

TEST_CASE("a client that leaves cancels its sleeping hook at once") {
    VirtualDriver driver;
    REQUIRE(driver.direct("on noop sleep 1h default"));
    const auto client = driver.connect(0, "192.0.2.1");
    driver.send(client, "NOOP\r\n");
    CHECK(driver.policy().cancelled == 0);
    driver.reset(client);
    CHECK(driver.policy().cancelled == 1);
}

TEST_CASE("a hook that fails is counted and journalled with its place") {
    VirtualDriver driver;
    REQUIRE(driver.direct("on mail fail"));
    REQUIRE(
        run_transcript(
            driver,
            "S~ 220 *\nC: HELO a\nS~ 250 *\nC: MAIL FROM:<>\nS: 451 The profile failed to answer\n",
            "t") == "");
    CHECK(driver.simulator().script_failures() == 1);
    const auto& events = driver.journal().events;
    const auto failed = std::find_if(events.begin(), events.end(), [](const auto& event) {
        return name(event.body) == "script_failed";
    });
    REQUIRE(failed != events.end());
    CHECK(std::get<journal::ScriptFailed>(failed->body).message == "rule:1: it fails");
    CHECK(std::get<journal::ScriptFailed>(failed->body).hook == smtp::Hook::mail);
}

TEST_CASE("a client that takes nothing of a paced reply is given up after the idle timeout") {
    /// A network that takes octets and delivers none.
    class Stuck final : public engine::Transport {
    public:
        void send(std::string_view octets) override { sent += octets; }
        bool flushed() const override { return sent.empty(); }
        void upgrade_tls(const std::optional<smtp::HandshakeFault>&, std::string) override {}
        void half_close() override {}
        void read_on() override {}
        void close(smtp::Close::How) override { closed = true; }
        std::string sent;
        bool closed = false;
    };
    VirtualDriver driver;
    REQUIRE(driver.direct("host idle_timeout=5m"));
    REQUIRE(driver.direct("on connect drip 4 20m 220 hello"));
    engine::Simulator& simulator = driver.simulator();
    Stuck stuck;
    const Instant t0 = default_epoch;
    const SessionId id =
        simulator.open(t0, 0, {.client = "192.0.2.1", .local = "192.0.2.2"}, stuck);
    // As long as the reply is being given, its pace counts.
    for (const Duration at : {20min, 40min}) {
        REQUIRE(simulator.deadline() == t0 + at);
        simulator.tick(t0 + at);
    }
    CHECK(stuck.sent == "220 hello\r\n");
    REQUIRE(simulator.deadline() == t0 + 45min);
    simulator.tick(t0 + 45min);
    CHECK(stuck.closed);
    CHECK_FALSE(simulator.alive(id));
    simulator.flush();
    CHECK(driver.journal().sessions.back().ended == "client_lost");
}

TEST_CASE("a session that is never read again ends after an hour, also on its way into TLS") {
    VirtualDriver driver;
    REQUIRE(driver.direct("host idle_timeout=10h extensions=STARTTLS"));
    REQUIRE(driver.direct("on starttls after 2h stop_reading 0s accept"));
    const auto client = driver.connect(0, "192.0.2.1");
    driver.send(client, "EHLO a\r\nSTARTTLS\r\n");
    driver.advance(3h);
    CHECK(driver.simulator().sessions() == 0);
    driver.simulator().flush();
    CHECK(driver.journal().sessions.back().ended == "silence_over");
}

TEST_CASE("a shutdown in the middle of the reply to QUIT says no more than that") {
    VirtualDriver driver;
    REQUIRE(driver.direct("on quit drip 2 1s 221 Bye"));
    const auto client = driver.connect(0, "192.0.2.1");
    driver.said(client);
    driver.send(client, "QUIT\r\n");
    CHECK(driver.said(client) == "22");
    REQUIRE(driver.direct("shutdown"));
    CHECK(driver.said(client) == "1 Bye\r\n");
    driver.simulator().flush();
    CHECK(driver.journal().sessions.back().ended == "quit");
}

TEST_CASE("late replies do not pile up: the next one is waited for") {
    VirtualDriver driver;
    REQUIRE(driver.direct("on noop late 1h 250 Late"));
    const auto client = driver.connect(0, "192.0.2.1");
    driver.said(client);
    std::string commands;
    for (int n = 0; n < 200; ++n) commands += "NOOP\r\n";
    driver.send(client, commands + "HELP\r\n");
    CHECK(driver.said(client) == "");
    driver.advance(1h);
    std::size_t late = 0;
    const std::string said = driver.said(client);
    for (std::size_t at = said.find("Late"); at != std::string::npos;
         at = said.find("Late", at + 1))
        ++late;
    CHECK(late == limits::late_replies_max + 1);
    CHECK(said.find("214 ") == std::string::npos);
    driver.advance(4h);
    CHECK(driver.said(client).find("214 ") != std::string::npos);
}

TEST_CASE("the hook close is asked once, cannot sleep, and its verdict is not used") {
    VirtualDriver driver;
    REQUIRE(driver.direct("on close 250 nobody hears that"));
    const auto client = driver.connect(0, "192.0.2.1");
    driver.said(client);
    driver.send(client, "QUIT\r\n");
    CHECK(driver.said(client) == "221 Bye\r\n");
    const auto closes = [&] {
        return std::count_if(driver.policy().asked.begin(), driver.policy().asked.end(),
                             [](const auto& asked) { return asked.hook == smtp::Hook::close; });
    };
    CHECK(closes() == 1);
    REQUIRE(driver.direct("on close sleep 1s default"));
    driver.reset(driver.connect(0, "192.0.2.1"));
    CHECK(closes() == 2);
    CHECK(driver.simulator().script_failures() == 1);
    CHECK(driver.simulator().sessions() == 0);
    CHECK_FALSE(driver.simulator().deadline());
}

TEST_CASE("a full server refuses without asking, and has room again once somebody has left") {
    VirtualDriver driver;
    REQUIRE(driver.direct("host sessions_max=2"));
    const auto one = driver.connect(0, "192.0.2.1");
    driver.connect(0, "192.0.2.2");
    const std::size_t asked = driver.policy().asked.size();
    const auto three = driver.connect(0, "192.0.2.3");
    CHECK(driver.said(three) == "421 mx.fakemx.test Too many connections, closing\r\n");
    CHECK(driver.ending(three, true) == TranscriptDriver::Ending::closed);
    CHECK(driver.policy().asked.size() == asked);
    CHECK(driver.simulator().sessions() == 2);
    CHECK(driver.simulator().sessions_opened() == 3);
    driver.reset(one);
    CHECK(driver.said(driver.connect(0, "192.0.2.4")).starts_with("220 "));
    // It is an attempt, too: the sender was turned away.
    CHECK(driver.journal().attempts.front().code == 421);
}

TEST_CASE("what has ended or never was is ignored") {
    VirtualDriver driver;
    const auto client = driver.connect(0, "192.0.2.1");
    engine::Simulator& simulator = driver.simulator();
    driver.reset(client);
    CHECK_FALSE(simulator.alive(SessionId{1}));
    CHECK(simulator.input_octets_max(SessionId{1}) == 0);
    simulator.handle(driver.run().now(), SessionId{1}, smtp::Received{"NOOP\r\n"});
    simulator.handle(driver.run().now(), SessionId{99}, smtp::Tick{});
    CHECK_FALSE(simulator.alive(SessionId{99}));
}

TEST_CASE("the journal gets a transaction in one piece, and everything at a flush") {
    struct Batches final : journal::Sink {
        void write(journal::Batch batch) override { batches.push_back(std::move(batch)); }
        std::vector<journal::Batch> batches;
    } sink;
    engine::Profile profile;
    profile.hosts.emplace_back();
    RuledPolicy policy;
    engine::Simulator simulator{profile, policy, sink, {}};
    engine::VirtualRun run{simulator};
    const auto client = run.connect();
    run.send(client, "EHLO a\r\nMAIL FROM:<>\r\nRCPT TO:<a@b.test>\r\nDATA\r\nx\r\n");
    CHECK(sink.batches.empty());
    run.send(client, ".\r\n");
    REQUIRE(sink.batches.size() == 1);
    const journal::Batch& first = sink.batches.front();
    CHECK(first.sessions.size() == 1);
    CHECK(first.attempts.size() == 1);
    CHECK(first.messages.size() == 1);
    CHECK(first.events.size() == 12);
    run.send(client, "MAIL FROM:<>\r\n");
    simulator.flush();
    REQUIRE(sink.batches.size() == 2);
    CHECK(sink.batches.back().events.size() == 2);
    simulator.flush();
    CHECK(sink.batches.size() == 2);
    // Events do not pile up in a session that never rests.
    for (int n = 0; n < 1000; ++n) run.send(client, "NOOP\r\n");
    std::size_t written = 0;
    for (const auto& batch : sink.batches) {
        CHECK(batch.events.size() <= 66);
        written += batch.events.size();
    }
    CHECK(written > 1900);
}

TEST_CASE(
    "one reply behind another across a deadline: the order of sessions is that of their ids") {
    VirtualDriver driver;
    REQUIRE(driver.direct("on noop sleep 5s default"));
    std::vector<TranscriptDriver::Client> clients;
    for (int n = 0; n < 20; ++n) clients.push_back(driver.connect(0, "192.0.2.1"));
    for (auto client = clients.rbegin(); client != clients.rend(); ++client)
        driver.send(*client, "NOOP\r\n");
    driver.advance(5s);
    std::vector<std::uint64_t> order;
    for (const auto& event : driver.journal().events) {
        const auto* answer = std::get_if<smtp::Answered>(&event.body);
        if (answer != nullptr && answer->stage == smtp::Hook::noop)
            order.push_back(number(event.session));
    }
    CHECK(order.size() == 20);
    CHECK(std::is_sorted(order.begin(), order.end()));
}

TEST_CASE("a shutdown goes through the sessions in the order of their ids") {
    VirtualDriver driver;
    for (int n = 0; n < 50; ++n) driver.connect(0, "192.0.2.1");
    driver.simulator().shut_down(driver.run().now());
    std::vector<std::uint64_t> order;
    for (const auto& event : driver.journal().events) {
        if (name(event.body) == "ended") order.push_back(number(event.session));
    }
    CHECK(order.size() == 50);
    CHECK(std::is_sorted(order.begin(), order.end()));
}

TEST_CASE("eight virtual days of a thousand queued messages are a moment") {
    VirtualDriver driver;
    REQUIRE(driver.direct("on message tries 20 451 4.3.2 Internal server error"));
    driver.simulator();
    for (int round = 0; round < 16; ++round) {
        for (int n = 0; n < times(200); ++n) {
            const auto client = driver.connect(0, "192.0.2.1");
            driver.send(
                client,
                fmt::format("EHLO a\r\nMAIL FROM:<a@b.test>\r\nRCPT TO:<c@d.test>\r\nDATA\r\n"
                            "Message-ID: <{}@b.test>\r\n\r\nx\r\n.\r\nQUIT\r\n",
                            n));
            REQUIRE(driver.ending(client, true) == TranscriptDriver::Ending::closed);
        }
        driver.advance(12h);
    }
    CHECK(driver.journal().attempts.back().number == 16);
    CHECK(driver.journal().attempts.size() == 16U * static_cast<unsigned>(times(200)));
}
