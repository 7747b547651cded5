// Deliveries as a person tells them: each try with its wait, what was said, and what became of it.
#pragma once

#include <iosfwd>
#include <optional>

#include "store/journal_reader.h"

namespace fakemx::app {

std::optional<store::StoreError> print_timeline(store::JournalReader& journal, std::ostream& out);

}  // namespace fakemx::app
