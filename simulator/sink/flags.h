// smtp-sink's flags: which there are, and what a command line asks for. Whoever cuts the command line into flags
// and values is no concern of this file.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "sink/settings.h"

namespace fakemx::sink {

struct Flag {
    char letter;
    std::string_view value;    ///< what stands behind it; empty: nothing
    std::string_view summary;  ///< for --help
};

/// All of them, in smtp-sink's order.
std::span<const Flag> flags();

/// A flag as it was given.
struct Given {
    char letter;
    std::string value;
};

/// What is wrong, in a sentence that begins with the flag.
struct FlagError {
    std::string message;
};

/// In the order in which they were given: of most flags the last one counts.
Result<Settings, FlagError> read_flags(const std::vector<Given>& given);

/// The length of the kernel's queue of connections, behind the address.
Result<int, FlagError> read_backlog(std::string_view text);

}  // namespace fakemx::sink
