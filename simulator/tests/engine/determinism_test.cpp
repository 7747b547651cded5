// Same profile, same seed, same arrivals: the same replies and the same journal (DESIGN §5).
#include <algorithm>

#include <fmt/format.h>

#include "support/catch.h"
#include "support/draws.h"
#include "support/virtual_driver.h"

using namespace fakemx;
using namespace fakemx::test;

namespace {

const std::vector<std::string> profile{
    "host name=mx.test size=1000 recipients_max=3",
    "words message = 250 OK",  // without {id}, which tells sessions apart
    "on connect chance 1 5 after 2s default",
    "on mail chance 1 4 sleep 3s 451 4.3.2 Busy",
    "on rcpt tries 1 450 4.2.0 Greylisted",
    "on data chance 1 3 sleep 1s drip 3 1s default",
    "on message chance 1 2 after 4s 451 4.3.2 Internal server error",
    "on noop chance 1 3 sleep 7s default",
    "on vrfy chance 1 20 then_close 252 bye",
    "on help fail",
};

/// What one client does: octets, waits, and how it ends.
struct Step {
    std::string octets;
    Duration wait{};
};

std::vector<Step> some_client(Draws& draws, std::size_t number) {
    const std::string from = fmt::format("MAIL FROM:<s{}@a.test>\r\n", number);
    const std::vector<std::string> sayings{
        "EHLO client.test\r\n",
        from,
        "RCPT TO:<r@b.test>\r\n",
        "RCPT TO:<q@b.test>\r\n",
        "RSET\r\n",
        "NOOP\r\n",
        "HELP\r\n",
        "VRFY x\r\n",
        "XYZZY\r\n",
        from + "RCPT TO:<r@b.test>\r\nRCPT TO:<q@b.test>\r\nDATA\r\n",
        fmt::format("Message-ID: <{}@a.test>\r\n\r\nhello\r\n.\r\n", number),
        "\n",
        "QUIT\r\n"};
    std::vector<Step> steps{{"EHLO client.test\r\n", {}}};
    for (auto left = 5 + draws.below(25); left != 0; --left) {
        std::string octets = sayings[draws.below(sayings.size() - (left == 1 ? 0 : 1))];
        if (draws.one_in(10)) octets.resize(draws.below(octets.size()));
        steps.push_back({octets, std::chrono::seconds{draws.below(12)}});
    }
    return steps;
}

std::string address_of(std::size_t number) {
    return fmt::format("192.0.2.{}", number);
}

void set_up(VirtualDriver& driver, std::uint64_t seed) {
    for (const std::string& line : profile) {
        const std::string extra = line.starts_with("host") ? fmt::format(" seed={}", seed) : "";
        if (!driver.direct(line + extra)) FAIL(line);
    }
}

/// Each client begins at its own second and does its steps behind each other, all in one simulator.
/// Returns what each of them was told, and when.
std::vector<std::string> run(VirtualDriver& driver, const std::vector<std::vector<Step>>& clients,
                             const std::vector<std::size_t>& taking_part) {
    struct Doing {
        std::size_t number;
        std::size_t step = 0;
        Instant next;
        std::optional<TranscriptDriver::Client> handle;
        std::string told;
    };
    std::vector<Doing> all;
    for (const std::size_t number : taking_part) {
        all.push_back({number, 0, default_epoch + std::chrono::seconds{number % 10}, {}, {}});
    }
    driver.simulator();
    // Second by second, the clients in their order: the same arrivals whoever else is there.
    for (int second = 0; second < 600; ++second) {
        const Instant now = driver.run().now();
        for (Doing& doing : all) {
            const auto& steps = clients[doing.number];
            while (doing.step < steps.size() && doing.next <= now) {
                if (!doing.handle) doing.handle = driver.connect(0, address_of(doing.number));
                driver.send(*doing.handle, steps[doing.step].octets);
                doing.next += steps[doing.step].wait;
                ++doing.step;
            }
        }
        driver.advance(1s);
        for (Doing& doing : all) {
            if (!doing.handle) continue;
            const std::string said = driver.said(*doing.handle);
            if (!said.empty()) doing.told += fmt::format("{}s {}\n", second, said);
        }
    }
    std::vector<std::string> told;
    for (Doing& doing : all) told.push_back(std::move(doing.told));
    return told;
}

std::vector<std::vector<Step>> some_clients(std::size_t count) {
    Draws draws{"clients"};
    std::vector<std::vector<Step>> clients;
    for (std::size_t n = 0; n < count; ++n) clients.push_back(some_client(draws, n));
    return clients;
}

std::vector<std::size_t> all_of(std::size_t count) {
    std::vector<std::size_t> numbers;
    for (std::size_t n = 0; n < count; ++n) numbers.push_back(n);
    return numbers;
}

/// The events of one client as canonical JSON, with the session's number taken out.
std::string events_of(const RecordingSink& journal, const std::string& address) {
    std::string text;
    for (const auto& session : journal.sessions) {
        if (session.client != address) continue;
        for (journal::Event event : journal.events) {
            if (event.session != session.id) continue;
            event.session = SessionId{1};
            append_json(text, event, journal::Form::full);
            text += '\n';
        }
    }
    return text;
}

}  // namespace

