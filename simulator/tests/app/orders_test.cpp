// Orders of a profile where something else goes on: out of a hook that has slept, behind a reply that was held
// back, inside TLS, across STARTTLS. Each is recorded in virtual time and played again over real sockets.
#include <fmt/format.h>

#include "support/catch.h"
#include "tests/app/fault_table.h"
#include "tests/app/fault_transcript.h"
#include "tests/app/socket_driver.h"

namespace fakemx::test {

namespace {

using What = Moment::What;

const std::string message = "Subject: x\r\n\r\nHello\r\n";
const std::string noop = "NOOP\r\n";
const std::string quit = "QUIT\r\n";
const std::string starttls = "STARTTLS\r\n";
const Move handshake{"", 0, 0s, true};

ShippedProfile playing(const std::string& hooks) {
    return {.name = "mine",
            .source =
                "local mx = require \"fakemx\"\n"
                "mx.profile { summary = \"x\", extensions = { \"STARTTLS\" } }\n" +
                hooks};
}

/// A hook that does something, and then returns this.
std::string hook(const std::string& name, const std::string& first, const std::string& verdict) {
    return "function mx.on." + name + "(s) " + first + " return " + verdict + " end\n";
}

std::string over_sockets(const ShippedProfile& profile, const Record& record) {
    SocketDriver driver{profile};
    return replay(driver, record);
}

/// Everything behind so many moves of the client, and behind the next one, comes that much later.
Record later_by(Duration wait, Record record, std::size_t moves) {
    for (auto moment = record.begin(); moment != record.end(); ++moment) {
        if (moment->what != What::client || moves-- != 0) continue;
        while (++moment != record.end()) moment->at += wait;
        return record;
    }
    return record;
}

struct Ordered {
    std::string stage;
    std::string order;
};

const std::vector<Ordered> orders{
    {"message", ":and_then(\"5s\", mx.reply(250, nil, \"By the way\"))"},
    {"message", ":and_then(\"5s\", mx.reply(421, nil, \"I go\"))"},
    {"message", ":and_then(\"0s\", mx.close())"},
    {"message", ":stop_reading()"},
    {"message", ":stop_reading \"1m\""},
    {"message", ":read_slowly { octets = 1, every = \"1s\" }"},
    {"message", ":then_close()"},
    {"message", ":then_half_close()"},
    {"message", ":then_reset()"},
    {"message", ":lost(3)"},
    {"message", ":late \"20s\""},
    {"message", ":drip { octets = 2, every = \"1s\" }"},
    {"data", ":in_body(10, mx.reply(250, nil, \"In the middle\"))"},
    {"data", ":in_body(10, mx.reply(421, nil, \"I go\"))"},
    {"data", ":in_body(10, mx.accept():after \"5s\")"},
    {"data", ":in_body(10, mx.accept():stop_reading())"},
    {"data", ":stop_reading()"},
    {"data", ":stop_reading \"1m\""},
    {"data", ":read_slowly { octets = 1, every = \"1s\" }"},
};

}  // namespace

TEST_CASE("orders that come out of a sleep are those that come at once, so much later") {
    for (const auto& [stage, order] : orders) {
        std::vector<Move> moves{{ehlo}, {mail}, {rcpt}, {data}};
        if (stage == "message") moves.push_back({message, 0});
        const std::size_t way = stage == "message" ? 5 : 3;
        moves.push_back({stage == "message" ? dot : message + dot});
        moves.insert(moves.end(), {{noop}, {"", 0, 30s}, {quit}});
        const std::string verdict = "mx.accept()" + order;
        const Record at_once = record(playing(hook(stage, "", verdict)), moves);
        REQUIRE(at_once.size() > way);
        for (const std::string sleep : {"mx.sleep \"10s\"", "mx.sleep \"4s\" mx.sleep \"6s\""}) {
            const ShippedProfile profile = playing(hook(stage, sleep, verdict));
            const Record slept = record(profile, moves);
            INFO(stage << order << "\n" << shown(at_once) << "\n" << shown(slept));
            CHECK(shown(slept) == shown(later_by(10s, at_once, way)));
            CHECK(over_sockets(profile, slept) == "");
        }
    }
}

TEST_CASE("who reads slowly reads on while a reply is held back") {
    const ShippedProfile profile = playing(
        hook("noop", "", "mx.accept():after \"10s\":read_slowly { octets = 1, every = \"1s\" }"));
    // QUIT has six octets, and is there when the reply to NOOP has left.
    const Record made = record(profile, {{ehlo}, {noop, 0}, {quit, 2}});
    CHECK(shown(behind(made, 1)) ==
          " 0s  C: NOOP\n"
          "     C: QUIT\n"
          "10s  S: 250 OK\n"
          "     S: 221 Bye\n"
          "     closed\n");
    CHECK(over_sockets(profile, made) == "");
}

TEST_CASE("a session that never reads again ends after an hour, in a handshake as well") {
    const auto starting_tls = [](const std::string& verdict, const std::string& expected) {
        const ShippedProfile profile = playing(hook("starttls", "", verdict));
        const Record made = record(profile, {{ehlo}, {starttls, 0}, {"", 0, 3h}});
        CHECK(shown(behind(made, 1)) == expected);
        CHECK(over_sockets(profile, made) == "");
    };
    starting_tls("mx.accept():stop_reading()",
                 "0s  C: STARTTLS\n"
                 "    S: 220 Ready to start TLS\n"
                 "    nothing for 1h\n"
                 "1h  closed\n");
    // The hour was over before the handshake began.
    starting_tls(
        "mx.accept():after \"59m59s\":drip { octets = 16, every = \"10s\" }:stop_reading()",
        "    0s  C: STARTTLS\n"
        "        nothing for 59m59s\n"
        "59m59s  S- 220 Ready to sta\n"
        "  1h9s  S: rt TLS\n"
        "        closed\n");
}

TEST_CASE("a late reply is forgotten where the connection is not what it was") {
    const std::string late = hook("noop", "", "mx.accept(\"Late\"):late \"30s\"");
    SECTION("TLS begins") {
        const ShippedProfile profile = playing(late);
        const Record made = record(profile, {{ehlo},
                                             {noop, 0},
                                             {starttls},
                                             {"", 0, 10s},
                                             handshake,
                                             {"", 0, 1min},
                                             {ehlo},
                                             {quit}});
        CHECK(shown(behind(made, 1)) ==
              "   0s  C: NOOP\n"
              "       C: STARTTLS\n"
              "       S: 220 Ready to start TLS\n"
              "  10s  TLS handshake\n"
              "1m10s  C: EHLO client.test\n"
              "       S: 250 mx.fakemx.test\n"
              "       C: QUIT\n"
              "       S: 221 Bye\n"
              "       closed\n");
        CHECK(over_sockets(profile, made) == "");
    }
    SECTION("nothing is said any more") {
        const ShippedProfile profile =
            playing(late + hook("rset", "", "mx.accept():then_half_close()"));
        const Record made =
            record(profile, {{ehlo}, {noop, 0}, {"RSET\r\n"}, {"", 0, 1min}, {quit}});
        CHECK(shown(behind(made, 1)) ==
              "0s  C: NOOP\n"
              "    C: RSET\n"
              "    S: 250 OK\n"
              "    half-closed: the server says no more, and reads on\n"
              "1m  C: QUIT\n"
              "    nothing for 59m\n"
              "1h  closed\n");
        CHECK(over_sockets(profile, made) == "");
    }
    SECTION("the connection stays") {
        const ShippedProfile profile = playing(late);
        const Record made = record(profile, {{ehlo}, {noop, 0}, {"RSET\r\n"}, {"", 0, 1min}});
        CHECK(shown(behind(made, 1)) ==
              " 0s  C: NOOP\n"
              "     C: RSET\n"
              "     S: 250 OK\n"
              "30s  S: 250 Late\n");
        CHECK(over_sockets(profile, made) == "");
    }
}

namespace {

/// Inside TLS, behind the 354 to DATA.
TranscriptDriver::Client begin_data(SocketDriver& driver) {
    const auto client = driver.connect(0, "192.0.2.1");
    const auto reply = [&] {
        std::string octets;
        while (complete_replies(octets) == 0) octets += driver.receive(client, 1);
        return octets;
    };
    reply();
    for (const std::string& line : {ehlo, starttls, ehlo, mail, rcpt, data}) {
        driver.send(client, line);
        const std::string got = reply();
        if (line == starttls) driver.start_tls(client, "");
        if (line == data) REQUIRE(got.starts_with("354 "));
    }
    return client;
}

}  // namespace

TEST_CASE("inside TLS a message comes at the pace that was ordered, in octets of the network") {
    // RFC 8446 §5.2: around the octets of a record stand a header of 5 and, with AES-GCM or ChaCha20, 17 more.
    constexpr std::size_t around = 22;
    struct Pace {
        std::size_t octets;
        Duration every;
        std::size_t message;
        Duration takes;
    };
    for (const Pace& pace : {Pace{1, 1s, 24, (24 + around - 1) * 1s}, Pace{10, 1s, 24, 4s},
                             Pace{1000, 1min, 5000, 5min}}) {
        const std::string text = "x: " + std::string(pace.message - 8, 'x') + "\r\n" + dot;
        REQUIRE(text.size() == pace.message);
        const std::string order =
            fmt::format("mx.accept():read_slowly {{ octets = {}, every = \"{}\" }}", pace.octets,
                        format_duration(pace.every));
        INFO(order);
        SocketDriver driver{playing(hook("data", "", order))};
        const auto client = begin_data(driver);
        driver.send(client, text);
        Duration passed{};
        for (; passed + pace.every < pace.takes; passed += pace.every) driver.advance(pace.every);
        driver.advance(pace.takes - passed - 1ms);
        CHECK(driver.receive(client, 0) == "");
        driver.advance(1ms);
        // The record of DATA itself may count as the first of them.
        driver.advance(pace.every);
        CHECK(driver.receive(client, 0).starts_with("250 OK"));
    }
}

TEST_CASE("inside TLS octets of a message are counted as they were before they were encrypted") {
    const std::string order = "mx.accept():in_body(20, mx.reply(250, nil, \"In the middle\"))";
    const auto profile = playing(hook("data", "", order));
    SocketDriver driver{profile};
    const auto client = begin_data(driver);
    driver.send(client, std::string(19, 'x'));
    driver.advance(0s);
    CHECK(driver.receive(client, 0) == "");
    driver.send(client, "x");
    CHECK(driver.receive(client, 1) == "250 In the middle\r\n");
    driver.send(client, "\r\n.\r\n");
    CHECK(driver.receive(client, 1).starts_with("250 OK"));

    const Record made = record(profile, {{ehlo},
                                         {starttls},
                                         handshake,
                                         {ehlo},
                                         {mail},
                                         {rcpt},
                                         {data},
                                         {std::string(19, 'x'), 0},
                                         {"x"},
                                         {"\r\n.\r\n"}});
    CHECK(shown(behind(made, 7)) ==
          "0s  C- xxxxxxxxxxxxxxxxxxx\n"
          "    C- x\n"
          "    S: 250 In the middle\n"
          "    C:\n"
          "    C: .\n"
          "    S: 250 OK queued as 1.1\n");
}

TEST_CASE("inside TLS virtual time reads slowly as well") {
    const ShippedProfile profile =
        playing(hook("data", "", "mx.accept():read_slowly { octets = 1, every = \"1s\" }"));
    const Record made = record(
        profile, {{ehlo}, {starttls}, handshake, {ehlo}, {mail}, {rcpt}, {data}, {message + dot}});
    CHECK(shown(behind(made, 7)) ==
          " 0s  C: Subject: x\n"
          "     C:\n"
          "     C: Hello\n"
          "     C: .\n"
          "23s  S: 250 OK queued as 1.1\n");
}

}  // namespace fakemx::test
