// One case for each finding, beside the nearest behaviour that is none.
#include "oracle/judge.h"

#include <set>

#include "support/catch.h"
#include "tests/oracle/story.h"

using namespace fakemx;
using namespace fakemx::oracle;
using oracle::test::Story;

namespace {

constexpr Duration days(int count) {
    return std::chrono::hours{24 * count};
}

}  // namespace

TEST_CASE("delivered once, after failures") {
    Story story;
    story.tried(1, 0s, 451);
    story.tried(1, 5min, 0, "the session ended: client_lost");
    story.tried(1, 15min, 250);
    CHECK(story.judged(days(30)) == "1 delivered\n");
}

TEST_CASE("accepted twice is a duplicate; refused after an acceptance is not") {
    Story story;
    story.tried(1, 0s, 250);
    story.tried(1, 5min, 250);
    story.tried(1, 10min, 451);
    CHECK(story.judged() ==
          "1 delivered\n"
          "  duplicated [1 2]: accepted 0s after the first try, and sent and taken again 5m later\n"
          "  retried after 2yz [1 3]: accepted, and sent again 10m later; the answer was 451 4.3.2 "
          "Internal server error\n");
}

TEST_CASE("taken twice because the reply was lost is another matter") {
    Story story;
    auto& lost = story.tried(1, 0s, 0, "lost: 250 OK");
    lost.taken = true;
    lost.ended_at = default_epoch + 10s;
    story.tried(1, 5min, 250);
    CHECK(
        story.judged() ==
        "1 delivered\n"
        "  duplicated because the reply was lost [1 2]: taken, but the reply was lost; sent again "
        "4m50s later and taken again\n");
    // Once it was accepted, nothing excuses the next one.
    story.tried(1, 10min, 250);
    CHECK_THAT(story.judged(), Catch::Matchers::Contains("  duplicated [2 3]: accepted 5m after"));
    CHECK(section(Wrong::duplicated_reply_lost) == "RFC 5321 §4.5.3.2.6, RFC 1047");
    CHECK_FALSE(is_fault(Wrong::duplicated_reply_lost));
    CHECK(is_fault(Wrong::duplicated));
}

TEST_CASE("a message that was taken is not lost, whatever its sender makes of it") {
    Story story;
    story.tried(1, 0s, 0, "lost: 250 OK").taken = true;
    CHECK(story.judged(1h) == "1 open\n");
    CHECK(story.judged(days(6)) == "1 delivered\n");
    story.notice(2, 1h, "failed", "1@a.test");
    CHECK(story.judged(1h) == "1 delivered\n2 delivered\n");
}

TEST_CASE("tried again after 5yz") {
    Story story;
    story.tried(1, 0s, 550, "5.1.1 No such user", "mx1").ended_at = default_epoch + 2s;
    story.tried(1, 3s, 250, "OK", "mx2");
    story.tried(2, 0s, 552, "5.3.4 Too big");
    story.tried(2, 5min, 552, "5.3.4 Too big");
    CHECK(
        story.judged() ==
        "1 delivered\n"
        "  retried after 5yz [1 2]: rejected with 550 5.1.1 No such user, and tried again 1s later "
        "at another host\n"
        "2 rejected\n"
        "  retried after 5yz [3 4]: rejected with 552 5.3.4 Too big, and tried again 5m later\n");
    // RFC 5321 §4.5.3.1.10: 552 to RCPT is temporary.
    Story too_many;
    too_many.tried(1, 0s, 552).stage = smtp::Hook::rcpt;
    too_many.tried(1, 5min, 250);
    CHECK(too_many.judged() == "1 delivered\n");
}

TEST_CASE("back before the reply allows it") {
    const std::string reply = "DT:SPM 163 mx9 1514513028, please try again 15min later";
    Story story;
    story.tried(1, 0s, 451, reply).ended_at = default_epoch + 5s;
    story.tried(1, 5min, 451, reply);
    story.tried(1, 20min, 250);
    CHECK(story.judged() ==
          "1 delivered\n"
          "  retried too early [1 2]: came back after 4m55s; the reply asked for 15m\n");
    story.policy.heed_hints = false;
    CHECK(story.judged() == "1 delivered\n");
    story.policy.retry_after = 5min;
    CHECK(story.judged() ==
          "1 delivered\n"
          "  retried too early [1 2]: came back after 4m55s; the policy asks for 5m\n");
    story.policy.retry_after = 4min + 55s;
    CHECK(story.judged() == "1 delivered\n");
}

