// Instants and durations as text.
#include "core/time.h"

#include "core/random.h"
#include "support/catch.h"

using namespace fakemx;

TEST_CASE("durations are written in whole units, largest first") {
    CHECK(format_duration(0s) == "0s");
    CHECK(format_duration(250ms) == "250ms");
    CHECK(format_duration(90s) == "1m30s");
    CHECK(format_duration(120h) == "5d");
    CHECK(format_duration(Duration{1}) == "1us");
    CHECK(format_duration(24h + 1h + 1min + 1s + 1ms + Duration{1}) == "1d1h1m1s1ms1us");
    CHECK(format_duration(-90s) == "-1m30s");
    CHECK(format_duration(Duration::min()).front() == '-');
}

TEST_CASE("durations are read with units only") {
    CHECK(parse_duration("90s") == Duration{90s});
    CHECK(parse_duration("1h30m") == Duration{90min});
    CHECK(parse_duration("30m1h") == Duration{90min});
    CHECK(parse_duration("007s") == Duration{7s});
    for (const char* wrong : {"", "90", "s", "90 s", " 90s", "90s ", "-1s", "+1s", "1.5s", "90S",
                              "1w", "1h30", "1hm", "9223372036854775807s", "99999999999999999999us",
                              "106751992d", "9223372036854775807us1us"}) {
        CAPTURE(wrong);
        CHECK_FALSE(parse_duration(wrong));
    }
    CHECK(parse_duration("9223372036854775807us") == Duration::max());
}

TEST_CASE("instants are RFC 3339 in UTC, with microseconds when there are any") {
    CHECK(format_instant(default_epoch) == "2026-01-01T00:00:00Z");
    CHECK(format_instant(default_epoch + 5min) == "2026-01-01T00:05:00Z");
    CHECK(format_instant(default_epoch + Duration{1}) == "2026-01-01T00:00:00.000001Z");
    CHECK(format_instant(Instant{-1s}) == "1969-12-31T23:59:59Z");
    CHECK(format_instant(Instant{Duration{-1}}) == "1969-12-31T23:59:59.999999Z");
    CHECK(format_instant(Instant::min()) == "0000-01-01T00:00:00Z");
    CHECK(format_instant(Instant::max()) == "9999-12-31T23:59:59.999999Z");
    CHECK(parse_instant("2026-01-01T00:00:00Z") == default_epoch);
    CHECK(parse_instant("2024-02-29T12:00:00.5Z").has_value());
    for (const char* wrong :
         {"", "2026-01-01", "2026-01-01T00:00:00", "2026-01-01T00:00:00+00:00",
          "2026-13-01T00:00:00Z", "2025-02-29T00:00:00Z", "2026-01-01T24:00:00Z",
          "2026-01-01T00:60:00Z", "2026-01-01T00:00:60Z", "2026-01-01T00:00:00.Z",
          "2026-01-01T00:00:00.1234567Z", "2026-01-01T00:00:00,5Z", "2026-01-01 00:00:00Z",
          "2026-1-01T00:00:00Z ", "x026-01-01T00:00:00Z", "2026-01-00T00:00:00Z",
          "+026-01-01T00:00:00Z"}) {
        CAPTURE(wrong);
        CHECK_FALSE(parse_instant(wrong));
    }
    CHECK(unix_seconds(Instant{Duration{-1}}) == -1);
    CHECK(unix_seconds(default_epoch + 999ms) == 1'767'225'600);
}

TEST_CASE("dates of header fields are those of RFC 5322") {
    CHECK(format_date_time(default_epoch + 5min) == "Thu, 01 Jan 2026 00:05:00 +0000");
    CHECK(format_date_time(default_epoch - Duration{1}) == "Wed, 31 Dec 2025 23:59:59 +0000");
    CHECK(format_date_time(Instant{}) == "Thu, 01 Jan 1970 00:00:00 +0000");
    CHECK(format_date_time(Instant::min()) == "Sat, 01 Jan 0000 00:00:00 +0000");
    CHECK(format_date_time(Instant::max()) == "Fri, 31 Dec 9999 23:59:59 +0000");
}

TEST_CASE("parsing undoes formatting") {
    const Rng rng{2026};
    for (std::uint64_t n = 0; n < 20'000; ++n) {
        // Magnitudes from microseconds to centuries.
        const auto bits = rng.below(62, {"bits", "", n});
        const Duration duration{
            static_cast<std::int64_t>(rng.below(1ULL << bits, {"value", "", n}))};
        CAPTURE(duration.count());
        REQUIRE(parse_duration(format_duration(duration)) == duration);
        // Years 0 to 9999 have four digits.
        const auto seconds = static_cast<std::int64_t>(rng.below(253'402'300'800, {"at", "", n}));
        const Instant instant{std::chrono::seconds{seconds} +
                              Duration{duration.count() % 1'000'000}};
        REQUIRE(parse_instant(format_instant(instant)) == instant);
    }
}

TEST_CASE("later stops at the last instant") {
    CHECK(later(default_epoch, 1s) == default_epoch + 1s);
    CHECK(later(default_epoch, Duration::max()) == Instant::max());
    CHECK(later(Instant::max(), 1s) == Instant::max());
    CHECK(later(Instant::min(), Duration::max()) == Instant{Duration{-1}});
}
