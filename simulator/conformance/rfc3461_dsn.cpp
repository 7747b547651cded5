// RFC 3461: delivery status notifications, as far as MAIL and RCPT ask for them, and as far as the sender makes them.
#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "conformance/chapters.h"
#include "conformance/grammar.h"
#include "conformance/hearing.h"
#include "conformance/notices.h"
#include "core/text.h"
#include "smtp/extension.h"

namespace fakemx::conformance {

namespace {

void dsn_only_if_offered(const Dialogue& d, Hearing& h) {
    for (const Exchange& exchange : d.exchanges) {
        if (exchange.verb != smtp::Verb::mail && exchange.verb != smtp::Verb::rcpt) continue;
        if (exchange.offer == 0 || d.offered(exchange).has("DSN")) continue;
        const auto& parameters = exchange.parameters;
        const auto dsn =
            std::find_if(parameters.begin(), parameters.end(),
                         [](const smtp::Parameter& one) { return is_dsn_parameter(one.keyword); });
        if (dsn != parameters.end() && was_offered_before_tls(d, exchange, *dsn)) continue;
        h.kept_if(dsn == parameters.end(), d, exchange,
                  dsn == parameters.end()
                      ? ""
                      : fmt::format("{}, and DSN was not offered", dsn->keyword));
    }
}

void dsn_syntax(const Dialogue& d, Hearing& h) {
    for (const Exchange& exchange : d.exchanges) {
        std::string fault;
        bool any = false;
        std::set<std::string> seen;
        for (const smtp::Parameter& one : exchange.parameters) {
            if (!is_dsn_parameter(one.keyword)) continue;
            any = true;
            const auto reading = smtp::read_parameter(exchange.verb, one);
            if (reading.fault != smtp::ParameterFault::none) {
                fault =
                    fmt::format("{}={} is not well formed", one.keyword, escape_octets(one.value));
            } else if (!seen.insert(one.keyword).second) {
                fault = fmt::format("{} twice", one.keyword);
            }
        }
        if (any) h.kept_if(fault.empty(), d, exchange, fault);
    }
}

bool has_notice(const oracle::Delivery& delivery, message::NoticeAction action) {
    return std::any_of(delivery.notices.begin(), delivery.notices.end(),
                       [&](const oracle::Notice& notice) { return notice.action == action; });
}

/// Deliveries that the sender might say something about, of those senders whose notices come here.
template <class Judge>
void each_delivery(const Course& course, const NoticeBook& notices, const Judge& judge) {
    for (const oracle::Delivery& delivery : course.account.deliveries) {
        if (!delivery.is_notice && notices.come_home(delivery.mail_from))
            judge(delivery, notify_of(course, delivery));
    }
}

bool had_time(const Course& course, const Hearing& h, const oracle::Attempt& attempt) {
    return course.end - attempt.end() >= h.thresholds().notice_within;
}

/// The first try that was accepted; null without one.
const oracle::Attempt* acceptance_of(const oracle::Delivery& delivery) {
    const auto found =
        std::find_if(delivery.attempts.begin(), delivery.attempts.end(),
                     [](const auto& one) { return one.outcome == journal::Outcome::accepted; });
    return found == delivery.attempts.end() ? nullptr : &*found;
}

/// DSN was offered where this was tried, so that what RCPT does not ask for was not asked for.
bool dsn_was_offered(const Course& course, const oracle::Attempt& attempt) {
    const Exchange* rcpt = course.rcpt_of(attempt);
    return rcpt != nullptr && course.session(attempt.session)->offered(*rcpt).has("DSN");
}

/// Another recipient of the same transaction was refused, and is named in a notice.
bool fellow_was_told(const Course& course, const NoticeBook& notices,
                     const oracle::Attempt& refusal) {
    const auto& deliveries = course.account.deliveries;
    return std::any_of(deliveries.begin(), deliveries.end(), [&](const auto& other) {
        return !other.is_notice && notices.tell_of(other) &&
               std::any_of(other.attempts.begin(), other.attempts.end(), [&](const auto& attempt) {
                   return attempt.id != refusal.id && attempt.is_beside(refusal);
               });
    });
}

void dsn_failed(const Course& course, Hearing& h) {
    const NoticeBook notices{course};
    each_delivery(course, notices, [&](const oracle::Delivery& delivery, const Notify& notify) {
        const oracle::Attempt* refusal = refusal_of(delivery);
        if (refusal == nullptr || !notify.failure) return;
        if (notices.tell_of(delivery)) {
            h.kept();
        } else if (had_time(course, h, *refusal) && !fellow_was_told(course, notices, *refusal)) {
            // With a notice about the others it is rcpt-report-each's, or rcpt-data-fail-all's.
            h.broken(delivery, {refusal->id}, "refused, and the sender was not told");
        }
    });
}

void dsn_never(const Course& course, Hearing& h) {
    const NoticeBook notices{course};
    each_delivery(course, notices, [&](const oracle::Delivery& delivery, const Notify& notify) {
        const oracle::Attempt* refusal = refusal_of(delivery);
        if (refusal == nullptr || !notify.said || notify.failure) return;
        // The postmaster may have a copy of a notice that the sender does not get.
        const bool told = std::any_of(
            delivery.notices.begin(), delivery.notices.end(), [&](const oracle::Notice& notice) {
                return notice.bounce() && !is_of_the_house(notice.recipient);
            });
        if (told) {
            h.broken(delivery, {refusal->id},
                     "a notice about a failure, and NOTIFY= did not ask for it");
        } else if (had_time(course, h, *refusal)) {
            h.kept();
        }
    });
}

void dsn_no_unrequested_success(const Course& course, Hearing& h) {
    const NoticeBook notices{course};
    each_delivery(course, notices, [&](const oracle::Delivery& delivery, const Notify& notify) {
        const oracle::Attempt* acceptance = acceptance_of(delivery);
        if (acceptance == nullptr || notify.success || !dsn_was_offered(course, *acceptance))
            return;
        const bool told = has_notice(delivery, message::NoticeAction::delivered) ||
                          has_notice(delivery, message::NoticeAction::relayed) ||
                          has_notice(delivery, message::NoticeAction::expanded);
        if (told) {
            h.broken(delivery, {acceptance->id},
                     "a notice about a success that nobody had asked for");
        } else if (had_time(course, h, *acceptance)) {
            h.kept();
        }
    });
}

void dsn_relayed(const Course& course, Hearing& h) {
    const NoticeBook notices{course};
    each_delivery(course, notices, [&](const oracle::Delivery& delivery, const Notify& notify) {
        const oracle::Attempt* acceptance = acceptance_of(delivery);
        if (acceptance == nullptr || !notify.success || dsn_was_offered(course, *acceptance))
            return;
        if (has_notice(delivery, message::NoticeAction::relayed)) {
            h.kept();
        } else if (had_time(course, h, *acceptance)) {
            h.broken(delivery, {acceptance->id},
                     "no notice that it was relayed to a server without DSN");
        }
    });
}

void dsn_delay_rule(const Course& course, Hearing& h) {
    const NoticeBook notices{course};
    each_delivery(course, notices, [&](const oracle::Delivery& delivery, const Notify& notify) {
        const oracle::Attempt& first = delivery.attempts.front();
        if (!notify.said || notify.delay || !first.failed_for_now()) return;
        if (has_notice(delivery, message::NoticeAction::delayed)) {
            h.broken(delivery, {first.id}, "a notice about a delay, and NOTIFY= has no DELAY");
        } else if (had_time(course, h, first)) {
            h.kept();
        }
    });
}

void dsn_format(const Course& course, Hearing& h) {
    for (const Report& report : course.reports) {
        const message::Notice& notice = report.notice;
        const Exchange* message = course.message_of(report.session, report.transaction);
        if (message == nullptr) continue;
        const bool has_status = std::all_of(notice.recipients.begin(), notice.recipients.end(),
                                            [](const auto& one) { return !one.status.empty(); });
        std::string fault;
        if (!notice.report) {
            fault = "the notice is no multipart/report";
        } else if (!notice.structured) {
            fault = "no part message/delivery-status with Final-Recipient and Action";
        } else if (!notice.reporting_mta) {
            fault = "no Reporting-MTA";
        } else if (!has_status) {
            fault = "a recipient without Status";
        }
        h.kept_if(fault.empty(), *course.session(report.session), *message, fault);
    }
}

constexpr Rule rules[] = {
    {.slug = "dsn-only-if-offered",
     .source = "RFC 3461 §5.2.2; RFC 5321 §4.1.1.3",
     .level = Level::must_not,
     .severity = Severity::major,
     .stage = Stage::mail,
     .requirement = "Send no RET, ENVID, NOTIFY or ORCPT where DSN is not offered.",
     .remedy = "Look for DSN in the last EHLO reply before these are added.",
     .unexercised = "DSN was offered throughout, or no MAIL was sent",
     .judge = dsn_only_if_offered},
    {.slug = "dsn-syntax",
     .source = "RFC 3461 §4.1 to §4.5",
     .level = Level::must,
     .severity = Severity::minor,
     .stage = Stage::mail,
     .requirement = "Write RET, ENVID, NOTIFY and ORCPT as their grammar has them, each once, in "
                    "xtext, NEVER alone.",
     .remedy =
         "Encode ENVID and ORCPT as xtext: \"+\", \"=\" and what is no printable ASCII as +XX.",
     .unexercised = "none of them was sent",
     .judge = dsn_syntax},
    {.slug = "dsn-failed",
     .source = "RFC 3461 §5.2.2, §5.2.6",
     .level = Level::must,
     .severity = Severity::critical,
     .stage = Stage::queue,
     .requirement = "Tell the sender of a failure, unless NOTIFY= asks for other things only.",
     .remedy = "Send a notice for each recipient that is refused for good.",
     .unexercised = "no recipient was refused, or no notice ever came to the sender's domain here",
     .judge_course = dsn_failed,
     .senders = with_queue},
    {.slug = "dsn-never",
     .source = "RFC 3461 §5.2.2, §5.2.6",
     .level = Level::must_not,
     .severity = Severity::major,
     .stage = Stage::queue,
     .requirement = "Tell nobody of a failure where NOTIFY= is NEVER, or has no FAILURE.",
     .remedy = "Keep NOTIFY= of each recipient, and look at it before a notice is made.",
     .unexercised = "no such recipient was refused, or no notice ever came to the sender's domain "
                    "here",
     .judge_course = dsn_never,
     .senders = with_queue},
    {.slug = "dsn-no-unrequested-success",
     .source = "RFC 3461 §5.2.2, §5.2.3",
     .level = Level::must_not,
     .severity = Severity::minor,
     .stage = Stage::queue,
     .requirement = "Send no notice about a success that NOTIFY= does not ask for.",
     .remedy = "Tell of successes only where NOTIFY= has SUCCESS.",
     .unexercised = "nothing was accepted with DSN and without NOTIFY=SUCCESS, or no notice ever "
                    "came to the sender's domain here",
     .judge_course = dsn_no_unrequested_success,
     .senders = with_queue},
    {.slug = "dsn-relayed",
     .source = "RFC 3461 §5.2.2",
     .level = Level::must,
     .severity = Severity::minor,
     .stage = Stage::queue,
     .requirement = "Where NOTIFY= has SUCCESS and the server offers no DSN, tell the sender that "
                    "the message was relayed.",
     .remedy = "Send a notice with \"Action: relayed\", because nobody else will.",
     .unexercised = "no message for which NOTIFY=SUCCESS was said elsewhere was accepted without "
                    "DSN, or no notice ever came to the sender's domain here",
     .judge_course = dsn_relayed,
     .senders = with_queue},
    {.slug = "dsn-delay-rule",
     .source = "RFC 3461 §5.2.5",
     .level = Level::must_not,
     .severity = Severity::minor,
     .stage = Stage::queue,
     .requirement = "Send no notice about a delay where NOTIFY= has no DELAY.",
     .remedy = "Look at NOTIFY= before a warning is sent.",
     .unexercised = "no recipient with such a NOTIFY= was deferred, or no notice ever came to the "
                    "sender's domain here",
     .judge_course = dsn_delay_rule,
     .senders = with_queue},
    {.slug = "dsn-format",
     .source = "RFC 3464 §2; RFC 5321 §3.6.3",
     .level = Level::should,
     .severity = Severity::minor,
     .stage = Stage::queue,
     .requirement = "Send notices as multipart/report with Reporting-MTA, Final-Recipient, Action "
                    "and Status.",
     .remedy = "Add a part message/delivery-status, so that programs can read the notice.",
     .unexercised = "no notice arrived",
     .judge_course = dsn_format,
     .senders = with_queue},
};

}  // namespace

std::span<const Rule> dsn_rules() {
    return rules;
}

}  // namespace fakemx::conformance
