// Evidence, bounded and in order.
#include "conformance/hearing.h"

#include <algorithm>
#include <tuple>

#include "conformance/limits.h"

namespace fakemx::conformance {

namespace {

bool comes_before(const Evidence& a, const Evidence& b) {
    return std::tie(a.session, a.event, a.what) < std::tie(b.session, b.event, b.what);
}

}  // namespace

void Hearing::broken(const Dialogue& dialogue, std::uint32_t event, Instant at, std::string what) {
    add(broken_, dialogue, event, at, std::move(what));
}

void Hearing::suspected(const Dialogue& dialogue, std::uint32_t event, Instant at,
                        std::string what) {
    add(suspected_, dialogue, event, at, std::move(what));
}

void Hearing::add(Breaks& breaks, const Dialogue& dialogue, std::uint32_t event, Instant at,
                  std::string what) {
    ++breaks.times;
    Evidence found{
        .session = dialogue.id, .event = event, .at = at, .what = std::move(what), .lines = {}};
    // Sessions end in any order: the first ones are kept, whichever came first.
    auto& evidence = breaks.evidence;
    const auto place = std::upper_bound(evidence.begin(), evidence.end(), found, comes_before);
    if (place == evidence.end() && evidence.size() == evidence_kept_max) return;
    found.lines = dialogue.lines_around(event);
    evidence.insert(place, std::move(found));
    if (evidence.size() > evidence_kept_max) evidence.pop_back();
}

std::vector<Evidence> Hearing::evidence() const {
    std::vector<Evidence> all = broken_.evidence;
    if (kept_ == 0) all.insert(all.end(), suspected_.evidence.begin(), suspected_.evidence.end());
    std::sort(all.begin(), all.end(), comes_before);
    all.resize(std::min(all.size(), evidence_kept_max));
    return all;
}

}  // namespace fakemx::conformance
