// What is told about a scenario that was run: the same in text, JSON and JUnit XML. Equal input gives equal octets: all
// times are relative, but for what the caller passes in `run.seconds`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "oracle/expectation.h"
#include "oracle/judge.h"
#include "oracle/ledger.h"

namespace fakemx::report {

/// Facts about the run that only its caller knows. What is empty is left out.
struct Run {
    std::string scenario;
    std::string profile;
    std::uint64_t seed = 0;
    std::string clock;              ///< "stepped", "x60", "real"
    std::string journal;            ///< its path
    std::string ending;             ///< why it was over, as half a sentence
    std::optional<double> seconds;  ///< real ones that the run took; they never repeat
    std::vector<std::string>
        harness_failures;  ///< why the verdict cannot be trusted: a hook that failed, a sender that did not start
};

struct Report {
    const Run& run;
    const oracle::Account& account;
    const std::vector<oracle::Judgement>& judgements;
    const std::vector<oracle::Result>& results;

    /// Every expectation passed, there was one, and the harness did not fail.
    bool passed() const;
};

/// For people, without colour; ends with the verdict.
std::string text(const Report& report);
/// One object and a line feed.
std::string json(const Report& report);
/// A testsuite with a testcase for each expectation.
std::string junit(const Report& report);

}  // namespace fakemx::report
