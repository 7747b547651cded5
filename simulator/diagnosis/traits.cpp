// Candidates, and the choice among them, one after the other.
#include "diagnosis/traits.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <tuple>

#include <fmt/format.h>

#include "core/limits.h"
#include "core/series.h"
#include "core/words.h"

namespace fakemx::diagnosis {

namespace {

// Of those that are alike the first one is named.
constexpr std::array looked_for{Facet::sender_domain,
                                Facet::attachment_type,
                                Facet::template_id,
                                Facet::sending_ip,
                                Facet::link_domain,
                                Facet::size,
                                Facet::network,
                                Facet::helo,
                                Facet::from_domain,
                                Facet::attachments,
                                Facet::charset,
                                Facet::language,
                                Facet::recipient_domain,
                                Facet::host,
                                Facet::tls,
                                Facet::authentication};

/// A trait that fewer deliveries have, or lack, can hardly be named whatever becomes of them.
constexpr std::uint64_t support_least = 3;
/// 1 in 1024, for the whole report.
constexpr std::int64_t surprise_wanted = 10 * bit;

struct Candidate {
    Facet facet{};
    std::string value;
    std::vector<std::size_t> units;  // their places, in order
};

struct Candidates {
    std::vector<Candidate> all;
    /// By facet, whether it is known of a unit.
    std::map<Facet, std::vector<bool>> known;
};

/// Tries that are one piece of evidence: those of a delivery, or the first one of a connection.
using Unit = std::vector<std::size_t>;

std::set<std::string> values_of_unit(Facet facet, const Unit& unit, const Case& all) {
    std::set<std::string> values;
    for (const std::size_t i : unit) {
        for (std::string& value : values_of(facet, all.tries[i], all))
            values.insert(std::move(value));
        // A message says the same at each of its tries, once it is seen.
        if (!of_content(facet) || !values.empty()) break;
    }
    return values;
}

template <class Facets>
Candidates candidates_of(const Facets& facets, const std::vector<Unit>& units, const Case& all) {
    Candidates candidates;
    for (const Facet facet : facets) {
        std::map<std::string, std::vector<std::size_t>> by_value;
        std::vector<bool>& known = candidates.known[facet];
        known.assign(units.size(), false);
        for (std::size_t u = 0; u < units.size(); ++u) {
            const std::set<std::string> values = values_of_unit(facet, units[u], all);
            const auto has_letter = [&](std::size_t i) { return all.tries[i].letter != nowhere; };
            // A message without attachments, links or text is known to have none.
            known[u] =
                !values.empty() ||
                (of_content(facet) && std::any_of(units[u].begin(), units[u].end(), has_letter));
            for (const std::string& value : values) by_value[value].push_back(u);
        }
        for (auto& [value, members] : by_value) {
            if (members.size() >= support_least)
                candidates.all.push_back({facet, value, std::move(members)});
        }
    }
    return candidates;
}

/// What a unit counts as.
enum class Side : std::uint8_t { none, failing, passing };

class Comparison {
public:
    Comparison(const Candidates& candidates, std::vector<Side> sides)
        : candidates_(candidates), sides_(std::move(sides)), odds_(sides_.size()) {
        for (const auto& [facet, known] : candidates.known) known_[facet] = count(known);
    }

    Contrast run() {
        Contrast contrast;
        contrast.failing =
            static_cast<std::uint64_t>(std::count(sides_.begin(), sides_.end(), Side::failing));
        contrast.passing =
            static_cast<std::uint64_t>(std::count(sides_.begin(), sides_.end(), Side::passing));
        if (contrast.failing == 0 || contrast.passing == 0) return contrast;
        std::vector<const Candidate*> testable;
        for (const Candidate& candidate : candidates_.all) {
            const Fourfold counts = count(candidate);
            if (counts.with() >= support_least && counts.all() - counts.with() >= support_least)
                testable.push_back(&candidate);
        }
        contrast.looked_at = testable.size();
        if (testable.empty()) return contrast;
        const std::int64_t wanted = surprise_wanted + binary_logarithm(testable.size());
        while (contrast.traits.size() < limits::report_traits_max) {
            auto trait = strongest(testable, wanted);
            if (!trait) break;
            contrast.traits.push_back(std::move(*trait));
        }
        return contrast;
    }

private:
    struct Sides {
        std::uint64_t failing = 0;
        std::uint64_t passing = 0;
    };

    Sides count(const std::vector<bool>& known) const {
        Sides counted;
        for (std::size_t c = 0; c < sides_.size(); ++c) {
            if (!known[c]) continue;
            if (sides_[c] == Side::failing) ++counted.failing;
            if (sides_[c] == Side::passing) ++counted.passing;
        }
        return counted;
    }

    Fourfold count(const Candidate& candidate) const {
        Fourfold counts;
        for (const std::size_t c : candidate.units) {
            if (sides_[c] == Side::failing) ++counts.failing_with;
            if (sides_[c] == Side::passing) ++counts.passing_with;
        }
        const Sides& known = known_.at(candidate.facet);
        counts.failing_without = known.failing - counts.failing_with;
        counts.passing_without = known.passing - counts.passing_with;
        return counts;
    }

