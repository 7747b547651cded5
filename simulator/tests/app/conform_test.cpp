// fakemx conform, as a shell would start it, and the page that lists the rules.
#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <unistd.h>

#include <fmt/format.h>

#include "conformance/checker.h"
#include "conformance/not_judged.h"
#include "store/sqlite.h"
#include "support/blocking_client.h"
#include "support/catch.h"
#include "support/directory.h"
#include "support/generated_page.h"
#include "tests/app/run.h"

namespace fakemx::test {

using Catch::Matchers::Contains;

namespace {

/// The table of the page.
std::string table() {
    std::string text =
        "| rule | what it asks | level | severity | source | not exercised while "
        "|\n|---|---|---|---|---|---|\n";
    for (const conformance::Rule* rule : conformance::all_rules()) {
        text +=
            fmt::format("| `{}` | {} | {} | {} | {} | {} |\n", rule->slug, rule->requirement,
                        name(rule->level), name(rule->severity), rule->source, rule->unexercised);
    }
    return text;
}

std::string table_of_what_is_left_out() {
    std::string text = "| rule | source | why it is not judged |\n|---|---|---|\n";
    for (const conformance::NotJudged& one : conformance::not_judged())
        text += fmt::format("| `{}` | {} | {} |\n", one.slug, one.source, one.reason);
    return text;
}

const GeneratedPage& page() {
    static const GeneratedPage page{"docs/reference/conformance.md", "rules"};
    return page;
}

const GeneratedPage& page_of_what_is_left_out() {
    static const GeneratedPage page{"docs/reference/conformance.md", "not judged"};
    return page;
}

}  // namespace

TEST_CASE("the page lists the rules, and those that are left out") {
    CHECK(page().part() == table());
    CHECK(page_of_what_is_left_out().part() == table_of_what_is_left_out());
}

TEST_CASE("each rule of the catalogue is judged, or has its reason") {
    // 296 rules on a client that a receiver may see.
    CHECK(conformance::all_rules().size() + conformance::not_judged().size() == 296);
    for (const conformance::NotJudged& one : conformance::not_judged()) {
        INFO(one.slug);
        CHECK(conformance::rule_named(one.slug) == nullptr);
        CHECK_FALSE(one.reason.empty());
    }
}

TEST_CASE("writes the page that lists the rules", "[.rules]") {
    page().write(table());
    // The file is another one by now.
    const GeneratedPage second{"docs/reference/conformance.md", "not judged"};
    second.write(table_of_what_is_left_out());
}

TEST_CASE("fakemx list rules") {
    const Outcome listed = run({"list", "rules"});
    CHECK(listed.status == 0);
    CHECK_THAT(listed.out, Contains("greet-wait") && Contains("RFC 5321 §4.3.1"));
}

TEST_CASE("a rule that there is none of is an error with the nearest name") {
    const Outcome judged = run({"conform", "quit-send", "--journal", "nowhere.db"});
    CHECK(judged.status == 2);
    CHECK_THAT(judged.err, Contains("no rule is called 'quit-send', nor a severity") &&
                               Contains("did you mean 'quit-sent'?"));
}

TEST_CASE("a journal that is not there is an error") {
    const Outcome judged = run({"conform", "--journal", "nowhere.db"});
    CHECK(judged.status == 3);
    CHECK_THAT(judged.err, Contains("nowhere.db"));
}

TEST_CASE("what is told of a run at its end is what its journal tells") {
    const Directory folder;
    const std::string journal = folder.file("run.db");
    const std::string audit = folder.file("audit.json");
    Serving serving{
        {{"accept", "--listen", "127.0.0.1:0", "--journal", journal, "--audit", audit}}};
    {
        Client client{serving.port()};
        client.reply();
        for (const char* line : {"EHLO localhost\r\n", "MAIL FROM: <ann@sender.example>\r\n",
                                 "RCPT TO:<bob@receiver.example>\r\n", "DATA\r\n",
                                 "Subject: gr\xc3\xbcn\r\n\r\none\ntwo\r\n.\r\n", "QUIT now\r\n"}) {
            client.send(line);
            client.reply();
        }
    }
    CHECK(serving.end(SIGTERM).status == 0);

    const Outcome judged = run({"conform", "--journal", journal, "--json"});
    CHECK(judged.status == 1);
    std::ostringstream written;
    written << std::ifstream{audit}.rdbuf();
    CHECK(judged.out == written.str());
    const Outcome told = run({"conform", "--journal", journal});
    for (const char* slug :
         {"ehlo-arg-fqdn", "mail-syntax", "data-no-bare-lf", "msg-date-from", "cmd-no-args"})
        CHECK_THAT(told.out, Contains(fmt::format("FAIL       {}", slug)));
    CHECK_THAT(told.out, Contains("C: EHLO localhost") && Contains("What to change"));

    CHECK(run({"conform", "ehlo-first", "--journal", journal}).status == 0);
    CHECK(run({"conform", "msg-id", "--journal", journal}).status == 0);
    CHECK(run({"conform", "msg-id", "--journal", journal, "--strict"}).status == 1);

    // What is broken is the baseline of tomorrow.
    const std::string baseline = folder.file("baseline");
    CHECK(run({"conform", "--journal", journal, "--write-baseline", baseline}).status == 1);
    const Outcome same = run({"conform", "--journal", journal, "--baseline", baseline});
    CHECK(same.status == 0);
    CHECK_THAT(same.out, Contains("nothing is worse than the baseline"));
}

TEST_CASE("a dry run lists the scenarios that exercise what is asked for") {
    const Outcome listed = run({"conform", "reply-bare-code", "--dry-run"});
    CHECK(listed.status == 0);
    CHECK_THAT(listed.out, Contains("odd-replies  ") && Contains("reply-bare-code"));
    CHECK(run({"conform", "odd-replies", "--dry-run"}).out == listed.out);
    CHECK_THAT(run({"conform", "RFC5321§4.2", "--dry-run"}).out, Contains("odd-replies"));
    CHECK_THAT(run({"conform", "major", "--dry-run"}).out, Contains("odd-replies"));
    // reply-multiline: "RFC 5321 §4.2.1, §4.3.2; RFC 1123 §5.2.10".
    CHECK_THAT(run({"conform", "RFC1123", "--dry-run"}).out, Contains("odd-replies"));
    CHECK_THAT(run({"conform", "RFC1123§5.2.10", "--dry-run"}).out, Contains("odd-replies"));
    CHECK_THAT(run({"conform", "probe-no-data", "--dry-run"}).out,
               Contains("no scenario is made for that") &&
                   Contains("0 scenarios, in profiles/conformance"));
}

TEST_CASE("what conform is told wrongly it says, with the nearest name") {
    const Directory folder;
    const auto error = [](std::vector<std::string> words) {
        const Outcome outcome = run(std::move(words));
        CHECK(outcome.status == 2);
        return outcome.err;
    };
    CHECK_THAT(error({"conform", "od-replies", "--dry-run"}),
               Contains("'od-replies' is neither a rule, a scenario") &&
                   Contains("did you mean 'odd-replies'?"));
    CHECK_THAT(error({"conform", "critcal", "--dry-run"}), Contains("did you mean 'critical'?"));
    CHECK_THAT(error({"conform", "RFC5321§4.9", "--dry-run"}),
               Contains("did you mean 'RFC5321§4."));
    CHECK_THAT(error({"conform", "baseline", "--seed", "x", "--", "true"}),
               Contains("--seed x: not a number"));
    CHECK_THAT(error({"conform", "baseline", "--dns", "x", "--", "true"}),
               Contains("--dns x: not ADDRESS:PORT"));
    CHECK_THAT(error({"conform", "baseline", "--clock", "shred", "--", "true"}),
               Contains("did you mean 'shared'?"));
    CHECK_THAT(error({"conform", "baseline", "--jobs", "0", "--", "true"}),
               Contains("--jobs: '0' is no whole number from 1 to"));
    // Nothing broken where nothing happens would look like a pass.
    CHECK_THAT(error({"conform", "probe-no-data", "--", "true"}),
               Contains("no scenario is made for that"));
    CHECK_THAT(
        error({"conform", "mx-idna", "--", "true"}),
        Contains("nothing is to be played; odd-names needs a sender that looks for MX hosts"));
    for (const char* flag : {"--junit", "--html", "--write-baseline"}) {
        CHECK_THAT(error({"conform", "baseline", flag, folder.file("none") + "/x", "--", "true"}),
                   Contains(flag) && Contains("there is no folder"));
    }
    for (const char* flag : {"--clock", "--seed", "--jobs", "--dns", "--pack", "--work"}) {
        CHECK_THAT(error({"conform", "--journal", "run.db", flag, "1"}),
                   Contains(fmt::format("{} is for a sender that is played with", flag)));
    }
    CHECK_THAT(error({"conform"}), Contains("behind -- stands the command"));
    CHECK_THAT(error({"conform", "--sender", "mta2", "--", "true"}),
               Contains("--sender mta2: not") && Contains("did you mean 'mta'?"));
    CHECK_THAT(error({"conform", "--threshold", "retry_withn=1h", "--", "true"}),
               Contains("did you mean 'retry_within'?"));
    CHECK_THAT(error({"conform", "--threshold", "retry_within=soon", "--", "true"}),
               Contains("retry_within: 'soon' is not a time such as 90s or 4h"));
    CHECK_THAT(error({"conform", "--pack", folder.file("none"), "--", "true"}),
               Contains("there is no such folder with scenarios"));
    const std::string baseline = folder.file("baseline");
    std::ofstream{baseline} << "# mine\nfail quit-send\n";
    CHECK_THAT(error({"conform", "--baseline", baseline, "--", "true"}),
               Contains(baseline + ":2: no rule is called 'quit-send'; did you mean 'quit-sent'?"));
    const std::string pack = folder.file("pack");
    std::filesystem::create_directory(pack);
    std::ofstream{pack + "/mine.lua"} << R"(local mx = require "fakemx"
mx.profile { summary = "x" }
mx.scenario { summary = "x", exercises = { "quit-send" } })";
    CHECK_THAT(error({"conform", "--pack", pack, "--", "true"}),
               Contains(pack + "/mine.lua: exercises: no rule is called 'quit-send'; did you mean "
                               "'quit-sent'?"));
}

