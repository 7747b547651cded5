// Baselines as text, and audits held against them.
#include "conformance/baseline.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/text.h"
#include "core/words.h"

namespace fakemx::conformance {

namespace {

bool is_broken(Outcome outcome) {
    return outcome == Outcome::fail || outcome == Outcome::deviation;
}

/// Of what need not be text at all.
std::string shown(std::string_view written) {
    constexpr std::size_t columns_max = 80;
    return shortened(printable(written), columns_max);
}

}  // namespace

std::string write_baseline(const Audit& audit) {
    std::string text =
        "# Rules that the sender breaks, as fakemx conform --write-baseline has found them. With "
        "--baseline only what is worse fails.\n";
    for (const Finding& finding : audit.findings) {
        if (is_broken(finding.outcome))
            text += fmt::format("{} {}\n", name(finding.outcome), finding.rule->slug);
    }
    return text;
}

Result<Baseline, BadBaseline> read_baseline(std::string_view text) {
    Baseline baseline;
    for (std::size_t number = 1; !text.empty(); ++number) {
        const std::size_t end = text.find('\n');
        const std::string_view line = trim(text.substr(0, end));
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
        if (line.empty() || line.starts_with('#')) continue;
        const std::size_t blank = line.find(' ');
        const std::string_view word = line.substr(0, blank);
        const bool is_outcome = word == name(Outcome::fail) || word == name(Outcome::deviation);
        if (blank == std::string_view::npos || !is_outcome) {
            return BadBaseline{number, fmt::format("expected 'fail RULE' or 'deviation RULE', not "
                                                   "'{}'",
                                                   shown(line))};
        }
        const std::string_view slug = trim(line.substr(blank));
        if (rule_named(slug) == nullptr) {
            std::vector<std::string_view> known;
            for (const Rule* rule : all_rules()) known.push_back(rule->slug);
            return BadBaseline{number, fmt::format("no rule is called '{}'{}", shown(slug),
                                                   did_you_mean(slug, known))};
        }
        baseline.emplace(slug);
    }
    return baseline;
}

Comparison compare(const Audit& audit, const Baseline& baseline) {
    Comparison made;
    for (const Finding& finding : audit.findings) {
        const bool was_broken = baseline.contains(finding.rule->slug);
        if (is_broken(finding.outcome)) {
            if (!was_broken) made.worse.push_back(&finding);
        } else if (was_broken) {
            (finding.outcome == Outcome::pass ? made.better : made.unseen).push_back(finding.rule);
        }
    }
    return made;
}

}  // namespace fakemx::conformance
