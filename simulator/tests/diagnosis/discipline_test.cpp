// Storms, growing waits, early retries, other addresses, bursts, and domains that hold up others: each seen, and not seen where it is
// not. And journals that belong together.
#include <algorithm>

#include "diagnosis/print.h"
#include "support/catch.h"
#include "tests/diagnosis/history.h"

namespace fakemx::diagnosis::test {

using Catch::Matchers::Contains;

namespace {

bool says(const Diagnosis& diagnosis, std::string_view words) {
    return std::any_of(
        diagnosis.verdict.points.begin(), diagnosis.verdict.points.end(),
        [&](const std::string& point) { return point.find(words) != std::string::npos; });
}

const Answer asks{451, "4.7.1 Greylisted, please try again in 300 seconds"};

Answer never(std::size_t, Duration) {
    return internal_error;
}

}  // namespace

TEST_CASE("waits that grow, that are steady, and storms", "[diagnosis]") {
    History history;
    SECTION("growing") {
        history.sends(1, {0s, 5min, 15min, 35min, 75min}, {}, never);
        const Diagnosis diagnosis = history.diagnosis();
        const Discipline& sender = diagnosis.manners.senders.at(0);
        CHECK(sender.growing == 1);
        CHECK(sender.steady == 0);
        CHECK(sender.waits.size() == 4);
        CHECK(sender.waits.front() == 5min - 1s);
        CHECK(sender.tries_per_hour == 4);
        CHECK(!sender.storm());
        CHECK(!says(diagnosis, "storm"));
    }
    SECTION("steady, twelve times an hour") {
        std::vector<Duration> times;
        for (int i = 0; i < 30; ++i) times.push_back(std::chrono::minutes{5 * i});
        history.sends(1, times, {}, never);
        const Diagnosis diagnosis = history.diagnosis();
        CHECK(diagnosis.manners.senders.at(0).steady == 1);
        CHECK(diagnosis.manners.senders.at(0).tries_per_hour == 12);
        CHECK(!says(diagnosis, "storm"));
    }
    SECTION("a storm") {
        std::vector<Duration> times;
        for (int i = 0; i < 13; ++i) times.push_back(std::chrono::minutes{4 * i});
        history.sends(1, times, {}, never);
        CHECK(says(history.diagnosis(), "A retry storm: 1 delivery"));
    }
}

TEST_CASE("retries before the time that the reply asked for", "[diagnosis]") {
    History history;
    history.sends(1, {0s, 4min, 20min}, {},
                  [](std::size_t number, Duration) { return number < 3 ? asks : taken; });
    history.sends(2, {0s, 6min}, {},
                  [](std::size_t number, Duration) { return number < 2 ? asks : taken; });
    const Diagnosis diagnosis = history.diagnosis();
    CHECK(diagnosis.manners.senders.at(0).hinted == 3);
    CHECK(diagnosis.manners.senders.at(0).early == 1);
    CHECK(says(diagnosis, "1 of 3 before the time"));
}

TEST_CASE("deliveries that are tried again after 5yz count once", "[diagnosis]") {
    History history;
    for (std::uint64_t delivery = 1; delivery <= 2; ++delivery) {
        for (int i = 0; i < 4; ++i)
            history.tried(delivery, std::chrono::minutes{15 * i}, {554, "5.7.1 No"});
    }
    history.tried(3, 0s, {554, "5.7.1 No"});
    const Diagnosis diagnosis = history.diagnosis();
    CHECK(diagnosis.manners.senders.at(0).after_5yz == 2);
    CHECK(says(diagnosis, "2 deliveries tried again after 5yz."));
}

TEST_CASE("coming back from another address", "[diagnosis]") {
    Sent other;
    other.sending_ip = "198.51.100.7";
    History history;
    SECTION("that has proven itself") {
        history.tried(1, 0s, taken, other);
        history.tried(2, 1min, internal_error);
        history.tried(2, 10min, taken, other);
        const Diagnosis diagnosis = history.diagnosis();
        CHECK(diagnosis.manners.senders.at(0).rotated == 1);
        CHECK(diagnosis.manners.senders.at(0).rotated_unproven == 0);
    }
    SECTION("that has not") {
        history.tried(2, 1min, internal_error);
        history.tried(2, 10min, taken, other);
        const Diagnosis diagnosis = history.diagnosis();
        CHECK(diagnosis.manners.senders.at(0).rotated_unproven == 1);
        CHECK(says(diagnosis, "from another address after a deferral"));
    }
    SECTION("the same one") {
        history.tried(2, 1min, internal_error);
        history.tried(2, 10min, taken);
        CHECK(history.diagnosis().manners.senders.at(0).rotated == 0);
    }
}

TEST_CASE("bursts of new mail", "[diagnosis]") {
    History history;
    const bool burst = GENERATE(true, false);
    for (std::uint64_t delivery = 1; delivery <= 120; ++delivery) {
        const bool apart = !burst || delivery <= 60;
        history.tried(delivery, apart ? std::chrono::minutes{delivery} : 90min, taken);
    }
    const Diagnosis diagnosis = history.diagnosis();
    CHECK(diagnosis.manners.senders.at(0).burst.has_value() == burst);
    CHECK(says(diagnosis, "bursts") == burst);
}

TEST_CASE("a burst does not keep to windows", "[diagnosis]") {
    // One each ten minutes for ten hours, and 24 within two minutes around a multiple of five.
    History history;
    for (std::uint64_t delivery = 1; delivery <= 60; ++delivery)
        history.tried(delivery, std::chrono::minutes{10 * delivery - 10}, taken);
    for (std::uint64_t delivery = 61; delivery <= 84; ++delivery)
        history.tried(delivery, 174min + std::chrono::seconds{5 * (delivery - 61)}, taken);
    const Diagnosis diagnosis = history.diagnosis();
    const Discipline& sender = diagnosis.manners.senders.at(0);
    CHECK(sender.windows == 119);
    CHECK(sender.window_peak == 24);
    CHECK(sender.burst == default_epoch + 174min);
}

TEST_CASE("how many make a burst", "[diagnosis]") {
    // In the last of 20 windows; from 20 on, and five times the mean.
    const auto [last, before, is_burst] = GENERATE(table<std::uint64_t, std::uint64_t, bool>(
        {{20, 60, true}, {20, 61, false}, {19, 50, false}}));
    History history;
    std::uint64_t delivery = 0;
    for (std::uint64_t i = 0; i < before; ++i)
        history.tried(++delivery, std::chrono::seconds{5400 * i / before}, taken);
    for (std::uint64_t i = 0; i < last; ++i) history.tried(++delivery, 95min, taken);
    const Diagnosis diagnosis = history.diagnosis();
    CHECK(diagnosis.manners.senders.at(0).windows == 20);
    CHECK(diagnosis.manners.senders.at(0).window_peak == last);
    CHECK(diagnosis.manners.senders.at(0).burst.has_value() == is_burst);
}

TEST_CASE("one domain that fails, and the others", "[diagnosis]") {
    const bool blocked = GENERATE(true, false);
    History history;
    std::uint64_t delivery = 0;
    Sent other;
    other.recipient_domain = "b.test";
    // A message to another domain each minute; 163.com fails for an hour in between.
    for (int minute = 0; minute < 180; ++minute) {
        const bool meanwhile = minute >= 60 && minute < 121;
        if (!meanwhile || !blocked)
            history.tried(++delivery, std::chrono::minutes{minute}, taken, other);
        if (minute % 20 == 0)
            history.tried(++delivery, std::chrono::minutes{minute},
                          meanwhile ? internal_error : taken);
    }
    const Diagnosis diagnosis = history.diagnosis();
    REQUIRE(diagnosis.manners.blocking.size() == 1);
    const Blocking& found = diagnosis.manners.blocking.front();
    CHECK(found.domain == "163.com");
    CHECK(found.others_expected >= 30);
    CHECK(found.blocked() == blocked);
    CHECK(says(diagnosis, "one domain blocks the others") == blocked);
}

TEST_CASE("streams on one address", "[diagnosis]") {
    History history;
    history.tried(1, 0s, taken);
    CHECK(history.diagnosis().manners.mixtures.empty());
    Sent offer;
    offer.template_id = "offer";
    history.tried(2, 0s, taken, offer);
    CHECK(says(history.diagnosis(),
               "Streams are mixed on one address: 192.0.2.1 (offer and welcome)"));
}

TEST_CASE("notices are no stream, no failure and no loss", "[diagnosis]") {
    History history;
    history.tried(1, 0s, taken);
    for (std::uint64_t delivery = 2; delivery <= 3; ++delivery) {
        journal::AttemptRecord& notice = history.tried(delivery, 1min, internal_error);
        notice.mail_from = "";
        notice.template_id = "bounce";
        notice.recipient = "user@b.test";
    }
    // Refused at MAIL.
    journal::AttemptRecord& refused =
        history.tried(4, 2min, {451, "4.7.1 Not now", smtp::Hook::mail, {}});
    refused.mail_from = "";
    refused.recipient = "";
    refused.delivery.reset();
    const Diagnosis diagnosis = history.diagnosis(std::chrono::hours{24 * 9});
    CHECK(diagnosis.verdict.finding == Finding::clean);
    CHECK(diagnosis.manners.mixtures.empty());
    CHECK(diagnosis.volumes.sum.deferred == 3);
    CHECK(diagnosis.volumes.expired == 0);
    const Segment& to_notices = diagnosis.by(Facet::recipient_domain).segments.at(0);
    CHECK(to_notices.value == "b.test");
    CHECK(to_notices.tally.deferred == 2);
    CHECK(to_notices.pattern.label == Label::none);
    CHECK_THAT(text(diagnosis, {}), Contains("not diagnosed"));
}

TEST_CASE("a fleet is one receiver", "[diagnosis]") {
    // The first try at one host, the second one at another.
    History one;
    one.tried(1, 0s, internal_error);
    one.tried(7, 1min, {450, "4.2.0 Greylisted", smtp::Hook::rcpt, {}});
    History two;
    auto& again = two.tried(1, 10min, taken);
    auto& unseen = two.tried(2, 12min, taken);
    again.recipient = "user1@163.com";
    unseen.recipient = "user7@163.com";
    const auto put_together = [&](bool together) {
        Intake intake{together};
        one.into(intake, "one.db");
        two.into(intake, "two.db");
        return diagnose(intake.finish(oracle::Policy{}), {});
    };
    const Diagnosis fleet = put_together(true);
    CHECK(fleet.courses.all.size() == 2);
    CHECK(fleet.latency.sorted.size() == 2);
    CHECK(fleet.all.tries.back().record.number == 2);
    CHECK(fleet.by(Facet::journal).segments.size() == 2);
    const Diagnosis apart = put_together(false);
    CHECK(apart.courses.all.size() == 4);
    CHECK(apart.latency.at_once == 2);
}

TEST_CASE("runs of their own are judged by their own ends", "[diagnosis]") {
    History one;
    one.tried(1, 0s, internal_error);
    History two;
    two.tried(1, 0s, internal_error);
    const auto open = [&](bool together) {
        Intake intake{together};
        one.into(intake, "one.db", 1h);
        two.into(intake, "two.db", std::chrono::hours{24 * 9});
        const Diagnosis diagnosis = diagnose(intake.finish(oracle::Policy{}), {});
        CHECK(diagnosis.volumes.expired == diagnosis.fates.at(oracle::Fate::gave_up));
        return diagnosis.fates.contains(oracle::Fate::open);
    };
    CHECK(open(false));
    CHECK_FALSE(open(true));
}

TEST_CASE("runs that differ in several things cannot be compared", "[diagnosis]") {
    History one;
    one.tried(1, 0s, internal_error);
    History two;
    Sent sent;
    sent.sending_ip = "203.0.113.5";
    SECTION("in one") {
        two.tried(1, 0s, taken, sent);
    }
    SECTION("in two") {
        sent.template_id = "other";
        two.tried(1, 0s, taken, sent);
    }
    Intake intake{false};
    one.into(intake, "one.db");
    two.into(intake, "two.db");
    const Diagnosis diagnosis = diagnose(intake.finish(oracle::Policy{}), {});
    CHECK(says(diagnosis, "From journal to journal 2 things changed (sending IP and template)") ==
          (sent.template_id == "other"));
    CHECK(diagnosis.changed.front() == Facet::sending_ip);
}

TEST_CASE("the evidence has ten lines", "[diagnosis]") {
    History history;
    Sent sent;
    sent.octets = 48 * 1024;
    sent.attachments = {"pdf", "docx"};
    std::vector<Duration> times{0s, 15min, 45min};
    for (int hour = 2; hour <= 48; hour += 2) times.push_back(std::chrono::hours{hour});
    for (std::uint64_t delivery = 1; delivery <= 2; ++delivery) {
        sent.recipient_domain = delivery == 1 ? "163.com" : "126.com";
        history.sends(delivery, times, sent, never);
    }
    history.tried(3, 0s, {451, "4.7.1 Greylisted", smtp::Hook::rcpt, {}}, sent);
    history.tried(4, 0s, taken, [] {
        Sent other;
        other.sender = "b.test";
        return other;
    }());
    const Diagnosis diagnosis = history.diagnosis(std::chrono::hours{24 * 5});
    CHECK(evidence(diagnosis, "") ==
          "Sender domain: a.test\n"
          "Sending IP: 192.0.2.1\n"
          "HELO: mta.a.test\n"
          "Recipient domains: 126.com and 163.com\n"
          "Failure window (UTC): 2026-01-01T00:00:00Z to 2026-01-03T00:00:01Z\n"
          "SMTP stage: end-of-data\n"
          "Reply: 451 4.3.2 Internal server error\n"
          "Retry outcome: expires after 48 hours\n"
          "Message size: 48 KiB\n"
          "Attachment types: docx and pdf\n");
    CHECK(evidence(diagnosis, "b.test").empty());
    CHECK_THAT(doubts(diagnosis, "").at(0), Contains("no authentication results of a.test"));
}

TEST_CASE("the evidence tells when a message was taken whose reply was lost", "[diagnosis]") {
    History history;
    history.tried(1, 0s, internal_error);
    journal::AttemptRecord& second = history.tried(1, 30min, {0, "lost: 250 OK"});
    second.taken = true;
    history.tried(2, 0s, internal_error);
    history.tried(2, 30min, taken);
    const Diagnosis diagnosis = history.diagnosis(std::chrono::hours{24 * 9});
    CHECK(diagnosis.fates.at(oracle::Fate::delivered) == 2);
    CHECK_THAT(evidence(diagnosis, "A.Test"), Contains("Retry outcome: accepted after 30 minutes"));
}

TEST_CASE("an escalation waits for authentication and for a route that stays", "[diagnosis]") {
    History history;
    Sent sent;
    sent.spf = "fail";
    history.tried(1, 0s, internal_error, sent);
    CHECK(doubts(history.diagnosis(), "") ==
          std::vector<std::string>{"spf of a.test is fail: mend that first"});
    sent.spf = "pass";
    sent.sending_ip = "198.51.100.7";
    history.tried(1, 1h, internal_error, sent);
    const auto said = doubts(history.diagnosis(), "");
    REQUIRE(said.size() == 2);
    CHECK(said[0] == "spf of a.test is not stable: fail and pass");
    CHECK_THAT(said[1], Contains("changed its address after deferrals"));
}

TEST_CASE("all forms say the same, and take any octets", "[diagnosis]") {
    History history;
    Sent sent;
    sent.template_id = "<b>\xff\"&'";
    sent.sender = "x<script>.test";
    for (std::uint64_t delivery = 1; delivery <= 4; ++delivery) {
        const Answer answer{451, "no <i>\x01 & \xc3\xa9", smtp::Hook::message, "storage & co"};
        history.sends(delivery, {0s, 10min}, sent,
                      [&](std::size_t number, Duration) { return number < 2 ? answer : taken; });
    }
    const Diagnosis diagnosis = history.diagnosis();
    const std::string page = diagnosis::page(diagnosis);
    CHECK(page.find("<script") == std::string::npos);
    CHECK(page.find("<b>\xff") == std::string::npos);
    CHECK(page.find("src=") == std::string::npos);
    CHECK(page.find("http://www.w3.org/2000/svg") != std::string::npos);
    CHECK_THAT(page, Contains("First tries fail"));
    CHECK_THAT(page, Contains("storage &amp; co"));
    const std::string words = text(diagnosis, {Facet::template_id});
    CHECK_THAT(words, Contains("First tries fail"));
    CHECK_THAT(words, Contains("By template"));
    CHECK_THAT(words, Contains("What the receiver knew"));
    CHECK_THAT(json(diagnosis), Contains(R"("finding":"first-try")"));
    CHECK(json(diagnosis) == json(history.diagnosis()));
    CHECK(figures(diagnosis).size() == 3);
}

}  // namespace fakemx::diagnosis::test