TEST_CASE("a sender that does not connect has not passed") {
    const Directory folder;
    const std::string work = folder.file("work");
    const Outcome outcome =
        run({"conform", "odd-replies", "--work", work, "--junit", folder.file("conform.xml"), "--",
             "sh", "-c", "echo nothing to do"});
    CHECK(outcome.status == 3);
    CHECK_THAT(outcome.out, Contains("not judged: odd-replies: the sender did not connect; it "
                                     "said: nothing to do"));
    std::ostringstream written;
    written << std::ifstream{folder.file("conform.xml")}.rdbuf();
    CHECK_THAT(written.str(), Contains("errors=\"1\""));
    // The next run in the same folder finds nothing of it.
    CHECK(run({"conform", "odd-replies", "--work", work, "--", "false"}).status == 3);
    // A folder of that name which is somebody's own stays.
    std::filesystem::remove(work + "/odd-replies.log");
    const Outcome other = run({"conform", "odd-replies", "--work", work, "--", "false"});
    CHECK(other.status == 2);
    CHECK_THAT(other.err, Contains("/odd-replies is there, and not from an earlier run"));
    CHECK_FALSE(std::filesystem::is_empty(work + "/odd-replies"));
}

TEST_CASE("why a scenario cannot be judged is told in its own words") {
    const auto words = [](const char* script) {
        return run({"conform", "deliver-by", "--", "sh", "-c", script});
    };
    const Outcome silent = words("true");
    CHECK(silent.status == 3);
    CHECK_THAT(silent.out, Contains("the sender did not connect; it said: nothing"));
    for (const char* script : {"echo rubbish >>$FAKEMX_RESULTS", "mkfifo $FAKEMX_RESULTS",
                               "ln -sf /dev/zero $FAKEMX_RESULTS", "mkdir -p $FAKEMX_RESULTS"}) {
        INFO(script);
        const Outcome outcome = words(script);
        CHECK(outcome.status == 3);
        CHECK_THAT(outcome.out, Contains("not judged: deliver-by: /") && Contains("/results"));
    }
    const Outcome stranger =
        words(R"(printf '%s\tnobody@x.test\tdelivered\n' "$FAKEMX_MESSAGE" >>"$FAKEMX_RESULTS")");
    CHECK(stranger.status == 3);
    CHECK_THAT(stranger.out, Contains("/results:1: 'nobody@x.test' is no recipient of 0001.eml; "
                                      "its recipients are "));
}

