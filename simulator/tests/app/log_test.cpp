// fakemx log: every format, to the octet.
#include <fcntl.h>
#include <unistd.h>

#include "app/bounce_table.h"
#include "app/run.h"
#include "store/sqlite_journal.h"
#include "support/catch.h"
#include "support/directory.h"

using namespace fakemx;
using namespace fakemx::test;

namespace {

constexpr Instant epoch = default_epoch;

journal::AttemptRecord attempt(std::uint64_t id, std::uint64_t delivery, std::uint32_t number,
                               Duration after, int code, std::string text) {
    journal::AttemptRecord record;
    record.id = id;
    record.session = SessionId{id};
    record.transaction = 1;
    record.delivery = journal::DeliveryId{delivery};
    record.number = number;
    record.at = epoch + after;
    record.ended_at = epoch + after;
    record.sending_ip = "192.0.2.1";
    record.helo = "mta.example.test";
    record.mail_from = "ada@example.test";
    record.recipient = "u" + std::to_string(delivery) + "@163.com";
    record.stage = smtp::Hook::message;
    record.code = code;
    record.text = std::move(text);
    record.outcome = code < 400   ? journal::Outcome::accepted
                     : code < 500 ? journal::Outcome::deferred
                                  : journal::Outcome::rejected;
    record.identity = "<" + std::to_string(delivery) + "@x.test>";
    record.header_from_domain = "example.test";
    record.message_octets = 120;
    return record;
}

/// A journal with one of everything.
void write_journal(const std::string& path) {
    auto made = store::SqliteJournal::create(
        path, {.version = "0", .profile = "mine", .seed = 7, .clock = "x60", .started_at = epoch},
        nullptr);
    REQUIRE(made.has_value());
    journal::Batch batch;
    batch.attempts = {
        attempt(1, 1, 1, 0s, 451, "4.3.2 Internal server error"),
        attempt(2, 1, 2, 200s, 250, "2.0.0 OK, \"queued\""),
        attempt(3, 2, 1, 201s, 550, "User not found:\r\n网易\x1b[31m"),
        attempt(4, 3, 1, 202s, 250, "OK"),
        attempt(5, 3, 2, 203s, 250, "OK"),
        attempt(6, 4, 1, 204s, 451, "DT:SPM"),
        attempt(7, 5, 1, 205s, 451, "a"),
        attempt(8, 5, 2, 210s, 451, "b"),
    };
    journal::AttemptRecord nobody = attempt(9, 1, 1, 300s, 554, "no");
    nobody.delivery.reset();
    nobody.recipient.clear();
    nobody.mail_from.clear();
    nobody.helo.clear();
    nobody.identity.clear();
    nobody.header_from_domain.clear();
    nobody.message_octets.reset();
    nobody.stage = smtp::Hook::connect;
    batch.attempts.push_back(nobody);
    for (std::uint64_t id = 1; id <= 9; ++id) {
        batch.sessions.push_back({.id = SessionId{id},
                                  .host = "mx.test",
                                  .client = "192.0.2.1",
                                  .opened_at = epoch,
                                  .helo = "",
                                  .ended_at = std::nullopt,
                                  .ended = ""});
    }
    std::uint32_t number = 0;
    const auto add = [&](std::uint64_t session, Duration after, journal::EventBody body) {
        batch.events.push_back({SessionId{session}, ++number, epoch + after, std::move(body)});
    };
    add(2, 0s, journal::Opened{"mx.test", "192.0.2.1"});
    add(2, 0s,
        smtp::Answered{
            .stage = smtp::Hook::connect, .code = 220, .text = "mx.test", .accepted = true});
    add(2, 10ms, smtp::CommandSeen{.line = "NOOP \"a\\b\"", .pipelined = true});
    add(2, 5min, smtp::Answered{.stage = smtp::Hook::noop, .code = 250, .text = "OK", .after = 3s});
    add(2, 5min, smtp::MessageSeen{.octets = 120, .lines = 4});
    add(2, 5min, smtp::Anomaly{smtp::Anomaly::Kind::bare_lf, "a\nb"});
    add(2, 5min, journal::Note{smtp::Hook::noop, "seen"});
    add(2, 5min, journal::ScriptFailed{smtp::Hook::noop, "a.lua:1: x", "traceback"});
    add(2, 5min, smtp::Answered{.stage = smtp::Hook::vrfy, .silent = true});
    add(2, 5min, smtp::Ended{smtp::Ended::How::client_lost, "Connection reset by peer"});
    add(1, 0s, journal::Opened{"mx.test", "192.0.2.1"});
    made.value()->write(batch);
    REQUIRE_FALSE(made.value()->finish(epoch + 210s + 21s));
}

struct Written {
    Directory directory;
    std::string path = directory.file("run.db");
    Written() { write_journal(path); }
    std::string log(std::vector<std::string> words) const {
        words.insert(words.begin(), {"log", path});
        const Outcome outcome = run(words);
        CHECK(outcome.status == 0);
        CHECK(outcome.err.empty());
        return outcome.out;
    }
};

}  // namespace

