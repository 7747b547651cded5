// Rows of failures, and whether they can be chance. Marks the courses that lie in them.
#include "diagnosis/outage.h"

#include <algorithm>
#include <set>

#include "diagnosis/odds.h"

namespace fakemx::diagnosis {

namespace {

constexpr Duration long_outage = 1h;
/// 1 in 1024.
constexpr std::int64_t surprise_wanted = 10 * bit;

/// A settled try.
struct Settled {
    std::size_t index = 0;   // in Case::tries
    std::size_t course = 0;  // in Courses::all
    bool first = false;
    bool accepted = false;
};

struct Row {
    std::size_t first = 0;  // of steps
    std::size_t last = 0;   // behind it
    std::uint64_t first_tries = 0;
    std::set<std::size_t> senders;           // of first tries
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
                steps_.push_back({i, c, first, all.tries[i].accepted()});
                if (!first) continue;
                ++first_tries_;
                if (!all.tries[i].accepted()) ++first_failures_;
            }
        }
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
            const std::size_t sender = courses_.all[step.course].sender;
            if (step.first) {
                ++row.first_tries;
                row.senders.insert(sender);
            } else {
                row.retrying_senders.insert(sender);
            }
        }
        end_row(steps_.size());
        mark();
        return found_;
    }

private:
    bool is_outage(const Row& row) const {
        if (row.first_tries == 0) return false;
        const Try& first = all_.tries[steps_[row.first].index];
        const Try& last = all_.tries[steps_[row.last - 1].index];
        if (row.retrying_senders.size() > 1 && last.end() - first.record.at > long_outage &&
            passed(row))
            return true;
        const std::uint64_t outside = first_tries_ - row.first_tries;
        if (outside == 0) return false;
        // One more of each, or a sender that never failed outside could not fail within.
        const std::uint64_t failures = first_failures_ - row.first_tries + 1;
        const std::int64_t each = binary_logarithm(outside + 2) - binary_logarithm(failures);
        const std::int64_t looked_at = binary_logarithm(first_tries_);
        return each > 0 && static_cast<std::int64_t>(row.first_tries) >=
                               (surprise_wanted + looked_at) / each + 1;
    }

    /// Nine tenths of what failed in it were accepted behind it.
    bool passed(const Row& row) const {
        std::set<std::size_t> failed;
        for (std::size_t i = row.first; i < row.last; ++i) failed.insert(steps_[i].course);
        const auto accepted = static_cast<std::size_t>(std::count_if(
            failed.begin(), failed.end(), [&](std::size_t c) { return courses_.all[c].accepted; }));
        return accepted * 10 >= failed.size() * 9;
    }

    Outage outage_of(const Row& row) const {
        Outage outage{.from = all_.tries[steps_[row.first].index].record.at};
        std::set<std::size_t> courses;
        std::set<std::size_t> senders;
        for (std::size_t i = row.first; i < row.last; ++i) {
            courses.insert(steps_[i].course);
            senders.insert(courses_.all[steps_[i].course].sender);
            outage.until = std::max(outage.until, all_.tries[steps_[i].index].end());
        }
        outage.attempts = row.last - row.first;
        outage.deliveries = courses.size();
        outage.senders = senders.size();
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
    }

    const Case& all_;
    Courses& courses_;
    std::vector<Settled> steps_;
    std::uint64_t first_tries_ = 0;
    std::uint64_t first_failures_ = 0;
    std::vector<Outage> found_;
};

}  // namespace

std::vector<Outage> find_outages(const Case& all, Courses& courses) {
    return Search{all, courses}.run();
}

}  // namespace fakemx::diagnosis
