// An audit for people and for programs, and the list of rules.
#pragma once

#include <string>
#include <vector>

#include "conformance/checker.h"

namespace fakemx::conformance {

/// "retry_within=12h": those that are not as they are by themselves, or all.
std::string thresholds_text(const Thresholds& thresholds, bool all);
/// "odd-replies, session 3, +2m5s": the same in equal runs.
std::string place_of(const Audit& audit, const Evidence& found);

/// What is broken with where and how, then in a few lines what is not; `everything`: of each of those, too.
std::string text(const Audit& audit, bool everything = false);
/// "2 failed, 1 deviation, 40 passed, 51 not exercised; 12 sessions".
std::string summary(const Audit& audit);
/// The summary, and a line for each rule that is broken. None where no session was seen.
std::vector<std::string> in_short(const Audit& audit);
/// One object, its members in a fixed order.
std::string json(const Audit& audit);

/// A line for each rule.
std::string list_of_rules();

}  // namespace fakemx::conformance
