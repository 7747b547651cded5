// Deliveries from a journal that comes in pieces, in any order, with attempts that replace themselves.
#include "oracle/ledger.h"

#include "support/catch.h"
#include "tests/oracle/story.h"

using namespace fakemx;
using namespace fakemx::oracle;
using oracle::test::Story;

namespace {

std::string rounds(const Delivery& delivery, Duration gap = 30s) {
    std::string text;
    for (const Round& round : rounds_of(delivery, gap)) {
        text += fmt::format("{}-{} ", round.first, round.last);
    }
    return text;
}

}  // namespace

TEST_CASE("deliveries with their attempts, and what nobody can be found for") {
    Story story;
    story.tried(1, 0s, 451);
    story.tried(2, 1s, 250).recipient = "cat@163.com";
    story.tried(1, 5min, 250);
    auto& greeting = story.tried(0, 6min, 421);
    greeting.delivery.reset();
    greeting.stage = smtp::Hook::connect;
    const Account account = story.account();
    REQUIRE(account.deliveries.size() == 2);
    const Delivery& first = account.deliveries[0];
    CHECK(first.mail_from == "ann@a.test");
    CHECK(first.recipient == "bob@163.com");
    CHECK(first.recipient_domain() == "163.com");
    CHECK(first.identity == "1@a.test");
    REQUIRE(first.attempts.size() == 2);
    CHECK(first.attempts[0].host == "mx1.163.com");
    CHECK(first.attempts[1].at == default_epoch + 5min);
    CHECK(account.deliveries[1].attempts.size() == 1);
    REQUIRE(account.unnamed.size() == 1);
    CHECK(account.unnamed[0].code == 421);
    CHECK(account.begin == default_epoch);
    CHECK(account.end == default_epoch + 6min);
    CHECK(account.dropped == 0);
}

TEST_CASE("what came last counts, and the order in which it came does not") {
    Story story;
    story.tried(1, 0s, 451);
    journal::AttemptRecord early = story.tried(2, 1s, 250);
    story.message(early, "Message-ID: <2@a.test>\r\n\r\nhello\r\n");
    const journal::Batch whole = story.batch();

    Ledger ledger;
    // The try was taken for one of the first delivery until its message came.
    early.delivery = journal::DeliveryId{1};
    early.outcome = journal::Outcome::pending;
    early.ended_at.reset();
    journal::Batch batch;
    batch.attempts = {early};
    ledger.take(batch);
    CHECK(ledger.unfinished() == 1);
    CHECK(ledger.account().deliveries.at(0).id == journal::DeliveryId{1});
    batch.attempts = {whole.attempts[1]};
    batch.messages = whole.messages;
    ledger.take(batch);
    CHECK(ledger.unfinished() == 0);
    batch = {};
    batch.attempts = {whole.attempts[0]};
    ledger.take(batch);
    CHECK(ledger.unfinished() == 1);
    batch = {};
    batch.sessions = whole.sessions;
    ledger.take(batch);

    const Account account = ledger.account();
    REQUIRE(account.deliveries.size() == 2);
    CHECK(account.deliveries[0].attempts.size() == 1);
    REQUIRE(account.deliveries[1].attempts.size() == 1);
    const Attempt& attempt = account.deliveries[1].attempts[0];
    CHECK(attempt.outcome == journal::Outcome::accepted);
    CHECK(attempt.host == "mx1.163.com");
    CHECK(attempt.body.has_value());
    CHECK(ledger.attempts() == 2);
}

TEST_CASE("a delivery is unfinished until it is accepted or rejected, and while somebody tries") {
    Story story;
    auto& first = story.tried(1, 0s, 451);
    Ledger ledger;
    CHECK(ledger.unfinished() == 0);
    ledger.take(story.batch());
    CHECK(ledger.unfinished() == 1);
    auto& second = story.tried(1, 1min, 550);
    ledger.take(story.batch());
    CHECK(ledger.unfinished() == 0);
    auto& third = story.tried(1, 2min, 451);
    third.outcome = journal::Outcome::pending;
    ledger.take(story.batch());
    CHECK(ledger.unfinished() == 1);
    third.outcome = journal::Outcome::lost;
    ledger.take(story.batch());
    CHECK(ledger.unfinished() == 0);
    // A notice that is not taken yet holds up nobody.
    story.tried(2, 3min, 451).mail_from = "";
    ledger.take(story.batch());
    CHECK(ledger.unfinished() == 0);
    // Everything goes to another delivery, and the second one has nothing left.
    first.delivery = second.delivery = third.delivery = journal::DeliveryId{9};
    ledger.take(story.batch());
    CHECK(ledger.unfinished() == 0);
    CHECK(ledger.account().deliveries.size() == 2);
}

TEST_CASE("beyond its bound a ledger counts what it leaves out") {
    Story story;
    for (std::uint64_t i = 1; i <= 3; ++i) story.message(story.tried(i, 0s, 250), "\r\nhello\r\n");
    Ledger ledger{2};
    ledger.take(story.batch());
    ledger.take(story.batch());  // what is known may change
    const Account account = ledger.account();
    CHECK(account.deliveries.size() == 2);
    CHECK(account.dropped == 6);  // an attempt, a session and a message, twice
}

