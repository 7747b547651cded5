// Counting what senders do, delivery by delivery.
#include "diagnosis/discipline.h"

#include <algorithm>
#include <deque>
#include <map>
#include <set>

#include "diagnosis/facet.h"
#include "oracle/judge.h"

namespace fakemx::diagnosis {

namespace {

struct Peak {
    std::uint64_t count = 0;
    Instant from{};  // the first of them
};

/// How many instants lie within one span of this length, at most; they are in order.
Peak peak_of(const std::vector<Instant>& instants, Duration length) {
    std::size_t first = 0;
    Peak peak;
    for (std::size_t i = 0; i < instants.size(); ++i) {
        while (instants[i] - instants[first] >= length) ++first;
        if (i - first + 1 > peak.count) peak = {i - first + 1, instants[first]};
    }
    return peak;
}

/// One sender's deliveries.
class Account {
public:
    Account(const Case& all, Duration round_gap, std::string sender)
        : all_(all), round_gap_(round_gap) {
        made_.sender = std::move(sender);
    }

    void add(const Course& course) {
        ++made_.deliveries;
        first_tries_.push_back(all_.tries[course.tries.front()].record.at);
        for (const std::size_t i : course.tries) {
            const Try& tried = all_.tries[i];
            attempts_.push_back(tried.record.at);
            if (tried.accepted()) proven_[tried.record.sending_ip].push_back(tried.end());
        }
        const oracle::Delivery& delivery = all_.account.deliveries[course.delivery];
        count_rounds(delivery);
        // Each further try is a finding of its own.
        const std::vector<oracle::Finding>& findings = all_.judgements[course.delivery].findings;
        if (std::any_of(findings.begin(), findings.end(), [](const oracle::Finding& finding) {
                return finding.wrong == oracle::Wrong::retried_after_5yz;
            }))
            ++made_.after_5yz;
        rotating_.push_back(&delivery);
    }

    Discipline finish() {
        std::sort(made_.waits.begin(), made_.waits.end());
        std::sort(attempts_.begin(), attempts_.end());
        made_.attempts_per_hour = peak_of(attempts_, 1h).count;
        for (const oracle::Delivery* delivery : rotating_) count_rotation(*delivery);
        count_windows();
        return std::move(made_);
    }

private:
    void count_rounds(const oracle::Delivery& delivery) {
        const std::vector<oracle::Round> rounds = oracle::rounds_of(delivery, round_gap_);
        const std::vector<Duration> waits = oracle::waits_of(delivery, round_gap_);
        // At none of the hosts that one round turned to.
        const bool failed_for_now =
            std::any_of(rounds.begin(), rounds.end(), [&](const oracle::Round& round) {
                return delivery.attempts[round.last - 1].failed_for_now();
            });
        if (failed_for_now) ++made_.failed;
        if (failed_for_now && rounds.size() > 1) ++made_.retried;
        std::vector<Instant> begins;
        bool at_once = false;
        for (std::size_t i = 0; i < rounds.size(); ++i) {
            begins.push_back(delivery.attempts[rounds[i].first].at);
            if (i == 0) continue;
            const Duration wait = waits[i - 1];
            at_once = at_once || wait < Duration{};
            made_.waits.push_back(std::max(wait, Duration{}));
            const auto asked = oracle::asked_by(delivery, rounds[i - 1]);
            if (!asked) continue;
            ++made_.hinted;
            if (begins.back() < asked->until) ++made_.early;
        }
        if (at_once) ++made_.at_once;
        std::sort(begins.begin(), begins.end());
        const std::uint64_t tries = peak_of(begins, 1h).count;
        made_.tries_per_hour = std::max(made_.tries_per_hour, tries);
        if (tries > storm_tries) ++made_.storms;
        count_growth(waits);
    }

    void count_growth(const std::vector<Duration>& waits) {
        if (waits.size() < 2) return;
        ++made_.several_waits;
        const auto [shortest, longest] = std::minmax_element(waits.begin(), waits.end());
        if (*longest - *shortest <= *longest / 10) {
            ++made_.steady;
        } else if (std::is_sorted(waits.begin(), waits.end())) {
            ++made_.growing;
        }
    }

    /// Addresses of tries behind the first that failed for now, that had not tried before.
    void count_rotation(const oracle::Delivery& delivery) {
        std::set<std::string_view> known;
        bool failed = false;
        bool rotated = false;
        for (const oracle::Attempt& attempt : delivery.attempts) {
            const bool added = known.insert(attempt.sending_ip).second;
            if (added && failed) {
                rotated = true;
                ++made_.rotated_to;
                const auto proven = proven_.find(attempt.sending_ip);
                const bool accepted_before =
                    proven != proven_.end() &&
                    std::any_of(proven->second.begin(), proven->second.end(),
                                [&](Instant at) { return at <= attempt.at; });
                if (!accepted_before) ++made_.rotated_unproven;
            }
            failed = failed || attempt.failed_for_now();
        }
        if (rotated) ++made_.rotated;
    }

    void count_windows() {
        if (first_tries_.empty()) return;
        std::sort(first_tries_.begin(), first_tries_.end());
        made_.windows = (first_tries_.back() - first_tries_.front()) / burst_window + 1;
        // Wherever it begins: a burst does not keep to windows.
        const Peak peak = peak_of(first_tries_, burst_window);
        made_.window_peak = peak.count;
        const auto count = static_cast<std::uint64_t>(made_.windows);
        if (made_.windows >= burst_windows_least && made_.window_peak >= burst_deliveries &&
            made_.window_peak * count >= burst_times * first_tries_.size())
            made_.burst = peak.from;
    }

