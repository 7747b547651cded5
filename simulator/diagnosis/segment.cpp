// Grouping.
#include "diagnosis/segment.h"

#include <algorithm>
#include <unordered_map>

#include "core/limits.h"

namespace fakemx::diagnosis {

namespace {

constexpr bool has_several(Facet facet) {
    return facet == Facet::attachment_type || facet == Facet::link_domain ||
           facet == Facet::charset || facet == Facet::authentication;
}

struct Group {
    Segment segment;
    std::vector<Step> steps;
};

/// For each try its step; those of notices, and what is under way, are none.
struct Membership {
    std::vector<std::size_t> course;
    std::vector<bool> counts;
};

Membership membership_of(const Case& all, const Courses& courses) {
    Membership membership{std::vector<std::size_t>(all.tries.size(), nowhere),
                          std::vector<bool>(all.tries.size(), false)};
    for (std::size_t c = 0; c < courses.all.size(); ++c) {
        for (const std::size_t i : courses.all[c].tries) {
            membership.course[i] = c;
            membership.counts[i] = true;
        }
    }
    for (const Refusal& refusal : courses.refusals) membership.counts[refusal.tried] = true;
    return membership;
}

void finish(Group& group, const Case& all, const Courses& courses, bool whole) {
    std::stable_sort(group.steps.begin(), group.steps.end(),
                     [](const Step& a, const Step& b) { return a.course < b.course; });
    group.segment.pattern = pattern_of(group.steps, all, courses, whole);
    group.steps = {};
}

}  // namespace

void Tally::add(journal::Outcome outcome) {
    ++attempted;
    switch (outcome) {
        case journal::Outcome::accepted: ++accepted; return;
        case journal::Outcome::deferred: ++deferred; return;
        case journal::Outcome::rejected: ++rejected; return;
        case journal::Outcome::lost: ++lost; return;
        case journal::Outcome::pending: ++under_way; return;
    }
}

void Tally::add(const Tally& other) {
    attempted += other.attempted;
    accepted += other.accepted;
    deferred += other.deferred;
    rejected += other.rejected;
    lost += other.lost;
    under_way += other.under_way;
}

Segments segments_of(Facet facet, const Case& all, const Courses& courses) {
    const Membership membership = membership_of(all, courses);
    std::unordered_map<std::string, std::size_t> places;
    std::vector<Group> groups;
    for (std::size_t i = 0; i < all.tries.size(); ++i) {
        const Try& tried = all.tries[i];
        std::vector<std::string> values = values_of(facet, tried, all);
        if (values.empty()) values.emplace_back();
        for (std::string& value : values) {
            const auto [place, added] = places.try_emplace(std::move(value), groups.size());
            if (added) groups.emplace_back().segment.value = place->first;
            Group& group = groups[place->second];
            group.segment.tally.add(tried.record.outcome);
            if (membership.counts[i]) group.steps.push_back({membership.course[i], i});
        }
    }
    Segments segments{.facet = facet, .overlap = has_several(facet)};
    for (Group& group : groups) {
        finish(group, all, courses, of_outcome(facet));
        segments.segments.push_back(std::move(group.segment));
    }
    std::sort(segments.segments.begin(), segments.segments.end(),
              [](const Segment& a, const Segment& b) {
                  if (a.value.empty() != b.value.empty()) return b.value.empty();
                  if (a.tally.failed() != b.tally.failed())
                      return a.tally.failed() > b.tally.failed();
                  if (a.tally.attempted != b.tally.attempted)
                      return a.tally.attempted > b.tally.attempted;
                  return a.value < b.value;
              });
    if (segments.segments.size() > limits::report_segments_max) {
        segments.left_out = segments.segments.size() - limits::report_segments_max;
        segments.segments.resize(limits::report_segments_max);
    }
    return segments;
}

std::vector<Segment> senders_of(const Case& all, const Courses& courses) {
    std::vector<Group> groups(courses.senders.size());
    for (std::size_t c = 0; c < courses.all.size(); ++c) {
        Group& group = groups[courses.all[c].sender];
        for (const std::size_t i : courses.all[c].tries) {
            group.segment.tally.add(all.tries[i].record.outcome);
            group.steps.push_back({c, i});
        }
    }
    for (const Refusal& refusal : courses.refusals) {
        if (refusal.sender == nowhere) continue;
        Group& group = groups[refusal.sender];
        group.segment.tally.add(all.tries[refusal.tried].record.outcome);
        group.steps.push_back({nowhere, refusal.tried});
    }
    std::vector<Segment> senders;
    for (std::size_t s = 0; s < groups.size(); ++s) {
        groups[s].segment.value = courses.senders[s];
        finish(groups[s], all, courses, false);
        senders.push_back(std::move(groups[s].segment));
    }
    return senders;
}

}  // namespace fakemx::diagnosis
