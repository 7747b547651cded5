// The oracle over what real profiles did to clients in virtual time, live and from the stored journal.
#include <memory>
#include <optional>

#include <fmt/format.h>

#include "engine/virtual_run.h"
#include "oracle/expectation.h"
#include "script/profile_host.h"
#include "store/journal_reader.h"
#include "store/sqlite_journal.h"
#include "support/catch.h"
#include "support/directory.h"
#include "support/virtual_driver.h"

using namespace fakemx;
using namespace fakemx::oracle;

namespace {

/// A profile with a ledger and a journal behind it, and a sender.
class Receiver {
public:
    explicit Receiver(std::string_view hooks) {
        auto loaded = script::load_profile(
            "mine", "mine.lua",
            "local mx = require \"fakemx\"\nmx.profile { summary = \"x\", hosts = { { name = "
            "\"mx1.163.com\" }, { name = \"mx2.163.com\" } } }\n" +
                std::string{hooks},
            {});
        INFO((loaded ? std::string{} : loaded.error().describe()));
        REQUIRE(loaded.has_value());
        profile_ = std::move(*loaded);
        auto journal = store::SqliteJournal::create(directory_.file("run.db"), {}, nullptr);
        REQUIRE(journal.has_value());
        journal_ = std::move(*journal);
        simulator_.emplace(profile_->profile(), *profile_, sink_, engine::Simulator::Options{});
        run_.emplace(*simulator_);
    }

    /// One try: up to the end of data, or as far as it gets. What the server said to it.
    std::string send(std::string_view id, std::string_view from = "ann@a.test",
                     std::string_view to = "bob@163.com", std::size_t host = 0,
                     std::string_view body = "hello") {
        client_ = run_->connect(host);
        run_->send(client_, "EHLO mta.a.test\r\n");
        run_->send(client_, fmt::format("MAIL FROM:<{}>\r\n", from));
        run_->send(client_, fmt::format("RCPT TO:<{}>\r\n", to));
        run_->received(client_);
        run_->send(client_, "DATA\r\n");
        if (const std::string reply = run_->received(client_); !reply.starts_with("354")) {
            run_->send(client_, "QUIT\r\n");
            return reply;
        }
        run_->send(client_, fmt::format("Message-ID: <{}>\r\n{}\r\n.\r\n", id, body));
        return run_->received(client_);
    }

    void quit() { run_->send(client_, "QUIT\r\n"); }
    void leave() { run_->reset(client_); }
    void advance(Duration duration) { run_->advance(duration); }

    /// A line for each delivery and for each finding. The stored journal must say the same.
    std::string judged() {
        simulator_->flush();
        ledger_.reached(run_->now());
        const std::string live = judged(ledger_);
        REQUIRE_FALSE(journal_->finish(run_->now()));
        auto reader = store::JournalReader::open(directory_.file("run.db"));
        REQUIRE(reader.has_value());
        Ledger stored;
        REQUIRE_FALSE(reader->records([&](const journal::Batch& batch) {
            stored.take(batch);
            return true;
        }));
        stored.reached(run_->now());
        CHECK(judged(stored) == live);
        CHECK(stored.unfinished() == ledger_.unfinished());
        return live;
    }

    Policy policy;

private:
    std::string judged(const Ledger& ledger) const {
        std::string text;
        for (const Judgement& judgement : judge(ledger.account(), policy)) {
            text += fmt::format("{} {}, taken {}\n", number(judgement.delivery),
                                name(judgement.fate), judgement.taken);
            for (const Finding& finding : judgement.findings) {
                text += fmt::format("  {} [{}]: {}\n", name(finding.wrong),
                                    fmt::join(finding.attempts, " "), finding.explanation);
            }
        }
        return text;
    }

    fakemx::test::Directory directory_;
    std::unique_ptr<script::LuaProfile> profile_;
    std::unique_ptr<store::SqliteJournal> journal_;
    Ledger ledger_;
    /// Into the journal, past the ledger.
    struct Sink final : journal::Sink {
        explicit Sink(Receiver& owner) : receiver(owner) {}
        void write(journal::Batch batch) override {
            receiver.ledger_.take(batch);
            receiver.journal_->write(std::move(batch));
        }
        Receiver& receiver;
    } sink_{*this};
    std::optional<engine::Simulator> simulator_;
    std::optional<engine::VirtualRun> run_;
    engine::VirtualRun::Client client_ = 0;
};

const std::string reply_lost_once = R"(
function mx.on.message(s, message)
  if message.attempt == 1 then return mx.accept():FAULT end
end)";

std::string with_fault(std::string text, std::string_view fault) {
    return text.replace(text.find("FAULT"), 5, fault);
}

}  // namespace

TEST_CASE("a reply that is lost in any way: taken, and taken again") {
    for (const std::string_view fault : {"lost()", "lost(3)", "lost():then_reset()"}) {
        INFO(fault);
        Receiver receiver{with_fault(reply_lost_once, fault)};
        receiver.send("1@a.test");
        receiver.advance(5min);
        CHECK(receiver.send("1@a.test").starts_with("250"));
        receiver.quit();
        CHECK(receiver.judged() ==
              "1 delivered, taken 2\n"
              "  duplicated because the reply was lost [1 2]: taken, but the reply was lost; sent "
              "again 5m later and taken again\n");
    }
}

