// A delivery's attempts as lines for people. All times are relative to the first try, so that equal runs print equal lines.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "oracle/delivery.h"

namespace fakemx::oracle {

/// "ann@a.test → bob@163.com", its identity, and a line for each attempt, notices among them: time since the first try, wait
/// since the end of the one before, host and session, stage, reply, outcome. The attempts whose ids are `marked` begin with
/// ">". Of a long row only those around the marked ones, its beginning and its end are shown, at most
/// limits::timeline_lines_max. Each line ends with a line feed.
std::string timeline(const Delivery& delivery, const std::vector<std::uint64_t>& marked = {});

/// "451 4.3.2 Internal server error", and words where there is no code; printable.
std::string reply_of(const Attempt& attempt);

/// Rounded for people, but to the last digit where it would look like `other` and is not.
std::string beside(Duration is, Duration other);

}  // namespace fakemx::oracle
