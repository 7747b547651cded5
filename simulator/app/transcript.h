// Sessions as dialogues: what the client said, what the server said, and what was noticed.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <optional>

#include "store/journal_reader.h"

namespace fakemx::app {

std::optional<store::StoreError> print_transcript(store::JournalReader& journal,
                                                  std::optional<std::uint64_t> session,
                                                  std::ostream& out);

}  // namespace fakemx::app
