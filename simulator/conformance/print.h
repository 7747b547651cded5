// An audit for people and for programs, and the list of rules.
#pragma once

#include <string>
#include <vector>

#include "conformance/checker.h"

namespace fakemx::conformance {

struct PrintOptions {
    /// Rules that are spoken of; none: all.
    std::vector<const Rule*> rules;
    /// Those that passed and those that were not exercised, one by one.
    bool everything = false;
};

/// What is broken with where and how, then in a few lines what is not.
std::string text(const Audit& audit, const PrintOptions& options = {});
/// "2 failed, 1 deviation, 40 passed, 51 not exercised; 12 sessions".
std::string summary(const Audit& audit, const PrintOptions& options = {});
/// One object, its members in a fixed order.
std::string json(const Audit& audit, const PrintOptions& options = {});

/// A line for each rule.
std::string list_of_rules();

}  // namespace fakemx::conformance
