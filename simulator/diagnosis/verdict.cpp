// What all of it comes to, in sentences. The order is that of an engineer: is it everybody, is it a time, is it something that they
// share, is it one of them, does it pass by itself.
#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "core/series.h"
#include "core/words.h"
#include "diagnosis/diagnosis.h"

namespace fakemx::diagnosis {

namespace {

constexpr std::size_t named = 4;  // senders, addresses and other names in one sentence

std::string deliveries(std::uint64_t count) {
    return counted(count, "delivery", "deliveries");
}

std::string of_senders(std::uint64_t count) {
    return counted(count, "sender", "senders");
}

/// "3 deliveries and 12 connections": what failed in an outage.
std::string met_by(const Outage& outage) {
    std::vector<std::string> words;
    if (outage.deliveries != 0) words.push_back(deliveries(outage.deliveries));
    if (outage.refused != 0) words.push_back(counted(outage.refused, "connection", "connections"));
    return listed(words, words.size());
}

std::string trait_words(const Trait& trait) {
    return fmt::format("{} {}", title(trait.facet), printable(trait.value));
}

std::string alike_words(const Trait& trait) {
    std::vector<std::string> others;
    for (const auto& [facet, value] : trait.alike)
        others.push_back(fmt::format("{} {}", title(facet), printable(value)));
    return listed(others, named);
}

class Writer {
public:
    explicit Writer(const Diagnosis& diagnosis) : of_(diagnosis) {
        for (const Course& course : of_.courses.all) {
            if (course.in_outage) ++in_outage_;
            if (course.failed && course.accepted) ++recovered_;
        }
        for (const Refusal& refusal : of_.courses.refusals) {
            if (refusal.in_outage) ++refused_in_outage_;
        }
    }

    Verdict run() {
        find();
        outages();
        traits(of_.traits.first, "Deliveries", "fail");
        traits(of_.traits.stays, "Deliveries that failed,", "are not accepted later either");
        traits(of_.traits.refused, "Spans of five minutes", "see connections refused");
        cohort();
        senders();
        latency();
        manners();
        journals();
        return std::move(made_);
    }

private:
    template <class... Args>
    void point(fmt::format_string<Args...> format, Args&&... args) {
        made_.points.push_back(fmt::format(format, std::forward<Args>(args)...));
    }
    void conclude(Finding finding, std::string headline, std::string next) {
        made_.finding = finding;
        made_.headline = std::move(headline);
        made_.next = std::move(next);
    }

    std::uint64_t all() const { return of_.courses.all.size(); }

    const Outage* widest() const {
        const auto found = std::max_element(
            of_.outages.begin(), of_.outages.end(), [](const auto& a, const auto& b) {
                return std::pair{a.deliveries, a.attempts} < std::pair{b.deliveries, b.attempts};
            });
        return found == of_.outages.end() ? nullptr : &*found;
    }

    /// The only sender that fails, where it does so always and there are others.
    const Segment* lone() const {
        const Segment* found = nullptr;
        for (const Segment& sender : of_.senders) {
            if (sender.pattern.label == Label::clean || sender.pattern.label == Label::none)
                continue;
            const bool always =
                sender.pattern.label == Label::failing || sender.pattern.label == Label::persistent;
            if (found != nullptr || !always) return nullptr;
            found = &sender;
        }
        return of_.senders.size() > 1 ? found : nullptr;
    }