    /// Takes what it explains out of what is left.
    std::optional<Trait> strongest(const std::vector<const Candidate*>& testable,
                                   std::int64_t wanted) {
        const Candidate* best = nullptr;
        Trait trait;
        for (const Candidate* candidate : testable) {
            const Fourfold counts = count(*candidate);
            const std::int64_t surprise = odds_.surprise(counts);
            if (surprise < wanted || surprise <= trait.surprise) continue;
            best = candidate;
            trait = {candidate->facet, candidate->value, counts, surprise, {}};
        }
        if (best == nullptr) return std::nullopt;
        for (const Candidate* candidate : testable) {
            if (candidate != best && is_alike(*best, *candidate))
                trait.alike.emplace_back(candidate->facet, candidate->value);
        }
        for (const std::size_t c : best->units) sides_[c] = Side::none;
        for (auto& [facet, counted] : known_) counted = count(candidates_.known.at(facet));
        return trait;
    }

    /// Nine tenths of those that have one have both.
    bool is_alike(const Candidate& one, const Candidate& other) const {
        const auto counts = [&](std::size_t c) { return sides_[c] != Side::none; };
        std::vector<std::size_t> both;
        std::set_intersection(one.units.begin(), one.units.end(), other.units.begin(),
                              other.units.end(), std::back_inserter(both));
        const auto size = [&](const std::vector<std::size_t>& units) {
            return std::count_if(units.begin(), units.end(), counts);
        };
        const auto shared = size(both);
        return shared * 10 >= (size(one.units) + size(other.units) - shared) * 9;
    }

    const Candidates& candidates_;
    std::vector<Side> sides_;
    Odds odds_;
    std::map<Facet, Sides> known_;
};

/// Addresses in windows of time: a sender that is refused comes again at once, and at each of the receiver's hosts, which is no
/// further evidence. For the same reason the host is no trait.
Contrast refused_connections(const Case& all, const Courses& courses) {
    if (courses.refusals.empty()) return {};
    constexpr Duration window = 5min;
    std::vector<Side> side_of(all.tries.size(), Side::passing);
    // In an outage those are refused most often that come most often.
    for (const Refusal& refusal : courses.refusals)
        side_of[refusal.tried] = refusal.in_outage ? Side::none : Side::failing;
    std::vector<Unit> units;
    std::vector<Side> sides;
    std::map<std::pair<std::string_view, Instant>, std::size_t> places;
    for (std::size_t i = 0; i < all.tries.size(); ++i) {
        const Try& tried = all.tries[i];
        if (tried.pending()) continue;
        const auto [place, added] = places.try_emplace(
            {tried.record.sending_ip, floor_to(tried.record.at, window)}, units.size());
        if (added) {
            units.push_back({i});
            sides.push_back(side_of[i]);
        }
        Side& side = sides[place->second];
        if (side_of[i] == Side::failing || side == Side::none) side = side_of[i];
    }
    // What it says in HELO is known only of one that was let in.
    const Candidates candidates =
        candidates_of(std::array{Facet::sending_ip, Facet::network}, units, all);
    return Comparison{candidates, std::move(sides)}.run();
}

}  // namespace

Traits find_traits(const Case& all, const Courses& courses) {
    std::vector<Unit> units;
    std::vector<Side> first;
    std::vector<Side> stays;
    // A message to several recipients that shared one reply is one piece of evidence, not several.
    std::set<std::tuple<std::uint64_t, std::uint32_t, bool, bool>> counted;
    for (const Course& course : courses.all) {
        const Record& attempt = all.tries[course.tries.front()].record;
        const bool again = attempt.stage != smtp::Hook::rcpt &&
                           !counted
                                .emplace(number(attempt.session), attempt.transaction,
                                         course.failed, course.accepted)
                                .second;
        const bool aside = course.in_outage || again;
        units.push_back(course.tries);
        first.push_back(aside ? Side::none : course.failed ? Side::failing : Side::passing);
        // What has not come again so far might be accepted when it does.
        const bool unsaid =
            course.tries.size() == 1 && all.judgements[course.delivery].fate == oracle::Fate::open;
        stays.push_back(aside || !course.failed || unsaid ? Side::none
                        : course.accepted                 ? Side::passing
                                                          : Side::failing);
    }
    const Candidates candidates = candidates_of(looked_for, units, all);
    Traits traits;
    traits.first = Comparison{candidates, std::move(first)}.run();
    traits.stays = Comparison{candidates, std::move(stays)}.run();
    traits.refused = refused_connections(all, courses);
    return traits;
}

bool is_named(const Contrast& contrast, const Trait& trait) {
    return std::any_of(contrast.traits.begin(), contrast.traits.end(), [&](const Trait& named) {
        return named.facet == trait.facet && named.value == trait.value;
    });
}

std::uint64_t one_in(const Trait& trait, const Contrast& contrast) {
    return one_in(std::max<std::int64_t>(
        trait.surprise - binary_logarithm(std::max<std::uint64_t>(contrast.looked_at, 1)), 0));
}

std::string chance_of(const Trait& trait, const Contrast& contrast) {
    const std::uint64_t chances = one_in(trait, contrast);
    if (chances <= 1'000'000) return "1 in " + grouped(chances);
    return fmt::format("1 in 10^{}", fmt::format("{}", chances).size() - 1);
}

}  // namespace fakemx::diagnosis
