// fakemx run, as a shell would start it. What senders of flesh and blood do with it is in client-tests.
#include "app/run.h"

#include <cerrno>
#include <csignal>
#include <fstream>

#include "support/catch.h"
#include "support/directory.h"
#include "tests/script/shipped_profiles.h"

using namespace fakemx::test;
using Catch::Matchers::Contains;

namespace {

/// Speaks to the receiver by bash alone: a message from $FAKEMX_FROM to $FAKEMX_TO.
constexpr const char* sender =
    "exec 3<>/dev/tcp/$FAKEMX_IP/$FAKEMX_PORT; read -r r <&3; for c in \"EHLO a.test\" \"MAIL "
    "FROM:<$FAKEMX_FROM>\" "
    "\"RCPT TO:<$FAKEMX_TO>\" DATA; do printf '%s\\r\\n' \"$c\" >&3; while read -r r <&3; do case "
    "$r in [0-9][0-9][0-9]-*) ;; *) break;; "
    "esac; done; done; cat \"$FAKEMX_MESSAGE\" >&3; printf '.\\r\\nQUIT\\r\\n' >&3; read -r r <&3; "
    "read -r q <&3; "
    "case $r in 2*) exit 0;; 4*) exit 75;; *) exit 69;; esac";

std::string scenario(const Directory& directory, const std::string& text) {
    const std::string path = directory.file("mine.lua");
    std::ofstream{path} << "local mx = require 'fakemx'\n" << text;
    return path;
}

constexpr const char* letter = "send = { from = 'ann@example.test', to = 'bob@163.com' }";

}  // namespace

TEST_CASE("a run that went as expected passes, and one that did not fails", "[run]") {
    const Directory directory;
    const std::string passes = scenario(
        directory,
        std::string{
            "mx.profile { summary = 'x' }\nmx.scenario { summary = 'x', exit_status = 0, "} +
            letter + ", expect = { mx.expect.delivered_once() } }");
    for (const std::string clock : {"real", "x60", "stepped", "shared"}) {
        const Outcome outcome = run({"run", passes, "--clock", clock, "--", "bash", "-c", sender});
        INFO(clock << "\n" << outcome.out << outcome.err);
        CHECK(outcome.status == 0);
        CHECK_THAT(outcome.out, Contains("pass  delivered exactly once"));
        CHECK_THAT(outcome.out, Contains("pass  the command ends with status 0"));
    }
    const Directory other;
    const std::string fails = scenario(
        other,
        std::string{"mx.profile { summary = 'x' }\nfunction mx.on.rcpt() return mx.defer() end\n"
                    "mx.scenario { summary = 'x', exit_status = 0, "} +
            letter + ", expect = { mx.expect.delivered_once() } }");
    const Outcome outcome = run({"run", fails, "--", "bash", "-c", sender});
    INFO(outcome.out << outcome.err);
    CHECK(outcome.status == 1);
    CHECK_THAT(outcome.out, Contains("FAIL  delivered exactly once"));
    CHECK_THAT(outcome.out,
               Contains("FAIL  the command ends with status 0: it ended with status 69"));
    CHECK_THAT(outcome.out, Contains("451"));
}

TEST_CASE("a profile is a scenario that expects every message once", "[run]") {
    const Outcome none = run({"run", "accept", "--", "true"});
    CHECK(none.status == 1);
    CHECK_THAT(none.out, Contains("FAIL  delivered exactly once: no delivery was seen"));
}

TEST_CASE("a sender that ends before it has sent all has not done what was expected", "[run]") {
    const Directory directory;
    const std::string two =
        scenario(directory,
                 "mx.profile { summary = 'x' }\nmx.scenario { summary = 'x', send = { from = "
                 "'ann@example.test', to = 'bob@163.com', count = 2 }, expect = { "
                 "mx.expect.attempts { max = 1 } } }");
    const Outcome first = run({"run", two, "--", "bash", "-c", sender});
    INFO(first.out << first.err);
    CHECK(first.status == 1);
    CHECK_THAT(first.out, Contains("pass  at most 1 round: 1 delivery looked at"));
    CHECK_THAT(first.out, Contains("FAIL  no fewer deliveries than messages: 2 messages were to be "
                                   "sent to bob@163.com, and 1 came"));
    CHECK_THAT(first.out, Contains("(the command has ended with status 0)"));
}

