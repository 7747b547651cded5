// fakemx simulate, as a shell would start it.
#include <algorithm>
#include <filesystem>
#include <fstream>

#include "support/catch.h"
#include "support/directory.h"
#include "tests/app/run.h"
#include "tests/script/shipped_profiles.h"

namespace fakemx::test {

using Catch::Matchers::Contains;

TEST_CASE("simulate prints the same report each time", "[simulate]") {
    const std::vector<std::string> words{"simulate",   "netease", "--sender", "postfix",
                                         "--sender",   "exim",    "--seed",   "7",
                                         "--messages", "200"};
    const Outcome once = run(words);
    INFO(once.err);
    CHECK(once.status == 0);
    CHECK(once.out == run(words).out);
    CHECK_THAT(once.out, Contains("postfix sends to netease: 200 messages over 1h, seed 7"));
    CHECK_THAT(once.out, Contains("please try again 15min later"));
    CHECK_THAT(once.out, Contains("time to delivery"));
    CHECK_THAT(once.out, Contains("volume by 5m"));
    CHECK_THAT(once.out, Contains("\nsender "));
}

TEST_CASE("simulate writes JSON, a figure and a journal", "[simulate]") {
    const Directory directory;
    const std::string svg = directory.file("a.svg");
    const std::string journal = directory.file("run.db");
    const Outcome made = run({"simulate", "greylist", "--sender", "postfix", "--messages", "3",
                              "--over", "0s", "--json", "--svg", svg, "--journal", journal});
    INFO(made.err);
    CHECK(made.status == 0);
    CHECK_THAT(made.out, Contains("\"sender\":\"postfix\",\"messages\":3,\"accepted\":3"));
    CHECK_THAT(made.out, Contains("\"limited_by\":[{\"stage\":\"rcpt\",\"code\":451"));
    CHECK_THAT(made.out, Contains("\"first_message_tried_at\":[0.000,300.000]"));
    CHECK(read_file(svg).starts_with("<svg"));
    const Outcome log = run({"log", journal, "--format", "jsonl"});
    CHECK_THAT(log.out, Contains("mta1.sender.example"));
    CHECK(std::count(log.out.begin(), log.out.end(), '\n') == 6);
}

TEST_CASE("the journal of a simulation can be replayed", "[simulate]") {
    const Directory directory;
    const std::string journal = directory.file("run.db");
    const auto simulated = [&](std::vector<std::string> words) {
        std::filesystem::remove(journal);
        words.insert(words.begin(), "simulate");
        words.insert(words.end(), {"--messages", "30", "--journal", journal});
        const Outcome outcome = run(std::move(words));
        INFO(outcome.err);
        CHECK(outcome.status == 0);
        const Outcome replayed = run({"replay", journal});
        INFO(replayed.err);
        CHECK_THAT(replayed.out, Catch::Matchers::StartsWith("identical: "));
        CHECK(replayed.status == 0);
    };
    SECTION("chance and several hosts") {
        simulated({"netease", "--sender", "postfix", "--seed", "7"});
    }
    SECTION("state, and a sender that gives up") {
        simulated(
            {"greylist", "--set", "delay=20d", "--set", "window=30d", "--sender", "opensmtpd"});
    }
    SECTION("TLS") {
        simulated({"tls", "--sender", "exim"});
    }
    SECTION("messages that are longer than what is kept of one") {
        simulated({"flaky-data", "--sender", "qmail", "--message-size", "300000", "--over", "10d"});
    }
    SECTION("another profile for the same arrivals") {
        simulated({"flaky-data", "--sender", "postfix"});
        const Outcome other = run({"replay", journal, "--profile", "accept"});
        CHECK(other.status == 1);
        CHECK_THAT(other.out, Contains("- S: 451 4.3.2 Internal server error"));
    }
}

TEST_CASE("with and without a journal a simulation is the same", "[simulate]") {
    for (const char* profile : {"netease", "flaky-data", "greylist", "magic"}) {
        const Directory directory;
        std::vector<std::string> words{"simulate",   profile, "--sender", "postfix",
                                       "--messages", "60",    "--json"};
        const Outcome without = run(words);
        CHECK(without.status == 0);
        words.insert(words.end(), {"--journal", directory.file("run.db")});
        CHECK(run(words).out == without.out);
    }
}

TEST_CASE("simulate ends as the verdict is", "[simulate]") {
    const Directory directory;
    const std::string profile = directory.file("mine.lua");
    std::ofstream{profile} << "local mx = require 'fakemx'\nmx.profile { summary = 'x' }\n"
                              "function mx.on.rcpt(s, rcpt)\n  return rcpt.nothing\nend\n";
    const Outcome failed = run({"simulate", profile, "--sender", "exim", "--messages", "1"});
    CHECK(failed.status == 1);
    CHECK_THAT(failed.err, Contains("mine.lua:4"));
    // A sender that is refused is no failure of the run.
    CHECK(run({"simulate", "flaky-data", "--set", "tries=1000", "--sender", "haraka", "--messages",
               "1"})
              .status == 0);
    CHECK(
        run({"simulate", "accept", "--sender", "postfix", "--svg", "/nonexistent/a.svg"}).status ==
        3);
}

TEST_CASE("simulate says what is wrong with its options", "[simulate]") {
    const auto wrong = [](std::vector<std::string> more, const std::string& words) {
        std::vector<std::string> all{"simulate", "greylist"};
        all.insert(all.end(), more.begin(), more.end());
        const Outcome outcome = run(all);
        INFO(outcome.err);
        CHECK(outcome.status == 2);
        CHECK_THAT(outcome.err, Contains(words));
    };
    wrong({}, "--sender");
    wrong({"--sender", "posfix"}, "posfix: no such sender in");
    wrong({"--sender", "posfix"}, "did you mean 'postfix'?");
    wrong({"--sender", "postfix", "--messages", "0"}, "--messages 0: not a whole number from 1 to");
    wrong({"--sender", "postfix", "--over", "5"}, "--over 5: not a duration");
    wrong({"--sender", "postfix", "--to", "nobody"}, "--to nobody: not an address");
    wrong({"--sender", "postfix", "--mx", "mx9"}, "--mx mx9: the profile has no such host");
    wrong({"--sender", "postfix", "--sender-set", "x=1"}, "--sender-set x=1: the sender has no");
    wrong({"--sender", "postfix", "--set", "dely=1h"}, "did you mean 'delay'?");
    wrong({"--sender", "postfix", "--epoch", "now"}, "--epoch now: not an instant");
    wrong({"--sender", "postfix", "--message", "3"}, "did you mean '--messages'?");
}

TEST_CASE("check takes the path of a sender, and list names those that are shipped", "[simulate]") {
    const Outcome good = run({"check", "profiles/senders/postfix.lua"});
    CHECK(good.status == 0);
    CHECK_THAT(good.out, Contains("ok; a modelled sender; steps: 1; parameters: "));
    const Directory directory;
    const std::string path = directory.file("mine.lua");
    std::ofstream{path} << "local mx = require 'fakemx'\nmx.sender { sumary = 'x' }\n";
    const Outcome bad = run({"check", path});
    CHECK(bad.status == 2);
    CHECK_THAT(bad.out,
               Contains("mine.lua:2: mx.sender has no field 'sumary'; did you mean 'summary'?"));
    const Outcome list = run({"list", "senders"});
    CHECK(list.status == 0);
    CHECK_THAT(list.out, Contains("opensmtpd"));
}

}  // namespace fakemx::test