TEST_CASE("log: csv is RFC 4180 with the fourteen columns") {
    const std::string csv = Written{}.log({"--format", "csv"});
    const std::string expected =
        "timestamp,sending_ip,helo_name,mail_from_domain,header_from_domain,recipient_domain,smtp_"
        "stage,"
        "smtp_reply_code,smtp_reply_text,message_template_id,message_size_bytes,attachment_types,"
        "retry_count,final_queue_status\r\n"
        "2026-01-01T00:00:00Z,192.0.2.1,mta.example.test,example.test,example.test,163.com,end-of-"
        "data,"
        "451,4.3.2 Internal server error,,120,,0,delivered\r\n"
        "2026-01-01T00:03:20Z,192.0.2.1,mta.example.test,example.test,example.test,163.com,end-of-"
        "data,"
        "250,\"2.0.0 OK, \"\"queued\"\"\",,120,,1,delivered\r\n";
    CHECK(csv.substr(0, expected.size()) == expected);
    CHECK(csv.find("550,\"User not found:\r\n网易\x1b[31m\",,120,,0,bounced\r\n") !=
          std::string::npos);
    CHECK(csv.ends_with("2026-01-01T00:05:00Z,192.0.2.1,,,,,connect,554,no,,,,0,bounced\r\n"));
}

TEST_CASE("log: jsonl has the keys in order, null for what is not known") {
    const std::string lines = Written{}.log({"--format", "jsonl"});
    CHECK(lines.starts_with(
        R"({"timestamp":"2026-01-01T00:00:00Z","sending_ip":"192.0.2.1","helo_name":"mta.example.test",)"
        R"("mail_from_domain":"example.test","header_from_domain":"example.test",)"
        R"("recipient_domain":"163.com","smtp_stage":"end-of-data","smtp_reply_code":451,)"
        R"("smtp_reply_text":"4.3.2 Internal server error","message_template_id":null,)"
        R"("message_size_bytes":120,"attachment_types":null,"retry_count":0,)"
        R"("final_queue_status":"delivered"})"
        "\n"));
    CHECK(std::count(lines.begin(), lines.end(), '\n') == 9);
}

TEST_CASE("log: the table is aligned, leaves out empty columns, and cannot drive a terminal") {
    const std::string table = Written{}.log({});
    CHECK(table.find("template") == std::string::npos);
    CHECK(table.find("attachment") == std::string::npos);
    CHECK(table.find('\x1b') == std::string::npos);
    CHECK(table.find("User not found:\\x0d\\x0a网易\\x1b[31m") != std::string::npos);
    // All rows have their status in the same place; 网易 takes four columns and six octets.
    const std::size_t header_at = table.find('\n', table.find('\n') + 1) + 1;
    std::vector<std::size_t> places;
    for (const std::string_view status : {"delivered", "duplicated", "deferred", "expired"}) {
        const std::size_t at = table.find(status, header_at);
        REQUIRE(at != std::string::npos);
        places.push_back(at - table.rfind('\n', at));
    }
    CHECK(std::count(places.begin(), places.end(), places.front()) == 4);
    CHECK(run({"log", "no.db"}).status == 3);
}

