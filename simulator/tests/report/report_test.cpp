// The same run in text, JSON and JUnit XML, to the octet.
#include "report/report.h"

#include <sstream>

#include <boost/json.hpp>
#include <boost/property_tree/xml_parser.hpp>

#include "core/limits.h"
#include "report/xml.h"
#include "support/catch.h"
#include "tests/oracle/story.h"

using namespace fakemx;
using namespace fakemx::oracle;
using oracle::test::Story;

namespace {

using Expectations = std::vector<Expectation>;

/// Everything that a report is made of, kept alive.
class Told {
public:
    Told(const Story& story, const Expectations& expectations, Duration end = Duration{})
        : account(story.account(end)),
          judgements(judge(account, story.policy)),
          results(check(expectations, {account, story.policy, judgements})) {
        run.scenario = "greylist";
        run.profile = "netease";
        run.seed = 18446744073709551615U;
        run.clock = "stepped";
    }

    report::Report report() const { return {run, account, judgements, results}; }
    std::string text() const { return report::text(report()); }
    std::string json() const { return report::json(report()); }
    std::string junit() const { return report::junit(report()); }

    report::Run run;
    Account account;
    std::vector<Judgement> judgements;
    std::vector<oracle::Result> results;
};

/// Greylisted once, back too early; another one is delivered.
Story two_deliveries() {
    Story story;
    story.tried(1, 0s, 450, "4.2.0 Greylisted for 5 minutes").stage = smtp::Hook::rcpt;
    story.tried(2, 0s, 250, "OK").recipient = "cat@b.test";
    story.tried(1, 1min, 250, "OK");
    return story;
}

const Expectations both{{"", DeliveredOnce{}, {}}, {"comes <back> in time", NoAttemptWithin{}, {}}};

boost::property_tree::ptree parsed(const std::string& xml) {
    std::istringstream in{xml};
    boost::property_tree::ptree tree;
    boost::property_tree::read_xml(in, tree);
    return tree;
}

}  // namespace

TEST_CASE("the text: failures with their evidence, what was found, the verdict last") {
    Told told{two_deliveries(), both};
    CHECK(
        told.text() ==
        "pass  delivered exactly once: 2 deliveries looked at\n"
        "FAIL  comes <back> in time: came back 1m after a failure; the reply asked for 5m\n"
        "        ann@a.test → bob@163.com  1@a.test\n"
        "        > try 1   +0s                   mx1.163.com #1  rcpt: 450 4.2.0 Greylisted for 5 "
        "minutes  deferred\n"
        "        > try 2   +1m      after 1m     mx1.163.com #3  end-of-data: 250 OK  accepted\n"
        "\n"
        "2 deliveries: 2 delivered; 3 attempts\n"
        "  fault  retried too early: ann@a.test → bob@163.com, tries 1 and 2: came back after 1m; "
        "the reply asked for 5m (RFC 5321 §4.5.4.1)\n"
        "over 1m, profile netease, seed 18446744073709551615, clock stepped\n"
        "FAILED greylist: 1 of 2 expectations\n");
    told.run.seconds = 1.26;
    told.run.journal = "run.db";
    told.run.ending = "the horizon is 1m";
    CHECK_THAT(told.text(), Catch::Matchers::Contains("\nover 1m (the horizon is 1m), profile"));
    CHECK_THAT(told.json(), Catch::Matchers::Contains("\"ending\":\"the horizon is 1m\""));
    CHECK_THAT(told.text(), Catch::Matchers::EndsWith(", journal run.db\n"
                                                      "FAILED greylist: 1 of 2 expectations in 1.3 "
                                                      "s\n"));
}

TEST_CASE("passed, and what keeps a run from passing") {
    Told told{two_deliveries(), {both[0]}};
    CHECK(told.report().passed());
    CHECK_THAT(told.text(), Catch::Matchers::EndsWith("PASSED greylist: 1 of 1 expectation\n"));
    told.run.harness_failures = {"mine.lua:3: \x1b oops"};
    CHECK_FALSE(told.report().passed());
    CHECK_THAT(told.text(), Catch::Matchers::StartsWith("ERROR mine.lua:3: \\x1b oops\n"));
    CHECK_THAT(told.text(), Catch::Matchers::EndsWith("FAILED greylist: 1 of 1 expectation\n"));

    const Told nothing{two_deliveries(), {}};
    CHECK_FALSE(nothing.report().passed());
    CHECK_THAT(nothing.text(), Catch::Matchers::StartsWith("nothing was expected of the sender\n"));
    CHECK_THAT(nothing.text(), Catch::Matchers::EndsWith("FAILED greylist: 0 of 0 expectations\n"));
}

