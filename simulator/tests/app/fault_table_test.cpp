// Every fault of profiles/faults.lua at every stage: what a client gets, octet by octet and at which time,
// in virtual time and over real sockets; and the page that shows the table.
#include <fstream>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "support/catch.h"
#include "tests/app/socket_driver.h"
#include "tests/script/profile_driver.h"

namespace fakemx::test {

namespace {

using Ending = TranscriptDriver::Ending;

/// What a client gets at a stage: octets at their times, counted from when the stage is reached.
struct Course {
    std::vector<std::pair<Duration, std::string>> octets;
    Ending ending = Ending::none;

    Course then(Ending how) const {
        Course course = *this;
        course.ending = how;
        return course;
    }
};

Course at_once(std::string octets) {
    return {.octets = {{0s, std::move(octets)}}};
}

Course nothing() {
    return {};
}

/// How a stage is reached, and what the server says there.
struct Stage {
    std::string name;
    std::string own;  ///< the reply that is said anyway
    int code;
    std::vector<std::string> sent;  ///< each waits for the reply to the one before it
    Duration waits{};               ///< before the stage is reached
};

const std::string greeting = "220 mx.fakemx.test ESMTP fakemx\r\n";
const std::string offers =
    "250-mx.fakemx.test\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-STARTTLS\r\n250 SIZE 73400320\r\n";
const std::string ehlo = "EHLO client.test\r\n";
const std::string mail = "MAIL FROM:<ann@client.test>\r\n";
const std::string rcpt = "RCPT TO:<bob@mx.fakemx.test>\r\n";
const std::string data = "DATA\r\n";
const std::string body = "Subject: x\r\n\r\n" + std::string(200, 'x') + "\r\n";
const std::string dot = ".\r\n";

const std::vector<Stage>& stages() {
    static const std::vector<Stage> all{
        {"connect", greeting, 220, {}},
        {"ehlo", offers, 250, {ehlo}},
        {"starttls", "220 Ready to start TLS\r\n", 220, {ehlo, "STARTTLS\r\n"}},
        {"mail", "250 Sender OK\r\n", 250, {ehlo, mail}},
        {"rcpt", "250 Recipient OK\r\n", 250, {ehlo, mail, rcpt}},
        {"data", "354 End data with <CR><LF>.<CR><LF>\r\n", 354, {ehlo, mail, rcpt, data}},
        {"body", "250 In the middle of the message\r\n", 250, {ehlo, mail, rcpt, data, body}},
        {"message", "250 OK\r\n", 250, {ehlo, mail, rcpt, data, body + dot}},
        {"between",
         "250 Between two messages\r\n",
         250,
         {ehlo, mail, rcpt, data, body + dot, ""},
         10s},
        {"idle", "250 Still there?\r\n", 250, {ehlo, ""}, 5min},
        {"quit", "221 Bye\r\n", 221, {ehlo, "QUIT\r\n"}},
    };
    return all;
}

/// The code of the last line, as a client that reads replies by the book would take it.
bool quits(const Stage& stage, std::string_view code) {
    return stage.name == "quit" && code.starts_with("2");
}

/// A reply to QUIT ends the connection when it accepts; any other leaves it open.
Course said(const Stage& stage, std::string octets, std::string_view last_code) {
    return at_once(std::move(octets)).then(quits(stage, last_code) ? Ending::closed : Ending::none);
}

using Expectation = std::function<Course(const Stage&)>;

const std::map<std::string, Expectation>& expectations() {
    const auto own_then = [](Ending ending) {
        return [=](const Stage& stage) { return at_once(stage.own).then(ending); };
    };
    const auto words = [](const std::string& octets, Ending ending = Ending::none) {
        return [=](const Stage& stage) {
            Course course = said(stage, octets, octets);
            return ending == Ending::none ? course : course.then(ending);
        };
    };
    const auto written = [](const std::string& format) {
        return [=](const Stage& stage) {
            const std::string code = std::to_string(stage.code);
            std::string octets;
            for (const char c : format) octets += c == '@' ? code : std::string(1, c);
            return said(stage, octets, code);
        };
    };
    const auto own_and = [](Duration after, const std::string& more, bool closes) {
        return [=](const Stage& stage) {
            // Behind QUIT nothing is said.
            if (stage.name == "quit") return at_once(stage.own).then(Ending::closed);
            // STARTTLS was accepted: what follows would be part of the handshake.
            if (stage.name == "starttls") return at_once(stage.own);
            Course course = at_once(stage.own);
            if (after == 0s) {
                course.octets.front().second += more;
            } else {
                course.octets.emplace_back(after, more);
            }
            return course.then(closes ? Ending::closed : Ending::none);
        };
    };
    const auto own = [](const Stage& stage) {
        return said(stage, stage.own, std::to_string(stage.code));
    };
    const auto own_after_30s = [](const Stage& stage) {
        return Course{.octets = {{30s, stage.own}},
                      .ending = stage.name == "quit" ? Ending::closed : Ending::none};
    };
    static const std::map<std::string, Expectation> all{
        {"none", own},
        {"delay", own_after_30s},
        {"late", own_after_30s},
        {"drip",
         [](const Stage& stage) {
             Course course;
             Duration at{};
             for (const char octet : stage.own) {
                 course.octets.emplace_back(at, std::string(1, octet));
                 at += 1s;
             }
             return course.then(stage.name == "quit" ? Ending::closed : Ending::none);
         }},
        {"slice", own},
        {"silence", [](const Stage&) { return nothing(); }},
        {"close", [](const Stage&) { return nothing().then(Ending::closed); }},
        {"half_close", [](const Stage&) { return nothing().then(Ending::closed); }},
        {"reset", [](const Stage&) { return nothing().then(Ending::reset); }},
        {"then_close", own_then(Ending::closed)},
        {"then_half_close", own_then(Ending::closed)},
        {"then_cut", own_then(Ending::closed)},
        {"then_reset", own_then(Ending::reset)},
        {"lost", [](const Stage&) { return nothing().then(Ending::closed); }},
        {"lost_half",
         [](const Stage& stage) { return at_once(stage.own.substr(0, 3)).then(Ending::closed); }},
        {"lost_by_reset", [](const Stage&) { return nothing().then(Ending::reset); }},
        {"unavailable", words("421 4.3.2 Service not available\r\n", Ending::closed)},
        {"temporary", words("451 4.3.2 Internal server error\r\n")},
        {"permanent", words("554 5.7.1 Refused\r\n")},
        {"strange_code", words("299 Nobody knows this code\r\n")},
        {"wrong_class", words("999 Nobody knows this class\r\n")},
        {"many_lines", written("@-one\r\n@-two\r\n@ three\r\n")},
        {"mixed_codes", words("250-one\r\n451 two\r\n") /* the last line counts */},
        {"bare_code", written("@\r\n")},
        {"lf_only", written("@ no CR\n")},
        {"no_line_end", written("@ no end")},
        {"long_line", written("@ " + std::string(5000, 'x') + "\r\n")},
        {"eight_bit", written("@ Gr\xfc\xdf"
                              "e\r\n")},
        {"nul", written(std::string("@ a\0b\r\n", 7))},
        {"no_code", words("Beg your pardon?\r\n")},
        {"duplicated", written("@ as I said\r\n@ as I said\r\n")},
        {"early", own_and(0s, "250 Early\r\n", false)},
        {"unsolicited", own_and(30s, "250 By the way\r\n", false)},
        {"unsolicited_421", own_and(30s, "421 4.3.2 I go\r\n", true)},
        {"stop_reading", own},
        {"read_slowly", own},
    };
    return all;
}

/// "mixed_codes" at QUIT is refused by its last line, whatever the first one says.
Course expected(const std::string& fault, const Stage& stage) {
    Course course = expectations().at(fault)(stage);
    if (fault == "mixed_codes") course.ending = Ending::none;
    return course;
}

ShippedProfile profile(const std::string& stage, const std::string& fault) {
    return {.name = "faults", .settings = {{"stage", stage}, {"fault", fault}}};
}

/// Octets until there are as many as `expected` has, or the connection is over.
std::string await(TranscriptDriver& driver, TranscriptDriver::Client client,
                  std::string_view expected) {
    std::string got;
    const auto lines = [](std::string_view text) {
        return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
    };
    while (got.size() < expected.size()) {
        const std::size_t missing = lines(expected) - std::min(lines(expected), lines(got));
        const std::string more = driver.receive(client, missing);
        if (more.empty() && driver.ending(client, false) != Ending::none) break;
        // In virtual time there is nothing to wait for.
        if (more.empty() && dynamic_cast<ProfileDriver*>(&driver) != nullptr) break;
        got += more;
    }
    return got + driver.receive(client, 0);
}

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
    const Course course = expected(fault, stage);
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

/// The expression of each fault, as it stands in the profile, in its order.
std::vector<std::pair<std::string, std::string>> expressions() {
    std::vector<std::pair<std::string, std::string>> found;
    std::istringstream lines{read_file("profiles/faults.lua")};
    constexpr std::string_view from = "= function(own, code) return ";
    for (std::string line; std::getline(lines, line);) {
        const std::size_t at = line.find(from);
        if (at == std::string::npos) continue;
        const std::string rest = line.substr(at + from.size());
        found.emplace_back(trim(line.substr(0, at)), rest.substr(0, rest.rfind(" end,")));
    }
    return found;
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
    for (const auto& [fault, expression] : expressions()) {
        text += fmt::format("| `{}` | `{}` |", fault, expression);
        for (const Stage& stage : stages())
            text += fmt::format(" {} |", in_words(expected(fault, stage)));
        text += "\n";
    }
    return text;
}

constexpr std::string_view begin_mark = "<!-- faults: generated -->\n";
constexpr std::string_view end_mark = "<!-- /faults -->\n";
const std::string page = "docs/reference/faults.md";

}  // namespace

TEST_CASE("every fault of the profile has its expectation, and every expectation its fault") {
    std::vector<std::string> named;
    for (const auto& [fault, expression] : expressions()) {
        INFO(fault);
        CHECK(expectations().contains(fault));
        named.push_back(fault);
    }
    CHECK(named.size() == expectations().size());
    const auto loaded = profile("message", "none").load();
    CHECK(loaded->profile().parameters.size() == 4);
}

TEST_CASE("every fault at every stage, in virtual time") {
    for (const Stage& stage : stages()) {
        for (const auto& [fault, expectation] : expectations()) {
            ProfileDriver driver{profile(stage.name, fault)};
            INFO(stage.name << " " << fault);
            CHECK(play(driver, stage, fault) == "");
            CHECK(driver.script_failures() == 0);
        }
    }
}

TEST_CASE("every fault at every stage, over real sockets") {
    for (const Stage& stage : stages()) {
        for (const auto& [fault, expectation] : expectations()) {
            SocketDriver driver{profile(stage.name, fault)};
            INFO(stage.name << " " << fault);
            CHECK(play(driver, stage, fault) == "");
        }
    }
}

TEST_CASE("the page of faults shows the table that was tested") {
    // When this fails: build, then `fakemx_test_app "[.faults]"` from the root of the repository.
    const std::string text = read_file(page);
    const std::size_t begin = text.find(begin_mark);
    REQUIRE(begin != std::string::npos);
    const std::size_t end = text.find(end_mark);
    REQUIRE(end != std::string::npos);
    CHECK(text.substr(begin + begin_mark.size(), end - begin - begin_mark.size()) == table());
}

TEST_CASE("write the table into the page of faults", "[.faults]") {
    std::string text = read_file(page);
    const std::size_t begin = text.find(begin_mark) + begin_mark.size();
    text.replace(begin, text.find(end_mark) - begin, table());
    std::ofstream{page} << text;
}

}  // namespace fakemx::test