TEST_CASE("a reply that the client did not wait for") {
    for (const std::string_view fault : {"after \"20m\"", "late \"20m\""}) {
        INFO(fault);
        Receiver receiver{with_fault(reply_lost_once, fault)};
        CHECK(receiver.send("1@a.test").empty());
        receiver.advance(10min);
        receiver.leave();
        receiver.advance(5min);
        receiver.send("1@a.test");
        receiver.quit();
        receiver.advance(20min);
        const std::string judged = receiver.judged();
        CHECK_THAT(judged, Catch::Matchers::StartsWith("1 delivered, taken 2\n"));
        CHECK_THAT(judged,
                   Catch::Matchers::Contains("duplicated because the reply was lost [1 2]"));
        CHECK_THAT(judged, !Catch::Matchers::Contains("  duplicated ["));
    }
}

TEST_CASE("a late reply that the client did wait for makes the next one a plain duplicate") {
    Receiver receiver{with_fault(reply_lost_once, "late \"2m\"")};
    receiver.send("1@a.test");
    receiver.advance(3min);
    receiver.quit();
    receiver.send("1@a.test");
    receiver.quit();
    CHECK(
        receiver.judged() ==
        "1 delivered, taken 2\n"
        "  duplicated [1 2]: accepted 0s after the first try, and sent and taken again 3m later\n");
}

TEST_CASE("silence, a hook that sleeps, and a refusal that is lost are no acceptance") {
    for (const std::string_view answer :
         {"return mx.silence()", "mx.sleep \"20m\"", "return mx.reset()",
          "return mx.reply(451, \"4.3.2\", \"x\"):lost()",
          "return mx.reply(550, nil, \"x\"):lost()",
          "return mx.reply(451, \"4.3.2\", \"x\"):after \"20m\""}) {
        INFO(answer);
        Receiver receiver{fmt::format(
            "function mx.on.message(s, message)\nif message.attempt == 1 then {} end\nend",
            answer)};
        receiver.send("1@a.test");
        receiver.advance(10min);
        receiver.leave();
        receiver.advance(5min);
        receiver.send("1@a.test");
        receiver.quit();
        CHECK(receiver.judged() == "1 delivered, taken 1\n");
    }
}

TEST_CASE("a greylist that says how long, and a sender that does not read it") {
    Receiver receiver{R"(
function mx.on.rcpt(s, rcpt)
  if rcpt.attempt <= 2 then return mx.reply(450, "4.2.0", "Greylisted for 5 minutes") end
end)"};
    CHECK_FALSE(receiver.send("1@a.test").starts_with("250"));
    receiver.advance(1min);
    receiver.send("1@a.test", "ann@a.test", "bob@163.com", 1);
    receiver.advance(5min);
    CHECK(receiver.send("1@a.test").starts_with("250"));
    receiver.quit();
    CHECK(receiver.judged() ==
          "1 delivered, taken 1\n"
          "  retried too early [1 2]: came back after 1m; the reply asked for 5m\n");
}

TEST_CASE("the notice comes home") {
    Receiver receiver{R"(
function mx.on.message(s, message)
  if message:header "Subject" == "hello" then return mx.reply(550, "5.7.1", "Spam") end
end)"};
    receiver.policy.sender_domains = {"a.test"};
    receiver.send("1@a.test", "ann@a.test", "bob@163.com", 0, "Subject: hello\r\n\r\nhello");
    receiver.quit();
    receiver.advance(2h);
    receiver.send("x@mta.a.test", "", "ann@a.test", 1,
                  "From: MAILER-DAEMON@mta.a.test\r\nSubject: failure notice\r\n\r\n"
                  "Hi. This is the qmail-send program at mta.a.test.\r\n\r\n<bob@163.com>:\r\n"
                  "550 5.7.1 Spam\r\n\r\n--- Below this line is a copy of the message.\r\n\r\n"
                  "Message-ID: <1@a.test>\r\n\r\nhello");
    receiver.quit();
    CHECK(receiver.judged() == "1 rejected, taken 0\n2 delivered, taken 1\n");

    Receiver silent{"function mx.on.message() return mx.reject() end"};
    silent.policy.sender_domains = {"a.test"};
    silent.send("1@a.test");
    silent.quit();
    silent.advance(2h);
    CHECK_THAT(silent.judged(), Catch::Matchers::Contains("  no notice [1]: rejected with "));
}

TEST_CASE("another host at once is one round; the same one at once is too early") {
    Receiver receiver{"function mx.on.message() return mx.defer() end"};
    for (const std::size_t host : {0U, 1U, 1U}) {
        receiver.send("1@a.test", "ann@a.test", "bob@163.com", host);
        receiver.quit();
    }
    CHECK_THAT(receiver.judged(), Catch::Matchers::StartsWith(
                                      "1 open, taken 0\n  retried too early [2 3]: came back at "
                                      "once to the same host after 451"));
}
