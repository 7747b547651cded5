// Has the rules look at a journal, as they would have looked at the run while it went on.
#pragma once

#include <optional>
#include <string>

#include "conformance/checker.h"

namespace fakemx::app {

/// Gives the error, if there is one.
std::optional<std::string> judge_journal(const std::string& path, conformance::Checker& checker);

}  // namespace fakemx::app
