// Baselines: any text is a set of rules or has a line that is wrong; what is written of such rules is read as them.
#include "conformance/baseline.h"

#include "fuzz/reader.h"

using namespace fakemx;
using fakemx::fuzz::must;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* octets, std::size_t size) {
    const auto baseline = conformance::read_baseline(fuzz::Reader{octets, size}.rest());
    if (!baseline) {
        must(baseline.error().line >= 1 && !baseline.error().message.empty());
        return 0;
    }
    conformance::Audit audit;
    for (const std::string& slug : *baseline) {
        const conformance::Rule* rule = conformance::rule_named(slug);
        must(rule != nullptr);
        audit.findings.push_back({.rule = rule, .outcome = conformance::Outcome::fail});
    }
    must(*conformance::read_baseline(conformance::write_baseline(audit)) == *baseline);
    return 0;
}
