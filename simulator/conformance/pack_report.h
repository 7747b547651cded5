// What is told about a sender that went through scenarios: for people, for CI servers and for browsers. Equal findings give equal
// octets.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "conformance/baseline.h"
#include "conformance/checker.h"

namespace fakemx::conformance {

/// One scenario of a pack.
struct Played {
    std::string name;
    std::string summary;
    std::vector<const Rule*> exercises;  ///< what it is there for
    std::string skipped;                 ///< why it was not played; empty: it was
    std::string trouble;                 ///< why it cannot be judged; empty: it is
    std::string journal;                 ///< its path; empty: not kept
};

struct PackReport {
    const Audit& audit;
    std::vector<Played> scenarios;
    std::vector<std::string> command;
    std::optional<Comparison> comparison;  ///< with a baseline

    /// Everything that was to be played could be judged.
    bool complete() const;
    /// Nothing failed, or with a baseline: nothing is worse. A deviation that is new is worse, and fails where it is strict.
    bool passed() const;
};

std::string text(const PackReport& report, bool everything = false);
std::string json(const PackReport& report);
/// A testsuite for each source, a testcase for each rule; what nothing exercised is skipped, a deviation is no failure.
std::string junit(const PackReport& report);
/// One page without scripts and without anything from elsewhere.
std::string page(const PackReport& report);
/// Workflow commands of GitHub's actions: an error for each failure, a warning for each deviation.
std::string annotations(const PackReport& report);

}  // namespace fakemx::conformance
