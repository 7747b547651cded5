// Facts of a connection in one line.
#pragma once

#include <string>

#include "core/words.h"
#include "smtp/declaration.h"
#include "smtp/tls.h"

namespace fakemx::app {

/// Who speaks for whom, and how they said it, in one line.
std::string words_of(const smtp::Declaration& declaration);

/// What is known of a connection's TLS, in one line; empty where nothing is.
std::string words_of(const smtp::TlsFacts& facts);

}  // namespace fakemx::app
