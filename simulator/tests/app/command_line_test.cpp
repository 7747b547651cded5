// The program as a whole: help, versions, mistakes; check and list.
#include <fstream>

#include "app/run.h"
#include "app/version.h"
#include "support/catch.h"
#include "support/directory.h"

using namespace fakemx;
using namespace fakemx::test;

TEST_CASE("help goes to stdout, fits a terminal, and has examples") {
    for (const std::vector<std::string>& words : {std::vector<std::string>{"--help"},
                                                  {"serve", "--help"},
                                                  {"sink", "--help"},
                                                  {"check", "--help"},
                                                  {"log", "--help"},
                                                  {"list", "--help"}}) {
        const Outcome outcome = run(words);
        INFO(outcome.out);
        CHECK(outcome.status == 0);
        CHECK(outcome.err.empty());
        CHECK(outcome.out.find("Usage: fakemx") != std::string::npos);
        CHECK(outcome.out.find("FAKEMX_SEED") == std::string::npos);
        if (words.front() != "list") CHECK(outcome.out.find("Examples:\n") != std::string::npos);
        std::size_t begin = 0;
        for (std::size_t end = 0; (end = outcome.out.find('\n', begin)) != std::string::npos;
             begin = end + 1) {
            CHECK(end - begin <= 110);
        }
    }
}

TEST_CASE("the version") {
    const Outcome outcome = run({"--version"});
    CHECK(outcome.status == 0);
    CHECK(outcome.out == "fakemx " + std::string{version_text} + "\n");
}

TEST_CASE("mistakes on the command line end with 2 and a hint") {
    const Outcome nothing = run(std::vector<std::string>{});
    CHECK(nothing.status == 2);
    CHECK(nothing.out.empty());
    CHECK(nothing.err.find("Usage: fakemx") != std::string::npos);
    const Outcome unknown = run({"srve", "accept"});
    CHECK(unknown.status == 2);
    CHECK(unknown.err.starts_with("error: unknown subcommand 'srve'; did you mean 'serve'?\n"));
    CHECK(run({"list"}).status == 2);
    CHECK(run({"list", "profles"}).status == 2);
    CHECK(run({"check"}).status == 2);
}

TEST_CASE("check: a line for each profile, good or bad") {
    const Directory directory;
    std::ofstream{directory.file("bad.lua")} << "local mx = require 'fakemx'\n\n"
                                                "mx.profile { summary = 'x' }\n"
                                                "function mx.on.rctp(s) end\n";
    const Outcome outcome = run({"check", "flaky-data", directory.file("bad.lua"), "absent"});
    CHECK(outcome.status == 2);
    CHECK(outcome.err.empty());
    CHECK(outcome.out.starts_with(
        "flaky-data: ok; hosts: mx.fakemx.test; hooks: message; parameters: "
        "stall=0s tries=2\n" +
        directory.file("bad.lua") + ":4: "));
    CHECK(outcome.out.find("'rcpt'") != std::string::npos);
    CHECK(outcome.out.find("absent: no such profile") != std::string::npos);
    const Outcome good =
        run({.words = {"check", "flaky-data"}, .environment = {{"FAKEMX_SET", "tries=5"}}});
    CHECK(good.status == 0);
    CHECK(good.out.find("tries=5") != std::string::npos);
}

TEST_CASE("list parameters: name, value and meaning of each") {
    const Outcome outcome = run({"list", "parameters", "flaky-data"});
    CHECK(outcome.status == 0);
    CHECK(outcome.out.starts_with("stall  0s"));
    CHECK(outcome.out.find("\ntries  2 ") != std::string::npos);
    CHECK(run({"list", "parameters", "flakey-data"}).status == 2);
}

TEST_CASE("list profiles: name and summary of all, and where they are") {
    const Outcome outcome = run({"list", "profiles"});
    CHECK(outcome.status == 0);
    for (const std::string_view name : {"accept", "flaky-data", "greylist", "netease"}) {
        CHECK(outcome.out.find(std::string{name} + " ") != std::string::npos);
    }
    CHECK(outcome.out.ends_with("They are in profiles.\n"));
}
