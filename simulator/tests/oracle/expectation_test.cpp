// Each kind of expectation passes and fails, with exactly these words about exactly these attempts.
#include "oracle/expectation.h"

#include "core/limits.h"
#include "support/catch.h"
#include "tests/oracle/story.h"

using namespace fakemx;
using namespace fakemx::oracle;
using oracle::test::Story;

namespace {

constexpr Duration four_days = std::chrono::hours{96};
constexpr Duration five_days = std::chrono::hours{120};

/// 451 at once, and after each of these waits; one try at the end that is answered with `last`.
Story tries(const std::vector<Duration>& waits, int last) {
    Story story;
    Duration at{};
    for (const Duration wait : waits) {
        story.tried(1, at, 451);
        at += wait;
    }
    story.tried(1, at, last, last == 250 ? "OK" : "4.3.2 Internal server error");
    return story;
}

}  // namespace

TEST_CASE("nothing to look at is a failure") {
    const Story story;
    const std::vector<ExpectationKind> kinds{
        DeliveredOnce{},
        AttemptsBetween{},
        WaitsBetween{},
        WaitsAre{},
        GaveUpAfter{},
        NoAttemptWithin{},
        NoAttemptWithin{1s},
        NeverAfter5yz{},
        DuplicatesAtMost{},
        NoticeSent{},
        NotBounced{},
        SameIdentity{},
        Predicate{[](const auto&, const Context&) -> std::optional<std::string> { return {}; }},
        OthersUnaffected{}};
    CHECK(kinds.size() == std::variant_size_v<ExpectationKind> + 1);
    for (const auto& kind : kinds) {
        INFO(title_of(kind, {}));
        CHECK(story.verdict(kind) == "failed: no delivery was seen that this is about");
    }
}

TEST_CASE("nothing to look at, because nobody was named") {
    Story story;
    story.tried(0, 0s, 421).delivery.reset();
    CHECK(story.verdict(DeliveredOnce{}) ==
          "failed: no delivery was seen that this is about; 1 attempt ended before a recipient was "
          "named");
}

TEST_CASE("delivered exactly once") {
    CHECK(tries({5min}, 250).verdict(DeliveredOnce{}) == "passed: 1 delivery looked at");
    CHECK(tries({5min}, 451).verdict(DeliveredOnce{}) ==
          "failed [2]: never accepted; the last of 2 tries ended with 451 4.3.2 Internal server "
          "error");
    Story twice = tries({}, 250);
    twice.tried(1, 1h, 250);
    CHECK(twice.verdict(DeliveredOnce{}) == "failed [1 2]: taken 2 times");
    Story lost;
    lost.tried(1, 0s, 0, "lost: 250 OK").taken = true;
    CHECK(lost.verdict(DeliveredOnce{}) ==
          "failed [1]: taken, but the reply was lost, and the sender has not come back");
    lost.tried(1, 5min, 250);
    CHECK(lost.verdict(DeliveredOnce{}) == "failed [1 2]: taken 2 times");
    Story under_way;
    under_way.tried(1, 0s, 0).outcome = journal::Outcome::pending;
    CHECK(under_way.verdict(DeliveredOnce{}) ==
          "failed [1]: never accepted; the last try is under way");
}

TEST_CASE("several deliveries: the first that fails is explained, the others are counted") {
    Story story;
    for (std::uint64_t id = 1; id <= limits::exhibits_max + 3; ++id) {
        story.tried(id, 0s, id == 2 ? 250 : 451, "4.3.2 Busy");
    }
    const oracle::Result result = story.checked(DeliveredOnce{});
    CHECK_FALSE(result.passed);
    CHECK(result.title == "delivered exactly once");
    CHECK(result.explanation ==
          "never accepted; the last of 1 try ended with 451 4.3.2 Busy (and 11 more of 13 "
          "deliveries)");
    REQUIRE(result.exhibits.size() == limits::exhibits_max);
    CHECK(result.exhibits_left_out == 2);
    CHECK(result.exhibits[1].delivery == journal::DeliveryId{3});
    CHECK(
        result.exhibits[1].timeline ==
        "ann@a.test → bob@163.com  3@a.test\n"
        "> try 1   +0s                   mx1.163.com #3  end-of-data: 451 4.3.2 Busy  deferred\n");
}

