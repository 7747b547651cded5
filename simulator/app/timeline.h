// The journal told delivery by delivery: each try with its wait, and what became of it.
#pragma once

#include <optional>

#include "app/standard_output.h"
#include "store/journal_reader.h"

namespace fakemx::app {

/// Gives what went wrong with the journal, if anything has.
std::optional<store::StoreError> write_timeline(store::JournalReader& reader, StandardOutput& out);

}  // namespace fakemx::app
