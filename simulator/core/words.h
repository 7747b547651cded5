// Text from outside as it may be shown to people, its width on a terminal, plurals, and durations as people read them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "core/time.h"

namespace fakemx {

/// UTF-8 as it is, but for control characters and octets that are no UTF-8: those as \xNN.
std::string printable(std::string_view text);

/// For JSON: UTF-8 as it is; where the text is none, all of it as printable() has it.
std::string utf8_of(std::string_view text);

/// Columns that it takes on a terminal.
std::size_t width_of(std::string_view text);

/// At most so many columns, "…" at the end where something is left out.
std::string shortened(std::string_view text, std::size_t columns);

/// Filled with blanks up to so many columns.
std::string padded(std::string_view text, std::size_t columns);

/// "1 session", "3 sessions", "2 tries".
std::string counted(std::uint64_t count, std::string_view singular, std::string_view plural);

/// "12,345".
std::string grouped(std::uint64_t number);

/// "97.3 %", rounded down so that only all of them are 100 %.
std::string share(std::uint64_t part, std::uint64_t whole);

/// "a, b and 3 more": as many of them as `most`.
std::string listed(std::span<const std::string> words, std::size_t most);

/// "451 4.3.2 Internal server error", and words where there is no code.
std::string reply_of(int code, std::string_view text);

/// A reverse path or forward path: "<>" for the empty one.
std::string path_of(std::string_view address);

/// Rounded to what matters: "0s", "80ms", "2.1s", "14s", "3m20s", "2h5m", "4d12h".
std::string rounded(Duration duration);

}  // namespace fakemx
