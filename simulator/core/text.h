// Octets as text: ASCII letter case (SMTP is ASCII, RFC 5321 §2.4, so no locale), printable forms of
// what a client sent, hashes, and the nearest name for somebody's typing mistake.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace fakemx {

constexpr char ascii_lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

constexpr char ascii_upper(char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

constexpr bool is_ascii_digit(char c) {
    return c >= '0' && c <= '9';
}

constexpr bool is_ascii(char c) {
    return static_cast<unsigned char>(c) < 128;
}

/// Each of them.
bool is_ascii(std::string_view octets);

constexpr bool is_ascii_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

std::string ascii_lower(std::string_view text);
std::string ascii_upper(std::string_view text);

/// Equal but for ASCII letter case.
bool equal_ignoring_case(std::string_view a, std::string_view b);

/// `text` without blanks and tabs at its ends.
std::string_view trim(std::string_view text);

/// `text` without blanks and tabs at its end.
std::string_view trim_end(std::string_view text);

/// A decimal number of at most 20 digits and nothing else.
std::optional<std::uint64_t> parse_decimal(std::string_view text);

/// Printable ASCII as it is; everything else, and the backslash, as \r \n \t \0 \\ \xNN.
std::string escape_octets(std::string_view octets);

/// What escape_octets made `text` of; other octets stand for themselves. Nothing for an escape that it never writes.
std::optional<std::string> unescape_octets(std::string_view text);

/// RFC 3629: no over-long forms, no surrogates.
bool is_utf8(std::string_view text);

/// Appends `text` to `out` as a JSON string with its quotes. Octets that are not valid UTF-8 become
/// U+FFFD; escape them first where each octet counts.
void append_json_string(std::string& out, std::string_view text);

/// 64-bit FNV-1a with a final mix: stable across platforms and releases (seeds rely on it).
std::uint64_t hash64(std::string_view octets, std::uint64_t start = 0xcbf29ce484222325);

/// The candidate that is most likely meant by `name`: fewest edits (insert, delete, replace, swap
/// neighbours), at most a third of the length and at least one; letter case does not count.
std::optional<std::string_view> nearest_name(std::string_view name,
                                             std::span<const std::string_view> candidates);

/// "; did you mean 'X'?" or nothing: the tail of an error message about an unknown name.
std::string did_you_mean(std::string_view name, std::span<const std::string_view> candidates);

}  // namespace fakemx
