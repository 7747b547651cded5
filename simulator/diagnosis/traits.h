// What failing deliveries have in common and passing ones lack.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "diagnosis/case.h"
#include "diagnosis/course.h"
#include "diagnosis/facet.h"
#include "diagnosis/odds.h"

namespace fakemx::diagnosis {

struct Trait {
    Facet facet{};
    std::string value;
    /// Of the deliveries of which the facet is known, without those that a trait named before explains.
    Fourfold counts;
    std::int64_t surprise = 0;  ///< see Odds; not yet corrected for how many were looked at
    /// Further traits of the very same deliveries, or of nine tenths of them: nobody can tell which of them it is from these journals.
    std::vector<std::pair<Facet, std::string>> alike;
};

/// A question, and what answers it.
struct Contrast {
    std::uint64_t failing = 0;
    std::uint64_t passing = 0;
    std::uint64_t looked_at = 0;  ///< traits that enough deliveries have, and enough lack
    std::vector<Trait> traits;  ///< the strongest first; each explains what those before it do not
};

struct Traits {
    Contrast first;  ///< what failed at least once, against what never failed
    /// Of what failed: what was not accepted so far, against what was. Without that which has not come again yet, and may.
    Contrast stays;
    /// Addresses in spans of five minutes instead of deliveries: those in which a connection was refused before anybody was named,
    /// against those in which none was.
    Contrast refused;
};

/// Traits whose surprise is beyond what chance does in one of 1000 reports (Bonferroni: the chance of each counts as often as traits were
/// looked at). Who sent it and where to is that of the first try, because a sender that fails turns to other hosts and addresses.
/// Deliveries that failed only in an outage are left out: what they share is the hour.
Traits find_traits(const Case& all, const Courses& courses);

/// The same trait is among those of this one.
bool is_named(const Contrast& contrast, const Trait& trait);

/// Chances to see such a trait somewhere, all that were looked at together, as 1 in so many.
std::uint64_t one_in(const Trait& trait, const Contrast& contrast);

/// The same in words: "1 in 1,000", "1 in 10^12".
std::string chance_of(const Trait& trait, const Contrast& contrast);

}  // namespace fakemx::diagnosis
