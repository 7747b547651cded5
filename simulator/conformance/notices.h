// What several chapters ask about notices: which ones the sender was asked for, whether those that it sends come here, and whether one
// came.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "conformance/course.h"

namespace fakemx::conformance {

/// What NOTIFY= of RCPT asks for (RFC 3461 §4.1). Where it is not said, failures are told, and delays may be.
struct Notify {
    bool said = false;
    bool success = false;
    bool failure = true;
    bool delay = true;
};

/// Of the first try that had it.
Notify notify_of(const Course& course, const oracle::Delivery& delivery);

/// Whom a notice was sent to and was accepted for.
std::vector<std::string> addressees(const Course& course, const Report& report);

/// The notices of a run by what they are about, gathered once.
class NoticeBook {
public:
    explicit NoticeBook(const Course& course);

    /// What the sender says about its mail from this reverse path is seen here: it brought a notice to that domain, and none to
    /// this address was turned away.
    bool come_home(std::string_view reverse_path) const;
    /// One came that says that the message was not delivered to this recipient, whoever it was sent to.
    bool tell_of(const oracle::Delivery& delivery) const;

private:
    const Course& course_;
    std::set<std::string> domains_;
    std::set<std::string> turned_away_;
    std::set<std::pair<std::string, std::string>> failed_;  // Message-ID, recipient
};

/// The first try that was refused for good; null without one, and where it was taken at any time.
const oracle::Attempt* refusal_of(const oracle::Delivery& delivery);

/// <postmaster> or MAILER-DAEMON, who may have copies of all notices.
bool is_of_the_house(std::string_view address);

}  // namespace fakemx::conformance
