// Instants and durations as text. Civil dates come from <chrono>; no locale, no time zone database.
#include "core/time.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

#include <fmt/format.h>

namespace fakemx {

namespace {

struct Unit {
    std::string_view name;
    std::int64_t microseconds;
};

// Largest first, so that formatting walks down; `ms` and `us` before `m` and `s` would matter only
// to a prefix match, and parsing compares whole unit names.
constexpr std::array<Unit, 6> units{{{"d", 86'400'000'000},
                                     {"h", 3'600'000'000},
                                     {"m", 60'000'000},
                                     {"s", 1'000'000},
                                     {"ms", 1'000},
                                     {"us", 1}}};

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/// Reads exactly `count` digits at `at`; nothing if one of them is no digit.
std::optional<int> digits(std::string_view text, std::size_t at, std::size_t count) {
    if (at + count > text.size()) return std::nullopt;
    int value = 0;
    for (std::size_t i = at; i < at + count; ++i) {
        if (!is_digit(text[i])) return std::nullopt;
        value = value * 10 + (text[i] - '0');
    }
    return value;
}

struct Civil {
    std::chrono::weekday weekday;
    std::chrono::year_month_day date;
    std::chrono::hh_mm_ss<Duration> clock;
};

/// In UTC; the nearest one in the years from 0000 to 9999.
Civil civil_time(Instant instant) {
    using std::chrono::sys_days, std::chrono::year, std::chrono::January;
    using Utc = std::chrono::sys_time<Duration>;
    constexpr Utc first{sys_days{year{0} / January / 1}};
    constexpr Utc last{Utc{sys_days{year{10'000} / January / 1}} - Duration{1}};
    const Utc utc = std::clamp(Utc{instant.time_since_epoch()}, first, last);
    const auto day = std::chrono::floor<std::chrono::days>(utc);
    return {std::chrono::weekday{day}, day, std::chrono::hh_mm_ss{utc - day}};
}

}  // namespace

std::int64_t unix_seconds(Instant instant) {
    return std::chrono::floor<std::chrono::seconds>(instant).time_since_epoch().count();
}

std::string format_instant(Instant instant) {
    const auto [weekday, date, clock] = civil_time(instant);
    std::string text =
        fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", int{date.year()}, unsigned{date.month()},
                    unsigned{date.day()}, clock.hours().count(), clock.minutes().count(),
                    clock.seconds().count());
    if (const auto fraction = clock.subseconds().count(); fraction != 0) {
        text += fmt::format(".{:06}", fraction);
    }
    return text + 'Z';
}

std::string format_date_time(Instant instant) {
    constexpr std::array days{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    constexpr std::array months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const auto [weekday, date, clock] = civil_time(instant);
    return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} +0000", days.at(weekday.c_encoding()),
                       unsigned{date.day()}, months.at(unsigned{date.month()} - 1),
                       int{date.year()}, clock.hours().count(), clock.minutes().count(),
                       clock.seconds().count());
}

std::optional<Instant> parse_instant(std::string_view text) {
    // 2026-01-01T00:00:00[.ffffff]Z
    if (text.size() < 20 || text.back() != 'Z' || text[4] != '-' || text[7] != '-' ||
        text[10] != 'T' || text[13] != ':' || text[16] != ':') {
        return std::nullopt;
    }
    const auto year = digits(text, 0, 4), month = digits(text, 5, 2), day = digits(text, 8, 2);
    const auto hour = digits(text, 11, 2), minute = digits(text, 14, 2),
               second = digits(text, 17, 2);
    if (!year || !month || !day || !hour || !minute || !second) return std::nullopt;
    const std::chrono::year_month_day date{std::chrono::year{*year},
                                           std::chrono::month{static_cast<unsigned>(*month)},
                                           std::chrono::day{static_cast<unsigned>(*day)}};
    if (!date.ok() || *hour > 23 || *minute > 59 || *second > 59) return std::nullopt;

    std::int64_t fraction = 0;
    if (text.size() > 20) {
        const std::size_t count = text.size() - 21;
        if (text[19] != '.' || count == 0 || count > 6) return std::nullopt;
        const auto value = digits(text, 20, count);
        if (!value) return std::nullopt;
        fraction = *value;
        for (std::size_t i = count; i < 6; ++i) fraction *= 10;
    }
    const auto since_epoch = std::chrono::sys_days{date}.time_since_epoch() +
                             std::chrono::hours{*hour} + std::chrono::minutes{*minute} +
                             std::chrono::seconds{*second};
    return Instant{std::chrono::duration_cast<Duration>(since_epoch) + Duration{fraction}};
}

std::string format_duration(Duration duration) {
    if (duration == Duration::zero()) return "0s";
    std::string text;
    std::uint64_t rest = static_cast<std::uint64_t>(duration.count());
    if (duration < Duration::zero()) {
        text = '-';
        rest = 0 - rest;
    }
    for (const Unit& unit : units) {
        const auto size = static_cast<std::uint64_t>(unit.microseconds);
        if (rest >= size) {
            text += fmt::format("{}{}", rest / size, unit.name);
            rest %= size;
        }
    }
    return text;
}

std::optional<Duration> parse_duration(std::string_view text) {
    if (text.empty()) return std::nullopt;
    std::int64_t total = 0;
    const char* at = text.data();
    const char* const end = text.data() + text.size();
    while (at != end) {
        if (!is_digit(*at)) return std::nullopt;
        std::int64_t value = 0;
        const auto [after, error] = std::from_chars(at, end, value);
        if (error != std::errc{}) return std::nullopt;
        const char* unit_end = after;
        while (unit_end != end && !is_digit(*unit_end)) ++unit_end;
        const std::string_view name{after, static_cast<std::size_t>(unit_end - after)};
        const Unit* unit = nullptr;
        for (const Unit& candidate : units) {
            if (candidate.name == name) unit = &candidate;
        }
        if (unit == nullptr) return std::nullopt;
        if (value > (std::numeric_limits<std::int64_t>::max() - total) / unit->microseconds) {
            return std::nullopt;
        }
        total += value * unit->microseconds;
        at = unit_end;
    }
    return Duration{total};
}

}  // namespace fakemx