    const Case& all_;
    Duration round_gap_;
    Discipline made_;
    std::vector<Instant> attempts_;
    std::vector<Instant> first_tries_;
    std::map<std::string_view, std::vector<Instant>> proven_;
    std::vector<const oracle::Delivery*> rotating_;
};

/// A time in which everything to a domain failed.
struct Stop {
    Instant from{};
    Instant until{};
    std::uint64_t tries = 0;
};

/// The longest one.
Stop longest_stop(const std::vector<const Try*>& tries) {
    Stop longest;
    Stop now;
    for (const Try* tried : tries) {
        if (tried->accepted()) {
            now = {};
            continue;
        }
        if (now.tries++ == 0) now.from = tried->record.at;
        now.until = std::max(now.until, tried->end());
        if (now.until - now.from > longest.until - longest.from) longest = now;
    }
    return longest;
}

/// A sender's tries by recipient domain, and the first of each delivery.
struct Traffic {
    std::map<std::string, std::vector<const Try*>> by_domain;
    std::vector<const Try*> first;
};

std::optional<Blocking> blocking_of(const std::string& sender, const std::string& domain,
                                    const Traffic& traffic) {
    const Stop stop = longest_stop(traffic.by_domain.at(domain));
    if (stop.tries < 3) return std::nullopt;
    std::vector<Instant> others;
    for (const Try* tried : traffic.first) {
        if (domain_of(tried->record.recipient) != domain) others.push_back(tried->record.at);
    }
    std::sort(others.begin(), others.end());
    // Mail that just comes to its end is not blocked: others must have been tried before, and again behind it.
    if (others.empty() || others.front() >= stop.from || others.back() <= stop.until)
        return std::nullopt;
    const Duration within = stop.until - stop.from;
    const Duration outside = others.back() - others.front() - within;
    Blocking blocking{.sender = sender, .domain = domain, .from = stop.from, .until = stop.until};
    blocking.others =
        static_cast<std::uint64_t>(std::upper_bound(others.begin(), others.end(), stop.until) -
                                   std::lower_bound(others.begin(), others.end(), stop.from));
    if (outside < 1s || within < 1s) return std::nullopt;
    const auto seconds = [](Duration duration) {
        return static_cast<std::uint64_t>(
            std::chrono::duration_cast<std::chrono::seconds>(duration).count());
    };
    blocking.others_expected =
        (others.size() - blocking.others) * seconds(within) / seconds(outside);
    if (blocking.others_expected < blocking_attempts) return std::nullopt;
    return blocking;
}

std::vector<Mixture> mixtures_of(const Case& all) {
    struct Streams {
        std::set<std::string> templates;
        std::set<std::string> domains;
    };
    std::map<std::string_view, Streams> by_address;
    for (const Try& tried : all.tries) {
        if (tried.record.mail_from.empty()) continue;  // a notice
        Streams& streams = by_address[tried.record.sending_ip];
        for (auto& value : values_of(Facet::template_id, tried, all))
            streams.templates.insert(std::move(value));
        for (auto& value : values_of(Facet::from_domain, tried, all))
            streams.domains.insert(std::move(value));
    }
    std::vector<Mixture> mixtures;
    for (const auto& [address, streams] : by_address) {
        const auto& kinds = streams.templates.empty() ? streams.domains : streams.templates;
        if (kinds.size() > 1)
            mixtures.push_back({std::string{address}, {kinds.begin(), kinds.end()}});
    }
    return mixtures;
}

}  // namespace

Manners manners_of(const Case& all, const Courses& courses, Duration round_gap) {
    std::deque<Account> accounts;
    std::vector<Traffic> traffic(courses.senders.size());
    for (const std::string& sender : courses.senders) accounts.emplace_back(all, round_gap, sender);
    for (const Course& course : courses.all) {
        accounts[course.sender].add(course);
        Traffic& of_sender = traffic[course.sender];
        of_sender.first.push_back(&all.tries[course.tries.front()]);
        for (const std::size_t i : course.tries)
            of_sender.by_domain[domain_of(all.tries[i].record.recipient)].push_back(&all.tries[i]);
    }
    Manners manners;
    for (Account& account : accounts) {
        Discipline discipline = account.finish();
        if (discipline.deliveries != 0) manners.senders.push_back(std::move(discipline));
    }
    for (std::size_t s = 0; s < traffic.size(); ++s) {
        if (traffic[s].by_domain.size() < 2) continue;
        for (auto& [domain, tries] : traffic[s].by_domain) {
            std::sort(tries.begin(), tries.end(),
                      [](const Try* a, const Try* b) { return a->record.id < b->record.id; });
            if (auto blocking = blocking_of(courses.senders[s], domain, traffic[s]))
                manners.blocking.push_back(std::move(*blocking));
        }
    }
    std::stable_sort(
        manners.senders.begin(), manners.senders.end(),
        [](const Discipline& a, const Discipline& b) { return a.deliveries > b.deliveries; });
    manners.mixtures = mixtures_of(all);
    return manners;
}

}  // namespace fakemx::diagnosis
