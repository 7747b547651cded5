// RFC 1870: SIZE.
#include <algorithm>

#include <fmt/format.h>

#include "conformance/chapters.h"
#include "conformance/grammar.h"
#include "conformance/hearing.h"
#include "conformance/reaction.h"
#include "core/text.h"

namespace fakemx::conformance {

namespace {

using smtp::Verb;

template <class Judge>
void each_message(const Dialogue& d, const Judge& judge) {
    for (const Exchange& exchange : d.exchanges) {
        if (!exchange.message || !d.offered(exchange).has("SIZE")) continue;
        const Exchange* mail = d.mail_of(exchange);
        if (mail != nullptr) judge(exchange, *mail, exchange.message->seen.octets);
    }
}

/// The limit that is offered; nothing without one (RFC 1870 §3: 0 is none).
std::optional<std::uint64_t> limit_of(const Offers& offers) {
    const auto limit = parse_decimal(offers.value("SIZE").value_or(""));
    return limit && *limit != 0 ? limit : std::nullopt;
}

void size_respect_limit(const Dialogue& d, Hearing& h) {
    for (const Exchange& exchange : d.exchanges) {
        if (!exchange.message && exchange.verb != Verb::mail) continue;
        const auto limit = limit_of(d.offered(exchange));
        if (!limit) continue;
        if (exchange.message) {
            h.kept_if(exchange.message->seen.octets <= *limit, d, exchange,
                      "{} octets where {} are the limit", exchange.message->seen.octets, *limit);
        } else {
            // It may ask, and be told 552.
            const auto size = parameter_of(exchange, "SIZE");
            const auto octets = size ? parse_decimal(size->value) : std::nullopt;
            if (octets && *octets > *limit && !exchange.accepted()) h.kept();
        }
    }
}

void size_declare(const Dialogue& d, Hearing& h) {
    each_message(d, [&](const Exchange&, const Exchange& mail, std::uint64_t octets) {
        if (octets < h.thresholds().large_message_octets) return;
        h.kept_if(parameter_of(mail, "SIZE") != nullptr, d, mail, "no SIZE= for {} octets", octets);
    });
}

void size_accurate(const Dialogue& d, Hearing& h) {
    each_message(d, [&](const Exchange&, const Exchange& mail, std::uint64_t octets) {
        const auto size = parameter_of(mail, "SIZE");
        const auto declared = size ? parse_decimal(size->value) : std::nullopt;
        if (!declared) return;
        const bool fits = *declared >= octets &&
                          *declared <= octets + octets / 10 + h.thresholds().size_slack_octets;
        h.kept_if(fits, d, mail, "SIZE={} for {} octets", *declared, octets);
    });
}

void size_syntax(const Dialogue& d, Hearing& h) {
    for (const Exchange& exchange : d.exchanges) {
        const auto& parameters = exchange.parameters;
        const auto is_size = [](const smtp::Parameter& one) { return one.keyword == "SIZE"; };
        const auto size = std::find_if(parameters.begin(), parameters.end(), is_size);
        if (exchange.verb != Verb::mail || size == parameters.end()) continue;
        const auto times = std::count_if(parameters.begin(), parameters.end(), is_size);
        const bool digits = !size->value.empty() && size->value.size() <= 20 &&
                            std::all_of(size->value.begin(), size->value.end(), is_ascii_digit);
        h.kept_if(digits && times == 1, d, exchange,
                  times != 1 ? "SIZE= twice"
                             : fmt::format("'{}' is no number of 1 to 20 digits",
                                           escape_octets(size->value)));
    }
}

void size_552_mail(const Dialogue& d, Hearing& h) {
    for (const Exchange& exchange : in_step(d)) {
        const Reply* reply = exchange.reply();
        if (exchange.verb != Verb::mail || reply == nullptr || reply->lost ||
            (reply->code != 552 && reply->code != 452) || !parameter_of(exchange, "SIZE"))
            continue;
        const Exchange* next = next_informed(d, exchange);
        if (next == nullptr) {
            if (d.ended) h.kept();
            return;
        }
        const bool ends = next->verb == Verb::rset || next->verb == Verb::quit;
        hear_step(d, h, ends, exchange, *next,
                  fmt::format("neither RSET nor QUIT behind {} to MAIL", reply->code));
    }
}

/// The size of a message was declared and no fault was found with it.
bool size_was_accepted(const Course& course, const oracle::Attempt& attempt) {
    const Exchange* mail = course.mail_of(attempt);
    return mail != nullptr && mail->accepted() && parameter_of(*mail, "SIZE") != nullptr;
}

void size_452_mail(const Course& course, Hearing& h) {
    for (const Submission& submission : course.submissions) {
        const std::string& from = submission.given.from;
        // With another message from the same address, a later MAIL might be about that one.
        const auto alike =
            std::count_if(course.submissions.begin(), course.submissions.end(),
                          [&](const Submission& one) { return one.given.from == from; });
        if (alike != 1 || from.empty()) continue;
        const Dialogue* where = nullptr;
        const Exchange* last = nullptr;
        bool again = false;
        for (const Dialogue& dialogue : course.sessions) {
            for (const Exchange& exchange : dialogue.exchanges) {
                if (exchange.verb != Verb::mail || !exchange.path ||
                    exchange.path->address() != from)
                    continue;
                again = again || last != nullptr;
                const Reply* reply = exchange.reply();
                if (reply == nullptr || reply->code != 452 || !parameter_of(exchange, "SIZE"))
                    continue;
                where = &dialogue;
                last = &exchange;
            }
        }
        if (last == nullptr) continue;
        if (again) {
            h.kept();
        } else if (course.end - last->at >= h.thresholds().retry_within) {
            h.broken(*where, *last,
                     fmt::format("no other try within {} after 452",
                                 format_duration(h.thresholds().retry_within)));
        }
    }
}

void size_552_rcpt(const Course& course, Hearing& h) {
    for (const oracle::Delivery& delivery : course.account.deliveries) {
        for (const oracle::Attempt& attempt : delivery.attempts) {
            // Behind others it is for being too many (RFC 5321 §4.5.3.1.10).
            if (delivery.is_notice || attempt.code != 552 || attempt.stage != smtp::Hook::rcpt ||
                !size_was_accepted(course, attempt) || course.had_no_room_for(attempt))
                continue;
            const oracle::Attempt& last = delivery.attempts.back();
            if (last.at > attempt.end() && !last.is_beside(attempt)) {
                h.broken(delivery, {attempt.id, last.id}, "tried again after 552");
            } else if (course.end - attempt.end() >= h.thresholds().retry_within) {
                h.kept();
            }
        }
    }
}

void size_after_data(const Course& course, Hearing& h) {
    for (const oracle::Delivery& delivery : course.account.deliveries) {
        const oracle::Attempt& last = delivery.attempts.back();
        const Submission* submission = course.submission(delivery);
        const auto* belief =
            submission == nullptr ? nullptr : submission->belief(delivery.recipient);
        if (belief == nullptr || belief->by_status || last.stage != smtp::Hook::message ||
            (last.code != 452 && last.code != 552) || !size_was_accepted(course, last))
            continue;
        h.kept_if(belief->belief != journal::Belief::delivered, delivery, {last.id},
                  "told as delivered after {}", last.code);
    }
}

constexpr Rule rules[] = {
    {.slug = "size-respect-limit",
     .source = "RFC 1870 §4, §7; RFC 5321 §4.5.3.1.7",
     .level = Level::should,
     .severity = Severity::major,
     .stage = Stage::mail,
     .requirement = "Send no message that is larger than the limit in the EHLO reply.",
     .remedy =
         "Compare the size with the limit, and fail the message with 5.3.4 without sending it.",
     .unexercised = "no limit was offered, or no message was sent",
     .judge = size_respect_limit},
    {.slug = "size-declare",
     .source = "RFC 5321 §4.5.3.1.7",
     .level = Level::should,
     .severity = Severity::minor,
     .stage = Stage::mail,
     .requirement = "Declare the size of a large message where SIZE is offered.",
     .remedy = "Add SIZE= to MAIL.",
     .unexercised = "SIZE was not offered, or no large message was sent",
     .judge = size_declare},
    {.slug = "size-accurate",
     .source = "RFC 1870 §5, §6",
     .level = Level::should,
     .severity = Severity::minor,
     .stage = Stage::mail,
     .requirement = "Declare at least the message's size, with CRLF for line ends and without the "
                    "dots put before lines.",
     .remedy = "Count each line end as two octets.",
     .unexercised = "no message had its size declared",
     .judge = size_accurate},
    {.slug = "size-syntax",
     .source = "RFC 1870 §3, §6",
     .level = Level::must,
     .severity = Severity::minor,
     .stage = Stage::mail,
     .requirement = "Write SIZE= with one to twenty digits, once.",
     .remedy = "Write the number of octets in decimal digits.",
     .unexercised = "no message had its size declared",
     .judge = size_syntax},
    {.slug = "size-552-mail",
     .source = "RFC 1870 §6.2",
     .level = Level::should,
     .severity = Severity::major,
     .stage = Stage::mail,
     .requirement = "Behind 552 or 452 to MAIL with SIZE=, send RSET or QUIT at once.",
     .remedy = "Give the transaction up: RSET or QUIT; what was on its way already may follow.",
     .unexercised = "MAIL with SIZE= was never answered with 552 or 452",
     .judge = size_552_mail},
    {.slug = "size-452-mail",
     .source = "RFC 1870 §6.2",
     .level = Level::should,
     .severity = Severity::major,
     .stage = Stage::mail,
     .requirement = "Come back later behind 452 to MAIL with SIZE=.",
     .remedy = "Keep the message in the queue: there may be room for it later.",
     .unexercised =
         "MAIL with SIZE= was never answered with 452, or the run did not go on for long "
         "enough behind it",
     .judge_course = size_452_mail,
     .senders = with_queue},
    {.slug = "size-552-rcpt",
     .source = "RFC 1870 §6.4",
     .level = Level::derived,
     .severity = Severity::minor,
     .stage = Stage::rcpt,
     .requirement = "Do not come back for a recipient that got 552 for the size.",
     .remedy = "Take 552 for a failure, unless others of the transaction were accepted before.",
     .unexercised = "no first recipient of a message with SIZE= got 552, or the run did not go on "
                    "for long enough behind it",
     .judge_course = size_552_rcpt,
     .senders = with_queue},
    {.slug = "size-after-data",
     .source = "RFC 1870 §6.2, §6.3",
     .level = Level::must,
     .severity = Severity::major,
     .stage = Stage::data,
     .requirement = "Take 452 and 552 behind the end of data for what they are, also where SIZE= "
                    "was accepted.",
     .remedy = "Look at the last reply, whatever was said to MAIL.",
     .unexercised = "no message whose size was accepted got 452 or 552 behind its data",
     .judge_course = size_after_data,
     .senders = with_caller},
};

}  // namespace

std::span<const Rule> size_rules() {
    return rules;
}

}  // namespace fakemx::conformance
