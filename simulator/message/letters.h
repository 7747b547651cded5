// Which letters a text is written in: Chinese ones, simplified or traditional, Latin ones, others. It knows characters, not words:
// English and French are the same to it.
#pragma once

#include <cstdint>
#include <string_view>

namespace fakemx::message {

struct LetterCounts {
    std::uint64_t han = 0;
    std::uint64_t simplified = 0;   ///< of them only in GB 2312, and not in Big5
    std::uint64_t traditional = 0;  ///< of them only in Big5
    std::uint64_t latin = 0;
    std::uint64_t other = 0;  ///< of any other script

    std::uint64_t letters() const { return han + latin + other; }
};

/// What take_character gives for an octet that begins no character of UTF-8 (RFC 3629).
inline constexpr char32_t no_character = 0xffffffff;

/// The next character of `rest`, which is not empty.
char32_t take_character(std::string_view& rest);

/// Adds what stands in `text`; octets that are no UTF-8 are passed over.
void count_letters(std::string_view text, LetterCounts& counts);

/// Adds one character, given as its number in Unicode.
void count_letter(char32_t letter, LetterCounts& counts);

/// Thousandths of all letters; 0 without any.
std::uint32_t share(std::uint64_t part, const LetterCounts& counts);

/// "chinese": six letters of ten at least are Chinese; "bilingual": one of ten, and most others Latin; "latin": most are Latin; "other";
/// "none" without letters. A Chinese text has two letters where its translation into English has five.
std::string_view language(const LetterCounts& counts);

/// "simplified" or "traditional", whichever has more letters that the other has not; empty where there is no telling.
std::string_view chinese(const LetterCounts& counts);

}  // namespace fakemx::message