TEST_CASE("an attempt at each host of a pool is one round") {
    Story story;
    story.tried(1, 0s, 451, "", "mx1");
    story.tried(1, 1s, 451, "", "mx2");
    story.tried(1, 300s, 451, "", "mx2");
    story.tried(1, 330s, 451, "", "mx1");  // at the bound
    story.tried(1, 361s, 451, "", "mx3");  // beyond it
    story.tried(1, 362s, 451, "", "mx3");  // the same host again
    const Account account = story.account();
    CHECK(rounds(account.deliveries[0]) == "0-2 2-4 4-5 5-6 ");
    CHECK(rounds(account.deliveries[0], 0s) == "0-1 1-2 2-3 3-4 4-5 5-6 ");
    CHECK(waits_of(account.deliveries[0], 30s) == std::vector<Duration>{299s, 31s, 1s});
    CHECK(attempts_of(account.deliveries[0], {2, 4})[1].id == 4);
}

TEST_CASE("a round is over once the delivery is accepted or rejected; its waits begin at its end") {
    Story story;
    story.tried(1, 0s, 550, "", "mx1");
    story.tried(1, 1s, 250, "", "mx2");
    story.tried(1, 2s, 250, "", "mx3");
    story.tried(2, 0s, 451, "", "mx1").ended_at = default_epoch + 10min;
    story.tried(2, 10min, 451, "", "mx2").ended_at = default_epoch + 12min;
    story.tried(2, 20min, 451, "", "mx2").ended_at.reset();
    const Account account = story.account();
    CHECK(rounds(account.deliveries[0]) == "0-1 1-2 2-3 ");
    CHECK(rounds(account.deliveries[1]) == "0-2 2-3 ");
    CHECK(waits_of(account.deliveries[1], 30s) == std::vector<Duration>{8min});
}

TEST_CASE("a notice finds the delivery that it is about") {
    Story story;
    story.tried(1, 0s, 451);
    story.tried(2, 0s, 451);
    story.notice(3, 1h, "delayed", "2@a.test");
    story.notice(4, 2h, "failed", "2@a.test");
    const Account account = story.account();
    REQUIRE(account.deliveries.size() == 4);
    CHECK(account.deliveries[0].notices.empty());
    const auto& notices = account.deliveries[1].notices;
    REQUIRE(notices.size() == 2);
    CHECK_FALSE(notices[0].bounce());
    CHECK(notices[0].action == message::NoticeAction::delayed);
    CHECK(notices[0].recipient == "ann@a.test");
    CHECK(notices[0].status == "4.4.7");
    CHECK(notices[1].bounce());
    CHECK(notices[1].at == default_epoch + 2h);
    CHECK(notices[1].attempt == 4);
    CHECK_FALSE(account.deliveries[1].is_notice);
    CHECK(account.deliveries[2].is_notice);
    CHECK(account.deliveries[3].is_notice);
    CHECK(account.unmatched_notices == 0);
}

TEST_CASE("a notice about a message that was never seen goes by recipient and sender, one each") {
    Story story;
    for (std::uint64_t i = 1; i <= 3; ++i) story.tried(i, 0s, 450).identity.clear();
    story.tried(4, 0s, 450).mail_from = "dan@a.test";
    story.tried(5, 3h, 450).identity.clear();  // began after both notices
    story.notice(6, 1h, "failed", "x@a.test");
    story.notice(7, 2h, "failed", "y@a.test");
    const Account account = story.account();
    std::vector<std::size_t> counts;
    for (const Delivery& delivery : account.deliveries) counts.push_back(delivery.notices.size());
    CHECK(counts == std::vector<std::size_t>{1, 1, 0, 0, 0, 0, 0});
}

TEST_CASE("what is no notice for a delivery here") {
    Story story;
    story.tried(1, 0s, 451);
    story.notice(2, 1h, "failed", "1@elsewhere.test");            // another message
    story.notice(3, 2h, "failed", "1@a.test").mail_from = "x@y";  // not from a mail system
    auto& refused = story.notice(4, 3h, "failed", "1@a.test");
    refused.outcome = journal::Outcome::rejected;
    refused.taken = false;
    const Account account = story.account();
    CHECK(account.deliveries[0].notices.empty());
    CHECK(account.unmatched_notices == 1);
    CHECK(account.deliveries[1].is_notice);
    CHECK_FALSE(account.deliveries[2].is_notice);
    CHECK(account.deliveries[3].is_notice);

    // What has the null reverse path is one, also where it was refused before it was seen.
    Story early;
    auto& greylisted = early.tried(1, 0s, 450);
    greylisted.mail_from.clear();
    greylisted.identity.clear();
    CHECK(early.account().deliveries[0].is_notice);

    // The same notice, sent twice because the reply was lost, is one.
    Story twice;
    twice.tried(1, 0s, 451);
    twice.notice(2, 1h, "failed", "1@a.test").outcome = journal::Outcome::lost;
    twice.notice(2, 2h, "failed", "1@a.test");
    CHECK(twice.account().deliveries[0].notices.size() == 1);
    CHECK(twice.account().deliveries[0].notices[0].at == default_epoch + 1h);
}
