// The fourteen columns of the bounce log as a table, CSV or JSON lines.
#pragma once

#include <iosfwd>
#include <optional>

#include "app/log.h"
#include "store/journal_reader.h"

namespace fakemx::app {

std::optional<store::StoreError> print_bounce_log(store::JournalReader& journal,
                                                  LogOptions::Format format, std::ostream& out);

}  // namespace fakemx::app
