// Notices, looked up.
#include "conformance/notices.h"

#include <algorithm>

#include "conformance/grammar.h"
#include "core/text.h"

namespace fakemx::conformance {

namespace {

bool has_word(std::string_view list, std::string_view word) {
    while (!list.empty()) {
        const std::size_t comma = std::min(list.find(','), list.size());
        if (equal_ignoring_case(list.substr(0, comma), word)) return true;
        list.remove_prefix(std::min(comma + 1, list.size()));
    }
    return false;
}

std::string_view domain_of(std::string_view address) {
    const std::size_t at = address.rfind('@');
    return at == std::string_view::npos ? std::string_view{} : address.substr(at + 1);
}

}  // namespace

Notify notify_of(const Course& course, const oracle::Delivery& delivery) {
    for (const oracle::Attempt& attempt : delivery.attempts) {
        const Exchange* rcpt = course.rcpt_of(attempt);
        const auto* notify = rcpt == nullptr ? nullptr : parameter_of(*rcpt, "NOTIFY");
        if (notify == nullptr) continue;
        return {.said = true,
                .success = has_word(notify->value, "SUCCESS"),
                .failure = has_word(notify->value, "FAILURE"),
                .delay = has_word(notify->value, "DELAY")};
    }
    return {};
}

std::vector<std::string> addressees(const Course& course, const Report& report) {
    std::vector<std::string> whom;
    const Dialogue* dialogue = course.session(report.session);
    if (dialogue == nullptr) return whom;
    for (const Exchange& exchange : dialogue->exchanges) {
        if (exchange.verb == smtp::Verb::rcpt && exchange.transaction == report.transaction &&
            exchange.accepted() && exchange.path)
            whom.push_back(exchange.path->address());
    }
    return whom;
}

NoticeBook::NoticeBook(const Course& course) : course_(course) {
    for (const Report& report : course.reports) {
        for (const std::string& one : addressees(course, report))
            domains_.insert(ascii_lower(domain_of(one)));
        for (const message::NoticeRecipient& one : report.notice.recipients) {
            if (one.action == message::NoticeAction::failed)
                failed_.emplace(report.notice.message_id, oracle::comparable(one.address));
        }
    }
    for (const oracle::Delivery& one : course.account.deliveries) {
        const bool taken =
            std::any_of(one.attempts.begin(), one.attempts.end(),
                        [](const oracle::Attempt& attempt) { return attempt.taken; });
        if (one.is_notice && !taken) turned_away_.insert(oracle::comparable(one.recipient));
    }
}

bool NoticeBook::come_home(std::string_view reverse_path) const {
    return domains_.contains(ascii_lower(domain_of(reverse_path))) &&
           !turned_away_.contains(oracle::comparable(reverse_path));
}

bool NoticeBook::tell_of(const oracle::Delivery& delivery) const {
    const bool joined = std::any_of(delivery.notices.begin(), delivery.notices.end(),
                                    [](const oracle::Notice& notice) { return notice.bounce(); });
    if (joined) return true;
    const Submission* submission = course_.submission(delivery);
    return submission != nullptr && !submission->message_id.empty() &&
           failed_.contains({submission->message_id, oracle::comparable(delivery.recipient)});
}

const oracle::Attempt* refusal_of(const oracle::Delivery& delivery) {
    const oracle::Attempt* refusal = nullptr;
    for (const oracle::Attempt& attempt : delivery.attempts) {
        if (attempt.taken) return nullptr;
        if (refusal == nullptr && attempt.refused_for_good()) refusal = &attempt;
    }
    return refusal;
}

bool is_of_the_house(std::string_view address) {
    return message::is_notice_path(address) && !address.empty();
}

}  // namespace fakemx::conformance