TEST_CASE("attempts between") {
    Story story;
    story.tried(1, 0s, 451, "", "mx1");
    story.tried(1, 1s, 451, "", "mx2");
    story.tried(1, 5min, 250, "", "mx1");
    CHECK(story.verdict(AttemptsBetween{2, 2}) == "passed: 1 delivery looked at");
    CHECK(story.verdict(AttemptsBetween{3, 3, Unit::attempt}) == "passed: 1 delivery looked at");
    CHECK(story.verdict(AttemptsBetween{3, 9}) == "failed []: 2 rounds, fewer than 3");
    CHECK(story.verdict(AttemptsBetween{3}) == "failed []: 2 rounds, fewer than 3");
    CHECK(story.verdict(AttemptsBetween{1}) == "passed: 1 delivery looked at");
    CHECK(story.verdict(AttemptsBetween{0, 1}) == "failed []: 2 rounds, more than 1");
    CHECK(story.verdict(AttemptsBetween{0, 2, Unit::attempt}) ==
          "failed []: 3 attempts, more than 2");
}

TEST_CASE("waits between") {
    const Story story = tries({5min, 10min, 20min}, 250);
    CHECK(story.verdict(WaitsBetween{5min, 20min}) == "passed: 1 delivery looked at");
    CHECK(story.verdict(WaitsBetween{5min}) == "passed: 1 delivery looked at");
    CHECK(story.verdict(WaitsBetween{6min, 19min}) == "failed [2 4]: wait 1: 5m is less than 6m");
    CHECK(story.verdict(WaitsBetween{5min, 19min}) == "failed [4]: wait 3: 20m is more than 19m");
    CHECK(tries({}, 250).verdict(WaitsBetween{5min}) ==
          "failed: no delivery was tried more than once: there was no wait");
}

TEST_CASE("the waits one by one") {
    const Story story = tries({300s, 601s, 1200s}, 451);
    CHECK(story.verdict(WaitsAre{{5min, 10min, 20min}, 1s}) == "passed: 1 delivery looked at");
    CHECK(story.verdict(WaitsAre{{5min, 10min, 20min}, 999ms}) ==
          "failed [3]: wait 2 was 10m1s, not 10m ± 999ms");
    CHECK(story.verdict(WaitsAre{{5min, 11min}, 1min, true}) == "passed: 1 delivery looked at");
    CHECK(story.verdict(WaitsAre{{5min, 11min}, 1min, false}) == "failed [4]: 3 waits, not 2");
    CHECK(story.verdict(WaitsAre{{5min, 10min, 20min, 40min}, 1s, true}) ==
          "failed [4]: 3 waits, not 4");
    CHECK(story.verdict(WaitsAre{{5min + 2s}, 1s, true}) ==
          "failed [2]: wait 1 was 5m, not 5m2s ± 1s");
}

TEST_CASE("gave up after") {
    Story story = tries({five_days}, 451);
    story.notice(2, five_days + 1min, "failed", "1@a.test");
    CHECK(story.verdict(GaveUpAfter{five_days, five_days + 1h}) == "passed: 1 delivery looked at");
    CHECK(story.verdict(GaveUpAfter{five_days + 1min, five_days + 1min}) ==
          "passed: 1 delivery looked at");
    CHECK(story.verdict(GaveUpAfter{five_days + 1h}) ==
          "failed [2]: gave up: 5d is less than 5d1h");
    CHECK(story.verdict(GaveUpAfter{four_days, five_days}) ==
          "failed [2]: gave up: 5d1m is more than 5d");
    CHECK(tries({1h}, 451).verdict(GaveUpAfter{1h, 2h}, 10h) == "passed: 1 delivery looked at");
    CHECK(tries({1h}, 451).verdict(GaveUpAfter{1h}, 2h) ==
          "failed [2]: the sender has not given up: it last tried 1h after the first try, 1h "
          "before the end");
    CHECK(tries({1h}, 250).verdict(GaveUpAfter{1h}) == "failed [2]: it was accepted");
    CHECK(tries({1h}, 550).verdict(GaveUpAfter{1h}) ==
          "failed [2]: it was rejected, which is no reason to wait");
}

