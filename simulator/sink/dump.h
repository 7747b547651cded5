// The text of a message in smtp-sink's dump files.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "sink/watcher.h"

namespace fakemx::sink {

/// What the file's writer knows.
struct DumpFacts {
    std::string_view start;  ///< -S
    std::string_view host;   ///< -h
    std::string_view id;     ///< eight hex digits
    std::string_view date;   ///< as in RFC 5322, with the name of its zone
};

/// Lines end with LF; one that is empty comes last.
std::string dump_text(const Captured& message, const DumpFacts& facts);

}  // namespace fakemx::sink
