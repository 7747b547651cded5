// ASCII, printable octets, hashes, nearest names.
#include "core/text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

#include <fmt/format.h>

#include "core/assert.h"

namespace fakemx {

void assertion_failed(const char* condition, const char* file, int line) {
    std::fprintf(stderr, "fakemx: broken invariant at %s:%d: %s\n", file, line, condition);
    std::abort();
}

std::string ascii_lower(std::string_view text) {
    std::string result{text};
    for (char& c : result) c = ascii_lower(c);
    return result;
}

std::string ascii_upper(std::string_view text) {
    std::string result{text};
    for (char& c : result) c = ascii_upper(c);
    return result;
}

bool is_ascii(std::string_view octets) {
    // Eight at a time, in a message of any size.
    constexpr std::uint64_t high_bits = 0x8080808080808080;
    std::uint64_t seen = 0;
    std::uint64_t word = 0;
    for (; octets.size() >= sizeof(word); octets.remove_prefix(sizeof(word))) {
        std::memcpy(&word, octets.data(), sizeof(word));
        seen |= word;
    }
    for (const char c : octets) seen |= static_cast<unsigned char>(c);
    return (seen & high_bits) == 0;
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
    return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) {
               return ascii_lower(x) == ascii_lower(y);
           });
}

std::string_view trim(std::string_view text) {
    const std::size_t begin = std::min(text.find_first_not_of(" \t"), text.size());
    return trim_end(text.substr(begin));
}

std::string_view trim_end(std::string_view text) {
    return text.substr(0, text.find_last_not_of(" \t") + 1);
}

