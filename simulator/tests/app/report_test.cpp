// fakemx report, as a shell would start it, on journals that profiles and the store have written.
#include <fstream>

#include <fmt/format.h>

#include "diagnosis/facet.h"
#include "store/sqlite_journal.h"
#include "support/catch.h"
#include "support/directory.h"
#include "tests/app/run.h"
#include "tests/script/shipped_profiles.h"

namespace fakemx::test {

using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace {

/// The journal of a modelled sender.
std::string simulated(const Directory& directory, std::vector<std::string> words,
                      const std::string& name = "run.db") {
    const std::string journal = directory.file(name);
    words.insert(words.begin(), "simulate");
    words.insert(words.end(), {"--journal", journal});
    const Outcome outcome = run(std::move(words));
    INFO(outcome.err);
    REQUIRE(outcome.status == 0);
    return journal;
}

std::string message_of(int number, bool with_archive) {
    return fmt::format(
        "Message-ID: <{0}@a.test>\r\nFrom: ann@a.test\r\nSubject: {0}\r\n"
        "Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\nHello\r\n"
        "--x\r\nContent-Type: application/octet-stream\r\n"
        "Content-Disposition: attachment; filename=\"file.{1}\"\r\n\r\ndata\r\n--x--\r\n",
        number, with_archive ? "zip" : "pdf");
}

/// A receiver that took everything but archives, as the store keeps it.
std::string without_archives(const Directory& directory) {
    const std::string path = directory.file("archives.db");
    auto journal = store::SqliteJournal::create(path,
                                                {.version = "test",
                                                 .profile = "made-up",
                                                 .seed = 1,
                                                 .clock = "virtual",
                                                 .started_at = default_epoch},
                                                nullptr);
    REQUIRE(journal.has_value());
    journal::Batch batch;
    for (int i = 1; i <= 90; ++i) {
        const bool archive = i % 4 == 0;
        const Instant at = default_epoch + std::chrono::minutes{i};
        const SessionId session{static_cast<std::uint64_t>(i)};
        batch.sessions.push_back({.id = session,
                                  .host = "mx.test",
                                  .client = "192.0.2.1",
                                  .opened_at = at,
                                  .helo = "mta.a.test",
                                  .ended_at = at,
                                  .ended = "quit",
                                  .peer = "192.0.2.1"});
        journal::AttemptRecord& attempt = batch.attempts.emplace_back();
        attempt.id = static_cast<std::uint64_t>(i);
        attempt.session = session;
        attempt.transaction = 1;
        attempt.delivery = journal::DeliveryId{attempt.id};
        attempt.at = at;
        attempt.ended_at = at;
        attempt.sending_ip = i % 3 == 0 ? "192.0.2.1" : "192.0.2.2";
        attempt.helo = "mta.a.test";
        attempt.mail_from = "ann@a.test";
        attempt.recipient = fmt::format("bob{}@163.com", i);
        attempt.stage = smtp::Hook::message;
        attempt.code = archive ? 451 : 250;
        attempt.text = archive ? "4.3.2 Internal server error" : "OK";
        attempt.cause = archive ? "the scanner does not know archives" : "";
        attempt.outcome = archive ? journal::Outcome::deferred : journal::Outcome::accepted;
        attempt.taken = !archive;
        attempt.identity = fmt::format("{}@a.test", i);
        attempt.header_from_domain = "a.test";
        const std::string content = message_of(i, archive);
        attempt.message_octets = content.size();
        batch.messages.push_back({.session = session,
                                  .transaction = 1,
                                  .at = at,
                                  .identity = attempt.identity,
                                  .octets = content.size(),
                                  .content = content});
    }
    (*journal)->write(std::move(batch));
    REQUIRE_FALSE((*journal)->finish(default_epoch + 2h).has_value());
    return path;
}

}  // namespace

TEST_CASE(
    "report finds that senders without SPF fail, in a fleet whose senders count their messages "
    "alike",
    "[report]") {
    const Directory directory;
    const std::string profile = directory.file("spf.lua");
    std::ofstream{profile} << R"(local mx = require "fakemx"
mx.profile {
  summary = "wants SPF",
  domains = { "163.com" },
  zones = {
    ["good.example"] = { txt = "v=spf1 +all" }, ["fine.example"] = { txt = "v=spf1 +all" },
    ["bare.example"] = {}, ["bald.example"] = {},
  },
}
function mx.on.message(s, message)
  if message.spf ~= "pass" then return mx.reply(451, "4.3.2", "Internal server error") end
end
)";
    std::vector<std::string> words{"report"};
    for (const std::string domain : {"good", "fine", "bare", "bald"})
        words.push_back(
            simulated(directory,
                      {profile, "--sender", "postfix", "--messages", "40", "--over", "2h", "--for",
                       "4h", "--from", "a@" + domain + ".example", "--helo", "mta.sender.example"},
                      domain + ".db"));
    const Outcome outcome = run(words);
    INFO(outcome.out << outcome.err);
    CHECK(outcome.status == 0);
    CHECK_THAT(outcome.out, Contains("one thing in common: the authentication spf=none (80 of 80"));
    CHECK_THAT(outcome.out, Contains("Deliveries: 80 delivered, 80 open"));
}

