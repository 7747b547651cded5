// Counters, logged commands and dumped messages, from sessions in virtual time.
#include "sink/watcher.h"

#include <memory>

#include "engine/virtual_run.h"
#include "sink/dump.h"
#include "sink/flags.h"
#include "sink/policy.h"
#include "support/catch.h"
#include "support/virtual_driver.h"

using namespace fakemx;
using namespace fakemx::test;

namespace {

struct Watched {
    explicit Watched(const std::vector<sink::Given>& given)
        : settings(*sink::read_flags(given)),
          profile(sink::profile_of(settings)),
          policy(settings),
          watcher(
              settings,
              {.counted = [this](const auto& c) { counts.push_back(format(c)); },
               .captured =
                   [this](const sink::Captured& message) {
                       dumps.push_back(sink::dump_text(
                           message, {.start = settings.dump_start,
                                     .host = settings.hostname,
                                     .id = "0123abcd",
                                     .date = "Thu, 1 Jan 2026 00:00:00 +0000 (UTC)"}));
                   },
               .logged =
                   [this](sink::Moment moment, std::string_view argument) {
                       logged.push_back(std::string{name(moment)} + " " + std::string{argument});
                   },
               .enough = [this] { ++told_enough; }}),
          simulator(profile, policy, watcher, {.seed = 1}),
          run(simulator) {
        watcher.pass_on_to(&journal);
    }

    engine::VirtualRun::Client says(const std::vector<std::string>& lines,
                                    std::string address = "192.0.2.1") {
        const auto client = run.connect(0, std::move(address));
        for (const std::string& line : lines) run.send(client, line + "\r\n");
        simulator.flush();
        return client;
    }

    sink::Settings settings;
    engine::Profile profile;
    sink::SinkPolicy policy;
    std::vector<std::string> counts, dumps, logged;
    int told_enough = 0;
    sink::Watcher watcher;
    RecordingSink journal;
    engine::Simulator simulator;
    engine::VirtualRun run;
};

const std::vector<std::string> message{"MAIL FROM:<a@b.test>", "RCPT TO:<c@d.test>", "DATA",
                                       "Subject: x\r\n\r\n..dot\r\nhello\r\n."};

std::vector<std::string> session(std::vector<std::string> first, int messages, bool quit = true) {
    for (int i = 0; i < messages; ++i) first.insert(first.end(), message.begin(), message.end());
    if (quit) first.emplace_back("QUIT");
    return first;
}

}  // namespace

TEST_CASE("watcher: sessions, QUITs and messages, told whenever one of the last two is over") {
    Watched watched{{}};
    watched.says(session({"HELO x"}, 2));
    CHECK(watched.counts == std::vector<std::string>{"sess=0 quit=0 mesg=1", "sess=0 quit=0 mesg=2",
                                                     "sess=1 quit=1 mesg=2"});
    watched.run.reset(watched.says({"HELO x"}));
    CHECK(watched.counts.back() == "sess=2 quit=1 mesg=2");
    // Everything has been passed on.
    CHECK(watched.journal.messages.size() == 2);
    CHECK(watched.journal.sessions.size() == 2);
}

TEST_CASE("watcher: a refused message counts, a refused QUIT does not") {
    Watched watched{{{'r', "."}, {'f', "quit"}}};
    watched.says(session({"HELO x"}, 1));
    CHECK(watched.watcher.counters() == sink::Counters{0, 0, 1});
}

TEST_CASE("watcher: -n goes by QUITs, and says once that it is enough") {
    Watched watched{{{'n', "2"}}};
    watched.run.reset(watched.says({"HELO x"}));
    watched.says({"QUIT"});
    CHECK(watched.told_enough == 0);
    watched.says({"QUIT"});
    watched.says({"QUIT"});
    CHECK(watched.told_enough == 1);
}

