// What was broken before: the yardstick of a CI run that fails on what got worse, and on nothing else.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "conformance/checker.h"
#include "core/result.h"

namespace fakemx::conformance {

/// The slugs of rules that are broken. Whether that is a failure or a deviation is the rule's nature, and --strict, and no change in
/// the sender.
using Baseline = std::set<std::string, std::less<>>;

/// A line for each: "fail quit-sent", in the order of the rules, behind a comment that says what it is. The first word is for who
/// reads it.
std::string write_baseline(const Audit& audit);

struct BadBaseline {
    std::size_t line = 0;
    std::string message;
};
/// Empty lines and those that begin with # say nothing.
Result<Baseline, BadBaseline> read_baseline(std::string_view text);

/// An audit held against a baseline.
struct Comparison {
    std::vector<const Finding*> worse;  ///< broken now, and not before
    std::vector<const Rule*> better;    ///< broken before, and kept now
    std::vector<const Rule*> unseen;    ///< broken before, and not exercised now: nothing is known
};
Comparison compare(const Audit& audit, const Baseline& baseline);

}  // namespace fakemx::conformance