TEST_CASE("each host of a pool may ask for its own wait; the longest one counts") {
    Story story;
    story.tried(1, 0s, 451, "try again in 20 minutes", "mx1");
    story.tried(1, 1s, 451, "try again in 5 minutes", "mx2");
    story.tried(1, 10min, 250, "OK", "mx1");
    CHECK(story.judged() ==
          "1 delivered\n"
          "  retried too early [1 3]: came back after 10m; the reply asked for 20m\n");
}

TEST_CASE("back at once to the same host") {
    Story story;
    story.tried(1, 0s, 451, "4.3.2 Busy");
    story.tried(1, 999ms, 250);
    CHECK(story.judged() ==
          "1 delivered\n"
          "  retried too early [1 2]: came back at once to the same host after 451 4.3.2 Busy\n");
    Story fine;
    fine.tried(1, 0s, 451);
    fine.tried(1, 1s, 250);
    fine.tried(2, 0s, 451, "", "mx1");  // the next host of a pool
    fine.tried(2, 0s, 250, "", "mx2");
    fine.tried(3, 0s, 421);  // the end of a connection
    fine.tried(3, 0s, 250);
    CHECK(fine.judged() == "1 delivered\n2 delivered\n3 delivered\n");
}

TEST_CASE("two tries at the same time: neither came back after the other") {
    Story story;
    story.tried(1, 0s, 451).ended_at = default_epoch + 10s;
    story.tried(1, 5s, 451).ended_at = default_epoch + 12s;
    CHECK(story.judged(1h) == "1 open\n");
    Story refused;
    refused.tried(1, 0s, 550).ended_at = default_epoch + 10s;
    refused.tried(1, 5s, 550);
    CHECK(refused.judged(1h) == "1 rejected\n");
    Story taken;
    taken.tried(1, 0s, 250).ended_at = default_epoch + 10s;
    taken.tried(1, 5s, 250);
    taken.tried(1, 6s, 451);
    CHECK(
        taken.judged(1h) ==
        "1 delivered\n  duplicated [1 2]: accepted 10s after the first try, and sent and taken at "
        "the same time once more\n");
}

TEST_CASE("a recipient that one transaction names twice is one round") {
    Story story;
    story.tried(1, 0s, 451);
    story.tried(1, 0s, 451).session = SessionId{1};
    CHECK(story.judged(1h) == "1 open\n");
    story.tried(1, 1h, 550);
    story.tried(1, 1h, 550).session = SessionId{3};
    CHECK(story.judged(2h) == "1 rejected\n");
}

TEST_CASE("what one transaction had no room for may come in the next one at once") {
    const auto back_at_once = [](int code, std::string text, smtp::Hook stage) {
        Story story;
        story.tried(1, 0s, code, std::move(text)).stage = stage;
        story.tried(1, 0s, 250);
        return story.judged(1h) != "1 delivered\n";
    };
    CHECK_FALSE(back_at_once(452, "4.5.3 Too many recipients", smtp::Hook::rcpt));
    CHECK_FALSE(back_at_once(452, "Too many recipients", smtp::Hook::rcpt));
    CHECK(back_at_once(452, "4.2.2 Mailbox full", smtp::Hook::rcpt));
    CHECK(back_at_once(452, "4.5.3 Too many recipients", smtp::Hook::message));
    CHECK(back_at_once(451, "4.5.3 Too many recipients", smtp::Hook::rcpt));
}

TEST_CASE("gave up before the time, seen by the notice") {
    Story story;
    story.tried(1, 0s, 451);
    story.tried(1, 1h, 451);
    story.notice(2, 3h, "failed", "1@a.test");
    CHECK(story.judged(3h) ==
          "1 bounced\n"
          "  gave up early [2]: gave up 3h after the first try, not after 4d\n"
          "2 delivered\n");
    story.policy.give_up_min = 3h;
    CHECK(story.judged(3h) == "1 bounced\n2 delivered\n");
    story.policy.give_up_max = 3h;
    CHECK(story.judged(3h) == "1 bounced\n2 delivered\n");
    story.policy.give_up_max = 3h - 1s;
    CHECK(story.judged(3h) ==
          "1 bounced\n"
          "  gave up late [2]: had not given up 3h after the first try, but was to after 2h59m59s\n"
          "2 delivered\n");
}