TEST_CASE("reports are written as asked", "[run]") {
    const Directory directory;
    const Outcome outcome = run({"run", "accept", "--json", "--junit", directory.file("junit.xml"),
                                 "--journal", directory.file("run.db"), "--", "true"});
    INFO(outcome.err);
    CHECK(outcome.status == 1);
    // The ready object, then the report.
    CHECK(outcome.out.starts_with("{\"version\":"));
    CHECK_THAT(outcome.out, Contains("\n{\"passed\":false,\"scenario\":\"accept\""));
    CHECK_THAT(read_file(directory.file("junit.xml")), Contains("<testsuite"));
    CHECK_THAT(read_file(directory.file("junit.xml")), Contains("<failure"));
    CHECK(run({"replay", directory.file("run.db")}).status == 0);
}

TEST_CASE("what the profile remembers may be given", "[run]") {
    const Directory directory;
    std::ofstream{directory.file("warm.json")}
        << R"({"entries":[{"store":"seen","key":"bob@163.com","value":true}],"chance":[]})";
    const std::string text =
        std::string{
            "mx.profile { summary = 'x' }\nlocal seen = mx.state 'seen'\n"
            "function mx.on.rcpt(s, rcpt) if not seen:get(rcpt.address) then return "
            "mx.defer() end end\nmx.scenario { summary = 'x', state = 'warm.json', "} +
        letter + ", expect = { mx.expect.delivered_once() } }";
    const std::string warm = scenario(directory, text);
    const Outcome outcome =
        run({"run", warm, "--journal", directory.file("run.db"), "--", "bash", "-c", sender});
    INFO(outcome.out << outcome.err);
    CHECK(outcome.status == 0);
    CHECK(run({"replay", directory.file("run.db")}).status == 0);
    std::ofstream{directory.file("warm.json")} << "{\"entries\":1}";
    const Outcome broken = run({"run", warm, "--", "true"});
    CHECK(broken.status == 2);
    CHECK_THAT(broken.err, Contains("warm.json: "));
}

TEST_CASE("what the sender of an earlier run believed is not told again", "[run]") {
    const Directory directory;
    const std::string path =
        scenario(directory, std::string{"mx.profile { summary = 'x' }\nmx.scenario { summary = "
                                        "'x', "} +
                                letter + " }");
    const auto beliefs = [&](const std::string& journal, const char* script) {
        run({"run", path, "--work", directory.file("work"), "--journal", directory.file(journal),
             "--", "sh", "-c", script});
        const std::string told = run({"log", directory.file(journal), "--canonical"}).out;
        INFO(told);
        return told;
    };
    CHECK_THAT(
        beliefs("first.db",
                "printf \"$FAKEMX_MESSAGE\\tbob@163.com\\tdelivered\\tsent\" >$FAKEMX_RESULTS"),
        Contains(R"("belief":"delivered","text":"sent")"));
    CHECK_THAT(beliefs("second.db", "exit 75"),
               Contains(R"("belief":"deferred","text":"exit status 75")"));
}

