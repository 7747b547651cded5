// The report for people.
#include <algorithm>

#include "report/report.h"

namespace fakemx::report {

bool Report::passed() const {
    return run.harness_failures.empty() && !results.empty() &&
           std::all_of(results.begin(), results.end(),
                       [](const oracle::Result& result) { return result.passed; });
}

}  // namespace fakemx::report
