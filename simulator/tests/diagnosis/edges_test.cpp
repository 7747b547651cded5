// Where the lines are drawn: how many it takes until a trait, an outage, a stop or a burst is one, and what is left aside.
#include <algorithm>

#include "core/limits.h"
#include "core/text.h"
#include "diagnosis/odds.h"
#include "diagnosis/print.h"
#include "support/catch.h"
#include "tests/diagnosis/history.h"

namespace fakemx::diagnosis::test {

namespace {

Sent of_template(const std::string& name) {
    Sent sent;
    sent.template_id = name;
    return sent;
}

Sent from(const std::string& domain) {
    Sent sent;
    sent.sender = domain;
    return sent;
}

Duration minutes(std::uint64_t count) {
    return std::chrono::minutes{count};
}

/// No further than the greeting.
void refused(History& history, Duration at, const std::string& sending_ip) {
    Sent sent;
    sent.sending_ip = sending_ip;
    journal::AttemptRecord& attempt =
        history.tried(9999, at, {421, "4.3.2 Busy", smtp::Hook::connect, {}}, sent);
    attempt.delivery.reset();
    attempt.mail_from = attempt.recipient = attempt.helo = "";
}

const Pattern& pattern_at(const Diagnosis& diagnosis, Facet facet, std::string_view value) {
    const auto& segments = diagnosis.by(facet).segments;
    const auto found = std::find_if(segments.begin(), segments.end(),
                                    [&](const Segment& one) { return one.value == value; });
    REQUIRE(found != segments.end());
    return found->pattern;
}

}  // namespace

TEST_CASE("a trait is named from 1 in 1024 on, for each that was looked at", "[diagnosis]") {
    // Two values of one key: 1 in 2 * 1024. Fourteen over five is 2002, fifteen over five 3003.
    const std::uint64_t passing = GENERATE(9, 10);
    History history;
    for (std::uint64_t i = 1; i <= 5 + passing; ++i)
        // Never two failures in a row.
        history.tried(i,
                      minutes(i <= 5   ? 2 * i
                              : i < 11 ? 2 * i - 11
                                       : i),
                      i <= 5 ? internal_error : taken, of_template(i <= 5 ? "one" : "two"));
    const Contrast first = history.diagnosis().traits.first;
    CHECK(first.looked_at == 2);
    CHECK(first.traits.size() == (passing == 10 ? 1 : 0));
    CHECK(one_in(binary_logarithm(10)) == 10);
    CHECK(one_in(binary_logarithm(10) - 1) == 1);
}

TEST_CASE("a trait needs three that have it, and three that lack it", "[diagnosis]") {
    const std::uint64_t few = GENERATE(2, 3);
    const bool few_fail = GENERATE(true, false);
    History history;
    for (std::uint64_t i = 1; i <= 300; ++i) {
        const bool rare = i % 90 == 1 && i <= 90 * few;
        history.tried(i, minutes(i), rare == few_fail ? internal_error : taken,
                      of_template(rare ? "rare" : "usual"));
    }
    const auto traits = history.diagnosis().traits.first.traits;
    REQUIRE(traits.size() == (few == 3 ? 1 : 0));
    if (few == 3) CHECK(traits[0].value == (few_fail ? "rare" : "usual"));
}

TEST_CASE("of traits that are alike the one is named that people look at first", "[diagnosis]") {
    History history;
    for (std::uint64_t i = 1; i <= 40; ++i) {
        Sent sent = of_template(i % 2 == 0 ? "offer" : "welcome");
        if (i % 2 == 0) sent.links.push_back("click.test");
        // What it holds is seen at the second try.
        if (i % 2 == 0)
            history.tried(i, minutes(i), {451, "4.7.1 Later", smtp::Hook::rcpt, {}}, sent);
        history.tried(i, minutes(i) + (i % 2 == 0 ? 1h : 0h), taken, sent);
    }
    const auto traits = history.diagnosis().traits.first.traits;
    REQUIRE(traits.size() == 1);
    CHECK(traits[0].facet == Facet::template_id);
    CHECK(traits[0].value == "offer");
    REQUIRE(traits[0].alike.size() == 1);
    CHECK(traits[0].alike[0].first == Facet::link_domain);
}

TEST_CASE("what failed in an outage shares no more than the hour", "[diagnosis]") {
    History history;
    for (std::uint64_t i = 0; i < 120; ++i) {
        const bool meanwhile = i >= 48 && i < 72;
        Sent sent = from(fmt::format("s{}.test", i % 3));
        sent.template_id = meanwhile ? "noon" : "any";
        history.sends(i + 1, {minutes(5 * i), minutes(5 * i) + 2h}, sent,
                      [&](std::size_t number, Duration) {
                          return meanwhile && number == 1 ? internal_error : taken;
                      });
    }
    const Diagnosis diagnosis = history.diagnosis();
    REQUIRE(diagnosis.outages.size() == 1);
    CHECK(diagnosis.verdict.finding == Finding::outage);
    CHECK(diagnosis.traits.first.traits.empty());
    CHECK(pattern_at(diagnosis, Facet::sender_domain, "s0.test").label == Label::outage);
}

TEST_CASE("a sender that is never accepted says nothing of an outage", "[diagnosis]") {
    History history;
    for (std::uint64_t i = 1; i <= 50; ++i) history.tried(i, minutes(i), taken);
    for (std::uint64_t i = 51; i <= 100; ++i)
        history.tried(i, minutes(i), internal_error, from("never.test"));
    CHECK(history.diagnosis().outages.empty());
}

TEST_CASE("what of refused connections is no outage", "[diagnosis]") {
    enum class Kind { outage, at_the_end, one_sender, never_heard, one_span };
    const Kind is = GENERATE(Kind::outage, Kind::at_the_end, Kind::one_sender, Kind::never_heard,
                             Kind::one_span);
    CAPTURE(is);
    History history;
    const auto sender = [](std::uint64_t i) {
        Sent sent = from(fmt::format("s{}.test", i % 2));
        sent.sending_ip = fmt::format("10.0.{}.1", i % 2);
        return sent;
    };
    for (std::uint64_t i = 0; i < 60; ++i) history.tried(i + 1, minutes(i), taken, sender(i));
    if (is == Kind::never_heard) {
        // It shares one address with the others.
        for (std::uint64_t i = 0; i < 2; ++i) {
            Sent sent = from("never.test");
            sent.sending_ip = sender(i).sending_ip;
            history.tried(100 + i, minutes(30), {554, "5.7.1 No"}, sent);
        }
    }
    for (std::uint64_t i = 0; i < 30; ++i) {
        const Duration at =
            is == Kind::one_span ? 60min + std::chrono::seconds{i} : minutes(60 + 3 * i);
        refused(history, at, sender(is == Kind::one_sender ? 0 : i).sending_ip);
    }
    if (is != Kind::at_the_end) history.tried(200, 3h, taken, sender(0));
    const Diagnosis diagnosis = history.diagnosis();
    CHECK(diagnosis.outages.size() == (is == Kind::outage ? 1 : 0));
    CHECK((diagnosis.verdict.finding == Finding::outage) == (is == Kind::outage));
}

TEST_CASE("a long row of retries is an outage when it passes for two senders", "[diagnosis]") {
    const bool two = GENERATE(true, false);
    const bool passes = GENERATE(true, false);
    History history;
    history.tried(1, 0s, taken, from("a.test"));
    history.tried(2, 0s, taken, from("b.test"));
    for (std::uint64_t i = 3; i <= 6; ++i) {
        const Sent sent = from(i % 2 == 0 ? "a.test" : "b.test");
        history.tried(i, 1h, internal_error, sent);
        if (i % 2 == 0 || two) history.tried(i, 130min, internal_error, sent);
        history.tried(i, 3h - 30min, passes || i != 3 ? taken : internal_error, sent);
    }
    CHECK(history.diagnosis().outages.size() == (two && passes ? 1 : 0));
}

TEST_CASE("refusals of one address are compared by spans of five minutes", "[diagnosis]") {
    const bool again_and_again = GENERATE(true, false);
    History history;
    for (std::uint64_t i = 0; i < 40; ++i) {
        Sent other;
        other.sending_ip = fmt::format("10.{}.0.1", i % 4);
        history.tried(i + 1, minutes(6 * i), taken, other);
    }
    for (std::uint64_t i = 0; i < 40; ++i)
        refused(history, again_and_again ? minutes(6 * i) : std::chrono::seconds{i}, "192.0.2.9");
    const Diagnosis diagnosis = history.diagnosis();
    REQUIRE(diagnosis.traits.refused.traits.size() == (again_and_again ? 1 : 0));
    CHECK(diagnosis.outages.empty());
    CHECK(pattern_at(diagnosis, Facet::sending_ip, "192.0.2.9").label == Label::failing);
    if (!again_and_again) return;
    CHECK(diagnosis.traits.refused.traits[0].facet == Facet::sending_ip);
    CHECK(diagnosis.traits.refused.traits[0].value == "192.0.2.9");
    CHECK(diagnosis.verdict.finding == Finding::shared);
}

TEST_CASE("a span in which an address was accepted and refused is one of refusals", "[diagnosis]") {
    History history;
    for (std::uint64_t i = 0; i < 40; ++i) {
        Sent sent;
        sent.sending_ip = i % 2 == 0 ? "192.0.2.9" : "10.0.0.1";
        history.tried(i + 1, minutes(10 * i), taken, sent);
        if (i % 2 == 0) refused(history, minutes(10 * i), sent.sending_ip);
    }
    const auto traits = history.diagnosis().traits.refused.traits;
    REQUIRE(traits.size() == 1);
    CHECK(traits[0].value == "192.0.2.9");
}

TEST_CASE("what failed twice and has not been accepted stays out", "[diagnosis]") {
    History history;
    for (std::uint64_t i = 1; i <= 40; ++i) {
        const bool stays = i > 25;
        history.tried(i, minutes(i), internal_error, of_template(stays ? "two" : "one"));
        history.tried(i, minutes(i) + 1h, stays ? internal_error : taken,
                      of_template(stays ? "two" : "one"));
    }
    const auto traits = history.diagnosis().traits.stays.traits;
    REQUIRE(traits.size() == 1);
    CHECK(traits[0].value == "two");
}

TEST_CASE("the first acceptance counts, and what is under way does not", "[diagnosis]") {
    History history;
    history.tried(1, 0s, internal_error);
    history.tried(1, 10min, taken);
    history.tried(1, 20min, taken);
    history.tried(2, 0s, taken);
    history.tried(2, 5min, taken).outcome = journal::Outcome::pending;
    const Diagnosis diagnosis = history.diagnosis();
    REQUIRE(diagnosis.courses.all.size() == 2);
    CHECK(diagnosis.courses.all[0].accepted_on == 2);
    CHECK(diagnosis.latency.sorted == std::vector<Duration>{1s, 10min + 1s});
    CHECK(diagnosis.latency.at_once == 1);
    CHECK(diagnosis.courses.all[1].tries.size() == 1);
    CHECK(diagnosis.volumes.sum.under_way == 1);
    CHECK(diagnosis.volumes.intervals.at(0).first == 2);
}

TEST_CASE("whoever says its name at MAIL is not known by its address", "[diagnosis]") {
    History history;
    history.tried(1, 0s, taken);
    refused(history, 1min, "192.0.2.1");
    journal::AttemptRecord& named =
        history.tried(8888, 2min, {451, "4.7.1 No", smtp::Hook::mail, {}}, from("b.test"));
    named.delivery.reset();
    named.recipient = "";
    const Courses courses = history.diagnosis().courses;
    REQUIRE(courses.refusals.size() == 2);
    CHECK(courses.senders.at(courses.refusals[0].sender) == "a.test");
    CHECK(courses.senders.at(courses.refusals[1].sender) == "b.test");
}

TEST_CASE("labels, where as many recovered as did not, and where it ended elsewhere",
          "[diagnosis]") {
    History history;
    const Answer at_rcpt{451, "4.7.1 Later", smtp::Hook::rcpt, {}};
    history.tried(1, 0s, at_rcpt);
    history.tried(1, 10min, taken);
    history.tried(2, 0s, internal_error);
    const Diagnosis diagnosis = history.diagnosis();
    CHECK(pattern_at(diagnosis, Facet::sender_domain, "a.test").label == Label::intermittent);
    // Nothing is accepted at RCPT; what became of it later counts.
    CHECK(pattern_at(diagnosis, Facet::stage, "rcpt").label == Label::intermittent);
}

TEST_CASE("what is hostile is shown, and not run", "[diagnosis]") {
    History history;
    const std::string hostile = "</title><script>alert(\"1\")</script>\xff";
    for (std::uint64_t i = 0; i < 3; ++i) {
        history.tried(i + 1, minutes(i), internal_error, from(hostile));
        history.tried(i + 11, minutes(i), taken);
    }
    const Diagnosis diagnosis = history.diagnosis();
    CHECK(diagnosis.verdict.finding == Finding::lone_sender);
    const std::string page = diagnosis::page(diagnosis);
    CHECK(page.find("&lt;script&gt;alert(&quot;1&quot;)") != std::string::npos);
    CHECK(page.find("<script") == std::string::npos);
    for (const Drawing& drawing : figures(diagnosis))
        CHECK(chart::svg(drawing.figure).find("<script") == std::string::npos);
    CHECK(is_utf8(json(diagnosis)));
    CHECK(json(diagnosis).find("\\\\xff") != std::string::npos);
}

TEST_CASE("of the worst deliveries those that are not accepted come first", "[diagnosis]") {
    History history;
    history.tried(1, 0s, internal_error);
    history.tried(1, 5h, taken);
    history.tried(2, 0s, internal_error);
    history.tried(2, 1h, internal_error);
    history.tried(3, 0s, internal_error);
    history.tried(3, 2h, internal_error);
    history.tried(4, 0s, taken);
    CHECK(history.diagnosis().worst == std::vector<std::size_t>{2, 1, 0});
}

TEST_CASE("values of keys, on either side of each line", "[diagnosis]") {
    CHECK(size_class(10 * 1024) == "up to 10 KiB");
    CHECK(size_class(10 * 1024 + 1) == "up to 100 KiB");
    CHECK(size_class(10 * 1024 * 1024 + 1) == "more than 10 MiB");
    History history;
    Sent sent;
    sent.sending_ip = "2001:db8:1:2:3::9";
    sent.tls = true;
    history.tried(1, 0s, taken, sent);
    history.tried(2, 0s, {421, "4.3.2 Bye"});
    refused(history, 0s, "192.0.2.1");
    history.ended("server_closed");
    const Diagnosis diagnosis = history.diagnosis();
    const auto values = [&](Facet facet) {
        std::vector<std::string> found;
        for (const Segment& segment : diagnosis.by(facet).segments) found.push_back(segment.value);
        std::sort(found.begin(), found.end());
        return found;
    };
    CHECK(values(Facet::charset) == std::vector<std::string>{"", "utf-8"});
    CHECK(values(Facet::network) == std::vector<std::string>{"192.0.2.0/24", "2001:db8:1:2::/64"});
    // Whoever is refused before MAIL might have asked for TLS; 421 says by itself that the connection ends.
    CHECK(values(Facet::tls) == std::vector<std::string>{"", "no", "yes"});
    CHECK(values(Facet::reply) == std::vector<std::string>{"connect: 421 4.3.2 Busy",
                                                           "end-of-data: 250 OK",
                                                           "end-of-data: 421 4.3.2 Bye"});
}

TEST_CASE("values and intervals beyond the bounds", "[diagnosis]") {
    History history;
    for (std::uint64_t i = 0; i < limits::report_segments_max + 5; ++i)
        history.tried(i + 1, std::chrono::seconds{1000 * i}, taken,
                      of_template(fmt::format("t{}", i)));
    Intake intake{true};
    history.into(intake);
    const Diagnosis diagnosis = diagnose(intake.finish(oracle::Policy{}), {.interval = 1s});
    CHECK(diagnosis.by(Facet::template_id).segments.size() == limits::report_segments_max);
    CHECK(diagnosis.by(Facet::template_id).left_out == 5);
    CHECK(diagnosis.volumes.length == 10s);
    CHECK(diagnosis.volumes.intervals.size() <= limits::report_intervals_max);
}

TEST_CASE("coming again: when asked to, at the same time, or not at all", "[diagnosis]") {
    const Answer asks{451, "4.7.1 Greylisted, please try again in 300 seconds"};
    History history;
    history.tried(1, 0s, asks);
    history.tried(1, 301s, taken);
    history.tried(2, 0s, internal_error);
    history.tried(3, 0s, internal_error).ended_at = default_epoch + 2min;
    history.tried(3, 1min, taken);
    const Discipline sender = history.diagnosis().manners.senders.at(0);
    CHECK(sender.failed == 3);
    CHECK(sender.retried == 2);
    CHECK(sender.hinted == 1);
    CHECK(sender.early == 0);
    CHECK(sender.at_once == 1);
}

TEST_CASE("waits within a tenth are steady", "[diagnosis]") {
    const Duration second = GENERATE(Duration{11min}, Duration{12min});
    History history;
    history.tried(1, 0s, internal_error);
    history.tried(1, 10min + 1s, internal_error);
    history.tried(1, 10min + second + 2s, internal_error);
    const Discipline sender = history.diagnosis().manners.senders.at(0);
    CHECK(sender.steady == (second == 11min ? 1 : 0));
    CHECK(sender.growing == (second == 11min ? 0 : 1));
}

TEST_CASE("which deliveries of two journals are one", "[diagnosis]") {
    // One try at the first host, one at the second, whose journal has another delivery besides.
    enum class Kind { unseen, seen_at_both, other_identity, twice_there, no_sender };
    const Kind is = GENERATE(Kind::unseen, Kind::seen_at_both, Kind::other_identity,
                             Kind::twice_there, Kind::no_sender);
    CAPTURE(is);
    const Answer at_rcpt{451, "4.7.1 Later", smtp::Hook::rcpt, {}};
    History one;
    auto& first = one.tried(1, 0s, is == Kind::unseen ? at_rcpt : internal_error);
    History two;
    two.tried(7, 5min, taken);
    const bool unseen = is == Kind::unseen || is == Kind::twice_there;
    auto& again = two.tried(2, 10min, unseen ? at_rcpt : taken);
    again.recipient = first.recipient;
    if (!unseen) again.identity = is == Kind::other_identity ? "other@a.test" : first.identity;
    auto& third = two.tried(3, 20min, is == Kind::twice_there ? at_rcpt : taken);
    if (is == Kind::twice_there || is == Kind::seen_at_both) third.recipient = first.recipient;
    if (is == Kind::no_sender) {
        first.identity = again.identity = "";
        first.mail_from = again.mail_from = "";
    }
    Intake intake{true};
    one.into(intake, "one.db");
    two.into(intake, "two.db");
    const Case all = intake.finish(oracle::Policy{});
    const bool joined = is == Kind::unseen || is == Kind::seen_at_both;
    CHECK(all.account.deliveries.size() == (joined ? 3 : 4));
    CHECK(all.accepted_in_several == 0);
}

TEST_CASE("what was accepted in two journals, and what twice in one", "[diagnosis]") {
    const bool two_journals = GENERATE(true, false);
    History one;
    one.tried(1, 0s, taken);
    if (!two_journals) one.tried(1, 10min, taken);
    History two;
    if (two_journals) two.tried(1, 10min, taken);
    Intake intake{true};
    one.into(intake, "one.db");
    two.into(intake, "two.db");
    CHECK(intake.finish(oracle::Policy{}).accepted_in_several == (two_journals ? 1 : 0));
}

TEST_CASE("which sentence it comes to, on either side of each line", "[diagnosis]") {
    History history;
    // Of ten deliveries `failing` fail, of which `recovering` are accepted later; never two in a row.
    const auto [failing, recovering, finding] =
        GENERATE(table<std::uint64_t, std::uint64_t, Finding>({{10, 10, Finding::first_try},
                                                               {9, 9, Finding::first_try},
                                                               {8, 8, Finding::intermittent},
                                                               {10, 8, Finding::intermittent},
                                                               {4, 2, Finding::intermittent},
                                                               {4, 1, Finding::no_cohort}}));
    CAPTURE(failing, recovering);
    for (std::uint64_t i = 1; i <= 10; ++i) {
        const Duration at = minutes(20 * i);
        history.tried(i, at, i <= failing ? internal_error : taken);
        if (i > failing) continue;
        history.tried(i, at + 11min, i <= recovering ? taken : internal_error);
    }
    CHECK(history.diagnosis().verdict.finding == finding);
}

TEST_CASE("one of several senders that fails always, or two of them", "[diagnosis]") {
    const std::uint64_t failing = GENERATE(1, 2);
    History history;
    for (std::uint64_t i = 0; i < 8; ++i) {
        const Sent sent = from(fmt::format("s{}.test", i % 4));
        history.tried(i + 1, minutes(i), i % 4 < failing ? internal_error : taken, sent);
    }
    CHECK(history.diagnosis().verdict.finding ==
          (failing == 1 ? Finding::lone_sender : Finding::no_cohort));
}

TEST_CASE("the evidence is about the last reply, of whoever is refused most", "[diagnosis]") {
    History history;
    history.tried(1, 0s, {451, "4.3.2 Busy at 10001"});
    history.tried(1, 10min, {451, "4.3.2 Busy at 10002"});
    history.tried(2, 20min, taken, from("b.test"));
    const Diagnosis few = history.diagnosis();
    CHECK(evidence(few, "").find("Reply: 451 4.3.2 Busy at 10002\n") != std::string::npos);
    for (std::uint64_t i = 0; i < 3; ++i) refused(history, minutes(30 + i), "203.0.113.5");
    const std::string refusals = evidence(history.diagnosis(), "");
    CHECK(refusals.find("Sender domain: 203.0.113.5\n") == 0);
    CHECK(refusals.find("Retry outcome: refused before a recipient was named\n") !=
          std::string::npos);
}

TEST_CASE("what it takes to say that one domain blocks the others", "[diagnosis]") {
    enum class Kind { whole, two_tries, others_late, others_early, few_others };
    const Kind is = GENERATE(Kind::whole, Kind::two_tries, Kind::others_late, Kind::others_early,
                             Kind::few_others);
    History history;
    std::uint64_t delivery = 0;
    Sent other;
    other.recipient_domain = "b.test";
    for (std::uint64_t minute = 0; minute < 200; ++minute) {
        const bool meanwhile = minute >= 60 && minute <= 120;
        const bool sent = !meanwhile && (is != Kind::others_late || minute > 60) &&
                          (is != Kind::others_early || minute < 120) &&
                          (is != Kind::few_others || minute % 10 == 0);
        if (sent) history.tried(++delivery, minutes(minute), taken, other);
        const std::uint64_t step = is == Kind::two_tries ? 60 : 20;
        if (minute % step != 0) continue;
        // It fails once more, much later.
        history.tried(++delivery, minutes(minute),
                      meanwhile || minute == 160 ? internal_error : taken);
    }
    const auto blocking = history.diagnosis().manners.blocking;
    REQUIRE(blocking.size() == (is == Kind::whole ? 1 : 0));
    if (is != Kind::whole) return;
    CHECK(blocking[0].from == default_epoch + 1h);
    CHECK(blocking[0].until == default_epoch + 2h + 1s);
    CHECK(blocking[0].blocked());
}

}  // namespace fakemx::diagnosis::test