    void find() {
        if (all() == 0 && of_.courses.refusals.empty()) {
            conclude(Finding::nothing, "There is no attempt to diagnose.",
                     "Let a sender deliver to fakemx with --journal, and come back.");
            return;
        }
        if (of_.failed == 0 && of_.courses.refusals.empty()) {
            conclude(Finding::clean,
                     fmt::format("Nothing failed: {} of {}, all accepted at their first try.",
                                 deliveries(all()), of_senders(of_.senders.size())),
                     "Keep volume steady, and watch latency.");
            return;
        }
        if (of_.latency.sorted.empty()) return nothing_accepted();
        const Outage* outage = widest();
        // Of the deliveries that failed, or of the connections that were refused, where those are more.
        const bool half = (of_.failed != 0 && in_outage_ * 2 >= of_.failed) ||
                          (refused_in_outage_ > of_.failed &&
                           refused_in_outage_ * 2 >= of_.courses.refusals.size());
        if (outage != nullptr && outage->senders > 1 && half) {
            conclude(Finding::outage,
                     fmt::format("Nobody's mail was taken from {} to {}: {} of {} failed then, {} "
                                 "of {} at other times.",
                                 second_of(outage->from), second_of(outage->until), met_by(*outage),
                                 of_senders(outage->senders), grouped(of_.failed - in_outage_),
                                 deliveries(all() - in_outage_)),
                     "It is the receiver. Keep the queue, retry as usual, change nothing.");
            return;
        }
        const Traits& traits = of_.traits;
        if (!traits.first.traits.empty())
            return shared(traits.first, "fails", "failing deliveries");
        if (!traits.stays.traits.empty()) return shared(traits.stays, "stays out", "of them");
        if (!traits.refused.traits.empty() && of_.courses.refusals.size() > of_.failed)
            return shared(traits.refused, "is refused when it connects", "spans of five minutes");
        if (const Segment* sender = lone()) {
            conclude(Finding::lone_sender,
                     fmt::format("All that fails is from {}, of which nothing is accepted; {} "
                                 "more {} no failure.",
                                 printable(sender->value), grouped(of_.senders.size() - 1),
                                 of_.senders.size() == 2 ? "sender has" : "senders have"),
                     "Compare its route, authentication and messages with those of the others, "
                     "one at a time.");
            return;
        }
        passing_by();
    }

    void nothing_accepted() {
        // Without notices, some of which may have been accepted, and what is under way.
        std::uint64_t attempts = of_.courses.refusals.size();
        Instant from = of_.all.tries.back().record.at;
        Instant until = of_.all.tries.front().record.at;
        const auto span = [&](std::size_t i) {
            from = std::min(from, of_.all.tries[i].record.at);
            until = std::max(until, of_.all.tries[i].end());
        };
        for (const Refusal& refusal : of_.courses.refusals) span(refusal.tried);
        for (const Course& course : of_.courses.all) {
            attempts += course.tries.size();
            span(course.tries.front());
            span(course.tries.back());
        }
        const std::string tries = counted(attempts, "attempt", "attempts");
        if (of_.senders.size() > 1) {
            conclude(Finding::everyone,
                     fmt::format("Every sender fails: of {} by {} from {} to {} none was accepted.",
                                 tries, of_senders(of_.senders.size()), second_of(from),
                                 second_of(until)),
                     "Look at the receiver first, and at what all senders share (network, route, "
                     "name servers), before content or reputation.");
            return;
        }
        conclude(Finding::one_sender,
                 fmt::format("Everything that {} sends fails: of {} in {} none was accepted.",
                             printable(of_.senders.front().value), tries, rounded(until - from)),
                 "Nobody else is in these journals, so that it may be the receiver as well. Send a "
                 "minimal message from another domain, and then one from another address.");
    }

    void shared(const Contrast& contrast, std::string_view what, std::string_view whom) {
        const Trait& trait = contrast.traits.front();
        conclude(
            Finding::shared,
            fmt::format("What {} has one thing in common: the {} ({} of {} {}, {} of {} others).",
                        what, trait_words(trait), grouped(trait.counts.failing_with),
                        grouped(trait.counts.failing()), whom, grouped(trait.counts.passing_with),
                        grouped(trait.counts.passing())),
            trait.alike.empty()
                ? "Change that alone, leave everything else as it is, and compare."
                : fmt::format("It may as well be the {}: the same ones have both. Send some "
                              "that have one without the other.",
                              alike_words(trait)));
    }

