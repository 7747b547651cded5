// Causes that are hidden in journals are found, whatever else goes wrong beside them; where there is none, none is named.
#include <algorithm>
#include <cmath>

#include "diagnosis/odds.h"
#include "support/catch.h"
#include "support/draws.h"
#include "tests/diagnosis/history.h"

namespace fakemx::diagnosis::test {

using fakemx::test::Draws;

namespace {

/// A message as one of several senders might send it.
Sent any_message(Draws& draws) {
    static const std::vector<std::string> types{"pdf", "zip", "docx", "jpg"};
    Sent sent;
    const std::uint64_t sender = draws.below(4);
    sent.sender = fmt::format("sender{}.test", sender);
    sent.helo = fmt::format("mta.sender{}.test", sender);
    // Two addresses in different networks for each sender, and one that all may use.
    const std::uint64_t address = draws.below(3);
    sent.sending_ip = address == 2 ? "198.51.100.9" : fmt::format("10.{}.{}.1", sender, address);
    sent.recipient_domain = draws.one_in(2) ? "163.com" : "126.com";
    sent.template_id = fmt::format("campaign-{}", draws.below(5));
    sent.octets = 2000 + draws.below(3'000'000);
    if (draws.one_in(3)) sent.attachments.push_back(types[draws.below(types.size())]);
    if (draws.one_in(4)) sent.links.push_back(fmt::format("click{}.test", draws.below(3)));
    sent.tls = draws.one_in(2);
    return sent;
}

using Receiver = std::function<Answer(const Sent&, Duration after, Draws& noise)>;

/// 400 messages over ten hours, up to four tries of each.
Diagnosis journal_of(std::uint64_t seed, const Receiver& receiver) {
    Draws draws{"messages", seed};
    Draws noise{"noise", seed};
    History history;
    for (std::uint64_t delivery = 1; delivery <= 400; ++delivery) {
        const Sent sent = any_message(draws);
        const Duration first = std::chrono::seconds{draws.below(36'000)};
        history.sends(delivery, {first, first + 15min, first + 45min, first + 2h}, sent,
                      [&](std::size_t, Duration after) { return receiver(sent, after, noise); });
    }
    return history.diagnosis();
}

bool names(const Trait& trait, Facet facet, std::string_view value) {
    if (trait.facet == facet && trait.value == value) return true;
    return std::any_of(trait.alike.begin(), trait.alike.end(), [&](const auto& alike) {
        return alike.first == facet && alike.second == value;
    });
}

}  // namespace

TEST_CASE("chances are those of Fisher's exact test", "[diagnosis]") {
    const Odds odds{1000};
    const auto near = [](std::int64_t surprise, double chance) {
        return std::abs(static_cast<double>(surprise) / static_cast<double>(bit) +
                        std::log2(chance)) < 1e-4;
    };
    CHECK(near(odds.surprise({3, 0, 0, 3}), 1.0 / 20));
    CHECK(near(odds.surprise({3, 1, 1, 3}), 17.0 / 70));
    CHECK(near(odds.surprise({10, 0, 0, 10}), 1.0 / 184'756));
    CHECK(odds.surprise({1, 1, 1, 1}) == 0);
    CHECK(odds.surprise({0, 5, 5, 0}) == 0);
    CHECK(one_in(0) == 1);
    CHECK(one_in(10 * bit) == 1000);
    CHECK(one_in(9 * bit) == 100);
}

TEST_CASE("a planted cause is found among random failures", "[diagnosis]") {
    const std::uint64_t seed = GENERATE(range(1, 9));
    CAPTURE(seed);
    const auto with = [](bool planted, Draws& noise) {
        return planted || noise.one_in(12) ? internal_error : taken;
    };
    const auto check = [&](const Diagnosis& diagnosis, Facet facet, std::string_view value) {
        const auto& traits = diagnosis.traits.first.traits;
        CHECK(diagnosis.verdict.finding == Finding::shared);
        INFO(diagnosis.verdict.headline);
        REQUIRE(!traits.empty());
        CHECK(names(traits.front(), facet, value));
        CHECK(traits.size() == 1);
        CHECK(diagnosis.outages.empty());
    };
    SECTION("a type of attachments") {
        check(journal_of(seed,
                         [&](const Sent& sent, Duration, Draws& noise) {
                             const bool zip =
                                 !sent.attachments.empty() && sent.attachments.front() == "zip";
                             return with(zip, noise);
                         }),
              Facet::attachment_type, "zip");
    }
    SECTION("a sender domain") {
        check(journal_of(seed,
                         [&](const Sent& sent, Duration, Draws& noise) {
                             return with(sent.sender == "sender2.test", noise);
                         }),
              Facet::sender_domain, "sender2.test");
    }
    SECTION("one address") {
        check(journal_of(seed,
                         [&](const Sent& sent, Duration, Draws& noise) {
                             return with(sent.sending_ip == "198.51.100.9", noise);
                         }),
              Facet::sending_ip, "198.51.100.9");
    }
    SECTION("a domain in links") {
        check(journal_of(seed,
                         [&](const Sent& sent, Duration, Draws& noise) {
                             const bool tracked =
                                 !sent.links.empty() && sent.links.front() == "click1.test";
                             return with(tracked, noise);
                         }),
              Facet::link_domain, "click1.test");
    }
}

TEST_CASE("two planted causes are both found", "[diagnosis]") {
    const Diagnosis diagnosis = journal_of(3, [&](const Sent& sent, Duration, Draws&) {
        const bool large = sent.octets > 1024 * 1024;
        return large || sent.template_id == "campaign-4" ? internal_error : taken;
    });
    const auto& traits = diagnosis.traits.first.traits;
    REQUIRE(traits.size() == 2);
    CHECK(names(traits[0], Facet::size, "up to 10 MiB"));
    CHECK(names(traits[1], Facet::template_id, "campaign-4"));
}

TEST_CASE("an outage for all is an hour, and no trait", "[diagnosis]") {
    const std::uint64_t seed = GENERATE(range(1, 9));
    CAPTURE(seed);
    const Diagnosis diagnosis = journal_of(seed, [](const Sent&, Duration after, Draws& noise) {
        return (after >= 4h && after < 6h) || noise.one_in(30) ? internal_error : taken;
    });
    INFO(diagnosis.verdict.headline);
    CHECK(diagnosis.verdict.finding == Finding::outage);
    REQUIRE(diagnosis.outages.size() == 1);
    CHECK(diagnosis.outages.front().from >= default_epoch + 4h - 15min);
    CHECK(diagnosis.outages.front().until <= default_epoch + 6h + 15min);
    CHECK(diagnosis.outages.front().senders == 4);
    CHECK(diagnosis.traits.first.traits.empty());
}

TEST_CASE("an outage may refuse everybody who connects", "[diagnosis]") {
    // Six deliveries an hour of each sender. From 4:00 to 6:00 nobody gets further than the greeting, and comes again at 6:00.
    const bool same_address = GENERATE(false, true);
    const bool one_alone = GENERATE(false, true);
    const std::uint64_t noise_rarity = GENERATE(1'000'000, 20);
    CAPTURE(same_address, one_alone, noise_rarity);
    Draws noise{"refused"};
    History history;
    std::uint64_t delivery = 0;
    for (std::uint64_t minute = 0; minute < 600; minute += 10) {
        for (std::uint64_t sender = 0; sender < 3; ++sender) {
            Sent sent;
            sent.sender = fmt::format("sender{}.test", sender);
            if (!same_address) sent.sending_ip = fmt::format("10.0.{}.1", sender);
            const Duration at = std::chrono::minutes{minute + sender};
            if (at >= 4h && at < 6h && !(one_alone && sender != 1)) {
                // One of them comes again and again.
                for (std::uint64_t again = 0; again <= sender; ++again) {
                    auto& refused = history.tried(
                        1000 + delivery, at + std::chrono::minutes{2 * again},
                        {421, "4.3.2 Service not available", smtp::Hook::connect, {}}, sent);
                    refused.delivery.reset();
                    refused.mail_from = refused.recipient = refused.helo = "";
                }
                history.tried(++delivery, 6h + std::chrono::minutes{minute - 240}, taken, sent);
                continue;
            }
            const bool fails = noise.one_in(noise_rarity);
            history.tried(++delivery, at, fails ? internal_error : taken, sent);
            const Duration again = at + 15min;
            if (fails) history.tried(delivery, again >= 4h && again < 6h ? 7h : again, taken, sent);
        }
    }
    const Diagnosis diagnosis = history.diagnosis();
    INFO(diagnosis.verdict.headline);
    if (one_alone) {
        CHECK(diagnosis.outages.empty());
        return;
    }
    REQUIRE(diagnosis.outages.size() == 1);
    const Outage& outage = diagnosis.outages.front();
    // What failed by chance just before it seems to belong to it.
    CHECK(outage.from >= default_epoch + 4h - 15min);
    CHECK(outage.until > default_epoch + 6h - 15min);
    CHECK(outage.until <= default_epoch + 6h);
    CHECK(outage.refused == 72);
    CHECK(outage.senders == 3);
    CHECK(diagnosis.verdict.finding == Finding::outage);
    CHECK_THAT(diagnosis.verdict.headline,
               Catch::Matchers::Contains("72 connections of 3 senders failed then"));
    CHECK(diagnosis.traits.refused.traits.empty());
    CHECK(diagnosis.traits.first.traits.empty());
}

TEST_CASE("where nothing is planted, nothing is named", "[diagnosis]") {
    // A chance of 1 in 1000 for each question of each report; seeds are fixed, and so is the outcome.
    std::uint64_t named = 0;
    for (std::uint64_t seed = 1; seed <= 40; ++seed) {
        const std::uint64_t rarity = 2 + seed % 9;
        const Diagnosis diagnosis = journal_of(seed, [&](const Sent&, Duration, Draws& noise) {
            return noise.one_in(rarity) ? internal_error : taken;
        });
        CAPTURE(seed, rarity, diagnosis.verdict.headline);
        CHECK(diagnosis.outages.empty());
        named += diagnosis.traits.first.traits.size() + diagnosis.traits.stays.traits.size();
        CHECK(diagnosis.verdict.finding == Finding::intermittent);
    }
    CHECK(named == 0);
}

TEST_CASE("what cannot be told apart is said to be alike", "[diagnosis]") {
    History history;
    for (std::uint64_t delivery = 1; delivery <= 60; ++delivery) {
        Sent sent;
        sent.sender = fmt::format("sender{}.test", delivery % 5);
        const bool tracked = delivery % 3 == 0;
        if (tracked) sent.template_id = "offer";
        if (tracked) sent.links.push_back("click.test");
        history.tried(delivery, std::chrono::minutes{delivery}, tracked ? internal_error : taken,
                      sent);
    }
    const Diagnosis diagnosis = history.diagnosis();
    REQUIRE(diagnosis.traits.first.traits.size() == 1);
    const Trait& trait = diagnosis.traits.first.traits.front();
    CHECK(names(trait, Facet::template_id, "offer"));
    CHECK(names(trait, Facet::link_domain, "click.test"));
    CHECK_THAT(diagnosis.verdict.next, Catch::Matchers::Contains("may as well be"));
}

TEST_CASE("what has not come again may still be accepted", "[diagnosis]") {
    // All fail once and are accepted an hour later, but for those that the journal ends before.
    History history;
    for (std::uint64_t delivery = 1; delivery <= 60; ++delivery) {
        Sent sent;
        sent.template_id = delivery <= 40 ? "one" : "two";
        const Duration first = std::chrono::minutes{delivery};
        history.tried(delivery, first, internal_error, sent);
        if (delivery <= 40) history.tried(delivery, first + 1h, taken, sent);
    }
    CHECK(history.diagnosis().traits.stays.traits.empty());
    // Days later nobody expects them any more.
    const Diagnosis later = history.diagnosis(std::chrono::hours{24 * 9});
    REQUIRE(later.traits.stays.traits.size() == 1);
    CHECK(names(later.traits.stays.traits.front(), Facet::template_id, "two"));
}

TEST_CASE("recipients that share one reply are one piece of evidence", "[diagnosis]") {
    const smtp::Hook stage = GENERATE(smtp::Hook::message, smtp::Hook::data);
    History history;
    // A message of sixty recipients is deferred; ten messages to one recipient each are taken. That is one failure.
    std::uint64_t delivery = 0;
    for (int recipient = 0; recipient < 70; ++recipient) {
        const bool fails = recipient < 60;
        Sent sent;
        sent.sender = fails ? "a.test" : "b.test";
        sent.template_id = fails ? "one" : "two";
        const Answer deferred{451, "4.3.2 Internal server error", stage, {}};
        auto& attempt = history.tried(++delivery, 1min, fails ? deferred : taken, sent);
        if (fails) attempt.session = SessionId{1};
    }
    CHECK(history.diagnosis().traits.first.traits.empty());
}

TEST_CASE("where retries go is no trait of what failed", "[diagnosis]") {
    Draws draws{"hosts"};
    History history;
    for (std::uint64_t delivery = 1; delivery <= 300; ++delivery) {
        const Duration at = std::chrono::minutes{delivery};
        const bool fails = draws.one_in(3);
        history.tried(delivery, at, fails ? internal_error : taken, {}, "mx1.test");
        Sent other;
        other.sending_ip = "203.0.113.77";
        if (fails) history.tried(delivery, at + 20min, taken, other, "mx2.test");
    }
    CHECK(history.diagnosis().traits.first.traits.empty());
}

}  // namespace fakemx::diagnosis::test