TEST_CASE("report finds the type of attachments behind a refusal", "[report]") {
    const Directory directory;
    const std::string journal = without_archives(directory);
    const Outcome outcome = run({"report", journal});
    INFO(outcome.err);
    CHECK(outcome.status == 0);
    CHECK_THAT(outcome.out, Contains("one thing in common: the attachment type zip (22 of 22"));
    CHECK_THAT(outcome.out, Contains("the scanner does not know archives"));
    const Outcome evidence = run({"report", journal, "--evidence"});
    CHECK(evidence.status == 0);
    CHECK_THAT(evidence.out, StartsWith("Sender domain: a.test\nSending IP: 192.0.2.1"));
    CHECK_THAT(evidence.out, Contains("\nReply: 451 4.3.2 Internal server error\n"));
    CHECK_THAT(evidence.out, Contains("\nAttachment types: zip\n"));
    CHECK_THAT(evidence.err, Contains("no authentication results of a.test"));
}

TEST_CASE("report says what a greylist looks like from outside, in all forms", "[report]") {
    const Directory directory;
    const std::string journal = simulated(
        directory, {"greylist", "--sender", "postfix", "--messages", "60", "--over", "2h"});
    const std::string page = directory.file("report.html");
    const std::string figures = directory.file("figures");
    const std::string figure = directory.file("all.svg");
    const Outcome outcome = run({"report", journal, "--html", page, "--svg", figures, "--by",
                                 "reply", "--interval", "30m"});
    INFO(outcome.err);
    CHECK(outcome.status == 0);
    CHECK_THAT(outcome.out, Contains("First tries fail, retries do not: 60 of 60 deliveries"));
    CHECK_THAT(outcome.out, Contains("Volume by 30m"));
    CHECK_THAT(outcome.out, Contains("rcpt: 451 4.7.1"));
    CHECK_THAT(read_file(page), StartsWith("<!DOCTYPE html>"));
    for (const char* name : {"volume", "latency", "retries"})
        CHECK_THAT(read_file(fmt::format("{}/{}.svg", figures, name)), StartsWith("<svg"));
    CHECK(run({"report", journal, "--svg", figure}).out == run({"report", journal}).out);
    CHECK_THAT(read_file(figure), StartsWith("<svg"));
    const Outcome json = run({"report", journal, "--json"});
    CHECK_THAT(json.out, StartsWith("{\"journals\":[{"));
    CHECK_THAT(json.out, Contains("\"finding\":\"first-try\""));
}