TEST_CASE("log: the timeline tells what became of each delivery") {
    CHECK(Written{}.log({"--timeline"}) ==
          R"(ada@example.test → u1@163.com  <1@x.test>
  try 1  2026-01-01T00:00:00Z          192.0.2.1  mx.test #1  end-of-data: 451 4.3.2 Internal server error  deferred
  try 2  2026-01-01T00:03:20Z +3m20s   192.0.2.1  mx.test #2  end-of-data: 250 2.0.0 OK, "queued"  accepted
  delivered on try 2, 3m20s after the first

ada@example.test → u2@163.com  <2@x.test>
  try 1  2026-01-01T00:03:21Z          192.0.2.1  mx.test #3  end-of-data: 550 User not found:\x0d\x0a网易\x1b[31m  rejected
  bounced: 550 User not found:\x0d\x0a网易\x1b[31m at end-of-data on try 1

ada@example.test → u3@163.com  <3@x.test>
  try 1  2026-01-01T00:03:22Z          192.0.2.1  mx.test #4  end-of-data: 250 OK  accepted
  try 2  2026-01-01T00:03:23Z +1s      192.0.2.1  mx.test #5  end-of-data: 250 OK  accepted
  duplicated: accepted 2 times, on tries 1 and 2

ada@example.test → u4@163.com  <4@x.test>
  try 1  2026-01-01T00:03:24Z          192.0.2.1  mx.test #6  end-of-data: 451 DT:SPM  deferred
  deferred: 1 try, the last one 27s before the end

ada@example.test → u5@163.com  <5@x.test>
  try 1  2026-01-01T00:03:25Z          192.0.2.1  mx.test #7  end-of-data: 451 a  deferred
  try 2  2026-01-01T00:03:30Z +5s      192.0.2.1  mx.test #8  end-of-data: 451 b  deferred
  expired: 2 tries in 5s, then nothing for 21s

Before a recipient was named:
  2026-01-01T00:05:00Z  192.0.2.1  mx.test #9  connect: 554 no  rejected

5 deliveries: 1 delivered, 1 duplicated, 1 bounced, 1 expired, 1 deferred; 9 attempts in 9 sessions
)");
}

TEST_CASE("log: the canonical form has no times, and sessions in their order") {
    CHECK(Written{}.log({"--canonical"}) ==
          R"({"profile":"mine","seed":7}
{"session":1,"number":11,"event":"opened","host":"mx.test","client":"192.0.2.1"}
{"session":2,"number":1,"event":"opened","host":"mx.test","client":"192.0.2.1"}
{"session":2,"number":2,"event":"reply","stage":"connect","code":220,"text":"mx.test","accepted":true}
{"session":2,"number":3,"event":"command","line":"NOOP \"a\\\\b\""}
{"session":2,"number":4,"event":"reply","stage":"noop","code":250,"text":"OK","after":"3s"}
{"session":2,"number":5,"event":"message","octets":120,"lines":4}
{"session":2,"number":6,"event":"anomaly","kind":"bare_lf","detail":"a\\nb"}
{"session":2,"number":7,"event":"note","hook":"noop","text":"seen"}
{"session":2,"number":8,"event":"script_failed","hook":"noop","message":"a.lua:1: x","traceback":"traceback"}
{"session":2,"number":9,"event":"reply","stage":"vrfy","silent":true}
{"session":2,"number":10,"event":"ended","how":"client_lost"}
)");
}

TEST_CASE("log: a transcript is the dialogue, with the waits in it") {
    const Written written;
    CHECK(written.log({"--transcript", "2"}) ==
          R"(# session 2: 192.0.2.1 → mx.test, 2026-01-01T00:00:00Z
S: 220 mx.test
C: NOOP "a\\b"
+5m
S: 250 OK   # held back for 3s
C: # the message: 120 octets in 4 lines
C: .
# bare_lf: a\nb
# note of noop: seen
# the hook noop failed: a.lua:1: x
S: # nothing, from here on
# ended: client_lost: Connection reset by peer
)");
    CHECK(written.log({"--transcript"})
              .starts_with("# session 1: 192.0.2.1 → mx.test, 2026-01-01T00:00:00Z\n\n"));
    CHECK(written.log({"--transcript", "77"}).empty());
}

TEST_CASE("log: wrong use and unreadable journals") {
    const Written written;
    CHECK(run({"log"}).status == 2);
    CHECK(run({"log", written.path, "--format", "xml"}).status == 2);
    CHECK(run({"log", written.path, "--timeline", "--canonical"}).status == 2);
    CHECK(run({"log", written.path, "--transcript", "x"}).err ==
          "error: --transcript x: not the number of a session\n");
    const Outcome absent = run({"log", "absent.db"});
    CHECK(absent.status == 3);
    CHECK(absent.err == "error: absent.db: No such file or directory\n");
    CHECK(run({.words = {"log"},
               .environment = {{"FAKEMX_JOURNAL", written.path}, {"FAKEMX_FORMAT", "csv"}}})
              .out.starts_with("timestamp,"));
}

TEST_CASE("log: a stdout that takes nothing is an error") {
    const Written written;
    for (const std::string format : {"table", "csv", "jsonl"}) {
        const Outcome full = run({.words = {"log", written.path, "--format", format}, .before = [] {
                                      ::dup2(::open("/dev/full", O_WRONLY), STDOUT_FILENO);
                                  }});
        CHECK(full.status == 3);
        CHECK(full.err == "error: stdout: No space left on device\n");
    }
    const Outcome closed = run(
        {.words = {"log", written.path, "--timeline"}, .before = [] { ::close(STDOUT_FILENO); }});
    CHECK(closed.status == 3);
    const Outcome left = run({.words = {"log", written.path, "--canonical"}, .before = [] {
                                  int ends[2];
                                  if (::pipe(ends) != 0) ::_exit(99);
                                  ::close(ends[0]);
                                  ::dup2(ends[1], STDOUT_FILENO);
                              }});
    CHECK(left.status == 3);
    CHECK(left.err.empty());
}

TEST_CASE("log: an empty journal is said to be so") {
    const Directory directory;
    auto made =
        store::SqliteJournal::create(directory.file("run.db"), {.started_at = epoch}, nullptr);
    REQUIRE(made.has_value());
    made.value()->finish(epoch);
    const Outcome outcome = run({"log", directory.file("run.db")});
    CHECK(outcome.status == 0);
    CHECK(outcome.out.empty());
    CHECK(outcome.err == "no attempts yet\n");
}
