// Asks a LocalServer, and waits for its answer.
#pragma once

#include <string>

#include "core/result.h"
#include "http/message.h"

namespace fakemx::http {

/// The error says what is wrong with the socket at `path`, or with whoever listens there.
Result<Answer, std::string> ask(const std::string& path, const Request& request);

}  // namespace fakemx::http
