// Looking things up in a run.
#include "conformance/course.h"

#include <algorithm>
#include <iterator>

namespace fakemx::conformance {

namespace {

/// The first exchange of a transaction that is wanted; null without one.
template <class Wanted>
const Exchange* find(const Course& course, SessionId id, std::uint32_t transaction,
                     const Wanted& wanted) {
    const Dialogue* dialogue = course.session(id);
    if (dialogue == nullptr || transaction == 0) return nullptr;
    const auto found = std::find_if(
        dialogue->exchanges.begin(), dialogue->exchanges.end(), [&](const Exchange& exchange) {
            return exchange.transaction == transaction && wanted(exchange);
        });
    return found == dialogue->exchanges.end() ? nullptr : &*found;
}

}  // namespace

const journal::Believed* Submission::belief(std::string_view recipient) const {
    const auto found = std::find_if(beliefs.begin(), beliefs.end(), [&](const auto& belief) {
        return oracle::comparable(belief.recipient) == oracle::comparable(recipient);
    });
    return found == beliefs.end() ? nullptr : &*found;
}

const Dialogue* Course::session(SessionId id) const {
    const auto found = std::lower_bound(
        sessions.begin(), sessions.end(), id,
        [](const Dialogue& dialogue, SessionId wanted) { return dialogue.id < wanted; });
    return found == sessions.end() || found->id != id ? nullptr : &*found;
}

const Exchange* Course::mail_of(const oracle::Attempt& attempt) const {
    return mail_of(attempt.session, attempt.transaction);
}

const Exchange* Course::mail_of(SessionId session, std::uint32_t transaction) const {
    return find(*this, session, transaction,
                [](const Exchange& exchange) { return exchange.verb == smtp::Verb::mail; });
}

const Exchange* Course::rcpt_of(const oracle::Attempt& attempt) const {
    return find(*this, attempt.session, attempt.transaction, [&](const Exchange& exchange) {
        return exchange.verb == smtp::Verb::rcpt && exchange.path &&
               exchange.path->address() == attempt.recipient;
    });
}

const Exchange* Course::message_of(SessionId session, std::uint32_t transaction) const {
    return find(*this, session, transaction,
                [](const Exchange& exchange) { return exchange.message.has_value(); });
}

bool Course::had_no_room_for(const oracle::Attempt& attempt) const {
    if (attempt.stage != smtp::Hook::rcpt) return false;
    const std::string_view text = attempt.text;
    const bool says_so = text.starts_with("4.5.3") || text.starts_with("5.5.3") ||
                         text.find("recipients") != std::string_view::npos;
    // A full mailbox has the same code, and 4.2.2 for an enhanced one.
    const bool is_it = (attempt.code == 452 && (says_so || !text.starts_with("4."))) ||
                       (attempt.code == 552 && says_so);
    const Exchange* rcpt = is_it ? rcpt_of(attempt) : nullptr;
    if (rcpt == nullptr) return false;
    return find(*this, attempt.session, attempt.transaction, [&](const Exchange& other) {
               return other.verb == smtp::Verb::rcpt && other.event < rcpt->event &&
                      other.accepted();
           }) != nullptr;
}

const Submission* Course::submission(const oracle::Delivery& delivery) const {
    // By what was sent; where nothing came so far, by who it is from and for.
    for (const Submission& one : submissions) {
        const bool arrived =
            std::any_of(one.copies.begin(), one.copies.end(), [&](const Copy& copy) {
                return std::any_of(delivery.attempts.begin(), delivery.attempts.end(),
                                   [&](const oracle::Attempt& attempt) {
                                       return attempt.session == copy.session &&
                                              attempt.transaction == copy.transaction;
                                   });
            });
        if (arrived) return &one;
    }
    const std::vector<const Submission*> same = submissions_with_envelope_of(delivery);
    return same.size() == 1 ? same.front() : nullptr;  // of several it might be any
}

std::vector<const Submission*> Course::submissions_with_envelope_of(
    const oracle::Delivery& delivery) const {
    std::vector<const Submission*> to_whom;
    for (const Submission& one : submissions) {
        const bool named =
            std::any_of(one.given.to.begin(), one.given.to.end(), [&](const std::string& to) {
                return oracle::comparable(to) == oracle::comparable(delivery.recipient);
            });
        if (named) to_whom.push_back(&one);
    }
    std::vector<const Submission*> same;
    std::copy_if(to_whom.begin(), to_whom.end(), std::back_inserter(same),
                 [&](const Submission* one) { return one->given.from == delivery.mail_from; });
    // A sender may write another reverse path than it was given, and another one for each try.
    return same.empty() ? to_whom : same;
}

}  // namespace fakemx::conformance
