// Courses from tries.
#include "diagnosis/course.h"

#include <unordered_map>
#include <utility>

namespace fakemx::diagnosis {

namespace {

void add(Course& course, std::size_t index, const Try& tried) {
    course.tries.push_back(index);
    if (tried.failed()) course.failed = true;
    if (!tried.accepted() || course.accepted) return;
    course.accepted = true;
    course.accepted_on = course.tries.size();
}

class Senders {
public:
    std::size_t number_of(const std::string& name) {
        const auto [place, added] = numbers_.try_emplace(name, names_.size());
        if (added) names_.push_back(name);
        return place->second;
    }
    std::vector<std::string> take_names() { return std::move(names_); }

private:
    std::unordered_map<std::string, std::size_t> numbers_;
    std::vector<std::string> names_;
};

}  // namespace

Courses courses_of(const Case& all) {
    Courses courses;
    Senders senders;
    std::vector<std::size_t> delivery_of(all.tries.size(), nowhere);
    for (std::size_t i = 0; i < all.account.deliveries.size(); ++i) {
        for (const oracle::Attempt& attempt : all.account.deliveries[i].attempts)
            delivery_of.at(attempt.id - 1) = i;
    }
    std::unordered_map<std::size_t, std::size_t> by_delivery;
    // `nowhere` for an address that several senders use.
    std::unordered_map<std::string_view, std::size_t> by_address;
    for (std::size_t i = 0; i < all.tries.size(); ++i) {
        const Try& tried = all.tries[i];
        const std::size_t delivery = delivery_of[i];
        if (tried.pending() || delivery == nowhere || all.account.deliveries[delivery].is_notice)
            continue;
        const auto [place, added] = by_delivery.try_emplace(delivery, courses.all.size());
        if (added) {
            courses.all.push_back(
                {.delivery = delivery, .sender = senders.number_of(sender_of(tried.record))});
        }
        Course& course = courses.all[place->second];
        add(course, i, tried);
        const auto [address, unknown] =
            by_address.try_emplace(tried.record.sending_ip, course.sender);
        if (!unknown && address->second != course.sender) address->second = nowhere;
    }
    for (std::size_t i = 0; i < all.tries.size(); ++i) {
        const Try& tried = all.tries[i];
        if (!tried.failed() || tried.record.delivery) continue;
        // A notice: MAIL with the null reverse path.
        if (tried.record.stage == smtp::Hook::mail && tried.record.mail_from.empty()) continue;
        const auto known = by_address.find(tried.record.sending_ip);
        const bool by_its_address =
            domain_of(tried.record.mail_from).empty() && known != by_address.end();
        courses.refusals.push_back({.tried = i,
                                    .sender = by_its_address
                                                  ? known->second
                                                  : senders.number_of(sender_of(tried.record))});
    }
    courses.senders = senders.take_names();
    return courses;
}

}  // namespace fakemx::diagnosis
