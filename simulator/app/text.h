// Text from outside as it may be shown on a terminal, its width there, and plurals.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "smtp/declaration.h"
#include "smtp/tls.h"

namespace fakemx::app {

/// UTF-8 as it is, but for control characters and octets that are no UTF-8: those as \xNN.
std::string printable(std::string_view text);

/// Columns that it takes on a terminal.
std::size_t width_of(std::string_view text);

/// At most so many columns, "…" at the end where something is left out.
std::string shortened(std::string_view text, std::size_t columns);

/// Filled with blanks up to so many columns.
std::string padded(std::string_view text, std::size_t columns);

/// "1 session", "3 sessions", "2 tries".
std::string counted(std::uint64_t count, std::string_view singular, std::string_view plural);

/// "451 4.3.2 Internal server error", and words where there is no code.
std::string reply_of(int code, std::string_view text);

/// Who speaks for whom, and how they said it, in one line.
std::string words_of(const smtp::Declaration& declaration);

/// What is known of a connection's TLS, in one line; empty where nothing is.
std::string words_of(const smtp::TlsFacts& facts);

/// A reverse path or forward path: "<>" for the empty one.
std::string path_of(std::string_view address);

}  // namespace fakemx::app
