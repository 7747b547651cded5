// The fold.
#include "diagnosis/diagnosis.h"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "core/limits.h"

namespace fakemx::diagnosis {

namespace {

std::vector<Cause> causes_of(const Case& all) {
    std::map<std::string, std::pair<Tally, std::set<std::string>>> by_words;
    for (const Try& tried : all.tries) {
        if (tried.record.cause.empty()) continue;
        auto& [tally, replies] = by_words[std::string{tried.record.cause}];
        tally.add(tried.record.outcome);
        for (std::string& reply : values_of(Facet::reply, tried, all))
            replies.insert(std::move(reply));
    }
    std::vector<Cause> causes;
    causes.reserve(by_words.size());
    for (const auto& [words, found] : by_words)
        causes.push_back({words, found.first, {found.second.begin(), found.second.end()}});
    std::stable_sort(causes.begin(), causes.end(), [](const Cause& a, const Cause& b) {
        return a.tally.attempted > b.tally.attempted;
    });
    return causes;
}

std::vector<std::size_t> worst_of(const Case& all, const Courses& courses) {
    std::vector<std::size_t> failed;
    for (std::size_t c = 0; c < courses.all.size(); ++c) {
        if (courses.all[c].failed) failed.push_back(c);
    }
    const auto waited = [&](std::size_t c) {
        const Course& course = courses.all[c];
        const std::size_t last =
            course.accepted ? course.tries[course.accepted_on - 1] : course.tries.back();
        return all.tries[last].end() - all.tries[course.tries.front()].record.at;
    };
    std::stable_sort(failed.begin(), failed.end(), [&](std::size_t a, std::size_t b) {
        if (courses.all[a].accepted != courses.all[b].accepted) return courses.all[b].accepted;
        return waited(a) > waited(b);
    });
    if (failed.size() > limits::report_deliveries_shown)
        failed.resize(limits::report_deliveries_shown);
    return failed;
}

/// The first journal against each other one.
std::vector<Facet> changes_between(const Case& all) {
    std::vector<Facet> changed;
    if (all.sources.size() < 2) return changed;
    constexpr std::array variables{
        Facet::sender_domain, Facet::from_domain,      Facet::sending_ip,    Facet::helo,
        Facet::template_id,   Facet::attachments,      Facet::size,          Facet::link_domain,
        Facet::tls,           Facet::recipient_domain, Facet::authentication};
    for (const Facet facet : variables) {
        std::vector<std::set<std::string>> values(all.sources.size());
        for (const Try& tried : all.tries) {
            for (std::string& value : values_of(facet, tried, all))
                values[tried.source].insert(std::move(value));
        }
        const bool differs = std::any_of(values.begin() + 1, values.end(),
                                         [&](const auto& of) { return of != values.front(); });
        if (differs) changed.push_back(facet);
    }
    return changed;
}

}  // namespace

std::string_view name(Finding finding) {
    switch (finding) {
        case Finding::nothing: return "nothing";
        case Finding::clean: return "clean";
        case Finding::everyone: return "everyone";
        case Finding::one_sender: return "one-sender";
        case Finding::outage: return "outage";
        case Finding::shared: return "shared-trait";
        case Finding::lone_sender: return "lone-sender";
        case Finding::first_try: return "first-try";
        case Finding::intermittent: return "intermittent";
        case Finding::no_cohort: return "no-shared-trait";
    }
    return "";
}

std::string second_of(Instant instant) {
    return format_instant(std::chrono::floor<std::chrono::seconds>(instant));
}

Diagnosis diagnose(Case all, const Settings& settings) {
    Diagnosis made;
    made.settings = settings;
    made.all = std::move(all);
    made.courses = courses_of(made.all);
    made.outages = find_outages(made.all, made.courses);
    for (const Facet facet : all_facets())
        made.segments.push_back(segments_of(facet, made.all, made.courses));
    made.senders = senders_of(made.all, made.courses);
    made.traits = find_traits(made.all, made.courses);
    made.volumes = volumes_of(made.all, settings.interval, settings.round_gap);
    made.latency = latency_of(made.all, made.courses);
    made.manners = manners_of(made.all, made.courses, settings.round_gap);
    made.causes = causes_of(made.all);
    for (std::size_t i = 0; i < made.all.judgements.size(); ++i) {
        if (!made.all.account.deliveries[i].is_notice) ++made.fates[made.all.judgements[i].fate];
    }
    made.failed = static_cast<std::uint64_t>(
        std::count_if(made.courses.all.begin(), made.courses.all.end(),
                      [](const Course& course) { return course.failed; }));
    made.worst = worst_of(made.all, made.courses);
    made.changed = changes_between(made.all);
    made.verdict = verdict_of(made);
    return made;
}

}  // namespace fakemx::diagnosis