TEST_CASE("watcher: -M waits until the reply to the message has left") {
    Watched watched{{{'M', "2"}, {'W', ".:10"}}};
    watched.says(session({"HELO x"}, 2, false));
    watched.run.advance(10s);
    CHECK(watched.told_enough == 0);
    watched.run.advance(10s);
    watched.simulator.flush();
    CHECK(watched.told_enough == 1);
    CHECK(watched.watcher.counters().messages == 2);
}

TEST_CASE("watcher: a message for several recipients is one") {
    Watched watched{{{'M', "2"}}};
    watched.says({"HELO x", "MAIL FROM:<a@b.test>", "RCPT TO:<c@d.test>", "RCPT TO:<e@d.test>",
                  "DATA", "x\r\n."});
    CHECK(watched.told_enough == 0);
}

TEST_CASE("watcher: commands for syslog") {
    Watched watched{{{'s', "connect,mail,.,xclient"}}};
    watched.says(session({"EHLO x", "xclient  NAME=y z", "NOOP"}, 1));
    CHECK(watched.logged ==
          std::vector<std::string>{"CONNECT ", "XCLIENT NAME=y z", "MAIL FROM:<a@b.test>", ". "});
}

TEST_CASE("watcher: dumped messages have smtp-sink's form") {
    Watched watched{{{'S', "begin\\n"}, {'h', "mx.example"}, {'r', "."}}};
    watched.says({"EHLO  x.test ", "MAIL FROM:<a@b.test>  BODY=8BITMIME", "RCPT TO: <c@d.test>",
                  "RCPT TO:<bad", "RCPT TO:<e@d.test> NOTIFY=NEVER", "DATA",
                  "Subject: x\r\n\r\n..dot\r\nhello\r\n."});
    REQUIRE(watched.dumps.size() == 1);
    CHECK(watched.dumps[0] ==
          "begin\n"
          "X-Client-Addr: 192.0.2.1\n"
          "X-Client-Proto: ESMTP\n"
          "X-Helo-Args: x.test \n"
          "X-Mail-Args: <a@b.test>  BODY=8BITMIME\n"
          "X-Rcpt-Args: <c@d.test>\n"
          "X-Rcpt-Args: <e@d.test> NOTIFY=NEVER\n"
          "Received: from x.test  ([192.0.2.1])\n"
          "\tby mx.example (smtp-sink) with ESMTP id 0123abcd;\n"
          "\tThu, 1 Jan 2026 00:00:00 +0000 (UTC)\n"
          "Subject: x\n"
          "\n"
          ".dot\n"
          "hello\n"
          "\n");
}

TEST_CASE("watcher: each message with its own envelope, and IPv6 by name") {
    Watched watched{{}};
    watched.says({"HELO x", "MAIL FROM:<1@b.test>", "RCPT TO:<1@d.test>", "RSET", "MAIL FROM:<>",
                  "RCPT TO:<2@d.test>", "DATA", "x\r\n.", "MAIL FROM:<3@b.test>",
                  "RCPT TO:<3@d.test>", "DATA", "\r\n.", "QUIT"},
                 "2001:db8::1");
    REQUIRE(watched.dumps.size() == 2);
    CHECK(watched.dumps[0].find("X-Client-Addr: ipv6:2001:db8::1\nX-Client-Proto: SMTP\n"
                                "X-Helo-Args: x\nX-Mail-Args: <>\nX-Rcpt-Args: <2@d.test>\n"
                                "Received: from x ([ipv6:2001:db8::1])\n") == 0);
    CHECK(watched.dumps[1].find("X-Mail-Args: <3@b.test>\nX-Rcpt-Args: <3@d.test>\n") !=
          std::string::npos);
}

TEST_CASE("watcher: a message that is broken off is neither counted nor dumped") {
    Watched watched{{}};
    watched.run.reset(
        watched.says({"HELO x", "MAIL FROM:<1@b.test>", "RCPT TO:<1@d.test>", "DATA", "half of"}));
    CHECK(watched.dumps.empty());
    CHECK(watched.watcher.counters() == sink::Counters{1, 0, 0});
}
