// fakemx replay from the outside: what a server has written is the same once more, and whatever is not is said.
#include <csignal>
#include <filesystem>
#include <fstream>

#include "app/run.h"
#include "store/sqlite.h"
#include "support/blocking_client.h"
#include "support/catch.h"
#include "support/directory.h"

using namespace fakemx;
using namespace fakemx::test;

namespace {

constexpr std::string_view profile = R"(
local mx = require "fakemx"
mx.profile {
  summary = "two tries", extensions = { "PIPELINING", "AUTH PLAIN LOGIN" }, users = { ada = "of-the-profile" },
  params = { tries = mx.param.integer(2, "how many tries fail") },
}
local seen = mx.state "seen"
function mx.on.rcpt(s, rcpt)
  if rcpt.attempt <= mx.params.tries then return mx.reply(450, "4.2.0", "Try later") end
end
)";

std::string written(const Directory& directory, const std::string& name, std::string_view text) {
    std::string path = directory.file(name);
    std::ofstream{path} << text;
    return path;
}

void send_message(std::uint16_t port, const std::string& id, std::string_view auth) {
    Client client{port};
    client.send("EHLO c.test\r\n" + std::string{auth} +
                "MAIL FROM:<ada@example.test>\r\nRCPT TO:<u@163.com>\r\nDATA\r\n");
    for (int i = 0; i < 5 + (auth.empty() ? 0 : 1); ++i) client.reply();
    client.send("Message-ID: " + id + "\r\n\r\nhello\r\n.\r\nQUIT\r\n");
    client.rest();
}

/// A run of three messages.
std::string recorded(const Directory& directory, std::vector<std::string> more = {}) {
    const std::string journal = directory.file("run.db");
    std::vector<std::string> words{written(directory, "mine.lua", profile),
                                   "--listen",
                                   "127.0.0.1:0",
                                   "--journal",
                                   journal,
                                   "--seed",
                                   "5"};
    words.insert(words.end(), more.begin(), more.end());
    Serving serving{{.words = std::move(words)}};
    send_message(serving.port(), "<1@x.test>", "");
    send_message(serving.port(), "<1@x.test>", "AUTH PLAIN AGFkYQB0eXBlZC1ieS1hLXBlcnNvbg==\r\n");
    send_message(serving.port(), "<1@x.test>", "");
    CHECK(serving.end(SIGTERM).status == 0);
    return journal;
}

void alter(const std::string& journal, const char* sql) {
    store::Database{journal, store::Database::Mode::create}.execute(sql);
}

}  // namespace

TEST_CASE("replay: a run is the same once more, without its profile's file") {
    const Directory directory;
    const std::string journal = recorded(directory, {"--set", "tries=1"});
    std::filesystem::remove(directory.file("mine.lua"));
    const Outcome outcome = run({"replay", journal});
    CHECK(outcome.err == "");
    CHECK(outcome.out.starts_with("identical: 3 sessions, "));
    CHECK(outcome.status == 0);
}

TEST_CASE("replay: what a client proved itself with is nowhere in the journal") {
    const Directory directory;
    const std::string journal = recorded(directory);
    std::ifstream file{journal, std::ios::binary};
    const std::string octets{std::istreambuf_iterator<char>{file}, {}};
    CHECK(octets.find("of-the-profile") != std::string::npos);  // of the profile's text
    CHECK(octets.find("typed-by-a-person") == std::string::npos);
    CHECK(octets.find("AGFkYQB0eXBlZC1ieS1hLXBlcnNvbg==") == std::string::npos);
    CHECK(octets.find("eXBlZC1ieS1hLXBlcnN") == std::string::npos);
    CHECK(run({"replay", journal}).status == 0);
}

TEST_CASE("replay: the first difference, in the middle of its session") {
    const Directory directory;
    const std::string journal = recorded(directory);
    SECTION("the profile has changed") {
        std::string changed{profile};
        changed.replace(changed.find("Try later"), 9, "Not today");
        const Outcome outcome =
            run({"replay", journal, "--profile", written(directory, "changed.lua", changed)});
        CHECK(outcome.status == 1);
        CHECK(outcome.out.starts_with("different, session 1, at 2"));
        CHECK(outcome.out.find("\n--- " + journal + "\n+++ replay\n") != std::string::npos);
        CHECK(outcome.out.find(
                  "\n  S: 250 Sender OK\n  C: RCPT TO:<u@163.com>\n- S: 450 4.2.0 Try later\n") !=
              std::string::npos);
        CHECK(outcome.out.find("\n+ S: 450 4.2.0 Not today\n") != std::string::npos);
    }
    SECTION("an octet of a client is another one") {
        alter(journal,
              "UPDATE input SET recording = CAST(replace(CAST(recording AS TEXT), 'EHLO c.test', "
              "'EHLO d.test') AS BLOB) WHERE id = (SELECT max(id) FROM input WHERE "
              "instr(recording, CAST('EHLO c.test' AS BLOB)))");
        const Outcome outcome = run({"replay", journal});
        CHECK(outcome.status == 1);
        CHECK(outcome.out.starts_with("different, session 3, at 2"));
        CHECK(outcome.out.find("\n- C: EHLO c.test\n") != std::string::npos);
        CHECK(outcome.out.find("\n+ C: EHLO d.test\n") != std::string::npos);
    }
    SECTION("an attempt is another one") {
        alter(journal, "UPDATE attempt SET number = 7 WHERE id = 2");
        const Outcome outcome = run({"replay", journal});
        CHECK(outcome.out == "different: attempt 2: number was '7' and is '2'\n");
        CHECK(outcome.status == 1);
    }
    SECTION("an event is not there") {
        alter(journal, "DELETE FROM event WHERE id = (SELECT max(id) FROM event)");
        CHECK(run({"replay", journal}).status == 1);
    }
    SECTION("another seed") {
        alter(journal, "UPDATE run SET seed = 'x'");
        const Outcome outcome = run({"replay", journal});
        CHECK(outcome.status == 3);
        CHECK(
            outcome.err.find("cannot be replayed: what the receiver was made of cannot be read") !=
            std::string::npos);
    }
}

