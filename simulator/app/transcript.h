// Sessions as dialogues: what the client said, what the server said, and when time passed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "app/standard_output.h"
#include "store/journal_reader.h"

namespace fakemx::app {

/// Of one session where one is named, else of all. Gives what went wrong with the journal, if anything
/// has.
std::optional<store::StoreError> write_transcript(store::JournalReader& reader,
                                                  std::optional<std::uint64_t> session,
                                                  StandardOutput& out);

/// The same of these events of one session, each as journal::append_json writes it.
std::vector<std::string> transcript_lines(const std::vector<std::string>& events);

}  // namespace fakemx::app