TEST_CASE("no attempt within") {
    CHECK(tries({5min}, 250).verdict(NoAttemptWithin{5min}) == "passed: 1 delivery looked at");
    CHECK(tries({5min}, 250).verdict(NoAttemptWithin{5min + 1s}) ==
          "failed [1 2]: came back 5m after a failure; not before 5m1s");
    CHECK(tries({}, 250).verdict(NoAttemptWithin{5min}) ==
          "failed: no try failed for now: there was nothing to come back after");
    // That nobody came back counts for as long as somebody looked.
    CHECK(tries({}, 451).verdict(NoAttemptWithin{5min}, 5min) == "passed: 1 delivery looked at");
    CHECK(tries({}, 451).verdict(NoAttemptWithin{5min}, 5min - 1s) ==
          "failed: the run was over before 5m had passed since a failure");
    // A rejection or an acceptance is nothing that this waits for.
    Story settled;
    settled.tried(1, 0s, 451);
    settled.tried(1, 1h, 550);
    settled.tried(1, 1h + 1s, 550);
    CHECK(settled.verdict(NoAttemptWithin{5min}) == "passed: 1 delivery looked at");
}

TEST_CASE("no attempt before the reply allows it") {
    Story story;
    story.tried(1, 0s, 451, "try again in 300 seconds");
    story.tried(1, 300s, 451, "busy");
    story.tried(1, 301s, 451, "please try again 15min later");
    CHECK(story.verdict(NoAttemptWithin{}) == "passed: 1 delivery looked at");
    story.tried(1, 301s + 15min - 1ms, 250);
    CHECK(story.verdict(NoAttemptWithin{}) ==
          "failed [3 4]: came back 14m59s999ms after a failure; the reply asked for 15m");
    CHECK(tries({1s}, 250).verdict(NoAttemptWithin{}) == "failed: no reply asked for a wait");
}

TEST_CASE("never after 5yz") {
    CHECK(tries({1h}, 550).verdict(NeverAfter5yz{}) == "passed: 1 delivery looked at");
    Story story = tries({1h}, 550);
    story.tried(1, 2h, 250);
    CHECK(story.verdict(NeverAfter5yz{}) ==
          "failed [2 3]: rejected with 550 4.3.2 Internal server error, and tried again 1h later");
    CHECK(tries({1h}, 250).verdict(NeverAfter5yz{}) == "failed: nothing was rejected with 5yz");
    Story too_many;
    too_many.tried(1, 0s, 552).stage = smtp::Hook::rcpt;
    CHECK(too_many.verdict(NeverAfter5yz{}) == "failed: nothing was rejected with 5yz");
}

TEST_CASE("others unaffected") {
    Story story;
    story.tried(1, 0s, 451);
    auto& other = story.tried(2, 1min, 250);
    other.recipient = "bob@b.test";
    other.ended_at = default_epoch + 2min;
    const Selection failing{.recipient_domain = "163.COM"};
    CHECK(story.verdict(OthersUnaffected{1min}, 0s, failing) == "passed: 1 delivery looked at");
    // Counted from the beginning, which is that of the delivery that fails.
    CHECK(story.verdict(OthersUnaffected{1min, true}, 0s, failing) !=
          "passed: 1 delivery looked at");
    CHECK(story.verdict(OthersUnaffected{59s}, 0s, failing) ==
          "failed [2]: another delivery was accepted only after 1m");
    other.outcome = journal::Outcome::deferred;
    other.code = 421;
    CHECK(story.verdict(OthersUnaffected{1min}, 0s, failing) ==
          "failed [2]: another delivery was never accepted; the last of 1 try ended with 421 4.3.2 "
          "Internal server error");
    CHECK(story.verdict(OthersUnaffected{1min}) == "failed: there were no other deliveries");
    Story unharmed = tries({}, 250);
    unharmed.tried(2, 1min, 250).recipient = "bob@b.test";
    CHECK(unharmed.verdict(OthersUnaffected{1min}, 0s, failing) ==
          "failed [1]: what was to fail for now did not, so that nothing is shown");
}