TEST_CASE("report puts journals together, or keeps them apart", "[report]") {
    const Directory directory;
    const std::vector<std::string> words{"flaky-data", "--sender", "postfix", "--messages", "5"};
    const std::string one = simulated(directory, words, "one.db");
    const std::string two = simulated(directory, words, "two.db");
    const Outcome together = run({"report", one, two});
    CHECK(together.status == 0);
    CHECK_THAT(together.out, Contains("5 deliveries accepted in several journals"));
    const Outcome apart = run({"report", one, two, "--apart"});
    CHECK_THAT(apart.out, Contains("10 delivered"));
}

TEST_CASE("the report's page names every key", "[report]") {
    const std::string page = read_file("docs/reference/report.md");
    for (const std::string_view key : diagnosis::facet_names()) {
        INFO(key);
        CHECK(page.find(fmt::format("`{}`", key)) != std::string::npos);
    }
}

TEST_CASE("report tells wrong use from a journal that cannot be read", "[report]") {
    const Directory directory;
    CHECK(run({"report"}).status == 2);
    const Outcome key = run({"report", "x.db", "--by", "stages"});
    CHECK(key.status == 2);
    CHECK_THAT(key.err, Contains("did you mean 'stage'?"));
    CHECK(run({"report", "x.db", "--interval", "15"}).status == 2);
    CHECK(run({"report", "x.db", "--sender", "a.test"}).status == 2);
    const Outcome missing = run({"report", directory.file("missing.db")});
    CHECK(missing.status == 3);
    CHECK_THAT(missing.err, Contains("No such file"));
    const Outcome other = run({"report", "README.md"});
    CHECK(other.status == 3);
    CHECK_THAT(other.err, Contains("README.md: "));
}

TEST_CASE("report keeps people from what they cannot mean", "[report]") {
    const Directory directory;
    const std::string journal = without_archives(directory);
    const Outcome twice = run({"report", journal, journal});
    CHECK(twice.status == 3);
    CHECK_THAT(twice.err, Contains("is the same journal as"));
    const Outcome over = run({"report", journal, "--html", journal});
    CHECK(over.status == 2);
    CHECK_THAT(over.err, Contains("would be lost"));
    const Outcome sender = run({"report", journal, "--evidence", "--sender", "a.tset"});
    CHECK(sender.status == 2);
    CHECK_THAT(sender.err, Contains("no such sender in these journals; did you mean 'a.test'?"));
    CHECK_THAT(run({"report", journal, "--evidence", "--sender", "A.TEST"}).out,
               StartsWith("Sender domain: a.test\n"));
    const Outcome interval = run({"report", journal, "--interval", "1ms"});
    CHECK(interval.status == 0);
    CHECK_THAT(interval.err, Contains("--interval 1ms: more than 100,000 of them"));
    CHECK_THAT(interval.out, Contains("Volume by 100ms"));
}

TEST_CASE("report of a journal without attempts draws nothing, and says so", "[report]") {
    const Directory directory;
    const std::string path = directory.file("empty.db");
    auto journal = store::SqliteJournal::create(path,
                                                {.version = "test",
                                                 .profile = "made-up",
                                                 .seed = 1,
                                                 .clock = "virtual",
                                                 .started_at = default_epoch},
                                                nullptr);
    REQUIRE(journal.has_value());
    REQUIRE_FALSE((*journal)->finish(default_epoch).has_value());
    const std::string page = directory.file("empty.html");
    const Outcome outcome =
        run({"report", path, "--svg", directory.file("empty.svg"), "--html", page});
    CHECK(outcome.status == 0);
    CHECK_THAT(outcome.out, Contains("There is no attempt to diagnose."));
    CHECK_THAT(outcome.err, Contains("empty.svg: not written, there is no attempt to draw"));
    CHECK_THAT(read_file(page), StartsWith("<!DOCTYPE html>"));
    CHECK(run({"report", path, "--json"}).status == 0);
    CHECK(run({"report", path, "--evidence"}).out.empty());
}

}  // namespace fakemx::test
