// A small look at UTF-8: enough to show what came over the wire without letting it drive the terminal.
#include "core/words.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "core/text.h"

namespace fakemx {

namespace {

struct Character {
    std::size_t octets = 0;  // 0: not UTF-8
    std::uint32_t code_point = 0;
};

/// The character at the beginning of `text`, which is not empty.
Character first_character(std::string_view text) {
    const auto octet = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned lead = octet(0);
    if (lead < 0x80) return {1, lead};
    const std::size_t octets = lead >= 0xC2 && lead < 0xE0   ? 2
                               : lead >= 0xE0 && lead < 0xF0 ? 3
                               : lead >= 0xF0 && lead < 0xF5 ? 4
                                                             : 0;
    if (octets == 0 || text.size() < octets) return {};
    std::uint32_t code_point = lead & (0xFFU >> (octets + 1));
    for (std::size_t i = 1; i < octets; ++i) {
        if ((octet(i) & 0xC0U) != 0x80) return {};
        code_point = code_point << 6 | (octet(i) & 0x3FU);
    }
    constexpr std::array<std::uint32_t, 5> least{0, 0, 0x80, 0x800, 0x10000};
    const bool surrogate = code_point >= 0xD800 && code_point < 0xE000;
    if (code_point < least.at(octets) || surrogate || code_point > 0x10FFFF) return {};
    return {octets, code_point};
}

/// Characters of East Asian scripts take two columns; near enough to Unicode's table for a layout.
bool is_wide(std::uint32_t code_point) {
    return (code_point >= 0x1100 && code_point <= 0x115F) ||
           (code_point >= 0x2E80 && code_point <= 0xA4CF) ||
           (code_point >= 0xAC00 && code_point <= 0xD7A3) ||
           (code_point >= 0xF900 && code_point <= 0xFAFF) ||
           (code_point >= 0xFE30 && code_point <= 0xFE6F) ||
           (code_point >= 0xFF00 && code_point <= 0xFF60) ||
           (code_point >= 0x1F300 && code_point <= 0x1FAFF) ||
           (code_point >= 0x20000 && code_point <= 0x3FFFD);
}

bool is_control(std::uint32_t code_point) {
    // C0, DEL, C1, line and paragraph separators, and what turns the direction of writing.
    return code_point < 0x20 || (code_point >= 0x7F && code_point < 0xA0) ||
           (code_point >= 0x2028 && code_point <= 0x202E) ||
           (code_point >= 0x2066 && code_point <= 0x2069);
}

}  // namespace

std::string printable(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        const Character character = first_character(text);
        const std::size_t octets = character.octets == 0 ? 1 : character.octets;
        if (character.octets == 0 || is_control(character.code_point)) {
            for (const char c : text.substr(0, octets)) {
                out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
            }
        } else {
            out += text.substr(0, octets);
        }
        text.remove_prefix(octets);
    }
    return out;
}

std::string utf8_of(std::string_view text) {
    return is_utf8(text) ? std::string{text} : printable(text);
}

std::size_t width_of(std::string_view text) {
    std::size_t columns = 0;
    while (!text.empty()) {
        const Character character = first_character(text);
        columns += is_wide(character.code_point) ? 2 : 1;
        text.remove_prefix(character.octets == 0 ? 1 : character.octets);
    }
    return columns;
}

std::string shortened(std::string_view text, std::size_t columns) {
    if (width_of(text) <= columns) return std::string{text};
    std::size_t end = 0;
    std::size_t used = 1;  // for the mark
    while (end < text.size()) {
        const Character character = first_character(text.substr(end));
        used += is_wide(character.code_point) ? 2 : 1;
        if (used > columns) break;
        end += character.octets == 0 ? 1 : character.octets;
    }
    return std::string{text.substr(0, end)} + "…";
}

std::string padded(std::string_view text, std::size_t columns) {
    const std::size_t width = width_of(text);
    return std::string{text} + std::string(columns > width ? columns - width : 0, ' ');
}

std::string counted(std::uint64_t count, std::string_view singular, std::string_view plural) {
    return fmt::format("{} {}", count, count == 1 ? singular : plural);
}

std::string grouped(std::uint64_t number) {
    std::string text = fmt::format("{}", number);
    for (std::size_t at = text.size(); at > 3;) text.insert(at -= 3, 1, ',');
    return text;
}

std::string share(std::uint64_t part, std::uint64_t whole) {
    const std::uint64_t thousandths = whole == 0 ? 0 : part * 1000 / whole;
    return fmt::format("{}.{} %", thousandths / 10, thousandths % 10);
}

std::string listed(std::span<const std::string> words, std::size_t most) {
    std::string text;
    const std::size_t shown = std::min(words.size(), most);
    for (std::size_t i = 0; i < shown; ++i) {
        if (i != 0) text += i + 1 == words.size() ? " and " : ", ";
        text += words[i];
    }
    if (shown < words.size()) text += fmt::format(" and {} more", words.size() - shown);
    return text;
}

std::string reply_of(int code, std::string_view text) {
    if (code == 0) return text.empty() ? "no reply" : printable(text);
    return fmt::format("{:03} {}", code, printable(text));
}

std::string path_of(std::string_view address) {
    return address.empty() ? "<>" : printable(address);
}

std::string rounded(Duration duration) {
    const auto to = [&](auto unit) { return std::chrono::round<decltype(unit)>(duration); };
    if (duration < 1ms) return "0s";
    if (duration < 1s) return format_duration(to(std::chrono::milliseconds{}));
    if (duration < 10s) {
        const auto tenths = to(std::chrono::duration<std::int64_t, std::deci>{}).count();
        return tenths % 10 == 0 ? fmt::format("{}s", tenths / 10)
                                : fmt::format("{}.{}s", tenths / 10, tenths % 10);
    }
    if (duration < 1h) return format_duration(to(std::chrono::seconds{}));
    if (duration < 24h) return format_duration(to(std::chrono::minutes{}));
    return format_duration(to(std::chrono::hours{}));
}

}  // namespace fakemx
