// A diagnosis for people, for programs, and for whoever it is escalated to. The same diagnosis gives the same octets.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "chart/figure.h"
#include "diagnosis/diagnosis.h"
#include "diagnosis/facet.h"

namespace fakemx::diagnosis {

/// For a terminal, without colour: the verdict, the four buckets, traits, volumes, latency, discipline. The facets `by` in full.
std::string text(const Diagnosis& diagnosis, const std::vector<Facet>& by);

/// One object and a line feed. Durations are in seconds with six decimals at most, instants RFC 3339.
std::string json(const Diagnosis& diagnosis);

/// Ten lines for an escalation, about the failures of `sender`, or of that one of which most deliveries fail. Empty where there are
/// none.
std::string evidence(const Diagnosis& diagnosis, std::string_view sender);

/// What keeps the receiver's people from looking further: authentication that fails, or changes. One sentence each.
std::vector<std::string> doubts(const Diagnosis& diagnosis, std::string_view sender);

struct Drawing {
    std::string name;  ///< "volume": a file is called so
    chart::Figure figure;
};

/// Volume by interval, latency, and the tries of the deliveries that wait longest.
std::vector<Drawing> figures(const Diagnosis& diagnosis);

/// A page that needs nothing but itself.
std::string page(const Diagnosis& diagnosis);

}  // namespace fakemx::diagnosis