    void passing_by() {
        if (of_.failed == 0) {
            conclude(Finding::intermittent,
                     fmt::format("No delivery failed, but {} refused before a recipient was named.",
                                 counted(of_.courses.refusals.size(), "connection was",
                                         "connections were")),
                     "Look at their replies (--by reply): limits of connections look like this.");
            return;
        }
        if (recovered_ * 10 >= of_.failed * 9 && of_.failed * 10 >= all() * 9) {
            conclude(Finding::first_try,
                     fmt::format("First tries fail, retries do not: {} of {} failed at first, and "
                                 "{} of them were accepted later.",
                                 grouped(of_.failed), deliveries(all()), grouped(recovered_)),
                     "Greylisting looks like this. Retry as the replies ask, from the same address "
                     "with the same envelope.");
            return;
        }
        if (recovered_ * 2 >= of_.failed) {
            conclude(Finding::intermittent,
                     fmt::format("It fails now and then: {} of {} failed at least once, {} of them "
                                 "were accepted later.",
                                 grouped(of_.failed), deliveries(all()), grouped(recovered_)),
                     "Retry as usual, keep volume steady, and watch latency.");
            return;
        }
        conclude(
            Finding::no_cohort,
            fmt::format("{} of {} failed, {} of them for good so far, and they have nothing in "
                        "common that others lack.",
                        grouped(of_.failed), deliveries(all()), grouped(of_.failed - recovered_)),
            "Look at the replies one by one (--by reply), or send more: what few deliveries "
            "share may be chance.");
    }

    void outages() {
        for (const Outage& outage : of_.outages) {
            const bool headline = made_.finding == Finding::outage && &outage == widest();
            if (headline) continue;
            point("From {} to {} everything failed: {} in {}.{}", second_of(outage.from),
                  second_of(outage.until), met_by(outage),
                  counted(outage.attempts, "attempt", "attempts"),
                  outage.senders > 1 ? ""
                                     : " There is one sender only, so that it may be the sender's "
                                       "side as well as the receiver's.");
        }
    }

    void traits(const Contrast& contrast, std::string_view who, std::string_view what) {
        for (const Trait& trait : contrast.traits) {
            if (&contrast != &of_.traits.first && is_named(of_.traits.first, trait)) continue;
            const Fourfold& counts = trait.counts;
            point(
                "{} with the {} {}: {} of {}; without it {} of {}. By chance alone: less "
                "than {}, {} looked at.{}",
                who, trait_words(trait), what, grouped(counts.failing_with), grouped(counts.with()),
                grouped(counts.failing_without), grouped(counts.all() - counts.with()),
                chance_of(trait, contrast), counted(contrast.looked_at, "trait", "traits"),
                trait.alike.empty()
                    ? ""
                    : fmt::format(" The same ones share the {}.", alike_words(trait)));
        }
    }

    void cohort() {
        const Contrast& first = of_.traits.first;
        if (!of_.courses.refusals.empty() && of_.failed != 0 && of_.traits.refused.traits.empty())
            point("{} refused before a recipient was named.",
                  counted(of_.courses.refusals.size(), "connection was", "connections were"));
        if (of_.failed == 0 || !first.traits.empty() || !of_.traits.stays.traits.empty()) return;
        if (first.failing == 0) return;
        if (first.passing == 0) {
            point("Every delivery failed at least once, so that there is none to compare with.");
            return;
        }
        point("No trait tells the {} that failed from the {} that did not ({} looked at).",
              grouped(first.failing), grouped(first.passing),
              counted(first.looked_at, "trait", "traits"));
    }

    void senders() {
        std::size_t told = 0;
        for (const Segment& sender : of_.senders) {
            const Pattern& pattern = sender.pattern;
            if (pattern.label != Label::persistent && pattern.label != Label::failing) continue;
            if (++told > named) continue;
            const Duration lasted = pattern.last_failure - pattern.first_failure;
            point("{} is {}: every attempt ({}) failed since {}, for {}{}.",
                  printable(sender.value), name(pattern.label), grouped(sender.tally.attempted),
                  second_of(pattern.first_failure), rounded(lasted),
                  pattern.label == Label::persistent
                      ? ". A receiver is not down for that long: look at the sender's side"
                      : ", which a receiver may be down for");
        }
        if (told > named) point("{} more senders fail always.", told - named);
    }

