// RFC 5321 §3.6.3, §4.1.1.4, §4.5.2, §6.4; RFC 3030 §2; RFC 6152 §3: what arrives is what the sender was given. Each difference is one
// rule's: BodyChange says whose.
#include <algorithm>

#include <fmt/format.h>

#include "conformance/chapters.h"
#include "conformance/hearing.h"
#include "core/text.h"

namespace fakemx::conformance {

namespace {

using smtp::Verb;

/// A copy with the command that it came by.
struct Arrival {
    const Submission& submission;
    const Copy& copy;
    const Dialogue& dialogue;
    const Exchange& exchange;

    bool offers_eight_bit() const {
        const Offers& offers = dialogue.offered(exchange);
        return offers.has("8BITMIME") || offers.has("SMTPUTF8") || offers.has("BINARYMIME");
    }
};

/// The copies that can be compared and are no other rule's: data-dot-stuff and data-smuggle-eod speak of those whose end was not
/// where the sender meant it.
template <class Judge>
void each_arrival(const Course& course, const Judge& judge) {
    for (const Submission& submission : course.submissions) {
        for (const Copy& copy : submission.copies) {
            const Exchange* exchange = course.message_of(copy.session, copy.transaction);
            if (exchange == nullptr || !copy.whole || exchange->spill) continue;
            const smtp::MessageSeen& seen = exchange->message->seen;
            if (seen.bare_dot_lines != 0 || seen.lookalikes.any()) continue;
            judge(Arrival{submission, copy, *course.session(copy.session), *exchange});
        }
    }
}

/// It was not even tried, and the sender does not think that it was delivered.
bool was_refused_by_sender(const Course& course, const Submission& submission) {
    const auto& beliefs = submission.beliefs;
    const bool failed =
        !beliefs.empty() && std::none_of(beliefs.begin(), beliefs.end(), [](const auto& one) {
            return one.belief == journal::Belief::delivered;
        });
    const auto& from = submission.given.from;
    return course.has_ended && failed &&
           std::none_of(course.sessions.begin(), course.sessions.end(), [&](const Dialogue& d) {
               return std::any_of(d.exchanges.begin(), d.exchanges.end(), [&](const Exchange& one) {
                   return one.verb == Verb::mail && one.path && one.path->address() == from;
               });
           });
}

void hear(Hearing& h, const Arrival& one, BodyChange wrong) {
    if (one.copy.change == wrong) h.broken(one.dialogue, one.exchange, one.copy.difference);
}

void data_dot_boundaries(const Course& course, Hearing& h) {
    each_arrival(course, [&](const Arrival& one) {
        if (one.exchange.verb != Verb::data) return;
        if (one.copy.change == BodyChange::none && one.copy.dots_at_boundaries != 0) h.kept();
        hear(h, one, BodyChange::dots);
    });
}

void bdat_no_stuffing(const Course& course, Hearing& h) {
    each_arrival(course, [&](const Arrival& one) {
        if (one.exchange.verb != Verb::bdat) return;
        const bool has_dots = one.submission.given.text.find("\n.") != std::string::npos;
        if (one.copy.change == BodyChange::none && has_dots) h.kept();
        hear(h, one, BodyChange::dots);
    });
}

void data_no_extra_crlf(const Course& course, Hearing& h) {
    each_arrival(course, [&](const Arrival& one) {
        if (one.copy.change == BodyChange::none && one.submission.given.text.ends_with('\n'))
            h.kept();
        hear(h, one, BodyChange::empty_lines);
    });
}

void data_final_newline(const Course& course, Hearing& h) {
    for (const Submission& submission : course.submissions) {
        if (!submission.given.text.ends_with('\n') && was_refused_by_sender(course, submission))
            h.kept();
    }
    each_arrival(course, [&](const Arrival& one) {
        if (one.copy.change == BodyChange::none && !one.submission.given.text.ends_with('\n'))
            h.kept();
        hear(h, one, BodyChange::last_line);
    });
}

void data_truncation(const Course& course, Hearing& h) {
    each_arrival(course, [&](const Arrival& one) {
        if (one.copy.change == BodyChange::none) h.kept();
        hear(h, one, BodyChange::cut);
    });
}

void eight_bit_downgrade(const Course& course, Hearing& h) {
    each_arrival(course, [&](const Arrival& one) {
        if (is_ascii(one.submission.given.text) || one.offers_eight_bit()) return;
        if (one.copy.change == BodyChange::none && one.copy.recoded) h.kept();
        hear(h, one, BodyChange::recoded);
    });
}

void data_fidelity(const Course& course, Hearing& h) {
    each_arrival(course, [&](const Arrival& one) {
        const bool downgraded = !is_ascii(one.submission.given.text) && !one.offers_eight_bit();
        hear(h, one, BodyChange::other);
        if (!downgraded) hear(h, one, BodyChange::recoded);
        if (one.copy.change != BodyChange::none) return;
        // Who takes mail in from its author may complete and correct its header (RFC 6409 §8).
        const bool may_correct = course.sender != Sender::relay;
        h.kept_if(may_correct || one.copy.header_difference.empty(), one.dialogue, one.exchange,
                  one.copy.header_difference);
    });
}

constexpr Rule rules[] = {
    {.slug = "data-dot-boundaries",
     .source = "RFC 5321 §4.5.2",
     .level = Level::must,
     .severity = Severity::critical,
     .stage = Stage::data,
     .requirement = "Put one dot before each line that begins with one, wherever a buffer ends.",
     .remedy = "Keep in mind whether a line begins, from one buffer to the next.",
     .unexercised = "no message that was given had a line with a dot where buffers end, every 512 "
                    "octets",
     .judge_course = data_dot_boundaries},
    {.slug = "bdat-no-stuffing",
     .source = "RFC 3030 §2",
     .level = Level::derived,
     .severity = Severity::critical,
     .stage = Stage::data,
     .requirement = "In chunks put no dot before a line, and none at the end.",
     .remedy = "Leave out dot-stuffing and the last dot where BDAT is used.",
     .unexercised = "no message that was given had a line with a dot and was sent in chunks",
     .judge_course = bdat_no_stuffing},
    {.slug = "data-no-extra-crlf",
     .source = "RFC 5321 §4.1.1.4",
     .level = Level::must_not,
     .severity = Severity::minor,
     .stage = Stage::data,
     .requirement = "Add no empty line to a message that ends with a line end, and take none off.",
     .remedy = "Look at the last two octets before CRLF is put before the last dot.",
     .unexercised = "no message that was given and ends with a line end arrived",
     .judge_course = data_no_extra_crlf},
    {.slug = "data-final-newline",
     .source = "RFC 5321 §4.1.1.4",
     .level = Level::must,
     .severity = Severity::major,
     .stage = Stage::data,
     .requirement = "End the last line of a message that does not, or do not send it.",
     .remedy = "Add CRLF where the text does not end with it.",
     .unexercised = "no message that was given had a last line without an end",
     .judge_course = data_final_newline},
    {.slug = "data-truncation",
     .source = "RFC 5321 §4.1.1.10, §3.3",
     .level = Level::derived,
     .severity = Severity::critical,
     .stage = Stage::data,
     .requirement = "End the data only of a message that was sent whole.",
     .remedy = "Drop the connection when the rest of a message cannot be read.",
     .unexercised = "no message that was given arrived",
     .judge_course = data_truncation},
    {.slug = "8bit-downgrade",
     .source = "RFC 6152 §3",
     .level = Level::must,
     .severity = Severity::major,
     .stage = Stage::data,
     .requirement = "Where 8BITMIME is not offered, recode a message so that it says the same.",
     .remedy = "Encode each part with octets over 127 as quoted-printable or base64, and say so in "
               "its header.",
     .unexercised = "no message with octets over 127 was recoded where 8BITMIME was not offered",
     .judge_course = eight_bit_downgrade},
    {.slug = "data-fidelity",
     .source = "RFC 5321 §3.6.3, §4.4, §6.4",
     .level = Level::must_not,
     .severity = Severity::major,
     .stage = Stage::data,
     .requirement =
         "Change nothing in a message. A relay adds trace fields, and changes no other field.",
     .remedy = "Send the text as it was given.",
     .unexercised = "no message that was given arrived",
     .judge_course = data_fidelity},
};

}  // namespace

std::span<const Rule> fidelity_rules() {
    return rules;
}

}  // namespace fakemx::conformance
