// Every fault of profiles/faults.lua at every stage: what a client gets, octet by octet and at which time,
// in virtual time and over real sockets; and the page that shows the table.
#include "tests/app/fault_table.h"

#include <fmt/format.h>

#include "support/catch.h"
#include "support/generated_page.h"
#include "tests/app/socket_driver.h"
#include "tests/script/profile_driver.h"

namespace fakemx::test {

namespace {

using Ending = TranscriptDriver::Ending;

/// Leads a client to the stage and compares what it gets. Empty: as expected.
std::string play(TranscriptDriver& driver, const Stage& stage, const std::string& fault) {
    const auto client = driver.connect(0, "192.0.2.1");
    std::string before = greeting;
    for (const std::string& line : stage.sent) {
        const std::string got = await(driver, client, before);
        if (got != before) return fmt::format("on the way: {}", escape_octets(got));
        driver.send(client, line);
        before = line == ehlo                   ? offers
                 : line == mail                 ? "250 Sender OK\r\n"
                 : line == rcpt                 ? "250 Recipient OK\r\n"
                 : line == data                 ? "354 End data with <CR><LF>.<CR><LF>\r\n"
                 : line.ends_with("\r\n" + dot) ? "250 OK\r\n"
                                                : "";
    }
    const Course course = expectations().at(fault)(stage);
    Duration passed{};
    if (stage.waits != 0s) driver.advance(stage.waits);
    for (const auto& [at, octets] : course.octets) {
        if (at != passed) {
            // The server must have come to the fault, and nothing may come before its time.
            driver.advance(at - passed - 1ms);
            if (const std::string early = driver.receive(client, 0); !early.empty())
                return fmt::format("too early: {}", escape_octets(early));
            driver.advance(1ms);
            passed = at;
        }
        if (const std::string got = await(driver, client, octets); got != octets) {
            return fmt::format("after {}: {} instead of {}", format_duration(at),
                               escape_octets(got), escape_octets(octets));
        }
    }
    if (driver.ending(client, course.ending != Ending::none) != course.ending)
        return "another end of the connection";
    const std::string rest = driver.receive(client, 0);
    return rest.empty() ? "" : fmt::format("and then: {}", escape_octets(rest));
}

std::string in_words(const Course& course) {
    std::string text = "said";
    if (course.octets.empty()) {
        text = "nothing";
    } else if (course.octets.size() > 2) {
        text = "octet by octet";
    } else if (course.octets.size() == 2) {
        text = fmt::format("said, more after {}", format_duration(course.octets.back().first));
    } else if (course.octets.front().first != 0s) {
        text = fmt::format("after {}", format_duration(course.octets.front().first));
    } else if (course.octets.front().second.size() == 3) {
        text = "3 octets";
    }
    switch (course.ending) {
        case Ending::none: return text;
        case Ending::closed: return text == "nothing" ? "closed" : text + ", closed";
        case Ending::cut: return text + ", cut";
        case Ending::reset: return text == "nothing" ? "reset" : text + ", reset";
    }
    return text;
}

/// The table of docs/reference/faults.md, between its two marks.
std::string table() {
    std::string text = "| fault | expression |";
    for (const Stage& stage : stages()) text += fmt::format(" {} |", stage.name);
    text += "\n|---|---|";
    for (std::size_t i = 0; i < stages().size(); ++i) text += "---|";
    text += "\n";
    for (const Fault& fault : faults()) {
        text += fmt::format("| [`{0}`](fault-transcripts.md#{0}) | `{1}` |", fault.name,
                            fault.expression);
        for (const Stage& stage : stages())
            text += fmt::format(" {} |", in_words(expectations().at(fault.name)(stage)));
        text += "\n";
    }
    return text;
}

GeneratedPage page() {
    return {"docs/reference/faults.md", "faults"};
}

}  // namespace

TEST_CASE("every fault of the profile has its expectation, and every expectation its fault") {
    std::vector<std::string> named;
    for (const Fault& fault : faults()) {
        INFO(fault.name);
        CHECK(expectations().contains(fault.name));
        CHECK_FALSE(fault.purpose.empty());
        named.push_back(fault.name);
    }
    CHECK(named.size() == expectations().size());
    const auto loaded = faulty("message", "none").load();
    CHECK(loaded->profile().parameters.size() == 4);
}

TEST_CASE("every fault at every stage, in virtual time") {
    for (const Stage& stage : stages()) {
        for (const auto& [fault, expectation] : expectations()) {
            ProfileDriver driver{faulty(stage.name, fault)};
            INFO(stage.name << " " << fault);
            CHECK(play(driver, stage, fault) == "");
            CHECK(driver.script_failures() == 0);
        }
    }
}

TEST_CASE("every fault at every stage, over real sockets") {
    for (const Stage& stage : stages()) {
        for (const auto& [fault, expectation] : expectations()) {
            SocketDriver driver{faulty(stage.name, fault)};
            INFO(stage.name << " " << fault);
            CHECK(play(driver, stage, fault) == "");
        }
    }
}

TEST_CASE("the page of faults shows the table that was tested") {
    // When this fails: build, then `fakemx_test_app "[.faults]"` from the root of the repository.
    CHECK(page().part() == table());
}

TEST_CASE("write the table into the page of faults", "[.faults]") {
    page().write(table());
}

}  // namespace fakemx::test
