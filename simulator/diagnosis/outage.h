// Times in which nobody's mail was taken, though it was before or behind.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/time.h"
#include "diagnosis/case.h"
#include "diagnosis/course.h"

namespace fakemx::diagnosis {

struct Outage {
    Instant from{};   ///< the first failure
    Instant until{};  ///< the end of the last one
    std::uint64_t attempts = 0;
    std::uint64_t refused = 0;  ///< of them: before a recipient was named
    std::uint64_t deliveries = 0;
    std::uint64_t senders =
        0;  ///< that failed in it. With one alone it may as well be that sender's fault
};

/// In order of time. A row of first tries that all failed, with no acceptance of anything between them, is an outage where
/// - its length is less likely than 1 in 1000 by chance, given how often first tries fail outside of it, or
/// - it lasts more than an hour, in which retries of two senders failed as well, and nearly all of it was accepted later, or
/// - several senders were refused in it before a recipient was named, something was accepted behind it, and its first tries and
///   spans of five minutes in which an address was refused are too many for chance in the same way.
/// Senders that are never accepted say nothing about the receiver, and neither do retries alone: what fails for good is all that is left
/// at the end of many journals.
std::vector<Outage> find_outages(const Case& all, Courses& courses);

}  // namespace fakemx::diagnosis
