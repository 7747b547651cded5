// Labels.
#include "diagnosis/pattern.h"

#include <algorithm>

namespace fakemx::diagnosis {

namespace {

Label label_of(const Pattern& pattern, bool outside_outage) {
    if (pattern.deliveries + pattern.refusals == 0) return Label::none;
    const std::uint64_t failed = pattern.recovered + pattern.unaccepted;
    if (failed == 0 && (pattern.clean != 0 || pattern.refusals == 0)) return Label::clean;
    if (pattern.clean + pattern.recovered == 0) {
        return pattern.last_failure - pattern.first_failure >= persistent_after ? Label::persistent
                                                                                : Label::failing;
    }
    if (!outside_outage) return Label::outage;
    return pattern.recovered >= pattern.unaccepted ? Label::intermittent : Label::selective;
}

void count_acceptance(Pattern& pattern, const Course& course) {
    if (!course.accepted) return;
    if (pattern.accepted_on.size() < course.accepted_on)
        pattern.accepted_on.resize(course.accepted_on, 0);
    ++pattern.accepted_on[course.accepted_on - 1];
}

}  // namespace

std::string_view name(Label label) {
    switch (label) {
        case Label::none: return "none";
        case Label::clean: return "clean";
        case Label::intermittent: return "intermittent";
        case Label::selective: return "selective";
        case Label::outage: return "outage";
        case Label::failing: return "failing";
        case Label::persistent: return "persistent";
    }
    return "";
}

Pattern pattern_of(const std::vector<Step>& steps, const Case& all, const Courses& courses,
                   bool whole) {
    Pattern pattern;
    bool outside_outage = false;
    bool any_failure = false;
    const auto saw_failure = [&](const Try& tried) {
        if (!any_failure || tried.record.at < pattern.first_failure)
            pattern.first_failure = tried.record.at;
        pattern.last_failure =
            any_failure ? std::max(pattern.last_failure, tried.end()) : tried.end();
        any_failure = true;
    };
    for (std::size_t i = 0; i < steps.size();) {
        const std::size_t of = steps[i].course;
        if (of == nowhere) {
            ++pattern.refusals;
            saw_failure(all.tries[steps[i++].tried]);
            continue;
        }
        const Course& course = courses.all[of];
        bool failed = false;
        bool accepted = false;
        for (; i < steps.size() && steps[i].course == of; ++i) {
            const Try& tried = all.tries[steps[i].tried];
            accepted = accepted || tried.accepted();
            if (!tried.failed()) continue;
            failed = true;
            saw_failure(tried);
        }
        if (whole) accepted = course.accepted;
        ++pattern.deliveries;
        if (!failed) ++pattern.clean;
        if (failed && accepted) ++pattern.recovered;
        if (failed && !accepted) ++pattern.unaccepted;
        if (failed && !course.in_outage) outside_outage = true;
        count_acceptance(pattern, course);
    }
    pattern.label = label_of(pattern, outside_outage);
    return pattern;
}

}  // namespace fakemx::diagnosis
