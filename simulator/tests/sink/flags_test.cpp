// What smtp-sink's flags ask for, and what is said of those that are wrong.
#include "sink/flags.h"

#include <algorithm>

#include "support/catch.h"

using namespace fakemx;
using namespace fakemx::sink;

namespace {

Settings settings_of(const std::vector<Given>& given) {
    const auto settings = read_flags(given);
    INFO((settings ? "" : settings.error().message));
    REQUIRE(settings.has_value());
    return *settings;
}

std::string error_of(const std::vector<Given>& given) {
    const auto settings = read_flags(given);
    return settings ? "" : settings.error().message;
}

}  // namespace

TEST_CASE("The flags are those of smtp-sink's getopt, each once") {
    std::string letters, expected;
    for (const Flag& flag : flags()) {
        letters += flag.letter;
        if (!flag.value.empty()) letters += ':';
        CHECK_FALSE(flag.summary.empty());
    }
    for (const std::string_view flag :
         {"4",  "6",  "8",  "a",  "A:", "b:", "B:", "c",  "C",  "d:", "D:", "e",
          "E",  "f:", "F",  "h:", "H:", "L",  "m:", "M:", "n:", "N",  "p",  "P",
          "q:", "Q:", "r:", "R:", "s:", "S:", "t:", "T:", "u:", "v",  "w:", "W:"})
        expected += flag;
    CHECK(letters == expected);
}

TEST_CASE("Without flags it is smtp-sink as it comes") {
    const Settings settings = settings_of({});
    CHECK(settings.hostname == "smtp-sink");
    CHECK((settings.esmtp && settings.pipelining && settings.auth && settings.dsn));
    CHECK(settings.idle_timeout == 100s);
    CHECK(settings.connections_max == 256);
    CHECK(text_of(settings.soft_reply) == "4.3.0 Error: command failed");
    CHECK(settings.hard_reply.code == 500);
    CHECK(std::none_of(settings.treatments.begin(), settings.treatments.end(),
                       [](const Treatment& treatment) { return treatment.any(); }));
}

TEST_CASE("Lists of commands: blanks and commas, any letter case, and several lists") {
    const Settings settings =
        settings_of({{'r', "mail, RcPt\t.,"}, {'r', "quit"}, {'f', ""}, {'q', "connect"}});
    for (const Moment moment : {Moment::mail, Moment::rcpt, Moment::dot, Moment::quit})
        CHECK(settings.treatment(moment).soft);
    CHECK_FALSE(settings.treatment(Moment::data).any());
    CHECK(settings.treatment(Moment::connect).disconnect);
    CHECK_FALSE(settings.pipelining);
    CHECK(settings_of({{'q', "mail"}}).pipelining);
}

TEST_CASE("Delays, with and without odds; the last one counts") {
    Settings settings = settings_of({{'w', "3"}, {'W', "Rcpt:5"}, {'W', ".:2:40"}});
    CHECK(settings.treatment(Moment::data).delay == 3s);
    CHECK(settings.treatment(Moment::rcpt).delay == 5s);
    CHECK(settings.treatment(Moment::dot).delay == 2s);
    CHECK(settings.treatment(Moment::dot).odds == 40);
    settings = settings_of({{'W', "data:5:9"}, {'w', "1"}, {'A', "0"}, {'t', "7"}});
    CHECK(settings.treatment(Moment::data).delay == 1s);
    CHECK(settings.treatment(Moment::data).odds == 0);
    CHECK(settings.abort_after == Duration::zero());
    CHECK(settings.idle_timeout == 7s);
}

TEST_CASE("Replies of one's own, and what begins each dumped message") {
    const Settings settings =
        settings_of({{'b', "451 4.3.2 Try later"}, {'B', "599"}, {'S', R"(a\n\t\\\101\60x\q\)"}});
    CHECK(to_wire(settings.soft_reply) == "451 4.3.2 Try later\r\n");
    CHECK(settings.hard_reply.code == 599);
    CHECK(settings.dump_start == "a\n\t\\A0xq\\");
}

TEST_CASE("What is wrong with a flag is said with the flag, and with what was expected") {
    CHECK(error_of({{'f', "mail,rcp"}}) ==
          "-f: no command 'rcp'; did you mean 'RCPT'?; there are CONNECT HELO EHLO LHLO XCLIENT "
          "XFORWARD AUTH MAIL RCPT DATA . RSET NOOP VRFY QUIT");
    CHECK(error_of({{'W', "dat:1"}}).starts_with("-W: no command 'dat'; did you mean 'DATA'?"));
    for (const char* text :
         {"rcpt", "rcpt:", "rcpt:0", "rcpt:x", "rcpt:1:0", "rcpt:1:100", "rcpt:1:", "rcpt:1:2:3"}) {
        CHECK(error_of({{'W', text}}) ==
              "-W " + std::string{text} +
                  ": not COMMAND:SECONDS or COMMAND:SECONDS:ODDS with ODDS from 1 to 99");
    }
    CHECK(error_of({{'b', "550 5.0.0 No"}}) ==
          "-b 550 5.0.0 No: not a reply such as '450 4.3.0 Error: command failed'");
    CHECK(error_of({{'B', "5xx No"}}) ==
          "-B 5xx No: not a reply such as '500 5.3.0 Error: command failed'");
    CHECK(error_of({{'b', ""}}).starts_with("-b : not a reply"));
    CHECK(error_of({{'m', "0"}}) == "-m 0: not a number of connections from 1 to 1000000000");
    for (const char letter : {'m', 'M', 'n', 't', 'w', 'H', 'T'}) {
        for (const char* value : {"0", "-1", "x", "", "1.5", "99999999999"})
            CHECK(error_of({{letter, value}})
                      .starts_with(std::string{'-', letter} + " " + value + ": not a number"));
    }
    CHECK(error_of({{'A', "-1"}}).starts_with("-A -1: not a number of seconds from 0"));
    CHECK(error_of({{'d', "a"}, {'D', "b"}}) == "-d and -D: only one of them");
    CHECK(error_of({{'z', ""}}) == "-z: smtp-sink has no such flag");
}

TEST_CASE("The backlog is a number") {
    CHECK(*read_backlog("100") == 100);
    for (const char* text : {"0", "", "x", "-1", "9999999999"})
        CHECK(read_backlog(text).error().message.find("not a backlog") != std::string::npos);
}
