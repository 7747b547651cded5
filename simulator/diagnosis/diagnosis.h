// Everything that a report tells: a fold over the attempts of one or several journals, and what follows from it. A value, without
// clock, file or SQL; the printers beside it (print.h) only print.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/time.h"
#include "diagnosis/case.h"
#include "diagnosis/course.h"
#include "diagnosis/discipline.h"
#include "diagnosis/facet.h"
#include "diagnosis/outage.h"
#include "diagnosis/segment.h"
#include "diagnosis/traits.h"
#include "diagnosis/volume.h"
#include "oracle/judge.h"

namespace fakemx::diagnosis {

struct Settings {
    Duration interval{};  ///< of the volumes; zero: one that gives two dozen rows at most
    /// See oracle::Policy.
    Duration round_gap = 30s;
};

/// What the profile said that it was (`:because`), and a real receiver would not have said.
struct Cause {
    std::string words;
    Tally tally;
    std::vector<std::string> replies;  ///< what the sender saw instead: values of Facet::reply
};

enum class Finding : std::uint8_t {
    nothing,       ///< no attempt
    clean,         ///< nothing failed
    everyone,      ///< several senders, and nothing of any was accepted
    one_sender,    ///< one sender, and nothing was accepted
    outage,        ///< most of what failed did in a time in which everything did
    shared,        ///< what failed has a trait in common
    lone_sender,   ///< all that failed is of one sender of several, of whom nothing is accepted
    first_try,     ///< first tries fail, and retries do not: greylisting looks like this
    intermittent,  ///< what failed is accepted later, and has nothing in common
    no_cohort,     ///< it fails, for good, and has nothing in common
};

std::string_view name(Finding finding);

struct Verdict {
    Finding finding = Finding::nothing;
    std::string headline;             ///< one sentence
    std::vector<std::string> points;  ///< what else is to be known, a sentence or two each
    std::string next;                 ///< what to do
};

struct Diagnosis {
    Settings settings;
    Case all;
    Courses courses;
    std::vector<Outage> outages;
    std::vector<Segments> segments;  ///< by each facet, in the order of all_facets()
    std::vector<Segment> senders;    ///< in the order of Courses::senders
    Traits traits;
    Volumes volumes;
    Latency latency;
    Manners manners;
    std::vector<Cause> causes;                    ///< most attempts first; used for nothing else
    std::map<oracle::Fate, std::uint64_t> fates;  ///< of deliveries, notices aside
    std::uint64_t failed = 0;                     ///< courses that failed at least once
    std::vector<std::size_t>
        worst;  ///< courses, at most limits::report_deliveries_shown: what waits longest first
    /// What the journals do not have in common, where there are several.
    std::vector<Facet> changed;
    Verdict verdict;

    const Segments& by(Facet facet) const { return segments.at(static_cast<std::size_t>(facet)); }
};

Diagnosis diagnose(Case all, const Settings& settings);

/// The rest of it has been filled in.
Verdict verdict_of(const Diagnosis& diagnosis);

/// Without parts of a second: "2026-01-01T02:00:00Z".
std::string second_of(Instant instant);

}  // namespace fakemx::diagnosis