TEST_CASE("the text counts everything, and spells out findings up to a bound") {
    Story story;
    for (std::uint64_t id = 1; id <= limits::findings_shown_max + 2; ++id) {
        story.tried(id, 0s, 250);
        story.tried(id, 1h, 250);
    }
    auto& unnamed = story.tried(0, 2h, 421);
    unnamed.delivery.reset();
    story.notice(900, 3h, "failed", "x@elsewhere.test");
    story.tried(901, 4h, 0, "lost: 250 OK").taken = true;
    story.tried(901, 5h, 250);
    const std::string text = Told{story, {{"", DeliveredOnce{}, {}}}}.text();
    using Catch::Matchers::Contains;
    CHECK_THAT(text,
               Contains("\n53 deliveries: 53 delivered; 108 attempts, 1 without a recipient, 1 "
                        "notice\n"));
    CHECK_THAT(text, Contains("\n        … and 43 deliveries more\n"));
    CHECK_THAT(text, Contains("\n  … and 3 more\n"));
    CHECK_THAT(text, Contains("\n  1 notice about nothing that was sent here\n"));
    Story note;
    note.tried(1, 0s, 0, "lost: 250 OK").taken = true;
    note.tried(1, 1h, 250);
    CHECK_THAT((Told{note, {}}.text()),
               Contains("\n  note   duplicated because the reply was lost: ann@a.test → "
                        "bob@163.com, tries 1 and 2: "));
}

TEST_CASE("the JSON has everything, in a fixed order, and times that are relative") {
    Told told{two_deliveries(), both};
    CHECK(
        told.json() ==
        R"({"passed":false,"scenario":"greylist","profile":"netease","seed":"18446744073709551615","clock":"stepped","duration":"1m","expectations":[)"
        R"({"title":"delivered exactly once","passed":true,"explanation":"2 deliveries looked at"},)"
        R"({"title":"comes <back> in time","passed":false,"explanation":"came back 1m after a failure; the reply asked for 5m","exhibits":[{"delivery":1,"attempts":[1,3]}]}],)"
        R"("deliveries":[{"delivery":1,"mail_from":"ann@a.test","recipient":"bob@163.com","identity":"1@a.test","fate":"delivered","taken":1,"attempts":[)"
        R"({"try":1,"attempt":1,"session":1,"since_first":"0s","host":"mx1.163.com","sending_ip":"192.0.2.1","helo":"mta.a.test","stage":"rcpt","code":450,"text":"4.2.0 Greylisted for 5 minutes","outcome":"deferred","taken":false},)"
        R"({"try":2,"attempt":3,"session":3,"since_first":"1m","wait":"1m","host":"mx1.163.com","sending_ip":"192.0.2.1","helo":"mta.a.test","stage":"end-of-data","code":250,"text":"OK","outcome":"accepted","taken":true}],)"
        R"("findings":[{"finding":"retried too early","fault":true,"section":"RFC 5321 §4.5.4.1","attempts":[1,3],"explanation":"came back after 1m; the reply asked for 5m"}]},)"
        R"({"delivery":2,"mail_from":"ann@a.test","recipient":"cat@b.test","identity":"2@a.test","fate":"delivered","taken":1,"attempts":[)"
        R"({"try":1,"attempt":2,"session":2,"since_first":"0s","host":"mx1.163.com","sending_ip":"192.0.2.1","helo":"mta.a.test","stage":"end-of-data","code":250,"text":"OK","outcome":"accepted","taken":true}]}],)"
        R"("attempts_without_recipient":0,"unmatched_notices":0,"dropped":0})"
        "\n");
    // Later in virtual time, the same octets.
    Story shifted = two_deliveries();
    shifted.shift(std::chrono::hours{100});
    Told later{shifted, both};
    CHECK(later.json() == told.json());
    CHECK(later.text() == told.text());
    CHECK(later.junit() == told.junit());
}

