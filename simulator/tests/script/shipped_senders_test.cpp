// The modelled senders beside what the real ones were seen to do, and beside what their sources say.
#include "tests/script/shipped_senders.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "senders/report.h"
#include "senders/simulation.h"
#include "support/catch.h"

namespace fakemx::test {

namespace {

/// One message, and a receiver that says 451 4.3.2 behind every message; no time passes on the way.
struct Life {
    std::vector<std::int64_t> tries;  ///< seconds behind its arrival
    std::int64_t ended = 0;
    senders::Fate fate = senders::Fate::queued;
};

Life life_of(const std::string& sender, std::uint32_t messages = 1) {
    const auto profile = ShippedProfile{"flaky-data", {{"tries", "1000000"}}}.load();
    senders::Plan plan;
    plan.messages = messages;
    plan.round_trip = 0s;
    plan.horizon = std::chrono::hours{24 * 30};
    const senders::Model model = shipped_sender(sender);
    const auto result = senders::simulate(model, plan, profile->profile(), *profile);
    Life life;
    for (const Duration at : senders::report_of(result, 0s).first_tries)
        life.tries.push_back(at / Duration{1s});
    life.fate = result.messages.front().fate;
    life.ended = (result.messages.front().ended_at - result.start) / Duration{1s};
    CHECK(result.script_failures == 0);
    return life;
}

std::vector<std::int64_t> steps(std::vector<std::int64_t> begin, std::int64_t every,
                                std::int64_t last) {
    while (begin.back() + every <= last) begin.push_back(begin.back() + every);
    return begin;
}

}  // namespace

TEST_CASE("models keep the schedules that were measured", "[senders]") {
    // docs/internals/SHARED-CLOCK.md, "Measured".
    SECTION("Postfix") {
        for (const std::uint32_t messages : {1, 50}) {
            const Life life = life_of("postfix", messages);
            CHECK(life.tries == steps({0, 300, 600, 1200, 2400, 4800, 9000}, 4200, 433'200));
            CHECK(life.tries.size() == 108);
            CHECK(life.ended == 433'200);
        }
    }
    SECTION("Exim") {
        const Life life = life_of("exim");
        auto measured =
            steps({0, 1800, 3600, 5400, 7200, 9000, 12'600, 18'000, 27'000, 39'600, 59'400}, 21'600,
                  345'600);
        measured.push_back(347'400);  // the first queue run behind four days
        CHECK(life.tries == measured);
        CHECK(life.ended == 347'400);
    }
    SECTION("OpenSMTPD") {
        const Life life = life_of("opensmtpd");
        std::vector<std::int64_t> squares;
        for (std::int64_t n = 0; 400 * n * n <= 336'400; ++n) squares.push_back(400 * n * n);
        CHECK(life.tries == squares);
        CHECK(life.ended == 345'600);
    }
    SECTION("nullmailer") {
        const Life life = life_of("nullmailer");
        REQUIRE(life.tries.size() == 18);
        CHECK(std::vector(life.tries.begin(), life.tries.begin() + 6) ==
              std::vector<std::int64_t>{0, 60, 180, 420, 900, 1860});
        CHECK(life.ended == 641'220);  // 7.42 d
    }
    SECTION("dma") {
        const Life life = life_of("dma");
        CHECK(life.tries.at(1) == 300);
        for (std::size_t i = 2; i < life.tries.size(); ++i) {
            const auto wait = life.tries[i] - life.tries[i - 1];
            const auto before = life.tries[i - 1] - life.tries[i - 2];
            INFO(i);
            CHECK(wait >= std::min<std::int64_t>(before * 3 / 2, 10'800));
            CHECK(wait <= std::min<std::int64_t>(before * 5 / 2, 10'800));
        }
        CHECK(life.ended >= 432'000);
        CHECK(life.ended < 432'000 + 10'800);
    }
}

TEST_CASE("models keep the schedules that are documented", "[senders]") {
    const auto begins = [](const std::string& sender, std::vector<double> minutes) {
        const Life life = life_of(sender);
        INFO(sender << " " << fmt::format("{}", fmt::join(life.tries, " ")));
        REQUIRE(life.tries.size() > minutes.size());
        for (std::size_t i = 0; i < minutes.size(); ++i) {
            // The pages round to a tenth of a minute.
            CHECK(std::abs(static_cast<double>(life.tries[i + 1]) / 60 - minutes[i]) < 0.51);
        }
        return life;
    };
    CHECK(begins("sendmail", {15, 30, 45, 60, 75}).ended == 432'000);
    CHECK(begins("qmail", {6.7, 26.7, 60, 106.7, 166.7, 240}).ended == 608'400);
    CHECK(begins("courier", {5, 10, 15, 30, 35, 40, 70, 75, 80, 140, 145, 150, 270}).ended >=
          604'800);
    const Life haraka = begins("haraka", {1.1, 3.2, 7.5, 16, 33, 67});
    CHECK(haraka.tries.size() == 13);
    CHECK(haraka.ended == 262'080);  // 72.8 h
    CHECK(begins("kumomta", {20, 60, 140, 300, 620}).ended < 604'800);
    CHECK(begins("momentum", {20, 60, 140, 300}).ended >= 604'800);
    CHECK(begins("powermta", {10, 20, 30}).ended == 388'800);
    CHECK(begins("zonemta", {5, 12, 20, 45, 120, 240, 480}).ended >= 172'800);
    CHECK(begins("postal", {5, 11.5, 20}).tries.size() == 18);
    CHECK(begins("exchange", {1, 2, 3, 4, 9, 14}).ended == 172'800);
    CHECK(begins("gmail-2016", {6.03, 29.03, 56.6, 98.73, 162.05, 229.73, 309.08, 434.77}).fate ==
          senders::Fate::expired);
    CHECK(begins("yandex-2016", {1.08, 2.97, 6.88, 14.92, 30.47, 45.68, 61.02, 76.52}).fate ==
          senders::Fate::expired);
    CHECK(life_of("qq-2016").tries.size() == 12);
    CHECK(life_of("aol-2016").tries.size() == 5);
}

TEST_CASE("every shipped sender comes through a greylist, or gives up", "[senders]") {
    const auto names = shipped_senders();
    CHECK(names.size() == 25);
    for (const std::string& name : names) {
        INFO(name);
        const Life life = life_of(name);
        CHECK(life.fate == senders::Fate::expired);
        CHECK(life.tries.size() > 3);
        CHECK_FALSE(shipped_sender(name).summary.empty());
    }
}

}  // namespace fakemx::test
