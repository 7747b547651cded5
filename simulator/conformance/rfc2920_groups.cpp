// RFC 2920 §3.1: what a client makes of the replies to a group of commands, recipient by recipient.
#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "conformance/chapters.h"
#include "conformance/hearing.h"
#include "oracle/delivery.h"

namespace fakemx::conformance {

namespace {

using smtp::Verb;

/// A message whose recipients were named in a group, and some refused.
struct Group {
    const Dialogue* dialogue = nullptr;
    const Exchange* place = nullptr;      ///< the last RCPT
    bool several_lines = false;           ///< a reply to RCPT has more than one
    std::vector<std::string> overlooked;  ///< refused, and taken for delivered
    std::vector<std::string> mistaken;    ///< delivered, and taken for something else
};

/// What became of the recipients of one transaction, beside what the sender believes. Nothing where that is not known of all.
std::optional<Group> group_of(const Dialogue& d, std::uint32_t transaction,
                              const Submission& submission) {
    Group group{.dialogue = &d};
    bool delivered = false;
    for (const Exchange& exchange : d.exchanges) {
        if (exchange.transaction == transaction && exchange.message &&
            exchange.verdict() != nullptr)
            delivered = exchange.verdict()->accepted && !exchange.verdict()->lost;
    }
    bool pipelined = false;
    bool accepted = false;
    bool refused = false;
    for (const Exchange& exchange : d.exchanges) {
        if (exchange.verb != Verb::rcpt || exchange.transaction != transaction) continue;
        const auto* belief = exchange.path ? submission.belief(exchange.path->address()) : nullptr;
        const Reply* reply = exchange.reply();
        if (belief == nullptr || belief->by_status || reply == nullptr) return std::nullopt;
        group.place = &exchange;
        pipelined = pipelined || exchange.pipelined;
        (exchange.accepted() ? accepted : refused) = true;
        group.several_lines = group.several_lines || reply->text.find('\n') != std::string::npos;
        const bool taken_for_delivered = belief->belief == journal::Belief::delivered;
        if (taken_for_delivered && !exchange.accepted())
            group.overlooked.push_back(belief->recipient);
        if (!taken_for_delivered && exchange.accepted())
            group.mistaken.push_back(belief->recipient);
    }
    if (!delivered || !pipelined || !accepted || !refused) return std::nullopt;
    return group;
}

template <class Judge>
void each_group(const Course& course, const Judge& judge) {
    for (const Submission& submission : course.submissions) {
        // With more than one try nobody can say which of them a belief is about.
        if (submission.copies.size() != 1) continue;
        const Copy& copy = submission.copies.front();
        const Dialogue* d = course.session(copy.session);
        if (d == nullptr) continue;
        if (const auto group = group_of(*d, copy.transaction, submission)) judge(*group);
    }
}

void pipe_check_all(const Course& course, Hearing& h) {
    each_group(course, [&](const Group& group) {
        if (group.overlooked.empty()) {
            h.kept();
        } else if (group.mistaken.empty()) {
            h.broken(*group.dialogue, *group.place,
                     fmt::format("{} was refused, and is taken for delivered",
                                 group.overlooked.front()));
        }
    });
}

/// A refusal and a success that have changed places.
void judge_places(const Course& course, Hearing& h, bool several_lines) {
    each_group(course, [&](const Group& group) {
        if (group.several_lines != several_lines) return;
        if (group.overlooked.empty() && group.mistaken.empty()) {
            h.kept();
        } else if (!group.overlooked.empty() && !group.mistaken.empty()) {
            h.broken(*group.dialogue, *group.place,
                     fmt::format("the refusal of {} was taken for that of {}",
                                 group.overlooked.front(), group.mistaken.front()));
        }
    });
}

void pipe_count_match(const Course& course, Hearing& h) {
    judge_places(course, h, false);
}

void pipe_not_multiline(const Course& course, Hearing& h) {
    judge_places(course, h, true);
}

constexpr Rule rules[] = {
    {.slug = "pipe-check-all",
     .source = "RFC 2920 §3.1",
     .level = Level::must,
     .severity = Severity::critical,
     .stage = Stage::rcpt,
     .requirement = "Look at the reply to each command of a group.",
     .remedy = "Keep the outcome of each RCPT, and tell the caller about each recipient.",
     .unexercised = "no group had recipients that were accepted and others that were not, or "
                    "nobody knows what the sender believes",
     .judge_course = pipe_check_all},
    {.slug = "pipe-count-match",
     .source = "RFC 2920 §3.1",
     .level = Level::must,
     .severity = Severity::critical,
     .stage = Stage::rcpt,
     .requirement = "Know by counting which reply belongs to which command of a group.",
     .remedy = "Take the replies in the order of the commands; go by neither code nor text.",
     .unexercised = "no group had recipients that were accepted and others that were not, each "
                    "with a reply of one line, or nobody knows what the sender believes",
     .judge_course = pipe_count_match},
    {.slug = "pipe-not-multiline",
     .source = "RFC 2920 §3.1",
     .level = Level::must_not,
     .severity = Severity::critical,
     .stage = Stage::rcpt,
     .requirement = "Do not take the lines of one reply in a group for several replies, nor "
                    "several replies for one.",
     .remedy = "Read each reply to its last line before it is counted.",
     .unexercised = "no group had a reply of several lines and recipients that were refused, or "
                    "nobody knows what the sender believes",
     .judge_course = pipe_not_multiline},
};

}  // namespace

std::span<const Rule> group_rules() {
    return rules;
}

}  // namespace fakemx::conformance
