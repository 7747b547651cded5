// Evidence, bounded and in order.
#include "conformance/hearing.h"

#include <algorithm>
#include <tuple>

#include "conformance/limits.h"
#include "oracle/timeline.h"

namespace fakemx::conformance {

namespace {

std::vector<std::string> lines_of(std::string_view text) {
    std::vector<std::string> lines;
    while (!text.empty()) {
        const std::size_t end = text.find('\n');
        lines.emplace_back(text.substr(0, end));
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    }
    return lines;
}

bool comes_before(const Evidence& a, const Evidence& b) {
    return std::tie(a.run, a.session, a.event, a.what) <
           std::tie(b.run, b.session, b.event, b.what);
}

}  // namespace

void Hearing::broken(const Dialogue& dialogue, std::uint32_t event, Instant at, std::string what) {
    add(broken_, dialogue, event, at, std::move(what));
}

void Hearing::suspected(const Dialogue& dialogue, std::uint32_t event, Instant at,
                        std::string what) {
    add(suspected_, dialogue, event, at, std::move(what));
}

void Hearing::broken(const oracle::Delivery& delivery, const std::vector<std::uint64_t>& attempts,
                     std::string what) {
    add(broken_, delivery, attempts, std::move(what));
}

void Hearing::suspected(const oracle::Delivery& delivery,
                        const std::vector<std::uint64_t>& attempts, std::string what) {
    add(suspected_, delivery, attempts, std::move(what));
}

void Hearing::broken(Instant at, std::string what, std::vector<std::string> lines) {
    add(broken_, {.at = at, .what = std::move(what), .lines = {}}, [&] { return lines; });
}

void Hearing::add(Breaks& breaks, const Dialogue& dialogue, std::uint32_t event, Instant at,
                  std::string what) const {
    add(breaks,
        {.session = dialogue.id, .event = event, .at = at, .what = std::move(what), .lines = {}},
        [&] { return dialogue.lines_around(event); });
}

void Hearing::add(Breaks& breaks, const oracle::Delivery& delivery,
                  const std::vector<std::uint64_t>& attempts, std::string what) const {
    const auto shown = std::find_if(
        delivery.attempts.begin(), delivery.attempts.end(),
        [&](const oracle::Attempt& attempt) { return attempt.id == attempts.front(); });
    const oracle::Attempt& first =
        shown == delivery.attempts.end() ? delivery.attempts.front() : *shown;
    add(breaks, {.session = first.session, .at = first.at, .what = std::move(what), .lines = {}},
        [&] { return lines_of(oracle::timeline(delivery, attempts)); });
}

template <class Lines>
void Hearing::add(Breaks& breaks, Evidence found, const Lines& lines) const {
    ++breaks.times;
    found.run = run_;
    // Sessions end in any order: the first ones are kept, whichever came first.
    auto& evidence = breaks.evidence;
    const auto place = std::upper_bound(evidence.begin(), evidence.end(), found, comes_before);
    if (place == evidence.end() && evidence.size() == evidence_kept_max) return;
    found.lines = lines();
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
