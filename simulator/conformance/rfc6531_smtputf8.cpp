// RFC 6531: SMTPUTF8.
#include <algorithm>

#include <fmt/format.h>

#include "conformance/chapters.h"
#include "conformance/grammar.h"
#include "conformance/hearing.h"
#include "conformance/notices.h"
#include "conformance/reaction.h"
#include "core/text.h"
#include "core/words.h"

namespace fakemx::conformance {

namespace {

using smtp::Verb;

/// The transaction that a MAIL began: its commands up to the next MAIL.
template <class Judge>
void each_transaction(const Dialogue& d, const Judge& judge) {
    for (auto mail = d.exchanges.begin(); mail != d.exchanges.end(); ++mail) {
        if (mail->verb != Verb::mail || mail->offer == 0) continue;
        const auto end = std::find_if(mail + 1, d.exchanges.end(),
                                      [](const Exchange& one) { return one.verb == Verb::mail; });
        judge(*mail, mail, end);
    }
}

void utf8_not_without_ext(const Dialogue& d, Hearing& h) {
    for (const Exchange& exchange : d.exchanges) {
        if (!is_path_command(exchange) || exchange.offer == 0 ||
            d.offered(exchange).has("SMTPUTF8"))
            continue;
        h.kept_if(is_ascii(exchange.line), d, exchange,
                  "an internationalized address, and SMTPUTF8 was not offered");
    }
}

void utf8_param_required(const Dialogue& d, Hearing& h) {
    each_transaction(d, [&](const Exchange& mail, auto begin, auto end) {
        if (!d.offered(mail).has("SMTPUTF8")) return;
        const bool address = std::any_of(begin, end, [](const Exchange& one) {
            return is_path_command(one) && !is_ascii(one.line) && is_utf8(one.line);
        });
        const bool header = std::any_of(begin, end, [](const Exchange& one) {
            return one.message && one.message->header && one.message->header->eight_bit;
        });
        if (!address && !header) return;
        h.kept_if(parameter_of(mail, "SMTPUTF8") != nullptr, d, mail,
                  address ? "an internationalized address without SMTPUTF8"
                          : "an internationalized header without SMTPUTF8");
    });
}

void utf8_param_unneeded(const Dialogue& d, Hearing& h) {
    each_transaction(d, [&](const Exchange& mail, auto begin, auto end) {
        if (!d.offered(mail).has("SMTPUTF8")) return;
        const bool ascii = std::all_of(begin, end, [](const Exchange& one) {
            return !is_path_command(one) || is_ascii(one.line);
        });
        const auto message =
            std::find_if(begin, end, [](const Exchange& one) { return one.message.has_value(); });
        // A header deep inside may need it, where octets over 127 are somewhere.
        if (!ascii || message == end || message->message->seen.eight_bit) return;
        h.kept_if(!parameter_of(mail, "SMTPUTF8"), d, mail,
                  "SMTPUTF8 for a message that is all ASCII");
    });
}

bool is_international(const Submission& submission) {
    const auto& to = submission.given.to;
    return !is_ascii(submission.given.from) ||
           std::any_of(to.begin(), to.end(), [](const std::string& one) { return !is_ascii(one); });
}

/// Some EHLO reply of the run offered SMTPUTF8, with these words behind it or without any.
bool was_offered(const Dialogue& d, bool with_words) {
    return std::any_of(d.offers.begin(), d.offers.end(), [&](const Offers& offers) {
        const auto value = offers.value("SMTPUTF8");
        return value && (!with_words || !value->empty());
    });
}

void utf8_reject(const Course& course, Hearing& h) {
    const bool offered =
        std::any_of(course.sessions.begin(), course.sessions.end(),
                    [](const Dialogue& dialogue) { return was_offered(dialogue, false); });
    if (offered || !course.has_ended || course.sessions.empty()) return;
    const NoticeBook notices{course};
    for (const Submission& submission : course.submissions) {
        if (!is_international(submission) || !submission.copies.empty() ||
            submission.message_id.empty())
            continue;
        const bool notice =
            std::any_of(course.reports.begin(), course.reports.end(), [&](const Report& report) {
                return report.notice.message_id == submission.message_id;
            });
        const auto& beliefs = submission.beliefs;
        const bool lied = std::any_of(beliefs.begin(), beliefs.end(), [](const auto& one) {
            return one.belief == journal::Belief::delivered && !one.by_status;
        });
        const bool silent = course.end - course.begin >= h.thresholds().notice_within &&
                            notices.come_home(submission.given.from);
        if (lied || (beliefs.empty() && !notice && silent)) {
            h.broken(course.end, fmt::format("nobody was told that the message of {} was not sent",
                                             path_of(submission.given.from)));
        } else if (notice || !beliefs.empty()) {
            h.kept();
        }
    }
}

void utf8_ehlo_params_ignored(const Course& course, Hearing& h) {
    const bool needed =
        std::any_of(course.submissions.begin(), course.submissions.end(), is_international);
    // A client that never uses it need not read what is said of it.
    const bool used =
        std::any_of(course.sessions.begin(), course.sessions.end(), [](const Dialogue& d) {
            return was_offered(d, false) &&
                   std::any_of(d.exchanges.begin(), d.exchanges.end(), [](const Exchange& one) {
                       return one.verb == Verb::mail && parameter_of(one, "SMTPUTF8");
                   });
        });
    if (!needed) return;
    for (const Dialogue& d : course.sessions) {
        if (!was_offered(d, true)) continue;
        const auto mail =
            std::find_if(d.exchanges.begin(), d.exchanges.end(), [](const Exchange& one) {
                return one.verb == Verb::mail && parameter_of(one, "SMTPUTF8");
            });
        if (mail != d.exchanges.end()) {
            h.kept();
        } else if (used &&
                   (d.ended_by_client() || (d.ended && d.ended->how == smtp::Ended::How::quit))) {
            h.suspected(d, d.ended_event, d.ended_at,
                        "no use of SMTPUTF8, which was offered with words behind it");
        }
    }
}

void utf8_251(const Dialogue& d, Hearing& h) {
    for (const Exchange& exchange : d.exchanges) {
        if (!names_international_path(d, exchange)) continue;
        const Reaction reaction = reaction_to(d, exchange);
        if (reaction == Reaction::unclear) continue;
        h.kept_if(reaction == Reaction::went_on, d, exchange,
                  "gave up behind 251 with an internationalized path");
    }
}

constexpr Rule rules[] = {
    {.slug = "utf8-not-without-ext",
     .source = "RFC 6531 §3.2, §3.5",
     .level = Level::must_not,
     .severity = Severity::critical,
     .stage = Stage::mail,
     .requirement = "Send no internationalized address to a server that does not offer SMTPUTF8.",
     .remedy = "Fail the message there, or use its ASCII form where there is one.",
     .unexercised = "SMTPUTF8 was offered throughout, or no MAIL was sent",
     .judge = utf8_not_without_ext},
    {.slug = "utf8-param-required",
     .source = "RFC 6531 §3.4",
     .level = Level::must,
     .severity = Severity::major,
     .stage = Stage::mail,
     .requirement = "Say SMTPUTF8 in MAIL when the envelope or the header section needs it.",
     .remedy = "Look through the addresses and the header before MAIL is sent.",
     .unexercised = "no internationalized message was sent where SMTPUTF8 was offered",
     .judge = utf8_param_required},
    {.slug = "utf8-param-unneeded",
     .source = "RFC 6531 §3.4",
     .level = Level::should_not,
     .severity = Severity::minor,
     .stage = Stage::mail,
     .requirement = "Say no SMTPUTF8 for a message and an envelope that are ASCII.",
     .remedy = "Add SMTPUTF8 only where it is needed.",
     .unexercised = "no ASCII message was sent where SMTPUTF8 was offered",
     .judge = utf8_param_unneeded},
    {.slug = "utf8-reject",
     .source = "RFC 6531 §3.2",
     .level = Level::should,
     .severity = Severity::major,
     .stage = Stage::mail,
     .requirement = "Fail an internationalized message, and say so, where no server offers "
                    "SMTPUTF8.",
     .remedy = "Tell the caller, or send a notice with the status 5.6.7.",
     .unexercised = "no internationalized message was given, SMTPUTF8 was offered, or nobody knows "
                    "what the sender said of it",
     .judge_course = utf8_reject},
    {.slug = "utf8-ehlo-params-ignored",
     .source = "RFC 6531 §3.1",
     .level = Level::must,
     .severity = Severity::minor,
     .stage = Stage::ehlo,
     .requirement = "Pass over what stands behind SMTPUTF8 in the EHLO reply.",
     .remedy = "Compare the keyword alone.",
     .unexercised = "no internationalized message was given where SMTPUTF8 was offered with words "
                    "behind it",
     .judge_course = utf8_ehlo_params_ignored},
    {.slug = "utf8-251",
     .source = "RFC 6531 §3.7.4.1",
     .level = Level::must,
     .severity = Severity::info,
     .stage = Stage::rcpt,
     .requirement = "Take 251 with an internationalized path for acceptance, too.",
     .remedy = "Go by the code, and take replies in UTF-8 where SMTPUTF8 was said.",
     .unexercised = "RCPT was never answered with 251 and octets over 127 where SMTPUTF8 was said",
     .judge = utf8_251},
};

}  // namespace

std::span<const Rule> smtputf8_rules() {
    return rules;
}

}  // namespace fakemx::conformance
