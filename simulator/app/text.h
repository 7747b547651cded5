// Facts of a connection, or of a query, in one line.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/words.h"
#include "smtp/declaration.h"
#include "smtp/tls.h"

namespace fakemx::app {

/// Who speaks for whom, and how they said it, in one line.
std::string words_of(const smtp::Declaration& declaration);

/// What is known of a connection's TLS, in one line; empty where nothing is.
std::string words_of(const smtp::TlsFacts& facts);

/// What the name server answered: "NOERROR, 2 records". No rcode: it did not.
std::string answer_in_words(std::string_view rcode, std::uint64_t answers, bool truncated);

}  // namespace fakemx::app
