// Files that reports are to be written to: looked at before a run that may take days of a sender, and not behind it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace fakemx::app {

/// Says what is wrong with a file that is to be written for this flag: no folder for it, or none that takes it. An empty path is
/// no file, and right.
std::optional<std::string> check_report_file(std::string_view flag, const std::string& path);

/// The same, and takes away what an earlier run has left: whoever looks for the report must not find that.
std::optional<std::string> clear_report_file(std::string_view flag, const std::string& path);

}  // namespace fakemx::app
