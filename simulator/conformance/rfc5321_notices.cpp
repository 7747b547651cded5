// RFC 5321 §3.6.3, §4.5.4.1, §4.5.5, §6.1: notices about mail that cannot be delivered, which come home to the sender's own domain.
#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include "conformance/chapters.h"
#include "conformance/hearing.h"
#include "conformance/notices.h"
#include "core/words.h"
#include "journal/attempts.h"
#include "oracle/judge.h"

namespace fakemx::conformance {

namespace {

void hear_broken(const Course& course, Hearing& h, const Report& report, std::string what) {
    const Exchange* message = course.message_of(report.session, report.transaction);
    if (message != nullptr) h.broken(*course.session(report.session), *message, std::move(what));
}

void null_sender_bounce(const Course& course, Hearing& h) {
    for (const Report& report : course.reports) {
        const Exchange* mail = course.mail_of(report.session, report.transaction);
        if (mail == nullptr || !mail->path) continue;
        if (mail->path->null()) {
            h.kept();
        } else if (report.notice.structured) {
            // One in plain text may be something else.
            h.broken(*course.session(report.session), *mail,
                     fmt::format("a notice from {}", path_of(mail->path->address())));
        }
    }
}

/// It is about a notice that was sent to `recipient`: it names that message, or somebody to whom nothing but notices was sent.
bool is_about(const Course& course, const Report& report, const oracle::Delivery& notice) {
    const std::string& id = report.notice.message_id;
    if (!id.empty() && !notice.identity.empty())
        return journal::identity_of(id, {}, {}, {}) == notice.identity;
    const std::string recipient = oracle::comparable(notice.recipient);
    const auto& named = report.notice.recipients;
    const auto& deliveries = course.account.deliveries;
    return std::any_of(
               named.begin(), named.end(),
               [&](const auto& one) { return oracle::comparable(one.address) == recipient; }) &&
           std::none_of(deliveries.begin(), deliveries.end(), [&](const auto& delivery) {
               return !delivery.is_notice && oracle::comparable(delivery.recipient) == recipient;
           });
}

void no_bounce_of_bounce(const Course& course, Hearing& h) {
    for (const oracle::Delivery& delivery : course.account.deliveries) {
        const oracle::Attempt* refusal = refusal_of(delivery);
        if (!delivery.is_notice || !delivery.mail_from.empty() || refusal == nullptr) continue;
        const auto other =
            std::find_if(course.reports.begin(), course.reports.end(), [&](const Report& report) {
                const auto whom = addressees(course, report);
                // The postmaster may hear of it.
                return report.at >= refusal->end() && is_about(course, report, delivery) &&
                       !std::all_of(whom.begin(), whom.end(), is_of_the_house);
            });
        if (other != course.reports.end()) {
            hear_broken(course, h, *other, "a notice about a notice that was refused");
        } else if (course.end - refusal->end() >= h.thresholds().notice_within) {
            h.kept();
        }
    }
}

/// As it was given, and as it was sent: a sender may have one of its own for each recipient (VERP).
std::set<std::string> reverse_paths(const Course& course, const Submission& submission) {
    std::set<std::string> paths{oracle::comparable(submission.given.from)};
    for (const oracle::Delivery& delivery : course.account.deliveries) {
        const auto& to = submission.given.to;
        const bool to_one_of_them = std::any_of(to.begin(), to.end(), [&](const auto& one) {
            return oracle::comparable(one) == oracle::comparable(delivery.recipient);
        });
        if (to_one_of_them && !delivery.is_notice)
            paths.insert(oracle::comparable(delivery.mail_from));
    }
    return paths;
}

void bounce_recipient(const Course& course, Hearing& h) {
    std::map<std::string_view, std::vector<const Report*>> by_message_id;
    for (const Report& report : course.reports)
        by_message_id[report.notice.message_id].push_back(&report);
    for (const Submission& submission : course.submissions) {
        const auto reports = by_message_id.find(submission.message_id);
        if (submission.message_id.empty() || submission.given.from.empty() ||
            reports == by_message_id.end())
            continue;
        const auto right = reverse_paths(course, submission);
        const Report* elsewhere = nullptr;
        bool came = false;
        for (const Report* report : reports->second) {
            for (const std::string& one : addressees(course, *report)) {
                came = came || right.contains(oracle::comparable(one));
                if (!is_of_the_house(one)) elsewhere = report;
            }
        }
        if (came) {
            h.kept();
        } else if (elsewhere != nullptr) {
            hear_broken(course, h, *elsewhere,
                        fmt::format("the notice did not go to {}, who had sent the message",
                                    path_of(submission.given.from)));
        }
    }
}

void retry_giveup_notice(const Course& course, Hearing& h) {
    const NoticeBook notices{course};
    for (const oracle::Delivery& delivery : course.account.deliveries) {
        const Duration gap = oracle::Policy{}.round_gap;
        const bool settled =
            std::any_of(delivery.attempts.begin(), delivery.attempts.end(),
                        [](const auto& one) { return one.taken || !one.failed_for_now(); });
        if (delivery.is_notice || settled || !notify_of(course, delivery).failure) continue;
        // After a single try it is retry-queue's.
        if (oracle::rounds_of(delivery, gap).size() < 2) continue;
        if (notices.tell_of(delivery)) {
            h.kept();
        } else if (oracle::fell_silent(delivery, course.end, gap) &&
                   course.end - delivery.attempts.back().end() >= h.thresholds().notice_within &&
                   notices.come_home(delivery.mail_from)) {
            h.broken(delivery, {delivery.attempts.back().id},
                     "given up, and the sender was not told");
        }
    }
}

constexpr Rule rules[] = {
    {.slug = "null-sender-bounce",
     .source = "RFC 5321 §3.6.3, §4.5.5, §6.1",
     .level = Level::must,
     .severity = Severity::critical,
     .stage = Stage::mail,
     .requirement = "Send notices with the null reverse path.",
     .remedy = "Send them with MAIL FROM:<>, so that nobody answers them.",
     .unexercised = "no notice arrived",
     .judge_course = null_sender_bounce},
    {.slug = "no-bounce-of-bounce",
     .source = "RFC 5321 §3.6.3, §4.5.4.1, §6.1; RFC 3461 §5.2",
     .level = Level::must_not,
     .severity = Severity::critical,
     .stage = Stage::mail,
     .requirement = "Send no notice about a notice.",
     .remedy = "Drop what has the null reverse path and cannot be delivered, or give it to the "
               "postmaster.",
     .unexercised = "no notice was refused, or the run did not go on for long enough behind it",
     .judge_course = no_bounce_of_bounce,
     .senders = with_queue},
    {.slug = "bounce-recipient",
     .source = "RFC 5321 §6.1",
     .level = Level::must,
     .severity = Severity::major,
     .stage = Stage::rcpt,
     .requirement = "Send a notice to the reverse path of the message, and not to an address of "
                    "its header section.",
     .remedy = "Keep the envelope with the message, and take the recipient of the notice from it.",
     .unexercised = "no notice arrived about a message that was given",
     .judge_course = bounce_recipient,
     .senders = with_queue},
    {.slug = "retry-giveup-notice",
     .source = "RFC 5321 §3.6.3, §4.2.5, §6.1",
     .level = Level::must,
     .severity = Severity::critical,
     .stage = Stage::queue,
     .requirement = "Tell the sender of a message that is given up.",
     .remedy = "Send a notice when the last try has failed, before the message is dropped.",
     .unexercised = "nothing was given up, or no notice ever came to the sender's domain here",
     .judge_course = retry_giveup_notice,
     .senders = with_queue},
};

}  // namespace

std::span<const Rule> notice_rules() {
    return rules;
}

}  // namespace fakemx::conformance
