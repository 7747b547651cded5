// Attempts by the values of one facet, counted and labelled.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "diagnosis/case.h"
#include "diagnosis/course.h"
#include "diagnosis/facet.h"
#include "diagnosis/pattern.h"

namespace fakemx::diagnosis {

/// attempted = accepted + deferred + rejected + lost + under_way.
struct Tally {
    std::uint64_t attempted = 0;
    std::uint64_t accepted = 0;
    std::uint64_t deferred = 0;
    std::uint64_t rejected = 0;
    std::uint64_t lost = 0;  ///< no reply that means anything
    std::uint64_t under_way =
        0;  ///< in a journal that is being written, or whose server was killed

    void add(journal::Outcome outcome);
    void add(const Tally& other);
    std::uint64_t failed() const { return deferred + rejected + lost; }
    /// Thousandths of what is over that failed, rounded down.
    std::uint64_t failure_permille() const {
        const std::uint64_t over = attempted - under_way;
        return over == 0 ? 0 : failed() * 1000 / over;
    }
};

struct Segment {
    std::string value;  ///< empty: not known
    Tally tally;
    Pattern pattern;
};

struct Segments {
    Facet facet{};
    /// Most failures first, then most attempts. What is not known comes last.
    std::vector<Segment> segments;
    std::uint64_t left_out = 0;  ///< values beyond limits::report_segments_max
    bool overlap = false;        ///< an attempt may have several values
};

Segments segments_of(Facet facet, const Case& all, const Courses& courses);

/// By the sender of their course, one for each, in the order of Courses::senders.
std::vector<Segment> senders_of(const Case& all, const Courses& courses);

}  // namespace fakemx::diagnosis
