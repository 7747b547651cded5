// From what comes to a course.
#include "conformance/course_keeper.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <utility>

#include "conformance/limits.h"
#include "message/header_section.h"

namespace fakemx::conformance {

namespace {

/// What was refused before its text was seen and comes again looks like another message. Where it is known what the sender was given,
/// it is not.
void join_deliveries(Course& course) {
    if (course.submissions.empty()) return;
    std::map<std::pair<const Submission*, std::string>, std::size_t> places;
    std::vector<oracle::Delivery> joined;
    for (oracle::Delivery& delivery : course.account.deliveries) {
        const Submission* given = delivery.is_notice ? nullptr : course.submission(delivery);
        if (given == nullptr) {
            joined.push_back(std::move(delivery));
            continue;
        }
        const auto [place, is_new] =
            places.try_emplace({given, oracle::comparable(delivery.recipient)}, joined.size());
        if (is_new) {
            joined.push_back(std::move(delivery));
            continue;
        }
        oracle::Delivery& one = joined[place->second];
        if (one.identity.empty()) one.identity = delivery.identity;
        std::move(delivery.attempts.begin(), delivery.attempts.end(),
                  std::back_inserter(one.attempts));
        std::move(delivery.notices.begin(), delivery.notices.end(),
                  std::back_inserter(one.notices));
    }
    for (oracle::Delivery& delivery : joined) {
        std::sort(delivery.attempts.begin(), delivery.attempts.end(),
                  [](const auto& a, const auto& b) { return a.id < b.id; });
        std::sort(delivery.notices.begin(), delivery.notices.end(),
                  [](const auto& a, const auto& b) { return a.attempt < b.attempt; });
    }
    course.account.deliveries = std::move(joined);
}

}  // namespace

CourseKeeper::CourseKeeper() : ledger_(course_sessions_max) {}

void CourseKeeper::take(const journal::Batch& batch) {
    if (!too_much_) ledger_.take(batch);
}

void CourseKeeper::take(const journal::MessageRecord& message,
                        const message::HeaderSection& headers) {
    if (too_much_) return;
    const auto place = by_message_id_.find(headers.message_id().value_or(""));
    if (place == by_message_id_.end()) return take_report(message, headers);
    Submission& submission = submissions_[place->second];
    submission.copies.push_back(
        {.session = message.session, .transaction = message.transaction, .octets = message.octets});
    compare(submission.given.text, message.content, message.octets == message.content.size(),
            submission.copies.back());
}

void CourseKeeper::take_report(const journal::MessageRecord& message,
                               const message::HeaderSection& headers) {
    auto notice = message::read_notice(headers, message.content);
    if (!notice) return;
    reports_.push_back({.session = message.session,
                        .transaction = message.transaction,
                        .at = message.at,
                        .identity = message.identity,
                        .notice = *std::move(notice)});
    if (reports_.size() > course_sessions_max) forget();
}

void CourseKeeper::take(const journal::Event& event) {
    if (const auto* given = std::get_if<journal::Submitted>(&event.body)) {
        const auto id = message::HeaderSection::parse(given->text).message_id();
        if (id) by_message_id_.emplace(*id, submissions_.size());
        submissions_.push_back({.given = *given, .at = event.at, .message_id = id.value_or("")});
    } else if (const auto* belief = std::get_if<journal::Believed>(&event.body)) {
        const auto place = std::find_if(
            submissions_.begin(), submissions_.end(),
            [&](const Submission& one) { return one.given.message == belief->message; });
        if (place != submissions_.end()) place->beliefs.push_back(*belief);
    } else if (const auto* query = std::get_if<journal::Queried>(&event.body)) {
        if (queries_.size() == course_queries_max) return forget();
        if (!too_much_) queries_.push_back({event.at, *query});
    } else if (const auto* over = std::get_if<journal::RunOver>(&event.body)) {
        over_ = *over;
    }
}

void CourseKeeper::take(SessionId session, SessionLog log) {
    if (too_much_) return;
    octets_ += log.octets();
    sessions_.emplace_back(session, std::move(log));
    if (sessions_.size() > course_sessions_max || octets_ > course_octets_max) forget();
}

void CourseKeeper::forget() {
    too_much_ = true;
    ledger_ = oracle::Ledger{1};
    sessions_ = {};
    reports_ = {};
    queries_ = {};
}

Course CourseKeeper::course(Sender sender,
                            const std::unordered_map<std::uint64_t, SessionLog>& open,
                            const SharedTexts& texts) const {
    Course course{.sender = sender,
                  .account = ledger_.account(),
                  .submissions = submissions_,
                  .reports = reports_,
                  .queries = queries_,
                  .has_ended = over_.has_value()};
    for (const auto& [id, log] : sessions_) course.sessions.push_back(log.dialogue(id, texts));
    for (const auto& [id, log] : open)
        course.sessions.push_back(log.dialogue(SessionId{id}, texts));
    std::sort(course.sessions.begin(), course.sessions.end(),
              [](const Dialogue& a, const Dialogue& b) { return a.id < b.id; });
    if (over_) course.account.end = std::max(course.account.end, over_->silent_until);
    join_deliveries(course);
    course.begin = course.account.begin;
    course.end = course.account.end;
    return course;
}

}  // namespace fakemx::conformance
