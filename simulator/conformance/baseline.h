// What was broken before: the yardstick of a CI run that fails on what got worse, and on nothing else.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "conformance/checker.h"
#include "core/result.h"

namespace fakemx::conformance {

/// Rules that are broken, by slug: Outcome::fail or Outcome::deviation.
using Baseline = std::map<std::string, Outcome, std::less<>>;

/// A line for each: "fail quit-sent", in the order of the rules, behind a comment that says what it is.
std::string write_baseline(const Audit& audit);

struct BadBaseline {
    std::size_t line = 0;
    std::string message;
};
/// Empty lines and those that begin with # say nothing.
Result<Baseline, BadBaseline> read_baseline(std::string_view text);

/// An audit held against a baseline.
struct Comparison {
    std::vector<const Finding*> worse;  ///< broken now, and not, or less, before
    std::vector<const Rule*> better;    ///< broken before, and kept or less broken now
    std::vector<const Rule*> unseen;    ///< broken before, and not exercised now: nothing is known
};
Comparison compare(const Audit& audit, const Baseline& baseline);

}  // namespace fakemx::conformance
