// A report of scenarios, for people, CI servers and browsers.
#include "conformance/pack_report.h"

#include "support/catch.h"

namespace fakemx::conformance {

namespace {

using Catch::Matchers::Contains;

Audit audit() {
    Audit audit;
    audit.sessions = 3;
    audit.sender = Sender::library;
    audit.runs = {"baseline", "odd-replies"};
    audit.findings.push_back({.rule = rule_named("quit-sent"),
                              .outcome = Outcome::fail,
                              .kept = 2,
                              .broken = 7,
                              .evidence = {{.run = 1,
                                            .session = SessionId{4},
                                            .event = 9,
                                            .at = default_epoch,
                                            .after = 125s,
                                            .what = "closed <without> 100% of QUIT",
                                            .lines = {"C: rset", "S: 250 \"OK\" & more"}}}});
    audit.findings.push_back(
        {.rule = rule_named("ehlo-first"),
         .outcome = Outcome::deviation,
         .kept = 0,
         .broken = 1,
         .evidence = {{.run = 0, .session = SessionId{}, .what = "HELO", .lines = {}}}});
    audit.findings.push_back({.rule = rule_named("mail-syntax"),
                              .outcome = Outcome::pass,
                              .kept = 3,
                              .broken = 0,
                              .evidence = {}});
    audit.findings.push_back({.rule = rule_named("size-zero")});
    return audit;
}

}  // namespace

TEST_CASE("text names scenario, session and time of what is broken") {
    const Audit of = audit();
    const PackReport report{.audit = of,
                            .scenarios = {{.name = "silent", .trouble = "it is not on the clock"},
                                          {.name = "mx", .skipped = "is for mta"}},
                            .command = {"send"},
                            .comparison = {}};
    const std::string told = text(report);
    CHECK_THAT(told, Contains("odd-replies, session 4, +2m5s: closed <without> 100% of QUIT"));
    CHECK_THAT(told, Contains("and 6 more"));
    CHECK_THAT(told, Contains("not judged: silent: it is not on the clock"));
    CHECK_THAT(told, Contains("not played: mx: is for mta"));
    CHECK_THAT(told, Contains("1 failed, 1 deviation, 1 passed, 1 not exercised; 3 sessions"));
    CHECK_FALSE(report.complete());
    CHECK_FALSE(report.passed());
}

TEST_CASE("with a baseline only what is worse fails") {
    const Audit of = audit();
    PackReport report{.audit = of, .scenarios = {}, .command = {}, .comparison = {}};
    report.comparison = compare(of, {"quit-sent"});
    CHECK(report.complete());
    // A deviation that is new is told, and fails nothing.
    CHECK(report.passed());
    CHECK_THAT(text(report), Contains("worse than the baseline: ehlo-first (deviation)"));
    report.comparison = compare(of, {"ehlo-first"});
    CHECK_FALSE(report.passed());
    report.comparison = compare(of, {"quit-sent", "ehlo-first"});
    CHECK(report.passed());
    CHECK_THAT(text(report), Contains("nothing is worse than the baseline"));
}

TEST_CASE("JUnit has a testcase for each rule, by document") {
    const Audit of = audit();
    const PackReport report{.audit = of,
                            .scenarios = {{.name = "silent", .trouble = "no \"clock\""}},
                            .command = {},
                            .comparison = {}};
    const std::string xml = junit(report);
    CHECK_THAT(xml, Contains("<testsuites name=\"fakemx conform\" tests=\"5\" failures=\"1\" "
                             "errors=\"1\" skipped=\"1\">"));
    CHECK_THAT(xml, Contains("<testsuite name=\"RFC 5321\" tests=\"3\" failures=\"1\" "
                             "errors=\"0\" skipped=\"0\">"));
    CHECK_THAT(xml, Contains("<testsuite name=\"RFC 1870\" tests=\"1\" failures=\"0\" "
                             "errors=\"0\" skipped=\"1\">"));
    CHECK_THAT(xml, Contains("<failure message=\"closed &lt;without&gt; 100% of QUIT\" "
                             "type=\"minor\">"));
    CHECK_THAT(xml, Contains("&amp; more\n"));
    CHECK_THAT(xml, Contains("<system-out>deviation: "));
    CHECK_THAT(xml, Contains("<testcase classname=\"RFC 5321\" name=\"mail-syntax\"/>"));
    CHECK_THAT(xml, Contains("<error message=\"no &quot;clock&quot;\"/>"));
}

TEST_CASE("annotations are GitHub's, with their own escapes") {
    const Audit of = audit();
    const std::string lines =
        annotations({.audit = of, .scenarios = {}, .command = {}, .comparison = {}});
    CHECK_THAT(lines, Contains("::error title=quit-sent (RFC 5321 §4.1.1.10%2C §4.1.4)::"));
    CHECK_THAT(lines, Contains("%0Aodd-replies, session 4, +2m5s: closed <without> 100%25 of "
                               "QUIT%0AWhat to change: "));
    CHECK_THAT(lines, Contains("::warning title=ehlo-first"));
    CHECK_FALSE(Contains("mail-syntax").match(lines));
}

TEST_CASE("the page has everything, escaped, and nothing from elsewhere") {
    const Audit of = audit();
    const std::string html = page({.audit = of,
                                   .scenarios = {{.name = "silent", .trouble = "no <clock>"}},
                                   .command = {"send", "a&b"},
                                   .comparison = compare(of, {"size-zero"})});
    CHECK_THAT(html, Contains("closed &lt;without&gt; 100% of QUIT"));
    CHECK_THAT(html, Contains("send a&amp;b"));
    CHECK_THAT(html, Contains("not judged: no &lt;clock&gt;"));
    CHECK_THAT(html, Contains("<pre>C: rset\nS: 250 &quot;OK&quot; &amp; more\n</pre>") ||
                         Contains("<pre>C: rset\nS: 250 \"OK\" &amp; more\n</pre>"));
    CHECK_THAT(html, Contains("not exercised now: <code>size-zero</code>"));
    CHECK_THAT(html, Contains("id=\"quit-sent\""));
    CHECK_FALSE(Contains("<script").match(html));
    CHECK_FALSE(Contains("http").match(html));
}

TEST_CASE("JSON has the scenarios, the baseline and the findings") {
    const Audit of = audit();
    PackReport report{.audit = of,
                      .scenarios = {{.name = "odd-replies",
                                     .summary = "odd",
                                     .exercises = {rule_named("reply-251")}}},
                      .command = {"send"},
                      .comparison = compare(of, {})};
    const std::string text = json(report);
    CHECK_THAT(text, Contains(R"("command":["send"],"passed":false)"));
    CHECK_THAT(text,
               Contains(R"({"name":"odd-replies","summary":"odd","exercises":["reply-251"]})"));
    CHECK_THAT(text, Contains(R"("baseline":{"worse":["quit-sent","ehlo-first"])"));
    CHECK_THAT(text, Contains(R"("run":"odd-replies","session":4)"));
}

}  // namespace fakemx::conformance