TEST_CASE("what a run cannot begin with is told", "[run]") {
    const Outcome nobody = run({"run", "accept"});
    CHECK(nobody.status == 2);
    CHECK_THAT(nobody.err, Contains("no sender: behind -- stands the command"));
    const Outcome unknown = run({"run", "retry-415", "--", "true"});
    CHECK(unknown.status == 2);
    CHECK_THAT(
        unknown.err,
        Contains("there is no scenario and no profile 'retry-415'; did you mean 'retry-451'?"));
    const Outcome missing = run({"run", "accept", "--", "/nonexistent/sender"});
    CHECK(missing.status == 3);
    CHECK_THAT(
        missing.err,
        Contains("the sender does not start: /nonexistent/sender: No such file or directory"));
    const Outcome clocks = run({"run", "accept", "--share-clock", "--clock", "x60", "--", "true"});
    CHECK(clocks.status == 2);
    CHECK_THAT(clocks.err, Contains("--share-clock is a clock of its own"));
    const Outcome horizon = run({"run", "accept", "--horizon", "5", "--", "true"});
    CHECK(horizon.status == 2);
    CHECK_THAT(horizon.err, Contains("--horizon 5: not a time such as 90s or 5d"));
    const Directory directory;
    const std::string report = directory.file("junit.xml");
    std::ofstream{report} << "of an earlier run";
    const Outcome old = run({"run", "accept", "--junit", report, "--", "/nonexistent/sender"});
    CHECK(old.status == 3);
    CHECK_FALSE(std::ifstream{report}.is_open());
    const Outcome nowhere = run({"run", "accept", "--junit", report + "/x.xml", "--", "true"});
    CHECK(nowhere.status == 2);
    CHECK_THAT(nowhere.err, Contains("x.xml: there is no folder " + report));
    const Outcome epoch = run({"run", "accept", "--share-clock", "--epoch", "soon", "--", "true"});
    CHECK(epoch.status == 2);
    CHECK_THAT(epoch.err, Contains("--epoch soon: not an instant"));
    const Outcome factor = run({"run", "accept", "--clock", "x99999999999", "--", "true"});
    CHECK(factor.status == 2);
    const Outcome homeless = run(Arguments{.words = {"run", "accept", "--", "true"},
                                           .environment = {{"TMPDIR", directory.file("nowhere")}}});
    CHECK(homeless.status == 3);
    CHECK_THAT(homeless.err, Contains("no folder for temporary files (TMPDIR)"));
    const Outcome settings = run({"run", "retry-451", "--set", "sendr=a@b.test", "--", "true"});
    CHECK(settings.status == 2);
    CHECK_THAT(settings.err, Contains("did you mean 'sender'?"));
}

TEST_CASE("a hook that fails, and a horizon that is reached, are told", "[run]") {
    const Directory directory;
    const std::string broken = scenario(
        directory,
        std::string{"mx.profile { summary = 'x' }\nfunction mx.on.rcpt(s) return s.nothing end\n"
                    "mx.scenario { summary = 'x', "} +
            letter + ", expect = { mx.expect.attempts { min = 1 } } }");
    const Outcome failed = run({"run", broken, "--", "bash", "-c", sender});
    INFO(failed.out << failed.err);
    CHECK(failed.status == 1);
    CHECK_THAT(failed.out, Contains("mine.lua:3"));
    // Days pass in no time, and the command is ended.
    const Outcome long_one = run({"run", "accept", "--share-clock", "--horizon", "3d",
                                  "--log-level", "info", "--", "sleep", "400000"});
    INFO(long_one.err);
    CHECK(long_one.status == 1);
    CHECK_THAT(long_one.err, Contains("over after 3d: the horizon is 3d"));
}

TEST_CASE("what threads of the sender have left behind is ended with it", "[run]") {
    const Directory directory;
    const std::string ids = directory.file("ids");
    // Two processes that nothing but SIGKILL ends; the one was started by a thread of the other, and left its group.
    const std::string stubborn =
        "import os, signal, threading, time\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "def leave():\n"
        "    if os.fork() == 0: os.setsid()\n"
        "    with open('" +
        ids +
        "', 'a') as file: file.write(f'{os.getpid()}\\n')\n"
        "    time.sleep(1e6)\n"
        "thread = threading.Thread(target=leave)\n"
        "thread.start()\n"
        "thread.join()\n";
    const Outcome outcome =
        run({"run", "accept", "--share-clock", "--horizon", "1h", "--", "python3", "-c", stubborn});
    INFO(outcome.err);
    CHECK(outcome.status == 1);
    std::ifstream file{ids};
    int found = 0;
    for (pid_t process = 0; file >> process; ++found) {
        CHECK(::kill(process, 0) == -1);
        CHECK(errno == ESRCH);
    }
    CHECK(found == 2);
}
