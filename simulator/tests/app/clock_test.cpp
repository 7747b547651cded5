// The stepped clock from the outside: fakemx clock, and a server whose time passes only when it is told.
#include <csignal>
#include <filesystem>
#include <fstream>
#include <sys/stat.h>
#include <thread>

#include "app/run.h"
#include "http/local_client.h"
#include "store/journal_reader.h"
#include "support/blocking_client.h"
#include "support/catch.h"
#include "support/directory.h"

using namespace fakemx;
using namespace fakemx::test;

namespace {

/// The shipped profile `faults` under a stepped clock.
class Stepped {
public:
    Stepped(const std::string& stage, const std::string& fault, std::vector<std::string> more = {})
        : serving_({.words = words(stage, fault, std::move(more))}) {}

    std::uint16_t port() const { return serving_.port(); }
    const std::string& ready() const { return serving_.ready(); }
    std::string socket() const { return directory_.file("control"); }
    std::string journal() const { return directory_.file("run.db"); }
    Outcome clock(std::vector<std::string> order) const {
        order.insert(order.begin(), "clock");
        order.insert(order.end(), {"--control", socket()});
        return run(std::move(order));
    }
    Outcome end() { return serving_.end(SIGTERM); }

private:
    std::vector<std::string> words(const std::string& stage, const std::string& fault,
                                   std::vector<std::string> more) {
        more.insert(more.begin(),
                    {"faults", "--set", "stage=" + stage, "--set", "fault=" + fault, "--listen",
                     "127.0.0.1:0", "--clock", "stepped", "--journal", journal()});
        if (std::find(more.begin(), more.end(), "--step-when-idle") == more.end())
            more.insert(more.end(), {"--control", socket()});
        return more;
    }

    Directory directory_;
    Serving serving_;
};

/// From the greeting to the reply to the final dot.
std::string deliver(Client& client) {
    client.send("EHLO c.test\r\nMAIL FROM:<a@b.test>\r\nRCPT TO:<c@mx.test>\r\nDATA\r\n");
    for (int i = 0; i < 5; ++i) client.reply();
    client.send("Subject: x\r\n\r\nx\r\n.\r\n");
    return client.reply();
}

/// When this event of the session was, from the journal; empty without one.
std::string instant_of(const std::string& journal, std::uint64_t session,
                       const std::string& event) {
    auto reader = store::JournalReader::open(journal);
    std::string instant;
    reader.value().events(session, [&](const store::StoredEvent& stored) {
        const std::string json{stored.json};
        if (json.find('"' + event + '"') == std::string::npos) return true;
        const std::size_t at = json.find(R"("at":")") + 6;
        instant = json.substr(at, json.find('"', at) - at);
        return true;
    });
    return instant;
}

}  // namespace