    void latency() {
        const std::vector<Duration>& sorted = of_.latency.sorted;
        if (sorted.empty() || of_.failed == 0) return;
        point("What was accepted took {} from its first try (p50), {} (p95), {} (p99).",
              rounded(percentile(sorted, 50)), rounded(percentile(sorted, 95)),
              rounded(percentile(sorted, 99)));
    }

    void manners() {
        Discipline sum;
        std::vector<std::string> bursts;
        for (const Discipline& one : of_.manners.senders) {
            sum.early += one.early;
            sum.hinted += one.hinted;
            sum.after_5yz += one.after_5yz;
            sum.storms += one.storms;
            sum.tries_per_hour = std::max(sum.tries_per_hour, one.tries_per_hour);
            sum.rotated += one.rotated;
            sum.rotated_unproven += one.rotated_unproven;
            if (one.burst)
                bursts.push_back(fmt::format("{} ({} in 5 minutes at {})", printable(one.sender),
                                             grouped(one.window_peak), second_of(*one.burst)));
        }
        if (sum.early != 0)
            point("Retries come early: {} of {} before the time that the reply asked for.",
                  grouped(sum.early), grouped(sum.hinted));
        if (sum.storms != 0)
            point("A retry storm: {} tried more than {} times within an hour, up to {}.",
                  deliveries(sum.storms), storm_tries, sum.tries_per_hour);
        if (sum.after_5yz != 0) point("{} tried again after 5yz.", deliveries(sum.after_5yz));
        if (sum.rotated != 0)
            point(
                "{} came back from another address after a deferral, {} from one that nothing "
                "had been accepted from: that costs reputation.",
                deliveries(sum.rotated), counted(sum.rotated_unproven, "time", "times"));
        if (!bursts.empty())
            point("New mail comes in bursts, at least {} times the mean: {}.", burst_times,
                  listed(bursts, named));
        for (const Blocking& blocking : of_.manners.blocking) {
            if (!blocking.blocked()) continue;
            point(
                "While {} failed ({} to {}), {} sent {} new deliveries to other domains where "
                "{} would be expected: one domain blocks the others.",
                printable(blocking.domain), second_of(blocking.from), second_of(blocking.until),
                printable(blocking.sender), grouped(blocking.others),
                grouped(blocking.others_expected));
        }
        std::vector<std::string> mixed;
        for (const Mixture& mixture : of_.manners.mixtures)
            mixed.push_back(fmt::format("{} ({})", mixture.sending_ip,
                                        printable(listed(mixture.streams, named))));
        if (!mixed.empty()) point("Streams are mixed on one address: {}.", listed(mixed, named));
    }

    void journals() {
        if (of_.all.accepted_in_several != 0)
            point(
                "{} accepted in several journals. Where those are runs of their own, say so "
                "(--apart).",
                deliveries(of_.all.accepted_in_several));
        if (!of_.all.together && of_.changed.size() > 1) {
            std::vector<std::string> words;
            for (const Facet facet : of_.changed) words.push_back(title(facet));
            point(
                "From journal to journal {} things changed ({}): what differs in the outcome may "
                "be due to any of them.",
                words.size(), listed(words, words.size()));
        }
        if (of_.all.dropped != 0)
            point("{} attempts beyond the bound were not looked at.", grouped(of_.all.dropped));
    }

    const Diagnosis& of_;
    Verdict made_;
    std::uint64_t in_outage_ = 0;
    std::uint64_t refused_in_outage_ = 0;
    std::uint64_t recovered_ = 0;
};

}  // namespace

Verdict verdict_of(const Diagnosis& diagnosis) {
    return Writer{diagnosis}.run();
}

}  // namespace fakemx::diagnosis
