// `fakemx log RUN.db`: a journal, read by a person or by a program.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>

#include "app/exit_status.h"

namespace fakemx::app {

struct LogOptions {
    enum class View : std::uint8_t { bounce_log, timeline, canonical, transcript };
    enum class Format : std::uint8_t { table, csv, jsonl };

    std::string journal;
    View view = View::bounce_log;
    Format format = Format::table;         ///< of the bounce log
    std::optional<std::uint64_t> session;  ///< for the transcript; nothing: all sessions
};

ExitStatus run_log(const LogOptions& options, std::ostream& out, std::ostream& errors);

}  // namespace fakemx::app