TEST_CASE("duplicates at most") {
    Story story = tries({}, 250);
    CHECK(story.verdict(DuplicatesAtMost{0}) == "passed: 0 duplicates");
    story.tried(1, 1h, 250);
    story.tried(2, 0s, 0, "lost: 250 OK").taken = true;
    story.tried(2, 1h, 250);
    CHECK(story.verdict(DuplicatesAtMost{2}) == "passed: 2 duplicates");
    CHECK(story.verdict(DuplicatesAtMost{1}) ==
          "failed [1 2] [3 4]: 2 duplicates, more than 1 (and 1 more of 2 deliveries)");
    CHECK(story.verdict(DuplicatesAtMost{1, false}) == "passed: 1 duplicate");
    CHECK(story.verdict(DuplicatesAtMost{0, false}) == "failed [1 2]: 1 duplicate, more than 0");
    CHECK(tries({1h}, 451).verdict(DuplicatesAtMost{}) ==
          "failed: nothing was taken, so that nothing could come twice");
}

TEST_CASE("a notice was sent") {
    Story story = tries({1h}, 451);
    CHECK(story.verdict(NoticeSent{}) == "failed [2]: no notice came");
    story.notice(2, 2h, "delayed", "1@a.test");
    CHECK(story.verdict(NoticeSent{}) == "failed [2]: 1 notice came, none of them final");
    story.notice(3, 3h, "failed", "1@a.test");
    CHECK(story.verdict(NoticeSent{3h, 3h}) == "passed: 1 delivery looked at");
    CHECK(story.verdict(NoticeSent{4h}) == "failed [2]: the notice came: 3h is less than 4h");
    CHECK(story.verdict(NoticeSent{1h, 2h}) == "failed [2]: the notice came: 3h is more than 2h");
    story.notice(4, 4h, "failed", "1@a.test");
    CHECK(story.verdict(NoticeSent{}) == "failed [2]: 2 notices came");
}

TEST_CASE("not bounced") {
    Story story = tries({1h}, 451);
    story.notice(2, 2h, "delayed", "1@a.test");
    CHECK(story.verdict(NotBounced{}) ==
          "failed: a notice would have gone elsewhere: notices does not name the sender's domain");
    story.policy.sender_domains = {"A.test"};
    CHECK(story.verdict(NotBounced{}) == "passed: 1 delivery looked at");
    story.notice(3, 3h, "failed", "1@a.test");
    CHECK(story.verdict(NotBounced{}) == "failed [2]: a notice came 3h after the first try");
}

TEST_CASE("the same envelope and identity") {
    Story story = tries({1h}, 451);
    CHECK(story.verdict(SameIdentity{}) == "passed: 1 delivery looked at");
    auto& third = story.tried(1, 2h, 250);
    third.helo = "other.a.test";
    CHECK(story.verdict(SameIdentity{}) ==
          "failed [2 3]: the HELO name was mta.a.test, and other.a.test 1h later");
    CHECK(story.verdict(SameIdentity{.helo = false}) == "passed: 1 delivery looked at");
    third.sending_ip = "192.0.2.2";
    CHECK(story.verdict(SameIdentity{.helo = false}) ==
          "failed [2 3]: the sending address was 192.0.2.1, and 192.0.2.2 1h later");
    CHECK(story.verdict(SameIdentity{.helo = false, .sending_ip = false}) ==
          "passed: 1 delivery looked at");
    third.mail_from = "bounce@a.test";
    CHECK(story.verdict(SameIdentity{.helo = false, .sending_ip = false}) ==
          "failed [2 3]: the reverse path was ann@a.test, and bounce@a.test 1h later");
    CHECK(tries({}, 451).verdict(SameIdentity{}) ==
          "failed: no delivery was tried more than once: there was nothing to compare");
}

TEST_CASE("a predicate says what is wrong") {
    const auto at_most = [](std::size_t tries) {
        return Predicate{[tries](const std::vector<const Delivery*>& selected,
                                 const Context& context) -> std::optional<std::string> {
            for (const Delivery* delivery : selected) {
                if (context.of(*delivery).fate == Fate::delivered) continue;
                if (delivery->attempts.size() > tries) return "too many for one that failed";
            }
            return std::nullopt;
        }};
    };
    Story story = tries({1h}, 451);
    story.tried(2, 0s, 451);
    CHECK(story.verdict(at_most(2)) == "passed: 2 deliveries looked at");
    CHECK(story.verdict(at_most(1)) == "failed [] []: too many for one that failed");
}

