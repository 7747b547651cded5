// fakemx sink from the outside: its command line, and names of dump files.
#include <cstdlib>
#include <ctime>

#include "app/run.h"
#include "app/sink_files.h"
#include "app/sink_place.h"
#include "support/catch.h"
#include "support/directory.h"

using namespace fakemx;
using namespace fakemx::test;

TEST_CASE("sink: what is wrong with the command line ends with 2 and names it") {
    for (const auto& [words, message] :
         std::vector<std::pair<std::vector<std::string>, std::string>>{
             {{"-f", "rcp", ":0", "5"}, "-f: no command 'rcp'; did you mean 'RCPT'?"},
             {{"-m", "none", ":0", "5"}, "-m none: not a number of connections"},
             {{"-vcz", ":0", "5"}, "-z"},
             {{"--jurnal", "x", ":0", "5"}, "unknown option --jurnal; did you mean '--journal'?"},
             {{"-f"}, "-f"},
             {{":0"}, "BACKLOG is required"},
             {{":0", "0"}, "0: not a backlog"},
             {{"127.0.0.1", "5"}, "127.0.0.1: no port"},
             {{"127.0.0.1:99999", "5"}, "127.0.0.1:99999: a port is at most 65535"},
             {{"unix:", "5"}, "unix:: no path"},
             {{"-u", "no-such-user-here", "127.0.0.1:0", "5"},
              "-u no-such-user-here: no such user"},
             {{"-R", "/", "--journal", "run.db", "127.0.0.1:0", "5"}, "-R with --journal"},
             {{"--clock", "x0", "127.0.0.1:0", "5"}, "--clock x0"},
             {{"--seed", "x", "127.0.0.1:0", "5"}, "--seed x"}}) {
        std::vector<std::string> line{"sink"};
        line.insert(line.end(), words.begin(), words.end());
        const Outcome outcome = run(line);
        INFO(outcome.err);
        CHECK(outcome.status == 2);
        CHECK(outcome.out.empty());
        CHECK(outcome.err.find(message) != std::string::npos);
    }
}

TEST_CASE("sink: of flags that contradict each other the last one counts") {
    // The message names which of them it was.
    const auto error = [](std::vector<std::string> words) {
        words.insert(words.begin(), "sink");
        words.insert(words.end(), {"127.0.0.1:0", "5"});
        return run(words).err;
    };
    CHECK(error({"-4", "-6"}).find("127.0.0.1:0: ") != std::string::npos);
    CHECK(error({"-vcm5", "-64", "-Mx"}) == "error: -M x: not a number from 1 to 1000000000\n");
    CHECK(error({"-m", "x", "-M", "y"}).starts_with("error: -m x: "));
    CHECK(error({"-M", "y", "-m", "x"}).starts_with("error: -M y: "));
    CHECK(error({"-m", "5", "-f", "rcpt", "-m", "6", "-f", "nope"}).starts_with("error: -f: "));
}

TEST_CASE("sink: where it listens") {
    const auto at = [](const std::string& text, sink::Family family = sink::Family::any) {
        const auto place = app::sink_place(text, family);
        return place ? app::format(*place) : "error";
    };
    CHECK(at("127.0.0.1:2525") == "127.0.0.1:2525");
    CHECK(at("inet:127.0.0.1:2525") == "127.0.0.1:2525");
    CHECK(at("[::1]:2525") == "[::1]:2525");
    CHECK(at("::1:2525") == "[::1]:2525");
    CHECK(at(":2525", sink::Family::ipv4) == "0.0.0.0:2525");
    CHECK(at("2525", sink::Family::ipv4) == "0.0.0.0:2525");
    CHECK(at(":2525", sink::Family::ipv6) == "[::]:2525");
    CHECK(at("127.0.0.1:2525", sink::Family::ipv6) == "error");
    CHECK(at("unix:/tmp/x") == "unix:/tmp/x");
    CHECK(at("no host:25") == "error");
}

TEST_CASE("sink: names of dump files") {
    ::setenv("TZ", "UTC-2", 1);
    ::tzset();
    CHECK(app::expanded("%Y%m%d%H/%M.", default_epoch + 61s) == "2026010102/01.");
    CHECK(app::expanded("plain", default_epoch).size() == 5);
    CHECK(app::expanded("", default_epoch).empty());
    ::unsetenv("TZ");
    ::tzset();
}