std::optional<std::uint64_t> parse_decimal(std::string_view text) {
    if (text.empty() || text.size() > 20) return std::nullopt;
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

std::string escape_octets(std::string_view octets) {
    std::string text;
    text.reserve(octets.size());
    for (const char c : octets) {
        switch (c) {
            case '\r': text += "\\r"; break;
            case '\n': text += "\\n"; break;
            case '\t': text += "\\t"; break;
            case '\0': text += "\\0"; break;
            case '\\': text += "\\\\"; break;
            default:
                if (c >= 0x20 && c < 0x7f) {
                    text += c;
                } else {
                    text += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
                }
        }
    }
    return text;
}

std::optional<std::string> unescape_octets(std::string_view text) {
    std::string octets;
    octets.reserve(text.size());
    while (!text.empty()) {
        const char c = text.front();
        text.remove_prefix(1);
        if (c != '\\') {
            octets += c;
            continue;
        }
        if (text.empty()) return std::nullopt;
        const char kind = text.front();
        text.remove_prefix(1);
        switch (kind) {
            case 'r': octets += '\r'; break;
            case 'n': octets += '\n'; break;
            case 't': octets += '\t'; break;
            case '0': octets += '\0'; break;
            case '\\': octets += '\\'; break;
            case 'x': {
                unsigned octet = 0;
                const char* const end = text.data() + std::min<std::size_t>(2, text.size());
                const auto read = std::from_chars(text.data(), end, octet, 16);
                if (read.ec != std::errc{} || read.ptr != text.data() + 2) return std::nullopt;
                octets += static_cast<char>(octet);
                text.remove_prefix(2);
                break;
            }
            default: return std::nullopt;
        }
    }
    return octets;
}

namespace {

/// The length of the valid UTF-8 sequence at the start of `text`, 0 if there is none.
std::size_t utf8_sequence(std::string_view text) {
    const auto octet = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char first = octet(0);
    if (first < 0x80) return 1;
    std::size_t length = 0;
    unsigned char second_least = 0x80;
    unsigned char second_most = 0xbf;
    if (first >= 0xc2 && first <= 0xdf) {
        length = 2;
    } else if (first >= 0xe0 && first <= 0xef) {
        length = 3;
        if (first == 0xe0) second_least = 0xa0;  // no over-long forms
        if (first == 0xed) second_most = 0x9f;   // no surrogates
    } else if (first >= 0xf0 && first <= 0xf4) {
        length = 4;
        if (first == 0xf0) second_least = 0x90;
        if (first == 0xf4) second_most = 0x8f;  // nothing past U+10FFFF
    } else {
        return 0;
    }
    if (text.size() < length || octet(1) < second_least || octet(1) > second_most) return 0;
    for (std::size_t i = 2; i < length; ++i) {
        if (octet(i) < 0x80 || octet(i) > 0xbf) return 0;
    }
    return length;
}

}  // namespace

bool is_utf8(std::string_view text) {
    while (!text.empty()) {
        const std::size_t length = utf8_sequence(text);
        if (length == 0) return false;
        text.remove_prefix(length);
    }
    return true;
}

void append_json_string(std::string& out, std::string_view text) {
    out += '"';
    std::size_t plain = 0;  // octets since here can be copied as they are
    std::size_t at = 0;
    const auto flush = [&](std::size_t skip, std::string_view instead) {
        out.append(text.substr(plain, at - plain));
        out.append(instead);
        at += skip;
        plain = at;
    };
    while (at < text.size()) {
        const auto c = static_cast<unsigned char>(text[at]);
        if (c >= 0x80) {
            if (const std::size_t length = utf8_sequence(text.substr(at)); length != 0) {
                at += length;
            } else {
                flush(1, "\\ufffd");
            }
        } else if (c == '"') {
            flush(1, "\\\"");
        } else if (c == '\\') {
            flush(1, "\\\\");
        } else if (c < 0x20 || c == 0x7f) {
            flush(1, fmt::format("\\u{:04x}", c));
        } else {
            ++at;
        }
    }
    out.append(text.substr(plain));
    out += '"';
}

std::uint64_t hash64(std::string_view octets, std::uint64_t start) {
    std::uint64_t hash = start;
    for (const char c : octets) {
        hash ^= static_cast<unsigned char>(c);
        hash *= 0x100000001b3;
    }
    // FNV's last octets barely reach the high bits; this is the finisher of MurmurHash3.
    hash ^= hash >> 33U;
    hash *= 0xff51afd7ed558ccd;
    hash ^= hash >> 33U;
    hash *= 0xc4ceb9fe1a85ec53;
    hash ^= hash >> 33U;
    return hash;
}

namespace {

/// Optimal string alignment distance, ASCII letter case ignored.
std::size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> before_last(b.size() + 1);
    std::vector<std::size_t> last(b.size() + 1);
    std::vector<std::size_t> row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
    const auto same = [&](std::size_t i, std::size_t j) {
        return ascii_lower(a[i]) == ascii_lower(b[j]);
    };
    for (std::size_t i = 1; i <= a.size(); ++i) {
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t replace = last[j - 1] + (same(i - 1, j - 1) ? 0 : 1);
            row[j] = std::min({last[j] + 1, row[j - 1] + 1, replace});
            if (i > 1 && j > 1 && same(i - 1, j - 2) && same(i - 2, j - 1)) {
                row[j] = std::min(row[j], before_last[j - 2] + 1);
            }
        }
        before_last.swap(last);
        last.swap(row);
    }
    return last[b.size()];
}

}  // namespace

std::optional<std::string_view> nearest_name(std::string_view name,
                                             std::span<const std::string_view> candidates) {
    // Nobody mistypes a name of more than 64 characters; a longer one would only cost time.
    if (name.empty() || name.size() > 64) return std::nullopt;
    std::optional<std::string_view> best;
    std::size_t best_distance = std::max<std::size_t>(1, name.size() / 3) + 1;
    for (const std::string_view candidate : candidates) {
        const std::size_t distance = edit_distance(name, candidate);
        if (distance < best_distance) {
            best_distance = distance;
            best = candidate;
        }
    }
    return best;
}

std::string did_you_mean(std::string_view name, std::span<const std::string_view> candidates) {
    const auto nearest = nearest_name(name, candidates);
    return nearest ? fmt::format("; did you mean '{}'?", *nearest) : std::string{};
}

}  // namespace fakemx
