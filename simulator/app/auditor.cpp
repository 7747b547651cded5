// The checker as a sink, and its findings in short.
#include "app/auditor.h"

#include <utility>

#include <fmt/format.h>

#include "conformance/print.h"
#include "core/words.h"

namespace fakemx::app {

void Auditor::write(journal::Batch batch) {
    checker_.take(batch);
    if (next_ != nullptr) next_->write(std::move(batch));
}

std::vector<std::string> lines_of(const conformance::Audit& audit) {
    using conformance::Outcome;
    std::vector<std::string> lines;
    if (audit.sessions == 0) return lines;
    lines.push_back(fmt::format("rules: {}", conformance::summary(audit)));
    for (const Outcome outcome : {Outcome::fail, Outcome::deviation}) {
        for (const conformance::Finding& finding : audit.findings) {
            if (finding.outcome != outcome) continue;
            const conformance::Evidence& first = finding.evidence.front();
            const std::string more =
                finding.broken > 1 ? fmt::format(", {} times", finding.broken) : "";
            lines.push_back(fmt::format(
                "  {:<9}  {}: {} (session {}{})", outcome == Outcome::fail ? "FAIL" : name(outcome),
                finding.rule->slug, printable(first.what), number(first.session), more));
        }
    }
    return lines;
}

}  // namespace fakemx::app
