// The clock that a run goes by, from what the user asked for.
#pragma once

#include <memory>
#include <string>

#include "app/complaint.h"
#include "core/result.h"
#include "net/clock.h"

namespace fakemx::app {

/// `clock` is "real", "stepped" or "xN"; `epoch` is empty or RFC 3339.
Result<std::unique_ptr<net::Clock>, Complaint> make_clock(const std::string& clock,
                                                          const std::string& epoch);

/// RFC 3339, not before 1970. An error names the flag.
Result<Instant, Complaint> read_epoch(const std::string& epoch);

}  // namespace fakemx::app
