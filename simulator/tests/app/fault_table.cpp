// Stages and expectations, and what the profile says about its faults.
#include "tests/app/fault_table.h"

#include <algorithm>
#include <sstream>

#include <fmt/format.h>

#include "core/text.h"
#include "tests/script/profile_driver.h"

namespace fakemx::test {

using Ending = TranscriptDriver::Ending;

const std::string greeting = "220 mx.fakemx.test ESMTP fakemx\r\n";
const std::string offers =
    "250-mx.fakemx.test\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-STARTTLS\r\n250 SIZE 73400320\r\n";
const std::string ehlo = "EHLO client.test\r\n";
const std::string mail = "MAIL FROM:<ann@client.test>\r\n";
const std::string rcpt = "RCPT TO:<bob@mx.fakemx.test>\r\n";
const std::string data = "DATA\r\n";
static const std::string body = "Subject: x\r\n\r\n" + std::string(200, 'x') + "\r\n";
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

namespace {

Course at_once(std::string octets) {
    return {.octets = {{0s, std::move(octets)}}};
}

Course nothing() {
    return {};
}

/// The code of the last line, as a client that reads replies by the book would take it.
bool quits(const Stage& stage, std::string_view code) {
    return stage.name == "quit" && code.starts_with("2");
}

/// A reply to QUIT ends the connection when it accepts; any other leaves it open.
Course said(const Stage& stage, std::string octets, std::string_view last_code) {
    return at_once(std::move(octets)).then(quits(stage, last_code) ? Ending::closed : Ending::none);
}

}  // namespace

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
        // The last line counts, so QUIT is refused.
        {"mixed_codes", [](const Stage&) { return at_once("250-one\r\n451 two\r\n"); }},
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

std::vector<Fault> faults() {
    std::vector<Fault> found;
    std::istringstream lines{read_file("profiles/faults.lua")};
    constexpr std::string_view from = " = function(own, code) return ";
    std::string group;
    std::string purpose;
    for (std::string line; std::getline(lines, line);) {
        const std::string_view text = trim(line);
        if (text.starts_with("-- == ")) {
            group = text.substr(6, text.size() - 9);
        } else if (text.starts_with("-- ")) {
            purpose += (purpose.empty() ? "" : " ") + std::string{text.substr(3)};
        } else if (const std::size_t at = text.find(from); at != std::string::npos) {
            const std::string_view rest = text.substr(at + from.size());
            found.push_back({group, std::string{text.substr(0, at)}, purpose,
                             std::string{rest.substr(0, rest.rfind(" end,"))}});
            purpose.clear();
        } else {
            purpose.clear();
        }
    }
    return found;
}

ShippedProfile faulty(const std::string& stage, const std::string& fault) {
    return {.name = "faults", .settings = {{"stage", stage}, {"fault", fault}}};
}

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

}  // namespace fakemx::test
