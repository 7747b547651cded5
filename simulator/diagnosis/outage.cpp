// Rows of failures, and whether they can be chance. Marks the courses that lie in them.
#include "diagnosis/outage.h"

#include <algorithm>
#include <map>
#include <set>
#include <string_view>
#include <utility>

#include "core/series.h"
#include "diagnosis/odds.h"

namespace fakemx::diagnosis {

namespace {

constexpr Duration long_outage = 1h;
/// 1 in 1024.
constexpr std::int64_t surprise_wanted = 10 * bit;

/// A sender that is refused comes again at once, which is no further evidence.
constexpr Duration refusal_span = 5min;

/// A settled try.
struct Settled {
    std::size_t index = 0;   // in Case::tries
    std::size_t course = 0;  // in Courses::all; nowhere: a refusal
    std::size_t sender = 0;  // nowhere: all that send from its address
    bool first = false;      // of its course; of a refusal: of its address and span
    bool accepted = false;
};

struct Row {
    std::size_t first = 0;  // of steps
    std::size_t last = 0;   // behind it
    std::uint64_t first_tries = 0;
    std::uint64_t refused_spans = 0;
    std::set<std::size_t> senders;           // of all of it
    std::set<std::size_t> retrying_senders;  // of those whose retries failed
};

class Search {
public:
    Search(const Case& all, Courses& courses) : all_(all), courses_(courses) {
        std::vector<bool> heard(courses.senders.size(), false);
        for (const Course& course : courses.all) {
            if (course.accepted) heard[course.sender] = true;
        }
        for (std::size_t c = 0; c < courses.all.size(); ++c) {
            const Course& course = courses.all[c];
            if (!heard[course.sender]) continue;
            for (const std::size_t i : course.tries) {
                const bool first = i == course.tries.front();
                steps_.push_back({i, c, course.sender, first, all.tries[i].accepted()});
                if (!first) continue;
                ++first_tries_;
                if (!all.tries[i].accepted()) ++first_failures_;
            }
        }
        add_refusals(heard);
        std::sort(steps_.begin(), steps_.end(),
                  [](const Settled& a, const Settled& b) { return a.index < b.index; });
    }

    std::vector<Outage> run() {
        Row row;
        const auto end_row = [&](std::size_t at) {
            row.last = at;
            if (is_outage(row)) found_.push_back(outage_of(row));
            row = {.first = at + 1, .last = at + 1};
        };
        for (std::size_t i = 0; i < steps_.size(); ++i) {
            const Settled& step = steps_[i];
            if (step.accepted) {
                end_row(i);
                continue;
            }
            if (step.sender == nowhere) {
                const std::set<std::size_t>& several = senders_at_[address_of(step.index)];
                row.senders.insert(several.begin(), several.end());
            } else {
                row.senders.insert(step.sender);
            }
            if (step.course == nowhere) {
                if (step.first) ++row.refused_spans;
            } else if (step.first) {
                ++row.first_tries;
            } else {
                row.retrying_senders.insert(step.sender);
            }
        }
        end_row(steps_.size());
        mark();
        return found_;
    }

private:
    /// Those of addresses from which nobody sends that is never accepted.
    void add_refusals(const std::vector<bool>& heard) {
        for (const Course& course : courses_.all) {
            for (const std::size_t i : course.tries)
                senders_at_[address_of(i)].insert(course.sender);
        }
        std::set<std::pair<std::string_view, Instant>> spans;
        for (const Refusal& refusal : courses_.refusals) {
            const std::string_view address = address_of(refusal.tried);
            const std::set<std::size_t>& several = senders_at_[address];
            const bool all_heard =
                refusal.sender == nowhere
                    ? std::all_of(several.begin(), several.end(),
                                  [&](std::size_t sender) { return heard[sender]; })
                    : heard[refusal.sender];
            if (!all_heard) continue;
            const Instant span = floor_to(all_.tries[refusal.tried].record.at, refusal_span);
            const bool first = spans.emplace(address, span).second;
            if (first) ++refused_spans_;
            steps_.push_back({refusal.tried, nowhere, refusal.sender, first, false});
        }
    }

