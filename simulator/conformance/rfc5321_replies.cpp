// RFC 5321 §4.2, §4.3.2, §4.5.3.1.5: replies in all their forms, and what a client makes of them.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "conformance/chapters.h"
#include "conformance/grammar.h"
#include "conformance/hearing.h"
#include "conformance/reaction.h"
#include "core/text.h"
#include "smtp/reply.h"

namespace fakemx::conformance {

namespace {

using smtp::Verb;

/// RFC 5321 §4.2.3, and what its extensions add.
constexpr std::array codes_known{211, 214, 220, 221, 235, 250, 251, 252, 334, 354, 421, 432,
                                 450, 451, 452, 454, 455, 500, 501, 502, 503, 504, 521, 530,
                                 534, 535, 538, 550, 551, 552, 553, 554, 555, 556};

std::ptrdiff_t count_lines(std::string_view text) {
    return std::count(text.begin(), text.end(), '\n') + 1;
}

void reply_multiline(const Dialogue& d, Hearing& h) {
    each_form(d, h, "a reply of several lines", [](const Reply& reply) {
        const auto lines = count_lines(reply.text);
        return lines > 1 && lines < 50;
    });
}

void reply_long_multiline(const Dialogue& d, Hearing& h) {
    each_form(d, h, "a reply of many lines", [](const Reply& reply) {
        const auto lines = count_lines(reply.text);
        return lines >= 50 && lines <= 100;
    });
}

void reply_bare_code(const Dialogue& d, Hearing& h) {
    // Many clients that ask for a blank behind the code take one without text.
    each_form(d, h, "a code without text", [](const Reply& reply) {
        return reply.code != 0 && reply.text.empty() && !reply.form.blank_only;
    });
}

void reply_code_only(const Dialogue& d, Hearing& h) {
    each_form(d, h, "a text that contradicts its code", [](const Reply& reply) {
        const std::string text = ascii_lower(reply.text);
        const auto says = [&](std::initializer_list<std::string_view> words) {
            return std::any_of(words.begin(), words.end(), [&](std::string_view word) {
                return text.find(word) != std::string::npos;
            });
        };
        const auto has_bad_words = [&] {
            return says({"error", "reject", "fail", "denied", "refused"});
        };
        if (reply.code / 100 == 2) return has_bad_words();
        return reply.code / 100 >= 4 &&
               says({"accepted", "sender ok", "recipient ok", "queued as"}) && !has_bad_words();
    });
}

void reply_first_digit(const Dialogue& d, Hearing& h) {
    each_form(d, h, "a code that nobody knows", [](const Reply& reply) {
        return reply.code >= 200 && reply.code < 600 && reply.code / 100 != 3 &&
               std::find(codes_known.begin(), codes_known.end(), reply.code) == codes_known.end();
    });
}

void reply_3yz_unexpected(const Dialogue& d, Hearing& h) {
    for (const Exchange& exchange : in_step(d)) {
        const Reply* reply = exchange.reply();
        if (exchange.verb != Verb::mail && exchange.verb != Verb::rcpt) continue;
        if (reply == nullptr || !reply->is(3)) continue;
        const Reaction reaction = reaction_to(d, exchange);
        if (reaction == Reaction::unclear) continue;
        const Exchange* next = d.next(exchange);
        hear_step(d, h, reaction == Reaction::gave_up, exchange, next != nullptr ? *next : exchange,
                  fmt::format("went on behind {} to {}", reply->code, verb_of(exchange.line)));
    }
}

void reply_out_of_range(const Dialogue& d, Hearing& h) {
    for (const Exchange& exchange : in_step(d)) {
        const Reply* reply = exchange.last_reply();
        if (reply == nullptr || reply->lost || reply->silent || reply->text.empty()) continue;
        if (reply->code >= 200 && reply->code <= 599) continue;
        const Reaction reaction = reaction_to(d, exchange);
        if (reaction == Reaction::unclear) continue;
        const Exchange* next = d.next(exchange);
        hear_step(d, h, reaction == Reaction::gave_up, exchange, next != nullptr ? *next : exchange,
                  fmt::format("went on behind what is no reply of 2yz to 5yz to {}",
                              verb_of(exchange.line)));
    }
}

void reply_line_512(const Dialogue& d, Hearing& h) {
    each_form(d, h, "a line of 510 to 512 octets", [](const Reply& reply) {
        const std::size_t octets = longest_line(reply.text);
        return octets >= 510 && octets <= 512;
    });
}

void reply_enhanced_mismatch(const Dialogue& d, Hearing& h) {
    each_form(d, h, "an enhanced code of another class", [](const Reply& reply) {
        const std::string_view word =
            std::string_view{reply.text}.substr(0, reply.text.find_first_of(" \n"));
        const auto enhanced = smtp::parse_enhanced_code(word);
        return enhanced && enhanced->status_class != reply.code / 100;
    });
}

void reply_251(const Dialogue& d, Hearing& h) {
    for (const Exchange& exchange : in_step(d)) {
        const Reply* reply = exchange.reply();
        if (exchange.verb != Verb::rcpt || reply == nullptr ||
            (reply->code != 251 && reply->code != 252) || names_international_path(d, exchange))
            continue;
        const Reaction reaction = reaction_to(d, exchange);
        if (reaction == Reaction::unclear) continue;
        h.kept_if(reaction == Reaction::went_on, d, exchange, "gave up behind {}", reply->code);
    }
}

void reply_421_any(const Dialogue& d, Hearing& h) {
    for (const Exchange& exchange : in_step(d)) {
        // To EHLO it is ehlo-421-no-helo's.
        if (exchange.verb == Verb::ehlo || exchange.verb == Verb::helo) continue;
        const Reply* reply = exchange.message ? exchange.verdict() : exchange.last_reply();
        if (reply == nullptr || reply->code != 421 || reply->lost) continue;
        const Exchange* next = next_informed(d, exchange);
        // RSET and NOOP begin nothing.
        while (next != nullptr &&
               (next->pipelined || next->verb == Verb::rset || next->verb == Verb::noop))
            next = d.next(*next);
        if (next == nullptr && !d.ended) continue;
        if (next == nullptr) {
            h.kept();
        } else {
            hear_step(d, h, next->verb == Verb::quit, exchange, *next,
                      fmt::format("{} behind 421", verb_of(next->line)));
        }
    }
}

/// How the recipients of a transaction were answered, and what followed.
struct Recipients {
    std::uint32_t accepted = 0;
    std::uint32_t refused = 0;
    const Exchange* data = nullptr;  ///< DATA, or the first BDAT
    const Exchange* last = nullptr;  ///< the last RCPT
};

template <class Judge>
void each_transaction(const Dialogue& d, const Judge& judge) {
    Recipients now;
    const auto known = in_step(d);
    for (const Exchange& exchange : known) {
        if (exchange.verb == Verb::mail) {
            if (now.last != nullptr) judge(now);
            now = {};
        } else if (exchange.verb == Verb::rcpt) {
            const Reply* reply = exchange.reply();
            now.last = &exchange;
            if (exchange.accepted()) ++now.accepted;
            if (reply != nullptr && (reply->is(4) || reply->is(5))) ++now.refused;
        } else if ((exchange.verb == Verb::data || exchange.verb == Verb::bdat) &&
                   now.data == nullptr) {
            now.data = &exchange;
        }
    }
    // What a transaction came to behind one reply too many says nothing.
    if (now.last != nullptr && known.size() == d.exchanges.size()) judge(now);
}

void rcpt_partial_deliver(const Dialogue& d, Hearing& h) {
    each_transaction(d, [&](const Recipients& all) {
        const Reply* last = all.last->reply();
        // Behind 421 nothing follows, nor behind a reply that never came.
        if (all.accepted == 0 || all.refused == 0 || last == nullptr || last->code == 421 ||
            last->silent || last->lost || !d.ended || came_too_late(d, *last))
            return;
        if (all.data == nullptr && !d.ended_by_client() && d.ended->how != smtp::Ended::How::quit)
            return;
        h.kept_if(all.data != nullptr, d, *all.last,
                  "given up although {} of {} recipients were accepted", all.accepted,
                  all.accepted + all.refused);
    });
}

void rcpt_all_rejected(const Dialogue& d, Hearing& h) {
    each_transaction(d, [&](const Recipients& all) {
        if (all.accepted != 0 || all.refused == 0) return;
        // On its way with the recipients it is pipe-354-no-rcpt's.
        if (all.data != nullptr && read_before(d, *all.last, *all.data) == Read::no) return;
        const bool sent =
            all.data != nullptr && all.data->message && all.data->message->seen.octets != 0;
        if (sent) {
            h.broken(d, *all.data, "a message for nobody");
        } else if (all.data == nullptr && d.ended) {
            h.kept();
        }
    });
}

constexpr Rule rules[] = {
    {.slug = "reply-multiline",
     .source = "RFC 5321 §4.2, §4.2.1; RFC 2920 §3.1",
     .level = Level::must,
     .severity = Severity::critical,
     .stage = Stage::any,
     .requirement = "Take replies of several lines to any command.",
     .remedy = "Read lines until the code is followed by a blank or the line's end.",
     .unexercised = "no reply to be gone on from had several lines",
     .judge = reply_multiline},
    {.slug = "reply-bare-code",
     .source = "RFC 5321 §4.2, §4.2.1",
     .level = Level::must,
     .severity = Severity::major,
     .stage = Stage::any,
     .requirement = "Take a reply that is a code alone.",
     .remedy = "Do not ask for a blank or text behind the three digits.",
     .unexercised = "no reply to be gone on from was a code alone",
     .judge = reply_bare_code},
    {.slug = "reply-code-only",
     .source = "RFC 5321 §4.2; RFC 1123 §5.2.10",
     .level = Level::must,
     .severity = Severity::major,
     .stage = Stage::any,
     .requirement = "Go by the code of a reply, never by its text.",
     .remedy = "Look at the three digits only.",
     .unexercised = "no reply to be gone on from had a text that contradicts it",
     .judge = reply_code_only},
    {.slug = "reply-first-digit",
     .source = "RFC 5321 §4.2, §4.3.2; RFC 1123 §5.2.10",
     .level = Level::must,
     .severity = Severity::major,
     .stage = Stage::any,
     .requirement = "Go by the first digit of a code that is not known.",
     .remedy = "Take any 2yz for success, 4yz for a failure for now and 5yz for one for good.",
     .unexercised = "the code of every reply to be gone on from was one of the RFCs'",
     .judge = reply_first_digit},
    {.slug = "reply-3yz-unexpected",
     .source = "RFC 5321 §4.2.1",
     .level = Level::derived,
     .severity = Severity::critical,
     .stage = Stage::any,
     .requirement = "Take 3yz to MAIL or RCPT for a failure.",
     .remedy = "Ask for 2yz, and not for anything under 400.",
     .unexercised = "neither MAIL nor RCPT was answered with 3yz",
     .judge = reply_3yz_unexpected},
    {.slug = "reply-out-of-range",
     .source = "RFC 5321 §4.2",
     .level = Level::should,
     .severity = Severity::major,
     .stage = Stage::any,
     .requirement = "Take a code outside of 200 to 599, and what is no reply, for a failure.",
     .remedy = "End the transaction when a reply cannot be understood.",
     .unexercised = "every reply was one of 2yz to 5yz",
     .judge = reply_out_of_range},
    {.slug = "reply-421-any",
     .source = "RFC 5321 §3.8, §4.2.2, §4.3.2",
     .level = Level::must,
     .severity = Severity::major,
     .stage = Stage::any,
     .requirement = "Behind 421 send nothing but QUIT.",
     .remedy = "Close the connection behind 421, and try again later.",
     .unexercised = "no command was answered with 421",
     .judge = reply_421_any},
    {.slug = "reply-line-512",
     .source = "RFC 5321 §4.5.3.1.5",
     .level = Level::must,
     .severity = Severity::major,
     .stage = Stage::any,
     .requirement = "Take reply lines of up to 512 octets with their CRLF.",
     .remedy = "Have room for 512 octets at least.",
     .unexercised = "no reply to be gone on from had a line of 510 to 512 octets",
     .judge = reply_line_512},
    {.slug = "reply-long-multiline",
     .source = "RFC 5321 §4.2.1",
     .level = Level::derived,
     .severity = Severity::minor,
     .stage = Stage::any,
     .requirement = "Take replies of a hundred lines.",
     .remedy = "Do not count the lines of a reply, or stop later.",
     .unexercised = "no reply to be gone on from had 50 to 100 lines",
     .judge = reply_long_multiline},
    {.slug = "reply-enhanced-mismatch",
     .source = "RFC 2034 §4; RFC 3463 §2; RFC 5321 §4.2",
     .level = Level::must,
     .severity = Severity::major,
     .stage = Stage::any,
     .requirement = "Go by the reply code where the enhanced code contradicts it.",
     .remedy = "Look at the three digits only.",
     .unexercised = "no reply to be gone on from had an enhanced code that contradicts it",
     .judge = reply_enhanced_mismatch},
    {.slug = "reply-251",
     .source = "RFC 5321 §3.4, §4.3.2",
     .level = Level::must,
     .severity = Severity::major,
     .stage = Stage::rcpt,
     .requirement = "Take 251 and 252 to RCPT for acceptance.",
     .remedy = "Take any 2yz to RCPT for success.",
     .unexercised = "RCPT was never answered with 251 or 252",
     .judge = reply_251},
    {.slug = "rcpt-partial-deliver",
     .source = "RFC 5321 §3.3, §4.5.3.1.10; RFC 2920 §1",
     .level = Level::derived,
     .severity = Severity::major,
     .stage = Stage::rcpt,
     .requirement =
         "Send the message to the recipients that were accepted, whatever became of the others.",
     .remedy = "Send DATA when one recipient at least was accepted.",
     .unexercised = "the recipients of each transaction were accepted or refused together",
     .judge = rcpt_partial_deliver},
    {.slug = "rcpt-all-rejected",
     .source = "RFC 5321 §3.3; RFC 2920 §3.1",
     .level = Level::must_not,
     .severity = Severity::critical,
     .stage = Stage::rcpt,
     .requirement = "Send no message when every recipient was refused.",
     .remedy = "Look at the replies to RCPT before the message is sent.",
     .unexercised = "some recipient was accepted in each transaction",
     .judge = rcpt_all_rejected},
};

}  // namespace

std::span<const Rule> reply_rules() {
    return rules;
}

}  // namespace fakemx::conformance