TEST_CASE("a hundred interleaved sessions: each gets what it gets alone, and no draw is shifted") {
    constexpr std::size_t count = 100;
    const auto clients = some_clients(count);
    VirtualDriver together;
    set_up(together, 1);
    const auto told = run(together, clients, all_of(count));
    std::string everything;
    for (const std::string& each : told) everything += each;
    for (const char* sign : {"451 4.3.2 Busy", "450 4.2.0", "Internal server error", "354 ",
                             "250 OK", "503 ", "bye"}) {
        CHECK(everything.find(sign) != std::string::npos);
    }
    for (std::size_t n = 0; n < count; ++n) {
        CAPTURE(n);
        VirtualDriver alone;
        set_up(alone, 1);
        REQUIRE(run(alone, clients, {n}).front() == told[n]);
        REQUIRE(events_of(alone.journal(), address_of(n)) ==
                events_of(together.journal(), address_of(n)));
    }
}

TEST_CASE("one seed, one journal; another seed, another one") {
    const auto clients = some_clients(30);
    const auto journal_of = [&](std::uint64_t seed, bool full) {
        VirtualDriver driver;
        set_up(driver, seed);
        run(driver, clients, all_of(30));
        std::string text = driver.journal().canonical();
        for (const auto& event : driver.journal().events) {
            if (full) append_json(text, event, journal::Form::full);
        }
        for (const auto& attempt : driver.journal().attempts) {
            text += fmt::format("{} {} {} {} {}\n", attempt.id, attempt.number, attempt.recipient,
                                attempt.code, format_instant(attempt.at));
        }
        return text;
    };
    const std::string one = journal_of(1, true);
    CHECK(journal_of(1, true) == one);
    CHECK(journal_of(2, true) != one);
    CHECK(journal_of(2, false) != journal_of(1, false));
}

TEST_CASE("jumping to the next deadline and crawling through every moment give the same journal") {
    const auto clients = some_clients(20);
    const auto journal_of = [&](Duration crawl) {
        VirtualDriver driver;
        set_up(driver, 3);
        // The naive model of the queue of deadlines: everybody is asked all the time.
        Draws draws{"arrivals"};
        std::vector<TranscriptDriver::Client> handles;
        for (std::size_t n = 0; n < clients.size(); ++n)
            handles.push_back(driver.connect(0, address_of(n)));
        for (std::size_t step = 0; step < 12; ++step) {
            for (std::size_t n = 0; n < clients.size(); ++n) {
                if (step < clients[n].size()) driver.send(handles[n], clients[n][step].octets);
            }
            Duration left = std::chrono::milliseconds{draws.below(9000)};
            while (left > crawl) {
                driver.run().advance(crawl);
                driver.simulator().tick(
                    driver.run().now());  // where nothing is due, nothing happens
                left -= crawl;
            }
            driver.run().advance(left);
        }
        driver.run().advance(6min);
        std::string text;
        for (const auto& event : driver.journal().events)
            append_json(text, event, journal::Form::full);
        CHECK(driver.simulator().sessions() == 0);
        CHECK_FALSE(driver.simulator().deadline());
        return text;
    };
    const std::string jumped = journal_of(24h);
    CHECK(journal_of(250ms) == jumped);
    CHECK(journal_of(7ms) == jumped);
}
