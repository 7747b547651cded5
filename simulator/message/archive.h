// The names in a ZIP archive, from its central directory: nothing is unpacked, so that no archive can be a bomb.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fakemx::message {

/// Names as they stand there, in order, at most limits::archive_names_max; what is no UTF-8 is escaped. Nothing for octets that are
/// no archive, or not all of one.
std::optional<std::vector<std::string>> archive_names(std::string_view octets);

}  // namespace fakemx::message