TEST_CASE("an expectation is about what it selects") {
    Story story = tries({1h}, 451);
    story.tried(2, 0s, 250).recipient = "Cat@B.test";
    story.notice(3, 2h, "failed", "1@a.test");
    const auto looked_at = [&](const Selection& selection) {
        return story.verdict(AttemptsBetween{0}, 0s, selection);
    };
    CHECK(looked_at({}) == "passed: 2 deliveries looked at");
    CHECK(looked_at({.recipient = "Cat@b.TEST"}) == "passed: 1 delivery looked at");
    CHECK(looked_at({.recipient = "cat@b.test"}) ==
          "failed: no delivery was seen that this is about");
    CHECK(looked_at({.recipient = "Dat@b.test"}) ==
          "failed: no delivery was seen that this is about");
    CHECK(looked_at({.recipient_domain = "b.test"}) == "passed: 1 delivery looked at");
    CHECK(looked_at({.recipient_domain = "test"}) ==
          "failed: no delivery was seen that this is about");
    CHECK(looked_at({.sender = "ann@a.test"}) == "passed: 2 deliveries looked at");
    CHECK(looked_at({.recipient_domain = "163.com", .sender = "ann@a.test"}) ==
          "passed: 1 delivery looked at");
    CHECK(looked_at({.sender = ""}) == "passed: 1 delivery looked at");
}

TEST_CASE("titles") {
    CHECK(title_of(WaitsBetween{5min, 70min}, {.recipient_domain = "163.com"}) ==
          "waits between 5m and 1h10m, to 163.com");
    CHECK(title_of(WaitsBetween{0s, 70min}, {}) == "waits at most 1h10m");
    CHECK(title_of(WaitsBetween{5min}, {.sender = ""}) == "waits at least 5m, from <>");
    CHECK(title_of(WaitsAre{{5min, 10min}, 1s, true}, {}) == "waits 5m, 10m, …");
    CHECK(title_of(AttemptsBetween{2, 4}, {}) == "between 2 and 4 rounds");
    CHECK(title_of(AttemptsBetween{2, 2, Unit::attempt}, {}) == "2 attempts");
    CHECK(title_of(AttemptsBetween{2}, {}) == "at least 2 rounds");
    CHECK(title_of(AttemptsBetween{1, 1}, {}) == "1 round");
    CHECK(title_of(AttemptsBetween{0, 1, Unit::attempt}, {}) == "at most 1 attempt");
    CHECK(title_of(GaveUpAfter{four_days, five_days}, {.recipient = "bob@163.com"}) ==
          "gave up after between 4d and 5d, to bob@163.com");
    CHECK(title_of(NoAttemptWithin{}, {}) == "no attempt before the reply allows it");
    CHECK(title_of(NoAttemptWithin{15min}, {}) == "no attempt within 15m of a failure");
    CHECK(title_of(OthersUnaffected{1min}, {.recipient_domain = "163.com"}) ==
          "others accepted within 1m while failing to 163.com");
    CHECK(title_of(DuplicatesAtMost{}, {}) == "no duplicates");
    CHECK(title_of(DuplicatesAtMost{1, false}, {}) == "at most 1 duplicate, lost replies aside");
    CHECK(title_of(NoticeSent{}, {}) == "one notice that it failed");
    CHECK(title_of(NoticeSent{four_days}, {}) == "one notice that it failed, after at least 4d");

    const Story story = tries({1h}, 250);
    const Account account = story.account();
    const auto judgements = judge(account, story.policy);
    const auto results = check({{"it arrives", DeliveredOnce{}, {}}, {"", DeliveredOnce{}, {}}},
                               {account, story.policy, judgements});
    REQUIRE(results.size() == 2);
    CHECK(results[0].title == "it arrives");
    CHECK(results[1].title == "delivered exactly once");
}

TEST_CASE("a ledger without room for everything fails the run") {
    const Story story = tries({1h}, 250);
    Account account = story.account();
    account.dropped = 3;
    const auto judgements = judge(account, story.policy);
    const auto results = check({{"", DeliveredOnce{}, {}}}, {account, story.policy, judgements});
    REQUIRE(results.size() == 2);
    CHECK(results[0].passed);
    CHECK_FALSE(results[1].passed);
    CHECK(results[1].title == "everything was looked at");
    CHECK(results[1].explanation ==
          "3 records found no room in the ledger, which keeps 500000: nothing can be said of them");
}
