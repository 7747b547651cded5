// Ranges of Unicode, and two charsets that tell how Chinese is written.
#include "message/letters.h"

#include <array>
#include <bitset>
#include <string>

#include "core/text.h"
#include "message/encoding.h"

namespace fakemx::message {

namespace {

constexpr char32_t han_first = 0x4e00;
constexpr char32_t han_last = 0x9fff;

using HanSet = std::bitset<han_last - han_first + 1>;

/// The Chinese letters among the characters of two octets of a charset, which begin with such an octet.
HanSet letters_of(std::string_view charset, int lead_last, std::string_view trails) {
    std::string octets;
    for (int lead = 0xa1; lead <= lead_last; ++lead) {
        for (const char trail : trails) {
            octets += static_cast<char>(lead);
            octets += trail;
        }
    }
    HanSet letters;
    const auto converted = to_utf8(charset, octets, false);
    std::string_view rest = converted ? std::string_view{converted->text} : std::string_view{};
    while (!rest.empty()) {
        const char32_t character = take_character(rest);
        if (character >= han_first && character <= han_last) letters.set(character - han_first);
    }
    return letters;
}

std::string octets_between(int first, int last) {
    std::string octets;
    for (int octet = first; octet <= last; ++octet) octets += static_cast<char>(octet);
    return octets;
}

/// Letters of GB 2312 that Big5 has not, and the other way round.
struct Writings {
    HanSet simplified;
    HanSet traditional;
};

const Writings& writings() {
    static const Writings both = [] {
        const std::string high = octets_between(0xa1, 0xfe);
        const HanSet gb2312 = letters_of("gb2312", 0xf7, high);
        const HanSet big5 = letters_of("big5", 0xf9, octets_between(0x40, 0x7e) + high);
        return Writings{.simplified = gb2312 & ~big5, .traditional = big5 & ~gb2312};
    }();
    return both;
}

bool is_han(char32_t letter) {
    return (letter >= han_first && letter <= han_last) || (letter >= 0x3400 && letter <= 0x4dbf) ||
           (letter >= 0xf900 && letter <= 0xfaff) || (letter >= 0x20000 && letter <= 0x323af);
}

bool is_latin(char32_t letter) {
    if (letter < 0x80) return is_ascii_letter(static_cast<char>(letter));
    if (letter == 0xd7 || letter == 0xf7) return false;  // times and divided by
    return (letter >= 0xc0 && letter <= 0x24f) || (letter >= 0x1e00 && letter <= 0x1eff) ||
           (letter >= 0xff21 && letter <= 0xff3a) || (letter >= 0xff41 && letter <= 0xff5a);
}

/// Scripts by their blocks, some of whose characters are marks rather than letters.
bool is_other_letter(char32_t letter) {
    return (letter >= 0x370 && letter <= 0x1dff) || (letter >= 0x1f00 && letter <= 0x1fff) ||
           (letter >= 0x2c00 && letter <= 0x2dff) || (letter >= 0x3041 && letter <= 0x31bf) ||
           (letter >= 0xa000 && letter <= 0xabff) || (letter >= 0xac00 && letter <= 0xd7ff) ||
           (letter >= 0xfb00 && letter <= 0xfdff) || (letter >= 0xfe70 && letter <= 0xfeff) ||
           (letter >= 0xff66 && letter <= 0xffdc) || (letter >= 0x10000 && letter <= 0x1efff);
}

}  // namespace

char32_t take_character(std::string_view& rest) {
    const auto at = [&](std::size_t i) { return static_cast<unsigned char>(rest[i]); };
    const unsigned char lead = at(0);
    const std::size_t size = lead < 0x80             ? 1
                             : (lead & 0xe0) == 0xc0 ? 2
                             : (lead & 0xf0) == 0xe0 ? 3
                             : (lead & 0xf8) == 0xf0 ? 4
                                                     : 0;
    char32_t character = size == 1 ? lead : lead & (0x7fU >> size);
    bool valid = size != 0 && rest.size() >= size;
    for (std::size_t i = 1; valid && i < size; ++i) {
        valid = (at(i) & 0xc0) == 0x80;
        character = (character << 6) | (at(i) & 0x3fU);
    }
    // RFC 3629 §3: no longer than needed, no surrogates, nothing beyond the last plane.
    constexpr std::array<char32_t, 5> least{0, 0, 0x80, 0x800, 0x10000};
    valid = valid && character >= least.at(size) && character <= 0x10ffff &&
            (character < 0xd800 || character > 0xdfff);
    rest.remove_prefix(valid ? size : 1);
    return valid ? character : no_character;
}

void count_letter(char32_t letter, LetterCounts& counts) {
    if (is_latin(letter)) {
        ++counts.latin;
    } else if (is_han(letter)) {
        ++counts.han;
        if (letter < han_first || letter > han_last) return;
        if (writings().simplified.test(letter - han_first)) ++counts.simplified;
        if (writings().traditional.test(letter - han_first)) ++counts.traditional;
    } else if (is_other_letter(letter)) {
        ++counts.other;
    }
}

void count_letters(std::string_view text, LetterCounts& counts) {
    while (!text.empty()) {
        if (is_ascii(text.front())) {
            counts.latin += is_ascii_letter(text.front()) ? 1 : 0;
            text.remove_prefix(1);
            continue;
        }
        const char32_t character = take_character(text);
        if (character != no_character) count_letter(character, counts);
    }
}

std::uint32_t share(std::uint64_t part, const LetterCounts& counts) {
    return counts.letters() == 0 ? 0 : static_cast<std::uint32_t>(part * 1000 / counts.letters());
}

std::string_view language(const LetterCounts& counts) {
    if (counts.letters() == 0) return "none";
    const std::uint32_t han = share(counts.han, counts);
    const std::uint32_t latin = share(counts.latin, counts);
    if (han >= 600) return "chinese";
    if (han >= 100 && counts.latin > counts.other) return "bilingual";
    return latin >= 500 ? "latin" : "other";
}

std::string_view chinese(const LetterCounts& counts) {
    if (counts.simplified == counts.traditional) return "";
    return counts.simplified > counts.traditional ? "simplified" : "traditional";
}

}  // namespace fakemx::message