    std::string_view address_of(std::size_t tried) const {
        return all_.tries[tried].record.sending_ip;
    }

    /// So many failures in a row, of so many that failed of so many.
    bool is_no_chance(std::uint64_t row, std::uint64_t failed, std::uint64_t all) const {
        const std::uint64_t outside = all - row;
        if (row == 0 || outside == 0) return false;
        // One more of each, or a sender that never failed outside could not fail within.
        const std::uint64_t failures = failed - row + 1;
        const std::int64_t each = binary_logarithm(outside + 2) - binary_logarithm(failures);
        const std::int64_t looked_at = binary_logarithm(all);
        return each > 0 &&
               static_cast<std::int64_t>(row) >= (surprise_wanted + looked_at) / each + 1;
    }

    bool is_outage(const Row& row) const {
        // What fails for good is refused as well, at the end of many journals. And one sender may have met its limit.
        if (row.refused_spans != 0 && row.senders.size() > 1 && row.last < steps_.size() &&
            is_no_chance(row.first_tries + row.refused_spans, first_failures_ + refused_spans_,
                         first_tries_ + refused_spans_))
            return true;
        if (row.first_tries == 0) return false;
        const Try& first = all_.tries[steps_[row.first].index];
        const Try& last = all_.tries[steps_[row.last - 1].index];
        if (row.retrying_senders.size() > 1 && last.end() - first.record.at > long_outage &&
            passed(row))
            return true;
        return is_no_chance(row.first_tries, first_failures_, first_tries_);
    }

    /// Nine tenths of what failed in it were accepted behind it.
    bool passed(const Row& row) const {
        std::set<std::size_t> failed;
        for (std::size_t i = row.first; i < row.last; ++i) {
            if (steps_[i].course != nowhere) failed.insert(steps_[i].course);
        }
        const auto accepted = static_cast<std::size_t>(std::count_if(
            failed.begin(), failed.end(), [&](std::size_t c) { return courses_.all[c].accepted; }));
        return accepted * 10 >= failed.size() * 9;
    }

    Outage outage_of(const Row& row) const {
        const Instant from = all_.tries[steps_[row.first].index].record.at;
        Outage outage{.from = from, .until = from};
        std::set<std::size_t> courses;
        for (std::size_t i = row.first; i < row.last; ++i) {
            if (steps_[i].course == nowhere) {
                ++outage.refused;
            } else {
                courses.insert(steps_[i].course);
            }
            outage.until = std::max(outage.until, all_.tries[steps_[i].index].end());
        }
        outage.attempts = row.last - row.first;
        outage.deliveries = courses.size();
        outage.senders = row.senders.size();
        return outage;
    }

    void mark() {
        const auto within = [&](const Try& tried) {
            return std::any_of(found_.begin(), found_.end(), [&](const Outage& outage) {
                return tried.record.at >= outage.from && tried.record.at <= outage.until;
            });
        };
        for (Course& course : courses_.all) {
            course.in_outage =
                course.failed &&
                std::all_of(course.tries.begin(), course.tries.end(), [&](std::size_t i) {
                    const Try& tried = all_.tries[i];
                    return !tried.failed() || within(tried);
                });
        }
        for (Refusal& refusal : courses_.refusals)
            refusal.in_outage = within(all_.tries[refusal.tried]);
    }

    const Case& all_;
    Courses& courses_;
    std::vector<Settled> steps_;
    std::map<std::string_view, std::set<std::size_t>> senders_at_;
    std::uint64_t first_tries_ = 0;
    std::uint64_t first_failures_ = 0;
    std::uint64_t refused_spans_ = 0;
    std::vector<Outage> found_;
};

}  // namespace

std::vector<Outage> find_outages(const Case& all, Courses& courses) {
    return Search{all, courses}.run();
}

}  // namespace fakemx::diagnosis