TEST_CASE("what is not known to be broken is no baseline") {
    const Directory folder;
    const std::string baseline = folder.file("baseline");
    const Outcome outcome =
        run({"conform", "deliver-by", "--write-baseline", baseline, "--", "true"});
    CHECK(outcome.status == 3);
    CHECK_THAT(outcome.err, Contains("--write-baseline: not written"));
    CHECK_FALSE(std::filesystem::exists(baseline));
}

TEST_CASE("what is wrong with a scenario of several hosts is told at its line") {
    const Directory folder;
    const std::string path = folder.file("mine.lua");
    const auto check = [&](std::string_view list, std::string_view send) {
        std::ofstream{path} << "local mx = require 'fakemx'\n"
                               "local variations = require 'fakemx.variations'\n"
                               "local all = variations {"
                            << list
                            << "}\n"
                               "mx.profile { summary = 'several', hosts = all.hosts }\n"
                               "mx.scenario { summary = 'several', send = "
                            << send << " }\n";
        return run({"check", path});
    };
    CHECK(check("{ name = 'one' }", "all.send").status == 0);
    const Outcome twice = check("{ name = 'one' }, { name = 'one' }", "all.send");
    CHECK(twice.status == 2);
    CHECK_THAT(twice.out, Contains(path + ":3: variations: 'one' stands twice"));
    const Outcome misspelt = check("{ name = 'one', on = { rctp = mx.reject() } }", "all.send");
    CHECK(misspelt.status == 2);
    CHECK_THAT(misspelt.out, Contains(path + ":3: ") && Contains("did you mean 'rcpt'?"));
    const Outcome astray = check(
        "{ name = 'one' }", "{ { from = 'a@b.test', to = { 'c@d.test' }, host = 'oen.test' } }");
    CHECK(astray.status == 2);
    CHECK_THAT(astray.out,
               Contains("send: no host is called 'oen.test'; did you mean 'one.test'?"));
}