TEST_CASE("a warning is no bounce") {
    Story story;
    story.tried(1, 0s, 451);
    story.tried(1, 4h, 451);
    story.notice(2, 4h, "delayed", "1@a.test");
    CHECK(story.judged(4h) == "1 open\n2 delivered\n");
}

TEST_CASE("fell silent: after four times its longest wait, or five days") {
    Story story;
    story.tried(1, 0s, 451);
    CHECK(story.judged(days(5)) == "1 open\n");
    CHECK(story.judged(days(5) + 1s) ==
          "1 gave up\n  gave up early [1]: gave up 0s after the first try, not after 4d\n");
    story.tried(1, 1h, 451);
    story.tried(1, 90min, 451);
    CHECK(story.judged(90min + 4h) == "1 open\n");
    CHECK(story.judged(90min + 4h + 1s) ==
          "1 gave up\n  gave up early [3]: gave up 1h30m after the first try, not after 4d\n");
    // Without a notice it may have given up shortly before it would have come again.
    story.policy.give_up_min = 90min + 1h;
    CHECK(story.judged(days(9)) == "1 gave up\n");
    story.policy.give_up_min = 90min + 1h + 1s;
    CHECK_THAT(story.judged(days(9)), Catch::Matchers::Contains("gave up early"));
    // What is under way has not ended.
    story.tried(1, 2h, 451).outcome = journal::Outcome::pending;
    CHECK_THAT(story.judged(days(9)), Catch::Matchers::StartsWith("1 open\n"));
}

TEST_CASE("lost: a notice would have come here") {
    Story story;
    story.tried(1, 0s, 451);
    story.tried(1, days(4), 451);
    story.tried(2, 0s, 451).mail_from = "dan@elsewhere.test";
    story.tried(2, days(4), 451).mail_from = "dan@elsewhere.test";
    story.policy.sender_domains = {"a.test"};
    CHECK(
        story.judged(days(30)) ==
        "1 lost\n"
        "  lost [2]: neither accepted nor rejected; after 4d the sender was silent for 26d, and no "
        "notice came\n"
        "2 gave up\n");
    story.policy.sender_domains.clear();
    CHECK(story.judged(days(30)) == "1 gave up\n2 gave up\n");
}

TEST_CASE("rejected, and nobody was told") {
    Story story;
    story.tried(1, 0s, 550, "5.1.1 No such user");
    CHECK(story.judged(days(1)) == "1 rejected\n");
    story.policy.sender_domains = {"a.test"};
    CHECK(story.judged(1h - 1s) == "1 rejected\n");
    CHECK(story.judged(1h) ==
          "1 rejected\n"
          "  no notice [1]: rejected with 550 5.1.1 No such user, and no notice came in the 1h "
          "since\n");
    story.notice(2, 1h, "failed", "1@a.test");
    CHECK(story.judged(2h) == "1 rejected\n2 delivered\n");
}

TEST_CASE("bounced twice, or though it was delivered") {
    Story story;
    story.tried(1, 0s, 550);
    story.notice(2, 1s, "failed", "1@a.test");
    story.notice(3, 2s, "failed", "1@a.test").recipient = "postmaster@a.test";
    CHECK(story.judged() == "1 rejected\n2 delivered\n3 delivered\n");
    story.notice(4, 3s, "failed", "1@a.test");
    CHECK(story.judged() ==
          "1 rejected\n  bounced twice [2 4]: 2 notices say that it failed\n"
          "2 delivered\n3 delivered\n4 delivered\n");
    Story delivered;
    delivered.tried(1, 0s, 250);
    delivered.notice(2, 1s, "failed", "1@a.test");
    CHECK(delivered.judged() ==
          "1 delivered\n"
          "  bounced though delivered [1]: accepted, and the sender's address was told that it "
          "failed\n2 delivered\n");
}