TEST_CASE("clock: time passes when it is told to, and what is due comes at its instant") {
    Stepped server{"connect", "delay"};
    CHECK(server.ready().find(R"("control":")" + server.socket() + '"') != std::string::npos);
    Client client{server.port()};
    // By the time this is answered the connection has been accepted: both are served by one thread, in turn.
    Outcome shown;
    do {
        shown = server.clock({"show"});
    } while (shown.out == "2026-01-01T00:00:00Z\n");
    CHECK(shown.out == "2026-01-01T00:00:00Z  next: 2026-01-01T00:00:30Z, in 30s\n");
    CHECK(server.clock({"advance", "29s"}).out ==
          "2026-01-01T00:00:29Z  next: 2026-01-01T00:00:30Z, in 1s\n");
    CHECK(server.clock({"next"}).out ==
          "2026-01-01T00:00:30Z  next: 2026-01-01T00:05:30Z, in 5m\n");
    CHECK(client.reply() == "220 mx.fakemx.test ESMTP fakemx\r\n");
    // The idle timeout is on the way.
    CHECK(server.clock({"to", "2026-01-02T00:00:00Z", "--json"}).out ==
          R"({"clock":"stepped","now":"2026-01-02T00:00:00Z","next":null})"
          "\n");
    CHECK(client.rest() == "421 mx.fakemx.test Timeout, closing\r\n[end]");
    CHECK(server.end().status == 0);
    CHECK_FALSE(std::filesystem::exists(server.socket()));
    CHECK(instant_of(server.journal(), 1, "opened") == "2026-01-01T00:00:00Z");
    CHECK(instant_of(server.journal(), 1, "ended") == "2026-01-01T00:05:30Z");
}

TEST_CASE("clock: what cannot be done is said, and changes nothing") {
    Stepped server{"message", "none"};
    const auto refused = [&](std::vector<std::string> order, const std::string& why) {
        const Outcome outcome = server.clock(std::move(order));
        CHECK(outcome.status == 2);
        CHECK(outcome.err.find(why) != std::string::npos);
    };
    refused({"advance", "5"}, "'5' is no duration such as 30m or 1h30m");
    refused({"to", "2025-12-31T23:59:59Z"},
            "2025-12-31T23:59:59Z is over: it is 2026-01-01T00:00:00Z");
    refused({"to", "noon"}, "'noon' is no instant such as 2026-01-01T00:00:00Z");
    refused({"next"}, "the server waits for nothing that time would bring");
    refused({"advanc", "5m"}, "unknown 'clock advanc'; did you mean 'advance'?");
    refused({}, "clock needs one of show, advance, next, to");
    CHECK(server.clock({"show"}).out == "2026-01-01T00:00:00Z\n");

    const auto asked = [&](http::Request request) {
        const auto answer = http::ask(server.socket(), request);
        REQUIRE(answer.has_value());
        return *answer;
    };
    CHECK(asked({.target = "/clack"}).status == 404);
    CHECK(asked({.method = "DELETE", .target = "/clock"}).status == 405);
    for (const std::string body : {"", "{", "[]", "{}", R"({"advance":5})", R"({"by":"5m"})",
                                   R"({"advance":"5m","to":"next"})", "\xff\xfe"}) {
        INFO(body);
        CHECK(asked({.method = "POST", .target = "/clock", .body = body}).status == 400);
    }
    CHECK(asked({.target = "/clock"}).body ==
          R"({"clock":"stepped","now":"2026-01-01T00:00:00Z","next":null})");

    CHECK(run({"clock", "show", "--control", "/nowhere/socket"}).status == 3);
    CHECK(run({"clock", "show"}).status == 2);
}

TEST_CASE("clock: only a stepped one can be moved, and only if somebody can move it") {
    const Directory directory;
    const std::string socket = directory.file("control");
    {
        Serving real{{.words = {"accept", "--listen", "127.0.0.1:0", "--control", socket}}};
        const Outcome moved = run({"clock", "advance", "1h", "--control", socket});
        CHECK(moved.status == 2);
        CHECK(moved.err.find("the clock is 'real' and goes by itself") != std::string::npos);
        const Outcome second =
            run({"serve", "accept", "--listen", "127.0.0.1:0", "--control", socket});
        CHECK(second.status == 3);
        CHECK(second.err.find("another server listens there") != std::string::npos);
        struct stat there {};
        REQUIRE(::stat(socket.c_str(), &there) == 0);
        CHECK((there.st_mode & 0777U) == 0700U);
    }
    // The socket of a server that was killed is in nobody's way.
    Serving killed{{.words = {"accept", "--listen", "127.0.0.1:0", "--control", socket}}};
    killed.end(SIGKILL);
    CHECK(std::filesystem::exists(socket));
    Serving next{{.words = {"accept", "--listen", "127.0.0.1:0", "--control", socket}}};
    CHECK(run({"clock", "show", "--control", socket}).status == 0);

    std::ofstream{directory.file("mine")} << "mine";
    CHECK(run({"serve", "accept", "--listen", "127.0.0.1:0", "--control", directory.file("mine")})
              .status == 3);
    CHECK(run({"serve", "accept", "--clock", "stepped"}).status == 2);
    CHECK(run({"serve", "accept", "--step-when-idle"}).status == 2);
}

TEST_CASE("clock: stepping when idle, a client waits for nothing that the server owes it") {
    Stepped server{"message", "delay", {"--step-when-idle"}};
    Client client{server.port()};
    CHECK(deliver(client) == "250 OK\r\n");
    // It is the client's turn: nobody's time is over while it thinks.
    client.send("NOOP\r\n");
    CHECK(client.reply() == "250 OK\r\n");
    client.send("QUIT\r\n");
    CHECK(client.rest() == "221 Bye\r\n[end]");
    CHECK(server.end().status == 0);
    auto reader = store::JournalReader::open(server.journal());
    const auto stored = reader.value().run().value();
    CHECK(*stored.ended_at - stored.started_at == 30s);
}

TEST_CASE("clock: stepping when idle waits as long as any client could do something") {
    Stepped server{"message", "delay", {"--step-when-idle"}};
    Client other{server.port()};
    CHECK(other.reply().starts_with("220 "));
    Client client{server.port()};
    std::string reply;
    std::thread delivering{[&] { reply = deliver(client); }};
    other.send("NOOP\r\nQUIT\r\n");
    CHECK(other.rest() == "250 OK\r\n221 Bye\r\n[end]");
    delivering.join();
    CHECK(reply == "250 OK\r\n");
    CHECK(server.end().status == 0);
    // The one that left did so before time moved.
    CHECK(instant_of(server.journal(), 1, "ended") == "2026-01-01T00:00:00Z");
}
