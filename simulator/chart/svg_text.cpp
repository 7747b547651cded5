// Character by character.
#include "chart/svg_text.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "core/text.h"

namespace fakemx::chart {

namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";

/// The character that the text begins with, as its octets; empty where they are no UTF-8.
std::string_view first_character(std::string_view text) {
    for (std::size_t octets = 1; octets <= std::min<std::size_t>(4, text.size()); ++octets) {
        if (is_utf8(text.substr(0, octets))) return text.substr(0, octets);
    }
    return {};
}

/// Calls `each` with every character; with U+FFFD for an octet that belongs to none.
template <class Each>
void for_each_character(std::string_view text, const Each& each) {
    while (!text.empty()) {
        const std::string_view character = first_character(text);
        each(character.empty() ? replacement : character);
        text.remove_prefix(character.empty() ? 1 : character.size());
    }
}

double width_of_character(std::string_view character) {
    // Three octets and more: from U+0800 on. What is wide there (Chinese, Japanese, Korean, full-width forms) begins at
    // U+1100; punctuation such as "…" and "–" from U+2000 on is narrow.
    if (character.size() < 3) return 0.55;
    if (character.size() == 3 && character < "\xE2\xBA\x80") return 0.7;
    return 1;
}

}  // namespace

std::string escaped(std::string_view text) {
    std::string xml;
    for_each_character(text, [&](std::string_view character) {
        const char c = character.front();
        if (character == "&") {
            xml += "&amp;";
        } else if (character == "<") {
            xml += "&lt;";
        } else if (character == ">") {
            xml += "&gt;";
        } else if (character == "\"") {
            xml += "&quot;";
        } else if (character == "\xEF\xBF\xBE" || character == "\xEF\xBF\xBF" ||
                   static_cast<unsigned char>(c) < 0x20 || c == '\x7f') {
            xml += replacement;
        } else {
            xml += character;
        }
    });
    return xml;
}

double width_of(std::string_view text) {
    double width = 0;
    for_each_character(text,
                       [&](std::string_view character) { width += width_of_character(character); });
    return width;
}

std::string fitting(std::string_view text, double width) {
    if (width_of(text) <= width) return std::string{text};
    std::string kept;
    double used = width_of("…");
    bool full = false;
    for_each_character(text, [&](std::string_view character) {
        used += width_of_character(character);
        full = full || used > width;
        if (!full) kept += character;
    });
    return kept + "…";
}

}  // namespace fakemx::chart
