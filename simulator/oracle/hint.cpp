// Finding a wait in prose: a number with a unit counts where a word before or behind it makes it a wait, because replies are full
// of numbers that are none (ports, limits per hour, Unix times, parts of addresses).
#include "oracle/hint.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "core/limits.h"
#include "core/text.h"

namespace fakemx::oracle {

namespace {

struct UnitName {
    std::string_view name;
    Duration unit;
};

constexpr std::array<UnitName, 19> unit_names{{{"s", 1s},
                                               {"sec", 1s},
                                               {"secs", 1s},
                                               {"second", 1s},
                                               {"seconds", 1s},
                                               {"second(s)", 1s},
                                               {"m", 1min},
                                               {"min", 1min},
                                               {"mins", 1min},
                                               {"minute", 1min},
                                               {"minutes", 1min},
                                               {"minute(s)", 1min},
                                               {"h", 1h},
                                               {"hr", 1h},
                                               {"hrs", 1h},
                                               {"hour", 1h},
                                               {"hours", 1h},
                                               {"day", 24h},
                                               {"days", 24h}}};

std::optional<Duration> unit_named(std::string_view name) {
    for (const UnitName& unit : unit_names) {
        if (unit.name == name) return unit.unit;
    }
    return std::nullopt;
}

/// `count` of these; nothing for none, and for more than any queue waits.
std::optional<Duration> wait_of(std::uint64_t count, Duration unit) {
    const auto most = static_cast<std::uint64_t>(limits::retry_hint_max / unit);
    if (count == 0 || count > most) return std::nullopt;
    return unit * static_cast<std::int64_t>(count);
}

/// Blanks apart; without the punctuation around, lower case.
std::vector<std::string> words_of(std::string_view text) {
    std::vector<std::string> words;
    constexpr std::string_view blank = " \t\r\n";
    while (true) {
        const std::size_t begin = text.find_first_not_of(blank);
        if (begin == std::string_view::npos) return words;
        text.remove_prefix(begin);
        const std::size_t end = std::min(text.find_first_of(blank), text.size());
        std::string_view word = text.substr(0, end);
        text.remove_prefix(end);
        while (!word.empty() &&
               std::string_view{",.;:!\"'[]<>"}.find(word.back()) != std::string_view::npos) {
            word.remove_suffix(1);
        }
        while (!word.empty() &&
               std::string_view{",.;:!\"'[]<>("}.find(word.front()) != std::string_view::npos) {
            word.remove_prefix(1);
        }
        if (word.ends_with(')') && word.find('(') == std::string_view::npos) word.remove_suffix(1);
        if (!word.empty()) words.push_back(ascii_lower(word));
    }
}

std::size_t digits_at_front(std::string_view text) {
    std::size_t digits = 0;
    while (digits < text.size() && is_ascii_digit(text[digits])) ++digits;
    return digits;
}

/// "00:30:00".
std::optional<Duration> clock_wait(std::string_view word) {
    if (word.size() != 8 || word[2] != ':' || word[5] != ':') return std::nullopt;
    const auto hours = parse_decimal(word.substr(0, 2));
    const auto minutes = parse_decimal(word.substr(3, 2));
    const auto seconds = parse_decimal(word.substr(6, 2));
    if (!hours || !minutes || !seconds || *minutes > 59 || *seconds > 59) return std::nullopt;
    return wait_of((*hours * 60 + *minutes) * 60 + *seconds, 1s);
}

/// A wait that begins at words[at], and the first word behind it.
struct Wait {
    Duration duration{};
    std::size_t end = 0;
};

/// "300 seconds", "15min", "5-minutes", "1h30m", "00:30:00"; of "1 hour 30 minutes" one part at a time.
std::optional<Wait> wait_at(const std::vector<std::string>& words, std::size_t at) {
    if (const auto clock = clock_wait(words[at])) return Wait{*clock, at + 1};
    std::string_view rest = words[at];
    Duration total{};
    while (!rest.empty()) {
        const std::size_t digits = digits_at_front(rest);
        const auto count = parse_decimal(rest.substr(0, digits));
        if (!count) return std::nullopt;
        rest.remove_prefix(digits);
        if (rest.empty()) {
            // The unit is the next word, and the number stands alone in its own.
            if (total != Duration{} || at + 1 == words.size()) return std::nullopt;
            const auto unit = unit_named(words[at + 1]);
            const auto wait = unit ? wait_of(*count, *unit) : std::nullopt;
            if (!wait) return std::nullopt;
            return Wait{*wait, at + 2};
        }
        if (rest.front() == '-') rest.remove_prefix(1);
        const auto letters = static_cast<std::size_t>(
            std::find_if(rest.begin(), rest.end(), [](char c) { return is_ascii_digit(c); }) -
            rest.begin());
        const auto unit = unit_named(rest.substr(0, letters));
        const auto wait = unit ? wait_of(*count, *unit) : std::nullopt;
        if (!wait) return std::nullopt;
        total += *wait;
        rest.remove_prefix(letters);
    }
    return Wait{total, at + 1};
}

template <std::size_t Count>
bool is_one_of(const std::array<std::string_view, Count>& list, std::string_view word) {
    return std::find(list.begin(), list.end(), word) != list.end();
}

/// Words right in front of a wait: "in 300 seconds", "for 5 minutes", "again 15min", "wait 60s".
constexpr std::array<std::string_view, 9> before_wait{"in",    "for",   "after", "again", "wait",
                                                      "least", "retry", "about", "back"};
/// And right behind it: "15min later", "5 minutes before".
constexpr std::array<std::string_view, 2> behind_wait{"later", "before"};
/// A wait is asked for only where the reply speaks of coming back.
constexpr std::array<std::string_view, 10> coming_back{
    "again", "retry",    "retried",    "later",       "back",
    "wait",  "greylist", "greylisted", "greylisting", "graylisted"};

/// draft-santos-smtpgrey: "retry=" with seconds, a clock or a unit.
std::optional<Duration> tagged(std::string_view word) {
    constexpr std::string_view tag = "retry=";
    const std::size_t at = word.find(tag);
    if (at == std::string_view::npos || word.find("://") < at) return std::nullopt;
    const std::string_view value = word.substr(at + tag.size());
    if (const auto clock = clock_wait(value)) return clock;
    const std::size_t digits = digits_at_front(value);
    const auto count = parse_decimal(value.substr(0, digits));
    if (!count) return std::nullopt;
    if (digits == value.size()) return wait_of(*count, 1s);
    const auto unit = unit_named(value.substr(digits));
    return unit ? wait_of(*count, *unit) : std::nullopt;
}

}  // namespace

std::optional<Duration> retry_hint(int code, std::string_view text) {
    if (code / 100 != 4) return std::nullopt;
    const std::vector<std::string> words = words_of(text);
    for (const std::string& word : words) {
        if (const auto wait = tagged(word)) return wait;
    }
    const bool comes_back = std::any_of(words.begin(), words.end(), [](const std::string& word) {
        return is_one_of(coming_back, word);
    });
    if (!comes_back) return std::nullopt;
    for (std::size_t at = 0; at < words.size(); ++at) {
        auto wait = wait_at(words, at);
        if (!wait) continue;
        // "in" stands in front of limits as well: "20 messages in 5 minutes, try again later".
        const bool limit =
            at != 0 && words[at - 1] == "in" && (at == 1 || !is_one_of(coming_back, words[at - 2]));
        const bool asked = (at != 0 && !limit && is_one_of(before_wait, words[at - 1])) ||
                           (wait->end < words.size() && is_one_of(behind_wait, words[wait->end]));
        if (!asked) continue;
        // "1 hour 30 minutes", "1 hour and 30 minutes"
        std::size_t next = wait->end;
        if (next < words.size() && words[next] == "and") ++next;
        if (const auto more = next < words.size() ? wait_at(words, next) : std::nullopt;
            more && more->duration < wait->duration) {
            wait->duration += more->duration;
        }
        return std::min(wait->duration, limits::retry_hint_max);
    }
    return std::nullopt;
}

}  // namespace fakemx::oracle