TEST_CASE("replay: what cannot be replayed is refused, and says why") {
    const Directory directory;
    const std::string journal = recorded(directory);
    const auto refused = [&](const std::string& path, std::string_view why, int status = 3) {
        const Outcome outcome = run({"replay", path});
        CAPTURE(outcome.err, outcome.out);
        CHECK(outcome.err.find(why) != std::string::npos);
        CHECK(outcome.status == status);
    };
    refused(directory.file("nowhere.db"), "No such file");
    refused(written(directory, "text.db", "no journal"), "not a database");
    SECTION("a journal of schema 2 is read by log alone") {
        alter(journal, "DROP TABLE source; DROP TABLE input; PRAGMA user_version = 2");
        refused(journal, "has recorded no inputs in it");
        CHECK(run({"log", journal, "--format", "csv"}).status == 0);
    }
    SECTION("a journal of schema 4 has its lines of replies in one") {
        alter(journal, "PRAGMA user_version = 4");
        refused(journal, "did not tell the lines of a reply apart");
        const Outcome judged = run({"conform", "--journal", journal});
        CHECK(judged.status == 3);
        CHECK(judged.err.find("cannot be judged") != std::string::npos);
    }
    SECTION("a part of the inputs is missing") {
        alter(journal, "DELETE FROM input WHERE id = 1");
        refused(journal, "cannot be replayed: the recording of the inputs is damaged");
    }
    SECTION("octets that are none of a recording") {
        alter(journal, "UPDATE input SET recording = x'1F1F1F'");
        refused(journal, "cannot be replayed: the recording of the inputs is damaged");
    }
    SECTION("a file that was cut off") {
        std::filesystem::resize_file(journal, std::filesystem::file_size(journal) / 2);
        const Outcome outcome = run({"replay", journal});
        CHECK(outcome.status == 3);
        CHECK(outcome.err.find("malformed") != std::string::npos);
    }
    SECTION("its profile does not load") {
        alter(journal, "UPDATE source SET text = CAST('mx.nonsense()' AS BLOB)");
        refused(journal, "mine.lua:1:");
    }
    SECTION("another profile that does not load is wrong use") {
        const std::string bad = written(directory, "bad.lua", "nonsense");
        const Outcome outcome = run({"replay", journal, "--profile", bad});
        CHECK(outcome.status == 2);
        CHECK(outcome.err.find("bad.lua:1:") != std::string::npos);
    }
}

TEST_CASE("replay: a server that was killed") {
    const Directory directory;
    const std::string journal = directory.file("run.db");
    Serving serving{{.words = {"accept", "--listen", "127.0.0.1:0", "--journal", journal}}};
    send_message(serving.port(), "<1@x.test>", "");
    Client half{serving.port()};
    half.reply();
    half.send("EHLO c.test\r\n");
    half.reply();
    serving.end(SIGKILL);
    const Outcome outcome = run({"replay", journal});
    CHECK(outcome.out.find("as far as the journal goes") != std::string::npos);
    CHECK(outcome.status == 0);
}

TEST_CASE("replay: what was done to the state and to the clock from outside") {
    const Directory directory;
    const std::string journal = directory.file("run.db"), control = directory.file("mx.sock");
    Serving serving{{.words = {"greylist", "--listen", "127.0.0.1:0", "--journal", journal,
                               "--clock", "stepped", "--control", control}}};
    const auto order = [&](std::vector<std::string> words) {
        words.insert(words.end(), {"--control", control});
        const Outcome outcome = run(std::move(words));
        CAPTURE(outcome.err);
        REQUIRE(outcome.status == 0);
        return outcome.out;
    };
    send_message(serving.port(), "<1@x.test>", "");
    const std::string snapshot =
        written(directory, "state.json", order({"state", "show", "--json"}));
    order({"clock", "advance", "1h"});
    send_message(serving.port(), "<1@x.test>", "");  // by now it is welcome
    order({"state", "reset"});
    send_message(serving.port(), "<1@x.test>", "");  // and is not known any more
    order({"state", "load", snapshot});
    order({"clock", "advance", "1h"});
    send_message(serving.port(), "<1@x.test>", "");
    order({"state", "set", "mine", "k", "counter=3"});
    order({"state", "forget", "mine"});
    CHECK(serving.end(SIGTERM).status == 0);
    const Outcome outcome = run({"replay", journal});
    CAPTURE(outcome.out, outcome.err);
    CHECK(outcome.status == 0);
    CHECK(outcome.out.starts_with("identical: 4 sessions, "));
}