TEST_CASE("of a notice only what is wrong with any mail is said") {
    Story story;
    story.policy.sender_domains = {"a.test"};
    auto& notice = story.notice(1, 0s, "failed", "x@a.test");
    notice.outcome = journal::Outcome::deferred;
    notice.taken = false;
    story.notice(1, 1h, "failed", "x@a.test").outcome = journal::Outcome::deferred;
    CHECK(story.judged(days(30)) == "1 delivered\n");
    story.notice(1, 2h, "failed", "x@a.test");
    story.notice(1, 3h, "failed", "x@a.test");
    CHECK_THAT(story.judged(days(30)), Catch::Matchers::Contains("  duplicated [3 4]"));
}

TEST_CASE("what changed between tries") {
    Story story;
    auto& first = story.tried(1, 0s, 451);
    first.message_octets = 100;
    story.message(first, "Subject: x\r\n\r\nhello\r\n");
    auto& second = story.tried(1, 5min, 451);
    second.helo = "MTA.A.TEST";
    second.identity.clear();  // did not come to the end of data
    auto& third = story.tried(1, 15min, 250);
    third.helo = "other.a.test";
    third.sending_ip = "192.0.2.9";
    third.mail_from = "bounces@a.test";
    third.message_octets = 101;
    story.message(third, "Subject: y\r\n\r\nHello\r\n");
    CHECK(story.judged() ==
          "1 delivered\n"
          "  changed HELO name [2 3]: the HELO name was mta.a.test, and other.a.test 10m later\n"
          "  changed sending address [2 3]: the sending address was 192.0.2.1, and 192.0.2.9 10m "
          "later\n"
          "  changed reverse path [2 3]: the reverse path was ann@a.test, and bounces@a.test 10m "
          "later\n"
          "  changed size [1 3]: the size was 100 octets, and 101 octets 15m later\n"
          "  changed body [1 3]: the body was another one 15m later\n");
    CHECK_FALSE(is_fault(Wrong::changed_sending_ip));
    CHECK_FALSE(is_fault(Wrong::changed_size));
    CHECK(is_fault(Wrong::changed_helo));
}

TEST_CASE("another Subject, the same body: nothing has changed") {
    Story story;
    story.message(story.tried(1, 0s, 451), "Subject: x\r\n\r\nhello\r\n");
    story.message(story.tried(1, 5min, 250), "Subject: y\r\n\r\nhello\r\n");
    CHECK(story.judged() == "1 delivered\n");
}

TEST_CASE("a new Message-ID with each try makes a new delivery of it") {
    Story story;
    story.message(story.tried(1, 0s, 451), "Message-ID: <1@a.test>\r\n\r\nhello\r\n");
    story.message(story.tried(2, 5min, 250), "Message-ID: <2@a.test>\r\n\r\nhello\r\n");
    CHECK(
        story.judged() ==
        "1 open\n2 delivered\n"
        "  changed Message-ID [2]: the same body as delivery 1, which had failed 5m before, under "
        "another Message-ID\n");
    // Two messages of a queue that have the same text, each tried again.
    Story queue;
    for (const Duration after : {Duration{0s}, Duration{5min}}) {
        for (std::uint64_t id = 1; id <= 2; ++id) {
            queue.message(queue.tried(id, after, 451), "\r\nhello\r\n");
        }
    }
    CHECK(queue.judged() == "1 open\n2 open\n");
    // The first one was delivered: the second one is another message.
    Story other;
    other.message(other.tried(1, 0s, 250), "\r\nhello\r\n");
    other.message(other.tried(2, 5min, 250), "\r\nhello\r\n");
    CHECK(other.judged() == "1 delivered\n2 delivered\n");
}

TEST_CASE("every finding has a name of its own") {
    std::set<std::string_view> names;
    for (int i = 0; i <= static_cast<int>(Wrong::changed_message_id); ++i) {
        const auto wrong = static_cast<Wrong>(i);
        CHECK_FALSE(name(wrong).empty());
        names.insert(name(wrong));
        const std::string_view rule = section(wrong);
        CHECK((rule.empty() || rule.substr(0, 4) == "RFC "));
    }
    CHECK(names.size() == static_cast<std::size_t>(Wrong::changed_message_id) + 1);
}
