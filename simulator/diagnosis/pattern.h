// How a group of attempts fails: now and then, always, or all at once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/time.h"
#include "diagnosis/case.h"
#include "diagnosis/course.h"

namespace fakemx::diagnosis {

enum class Label : std::uint8_t {
    none,          ///< there are but notices, and what is under way: nothing to diagnose
    clean,         ///< nothing failed
    intermittent,  ///< what failed was accepted when it came again, mostly
    selective,     ///< some deliveries do not get through, others do
    outage,        ///< nothing failed but within an outage, and mail was accepted outside of it
    failing,       ///< every attempt failed, for less than a day
    persistent,    ///< every attempt failed, for a day and more: no receiver is down for that long
};

std::string_view name(Label label);

inline constexpr Duration persistent_after = std::chrono::hours{24};

struct Pattern {
    Label label = Label::clean;
    std::uint64_t deliveries = 0;  ///< courses
    std::uint64_t clean = 0;       ///< that never failed
    std::uint64_t recovered = 0;   ///< that failed, and were accepted
    std::uint64_t unaccepted = 0;  ///< that failed, and were not accepted so far
    std::uint64_t refusals =
        0;  ///< attempts that named no recipient; they decide where there is nothing else
    Instant first_failure{};  ///< of those that failed
    Instant last_failure{};
    /// How many were accepted at their first, second, … try.
    std::vector<std::uint64_t> accepted_on;
};

/// A try, and the course that it belongs to.
struct Step {
    std::size_t course = nowhere;  ///< in Courses::all; nowhere: of a refusal
    std::size_t tried = 0;         ///< in Case::tries
};

/// Of these tries, those of a course together. `whole`: what counts is what became of their courses, also in tries that are not
/// among them.
Pattern pattern_of(const std::vector<Step>& steps, const Case& all, const Courses& courses,
                   bool whole);

}  // namespace fakemx::diagnosis
