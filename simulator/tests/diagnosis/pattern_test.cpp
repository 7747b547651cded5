// Labels, segments, volumes and latency of small histories, and which sentence each comes to.
#include <algorithm>

#include "core/series.h"
#include "support/catch.h"
#include "support/draws.h"
#include "tests/diagnosis/history.h"

namespace fakemx::diagnosis::test {

using Catch::Matchers::Contains;
using fakemx::test::Draws;

namespace {

const Segment& of(const Diagnosis& diagnosis, Facet facet, std::string_view value) {
    const auto& segments = diagnosis.by(facet).segments;
    const auto found = std::find_if(segments.begin(), segments.end(),
                                    [&](const Segment& one) { return one.value == value; });
    REQUIRE(found != segments.end());
    return *found;
}

Sent from(const std::string& domain) {
    Sent sent;
    sent.sender = domain;
    return sent;
}

}  // namespace

TEST_CASE("nothing, and nothing wrong", "[diagnosis]") {
    History history;
    CHECK(history.diagnosis().verdict.finding == Finding::nothing);
    history.tried(1, 0s, taken);
    history.tried(2, 1min, taken);
    const Diagnosis diagnosis = history.diagnosis();
    CHECK(diagnosis.verdict.finding == Finding::clean);
    CHECK(of(diagnosis, Facet::sender_domain, "a.test").pattern.label == Label::clean);
}

TEST_CASE("senders are clean, intermittent, selective or persistent", "[diagnosis]") {
    History history;
    history.tried(1, 0s, taken, from("clean.test"));
    history.tried(2, 0s, internal_error, from("sometimes.test"));
    history.tried(2, 5min, internal_error, from("sometimes.test"));
    history.tried(2, 20min, taken, from("sometimes.test"));
    history.tried(3, 1min, taken, from("sometimes.test"));
    history.tried(4, 0s, taken, from("some.test"));
    history.tried(5, 0s, internal_error, from("some.test"));
    history.tried(5, 1h, internal_error, from("some.test"));
    SECTION("for less than a day: failing") {
        history.tried(6, 0s, internal_error, from("never.test"));
        history.tried(6, 24h - 2s, internal_error, from("never.test"));
        CHECK(of(history.diagnosis(), Facet::sender_domain, "never.test").pattern.label ==
              Label::failing);
    }
    SECTION("for a day: persistent") {
        history.tried(6, 0s, internal_error, from("never.test"));
        history.tried(6, 24h - 1s, internal_error, from("never.test"));
        const Diagnosis diagnosis = history.diagnosis();
        const Pattern& pattern = of(diagnosis, Facet::sender_domain, "never.test").pattern;
        CHECK(pattern.label == Label::persistent);
        CHECK(pattern.first_failure == default_epoch);
        CHECK(of(diagnosis, Facet::sender_domain, "clean.test").pattern.label == Label::clean);
        CHECK(of(diagnosis, Facet::sender_domain, "some.test").pattern.label == Label::selective);
        const Pattern& sometimes = of(diagnosis, Facet::sender_domain, "sometimes.test").pattern;
        CHECK(sometimes.label == Label::intermittent);
        CHECK(sometimes.recovered == 1);
        CHECK(sometimes.accepted_on == std::vector<std::uint64_t>{1, 0, 1});
    }
}

TEST_CASE("an address that fails is told from one that the same mail passes by", "[diagnosis]") {
    History history;
    Sent other;
    other.sending_ip = "198.51.100.7";
    for (std::uint64_t delivery = 1; delivery <= 3; ++delivery) {
        history.tried(delivery, 0s, internal_error);
        history.tried(delivery, 10min, taken, other);
    }
    const Diagnosis diagnosis = history.diagnosis();
    CHECK(of(diagnosis, Facet::sending_ip, "192.0.2.1").pattern.label == Label::failing);
    CHECK(of(diagnosis, Facet::sending_ip, "198.51.100.7").pattern.label == Label::clean);
    // A stage at which everything fails says something by what became of it.
    CHECK(of(diagnosis, Facet::stage, "end-of-data").pattern.label == Label::intermittent);
}

TEST_CASE("every key has its segments, and each adds up", "[diagnosis]") {
    Draws draws{"segments"};
    History history;
    for (std::uint64_t delivery = 1; delivery <= 200; ++delivery) {
        Sent sent = from(fmt::format("s{}.test", draws.below(5)));
        sent.attachments =
            draws.one_in(2) ? std::vector<std::string>{"zip", "pdf"} : std::vector<std::string>{};
        const Duration first = std::chrono::seconds{draws.below(90'000)};
        history.sends(delivery, {first, first + 5min, first + 1h}, sent,
                      [&](std::size_t, Duration) -> Answer {
                          switch (draws.below(5)) {
                              case 0: return {451, "4.7.1 Try later", smtp::Hook::rcpt, {}};
                              case 1: return {554, "DT:SPM"};
                              case 2: return {0, "", smtp::Hook::data, {}};
                              default: return taken;
                          }
                      });
    }
    const Diagnosis diagnosis = history.diagnosis(std::chrono::hours{24 * 9});
    const auto adds_up = [](const Tally& tally) {
        return tally.attempted ==
               tally.accepted + tally.deferred + tally.rejected + tally.lost + tally.under_way;
    };
    const Tally& all = diagnosis.volumes.sum;
    CHECK(adds_up(all));
    CHECK(all.attempted == diagnosis.all.tries.size());
    for (const Segments& segments : diagnosis.segments) {
        CAPTURE(name(segments.facet));
        Tally sum;
        for (const Segment& segment : segments.segments) {
            CHECK(adds_up(segment.tally));
            sum.add(segment.tally);
        }
        CHECK((segments.overlap || sum.attempted == all.attempted));
        CHECK(!segments.segments.empty());
    }
    // Both types of an attempt, and one for those that brought no message.
    CHECK(diagnosis.by(Facet::attachments).segments.size() == 3);
    Tally sum;
    std::uint64_t expired = 0;
    for (const Interval& interval : diagnosis.volumes.intervals) {
        CHECK(adds_up(interval.tally));
        sum.add(interval.tally);
        expired += interval.expired;
    }
    CHECK(sum.attempted == all.attempted);
    CHECK(sum.accepted == all.accepted);
    CHECK(sum.lost == all.lost);
    CHECK(expired == diagnosis.volumes.expired);
    CHECK(expired > 0);
}

TEST_CASE("latency is from the first try to the end of the accepted one", "[diagnosis]") {
    History history;
    for (std::uint64_t delivery = 1; delivery <= 100; ++delivery) {
        history.tried(delivery, 0s, internal_error);
        history.tried(delivery, std::chrono::minutes{delivery}, taken);
    }
    const Latency latency = history.diagnosis().latency;
    REQUIRE(latency.sorted.size() == 100);
    CHECK(latency.at_once == 0);
    CHECK(percentile(latency.sorted, 50) == 50min + 1s);
    CHECK(percentile(latency.sorted, 95) == 95min + 1s);
    CHECK(percentile(latency.sorted, 99) == 99min + 1s);
    CHECK(percentile(latency.sorted, 100) == 100min + 1s);
    const std::vector<int> one{7};
    CHECK(percentile(one, 0) == 7);
    CHECK(percentile(one, 99) == 7);
}

TEST_CASE("attempts on the edges of intervals, and before 1970", "[diagnosis]") {
    const Duration begin = GENERATE(Duration{}, default_epoch.time_since_epoch() * -1,
                                    default_epoch.time_since_epoch() * -1 - 36h);
    History history;
    for (std::uint64_t i = 1; i <= 30; ++i) {
        const Sent sent = from(fmt::format("s{}.test", i % 2));
        history.tried(i, begin + std::chrono::minutes{i - 1}, taken, sent);
        history.tried(30 + i, begin + 29min + std::chrono::seconds{i}, internal_error, sent);
        history.tried(30 + i, begin + 40min, taken, sent);
    }
    Intake intake{true};
    history.into(intake);
    const Diagnosis diagnosis = diagnose(intake.finish(oracle::Policy{}), {.interval = 10min});
    const Instant first = default_epoch + begin;
    CHECK(diagnosis.volumes.begin == first);
    REQUIRE(diagnosis.volumes.intervals.size() == 5);
    const auto attempted = [&](std::size_t i) {
        return diagnosis.volumes.intervals[i].tally.attempted;
    };
    CHECK(attempted(0) == 10);
    CHECK(attempted(1) == 10);
    CHECK(attempted(2) == 40);
    CHECK(attempted(3) == 0);
    CHECK(attempted(4) == 30);
    REQUIRE(diagnosis.outages.size() == 1);
    CHECK(diagnosis.outages[0].from == first + 29min + 1s);
    CHECK(diagnosis.outages[0].until == first + 29min + 31s);
}

TEST_CASE("first tries that fail are greylisting, not an outage", "[diagnosis]") {
    History history;
    for (std::uint64_t delivery = 1; delivery <= 100; ++delivery) {
        // All in the queue at once: nobody is taken for six minutes.
        const Sent sent = from(fmt::format("s{}.test", delivery % 4));
        history.sends(delivery, {0s, 1min, 6min, 20min}, sent, [](std::size_t, Duration after) {
            return after < 5min ? Answer{450, "4.2.0 Greylisted", smtp::Hook::rcpt, {}} : taken;
        });
    }
    const Diagnosis diagnosis = history.diagnosis();
    CHECK(diagnosis.outages.empty());
    CHECK(diagnosis.verdict.finding == Finding::first_try);
    CHECK_THAT(diagnosis.verdict.headline,
               Contains("100 of 100 deliveries failed at first, and 100 of them"));
}

TEST_CASE("when every sender fails, it is the receiver that is named", "[diagnosis]") {
    History history;
    for (std::uint64_t delivery = 1; delivery <= 6; ++delivery) {
        const Sent sent = from(fmt::format("s{}.test", delivery % 3));
        history.sends(delivery, {0s, 10min, 1h}, sent,
                      [](std::size_t, Duration) { return internal_error; });
    }
    const Diagnosis diagnosis = history.diagnosis();
    CHECK(diagnosis.verdict.finding == Finding::everyone);
    CHECK_THAT(diagnosis.verdict.headline, Contains("Every sender fails: of 18 attempts by 3"));
    CHECK_THAT(diagnosis.verdict.next, Contains("receiver first"));
}

TEST_CASE("one sender alone accuses nobody", "[diagnosis]") {
    History history;
    history.sends(1, {0s, 10min, 1h}, {}, [](std::size_t, Duration) { return internal_error; });
    CHECK(history.diagnosis().verdict.finding == Finding::one_sender);
    // Another one passes.
    history.tried(2, 0s, taken, from("b.test"));
    CHECK(history.diagnosis().verdict.finding == Finding::lone_sender);
}

TEST_CASE("what fails for good at the end of a journal is no outage", "[diagnosis]") {
    Draws draws{"tail"};
    History history;
    for (std::uint64_t delivery = 1; delivery <= 120; ++delivery) {
        Sent sent = from(fmt::format("s{}.test", draws.below(4)));
        const bool zip = draws.one_in(5);
        if (zip) sent.attachments = {"zip"};
        const Duration first = std::chrono::minutes{delivery};
        history.sends(delivery, {first, first + 30min, first + 3h, first + 24h}, sent,
                      [&](std::size_t number, Duration) {
                          return zip && number < 5 ? internal_error : taken;
                      });
    }
    const Diagnosis diagnosis = history.diagnosis();
    CHECK(diagnosis.outages.empty());
    CHECK(diagnosis.verdict.finding == Finding::shared);
}

TEST_CASE("replies are alike but for what is new in each", "[diagnosis]") {
    CHECK(shape_of_reply("4.3.2 Internal server error") == "4.3.2 Internal server error");
    CHECK(shape_of_reply("4.7.500 Server busy. Please try again later from [192.0.2.1].") ==
          "4.7.500 Server busy. Please try again later from …");
    const std::string once = shape_of_reply(
        "DT:SPM 163 zwqz-mx-mta-g3-2,P8CowECpNVM_oEVaenoEAQ--.23796S2 1767225600, "
        "please try again 15min later");
    CHECK(once == shape_of_reply("DT:SPM 163 zwqz-mx-mta-g0-4,_____wCXz9f+_S9ktHAQAQ--.9992S3 "
                                 "1767226500, please try again 15min later"));
    CHECK(once == "DT:SPM 163 … please try again 15min later");
    CHECK(shape_of_reply("User not found: bob@163.com") == "User not found: …");
    CHECK(shape_of_reply("") == "");
    // A message is given a number, as short as it may be; a sender is asked to come back in 15 minutes.
    CHECK(shape_of_reply("2.0.0 OK queued as 1.1", true) == "2.0.0 OK queued as …");
    CHECK(shape_of_reply("4.7.1 try again in 15 minutes") == "4.7.1 try again in 15 minutes");
}

TEST_CASE("a reply behind which the receiver hangs up is another one", "[diagnosis]") {
    History history;
    history.tried(1, 0s, internal_error);
    CHECK(of(history.diagnosis(), Facet::reply, "end-of-data: 451 4.3.2 Internal server error")
              .tally.deferred == 1);
    history.ended("server_closed");
    CHECK(of(history.diagnosis(), Facet::reply,
             "end-of-data: 451 4.3.2 Internal server error, then closed")
              .tally.deferred == 1);
}

}  // namespace fakemx::diagnosis::test