TEST_CASE("the JSON is valid whatever was sent") {
    Story story;
    story.tried(1, 0s, 0, "\xff\"\\\r\n").helo = "\x80";
    story.tried(1, 1h, 451);
    story.notice(2, 2h, "failed", "1@a.test");
    Told told{story, {{"", DeliveredOnce{}, {}}}};
    told.run.journal = "\xff.db";
    told.run.harness_failures = {"no \xff"};
    told.run.seconds = 0.5;
    const auto read = boost::json::parse(told.json()).as_object();
    CHECK(read.at("journal") == "\\xff.db");
    CHECK(read.at("harness_failures").at(0) == "no \\xff");
    CHECK(read.at("seconds") == 0.5);
    const auto& delivery = read.at("deliveries").at(0);
    CHECK(delivery.at("attempts").at(0).at("text") == "\\xff\"\\\\x0d\\x0a");
    CHECK_FALSE(delivery.at("attempts").at(0).as_object().contains("code"));
    CHECK(delivery.at("notices").at(0).at("action") == "failed");
    CHECK(delivery.at("notices").at(0).at("since_first") == "2h");
    CHECK(read.at("deliveries").at(1).at("notice") == true);
}

TEST_CASE("JUnit: a testcase for each expectation, a failure with its timeline") {
    Told told{two_deliveries(), both};
    told.run.seconds = 1.5;
    CHECK(told.junit() ==
          R"(<?xml version="1.0" encoding="UTF-8"?>
<testsuites tests="2" failures="1" errors="0" time="1.500">
  <testsuite name="greylist" tests="2" failures="1" errors="0" skipped="0" time="1.500">
    <properties>
      <property name="profile" value="netease"/>
      <property name="seed" value="18446744073709551615"/>
      <property name="clock" value="stepped"/>
      <property name="virtual_duration" value="1m"/>
    </properties>
    <testcase classname="greylist" name="delivered exactly once"/>
    <testcase classname="greylist" name="comes &lt;back&gt; in time">
      <failure message="came back 1m after a failure; the reply asked for 5m">ann@a.test → bob@163.com  1@a.test
&gt; try 1   +0s                   mx1.163.com #1  rcpt: 450 4.2.0 Greylisted for 5 minutes  deferred
&gt; try 2   +1m      after 1m     mx1.163.com #3  end-of-data: 250 OK  accepted
</failure>
    </testcase>
  </testsuite>
</testsuites>
)");
}

TEST_CASE("JUnit: what went wrong with the harness is an error, and nothing expected, too") {
    Told told{two_deliveries(), {both[0]}};
    told.run.harness_failures = {"the sender did not start: \x01\"<&>\""};
    const auto tree = parsed(told.junit());
    const auto& suite = tree.get_child("testsuites.testsuite");
    CHECK(suite.get<int>("<xmlattr>.tests") == 2);
    CHECK(suite.get<int>("<xmlattr>.errors") == 1);
    CHECK(suite.get<int>("<xmlattr>.failures") == 0);
    CHECK(suite.back().second.get<std::string>("error.<xmlattr>.message") ==
          "the sender did not start: \\x01\"<&>\"");

    const auto nothing = parsed(Told{two_deliveries(), {}}.junit());
    CHECK(nothing.get<int>("testsuites.<xmlattr>.errors") == 1);
    CHECK(nothing.get<std::string>("testsuites.testsuite.testcase.error.<xmlattr>.message") ==
          "nothing was expected of the sender");
}

TEST_CASE("XML takes any octets") {
    CHECK(report::xml_escaped("a<b>&\"'\n\tc", false) == "a&lt;b&gt;&amp;&quot;'\n\tc");
    CHECK(report::xml_escaped("a\n\tb", true) == "a&#10;&#9;b");
    CHECK(report::xml_escaped(std::string_view{"\0\x1b\r\x7f\xff", 5}, false) ==
          "\\x00\\x1b\\x0d\\x7f\\xff");
    CHECK(report::xml_escaped("网易 \xef\xbf\xbe\xef\xbf\xbf\xef\xbf\xbd", true) ==
          "网易 \\xef\\xbf\\xbe\\xef\\xbf\\xbf\xef\xbf\xbd");
    CHECK(report::xml_escaped("", true).empty());
    std::string all;
    for (int octet = 0; octet < 256; ++octet) all += static_cast<char>(octet);
    const auto tree = parsed(fmt::format("<x a=\"{}\">{}</x>", report::xml_escaped(all, true),
                                         report::xml_escaped(all, false)));
    CHECK(tree.get<std::string>("x.<xmlattr>.a").find("\\x01\\x02") != std::string::npos);
}