TEST_CASE("variables of conform's own flags are not for the runs that it starts") {
    const Outcome outcome = run(Arguments{
        .words = {"conform", "deliver-by", "--", "true"},
        .environment = {
            {"FAKEMX_CLOCK", "shared"}, {"FAKEMX_SET", "tries=1"}, {"FAKEMX_LISTEN", "nowhere"}}});
    CHECK_THAT(outcome.out, Contains("the sender did not connect"));
}

TEST_CASE("an event that cannot be read is no verdict on the others") {
    const Directory folder;
    const std::string journal = folder.file("run.db");
    {
        Serving serving{{{"accept", "--listen", "127.0.0.1:0", "--journal", journal}}};
        {
            Client client{serving.port()};
            client.reply();
        }
        CHECK(serving.end(SIGTERM).status == 0);
    }
    store::Database{journal, store::Database::Mode::create}.execute(
        R"(UPDATE event SET events = '[{"event":"opened"}]')");
    const Outcome judged = run({"conform", "--journal", journal});
    CHECK(judged.status == 3);
    CHECK_THAT(judged.err, Contains("an event of session 1 that cannot be read: {\"event\""));
}

TEST_CASE("what is interrupted ends with all that it has started") {
    for (const int signal : {SIGTERM, SIGKILL}) {
        const Directory folder;
        const std::string fakemx = folder.file("fakemx");
        const std::string sender = folder.file("sender");
        // It would rather go on.
        const std::string script =
            fmt::format("trap '' TERM; echo $$ >{}; kill -{} $(cat {}); while :; do sleep 1; done",
                        sender, signal, fakemx);
        const Outcome outcome =
            run(Arguments{.words = {"conform", "deliver-by", "--clock", "real", "--work",
                                    folder.file("work"), "--", "sh", "-c", script},
                          .before = [&] { std::ofstream{fakemx} << ::getpid(); }});
        CHECK(outcome.status == (signal == SIGKILL ? -SIGKILL : 3));
        pid_t process = 0;
        std::ifstream{sender} >> process;
        REQUIRE(process > 0);
        // By SIGKILL, two seconds behind SIGTERM.
        for (int turn = 0; turn < 1000 && ::kill(process, 0) == 0; ++turn) ::usleep(10'000);
        CHECK(::kill(process, 0) != 0);
    }
}

}  // namespace fakemx::test
