// More and less than a scenario has sent.
#include "app/letter_count.h"

#include "support/catch.h"
#include "tests/oracle/story.h"

using namespace fakemx;
using oracle::test::Story;

namespace {

scenario::Scenario sending(std::uint32_t count, std::vector<std::string> to = {"bob@163.com"},
                           std::string from = "ann@a.test") {
    scenario::Scenario scenario;
    scenario.send.push_back({.from = std::move(from), .to = std::move(to), .count = count});
    return scenario;
}

journal::AttemptRecord& whole(journal::AttemptRecord& attempt) {
    attempt.message_octets = 100;
    return attempt;
}

void refused_early(journal::AttemptRecord& attempt) {
    attempt.stage = smtp::Hook::rcpt;
    attempt.identity.clear();
}

std::string less(const scenario::Scenario& scenario, const Story& story) {
    const auto result = app::less_than_was_sent(scenario, story.account());
    return result ? result->explanation : "";
}

std::string more(const scenario::Scenario& scenario, const Story& story) {
    const auto result = app::more_than_was_sent(scenario, story.account());
    return result ? result->explanation : "";
}

}  // namespace

TEST_CASE("as many as were sent") {
    Story story;
    whole(story.tried(1, 0s, 250)).recipient = "bob@163.COM";
    whole(story.tried(2, 0s, 451)).recipient = "bob@163.com";
    whole(story.tried(2, 1h, 250));
    CHECK(less(sending(2), story) == "");
    CHECK(more(sending(2), story) == "");
    CHECK(more(sending(1), story) ==
          "more messages from ann@a.test to bob@163.com came than were sent: one that was refused "
          "at end-of-data was sent again (RFC 5321 §4.2.1)");
    // Another reverse path is the same message.
    CHECK(less(sending(2, {"bob@163.com"}, "eve@a.test"), story) == "");
}

TEST_CASE("a message that never came is missed") {
    Story story;
    whole(story.tried(1, 0s, 250));
    CHECK(less(sending(3), story) ==
          "3 messages were to be sent to bob@163.com, and 1 came; 2 missing in all");
    CHECK(less(sending(1, {"bob@163.com", "cat@126.com"}), story) ==
          "1 message was to be sent to cat@126.com, and 0 came; 1 missing in all");
    CHECK(less(sending(1, {"bob@163.com"}, ""), story) != "");
}

TEST_CASE("messages that look alike are not missed, unless all are to be delivered") {
    Story story;
    refused_early(story.tried(1, 0s, 450));
    refused_early(story.tried(1, 0s, 450));
    scenario::Scenario scenario = sending(2);
    CHECK(less(scenario, story) == "");
    scenario.expect.push_back({.title = {}, .kind = oracle::DeliveredOnce{}, .selection = {}});
    CHECK(less(scenario, story) != "");
    scenario.expect[0].selection.recipient_domain = "126.com";
    CHECK(less(scenario, story) == "");

    Story nameless;
    nameless.tried(0, 0s, 421).delivery.reset();
    CHECK(less(sending(1), nameless) == "");
    scenario.expect[0].selection = {};
    CHECK(
        less(scenario, nameless) ==
        "2 messages were to be sent to bob@163.com, and 0 came; 2 missing in all; 1 attempt ended "
        "before a recipient was named");
}
