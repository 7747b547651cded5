// RFC 5321 §2.3.8, §2.4, §3.3, §4.1.1.4, §4.5.2, §4.5.3.1.6: the message data.
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

/// Messages that came behind DATA.
template <class Judge>
void each_by_data(const Dialogue& d, const Judge& judge) {
    for (const Exchange& exchange : d.exchanges) {
        if (exchange.message && exchange.verb == Verb::data)
            judge(exchange, exchange.message->seen);
    }
}

/// The last octets of a message that never came to its end.
std::string_view broken_off(const Dialogue& d) {
    const Oddity* cut = d.oddity(smtp::Anomaly::Kind::cut_off_message);
    constexpr std::string_view mark = "the last ones: ";
    if (cut == nullptr) return {};
    const std::size_t place = cut->detail.find(mark);
    return place == std::string::npos ? std::string_view{}
                                      : std::string_view{cut->detail}.substr(place + mark.size());
}

void data_only_after_354(const Dialogue& d, Hearing& h) {
    for (const Exchange& exchange : in_step(d)) {
        const Reply* reply = exchange.reply();
        if (exchange.verb != Verb::data || reply == nullptr || reply->code == 354 ||
            reply->silent || reply->lost)
            continue;
        if (exchange.spill) {
            h.broken(d, exchange.spill->event, exchange.spill->at,
                     fmt::format("message data behind {} to DATA", reply->code));
        } else if (exchange.message) {
            // The receiver takes a message behind any 3yz.
            h.broken(d, exchange, fmt::format("a message behind {} to DATA", reply->code));
        } else if (d.next(exchange) != nullptr || d.ended) {
            h.kept();
        }
    }
}

void data_no_valid_rcpt(const Dialogue& d, Hearing& h) {
    bool accepted = false;
    const Exchange* refused = nullptr;  // the last one
    // Behind one reply too many nobody knows what belongs to what.
    const auto known = in_step(d);
    for (const Exchange& exchange : known) {
        if (exchange.verb == Verb::mail) {
            // The end of a transaction in which all were refused and no DATA came.
            if (refused != nullptr && !accepted) h.kept();
            accepted = false;
            refused = nullptr;
        } else if (exchange.verb == Verb::rcpt) {
            const Reply* reply = exchange.reply();
            accepted = accepted || exchange.accepted();
            if (reply != nullptr && (reply->is(4) || reply->is(5))) refused = &exchange;
        } else if (exchange.verb == Verb::data && refused != nullptr && !accepted) {
            if (read_before(d, *refused, exchange) == Read::no) continue;
            // With a message behind it it is rcpt-all-rejected's.
            if (!exchange.message)
                hear_step(d, h, false, *refused, exchange,
                          "DATA although no recipient was accepted");
            refused = nullptr;
        }
    }
    if (refused != nullptr && !accepted && d.ended && known.size() == d.exchanges.size()) h.kept();
}

void data_terminator(const Dialogue& d, Hearing& h) {
    each_by_data(d, [&](const Exchange&, const smtp::MessageSeen&) { h.kept(); });
    const std::string_view tail = broken_off(d);
    const Oddity* cut = d.oddity(smtp::Anomaly::Kind::cut_off_message);
    for (const std::string_view end : {"\n.\n", "\n.\r", "\r.\r", "\r.\n", "\n.\r\n"}) {
        if (tail.ends_with(end))
            return h.broken(
                d, cut->event, cut->at,
                fmt::format("the data end with {} instead of CRLF.CRLF", escape_octets(end)));
    }
    if (tail.ends_with("\r\n.")) h.broken(d, cut->event, cut->at, "no CRLF behind the last dot");
}

void data_no_bare_lf(const Dialogue& d, Hearing& h) {
    each_by_data(d, [&](const Exchange& exchange, const smtp::MessageSeen& seen) {
        h.kept_if(seen.bare_lf == 0, d, exchange, "{} LF without CR", seen.bare_lf);
    });
}

void data_no_bare_cr(const Dialogue& d, Hearing& h) {
    each_by_data(d, [&](const Exchange& exchange, const smtp::MessageSeen& seen) {
        h.kept_if(seen.bare_cr == 0, d, exchange, "{} CR without LF", seen.bare_cr);
    });
}

void data_smuggle_eod(const Dialogue& d, Hearing& h) {
    each_by_data(d, [&](const Exchange& exchange, const smtp::MessageSeen& seen) {
        h.kept_if(!seen.lookalikes.any(), d, exchange, "a lenient receiver sees an end at {}",
                  seen.lookalikes.names());
    });
}

void data_dot_stuff(const Dialogue& d, Hearing& h) {
    each_by_data(d, [&](const Exchange& exchange, const smtp::MessageSeen& seen) {
        if (seen.bare_dot_lines != 0) {
            // One that resembles the end of data is data-smuggle-eod's.
            if (seen.lookalikes.any()) return;
            return h.broken(d, exchange,
                            fmt::format("{} lines begin with a single dot", seen.bare_dot_lines));
        }
        if (seen.dotted_lines != 0) h.kept();
        // The end of data within the text.
        if (exchange.spill)
            h.broken(d, exchange.spill->event, exchange.spill->at,
                     "text behind a line with a single dot");
    });
}

void data_line_1000(const Dialogue& d, Hearing& h) {
    each_by_data(d, [&](const Exchange& exchange, const smtp::MessageSeen& seen) {
        // Those of the header section are msg-header-line's.
        const auto& header = exchange.message->header;
        const std::uint64_t lines =
            seen.long_lines -
            std::min<std::uint64_t>(seen.long_lines, header ? header->long_lines : 0);
        h.kept_if(lines == 0, d, exchange, "{} lines of more than 1000 octets", lines);
    });
}

void data_7bit(const Dialogue& d, Hearing& h) {
    each_by_data(d, [&](const Exchange& exchange, const smtp::MessageSeen& seen) {
        const Offers& offers = d.offered(exchange);
        if (offers.has("8BITMIME") || offers.has("SMTPUTF8") || offers.has("BINARYMIME")) return;
        h.kept_if(!seen.eight_bit, d, exchange, "octets over 127, and 8BITMIME was not offered");
    });
}

void data_no_control(const Dialogue& d, Hearing& h) {
    each_by_data(d, [&](const Exchange& exchange, const smtp::MessageSeen& seen) {
        h.kept_if(!seen.nul && !seen.control, d, exchange,
                  seen.nul ? "NUL in the data" : "control characters in the data");
    });
}

void data_not_empty(const Dialogue& d, Hearing& h) {
    each_by_data(d, [&](const Exchange& exchange, const smtp::MessageSeen& seen) {
        if (seen.octets == 0) {
            // RFC 2920 §3.1 asks for it where nobody was accepted.
            const bool any =
                std::any_of(d.exchanges.begin(), d.exchanges.end(), [&](const Exchange& one) {
                    return one.verb == Verb::rcpt && one.transaction == exchange.transaction &&
                           one.accepted();
                });
            if (any) h.broken(d, exchange, "a message of no octets");
            return;
        }
        if (exchange.message->header)
            h.kept_if(exchange.message->header->present, d, exchange,
                      "a message without a header section");
    });
}

void data_nothing_after_dot(const Dialogue& d, Hearing& h) {
    each_by_data(d, [&](const Exchange& exchange, const smtp::MessageSeen&) {
        if (d.offered(exchange).has("PIPELINING") || !is_in_step(d, exchange)) return;
        const Exchange* next = d.next(exchange);
        const Reply* verdict = exchange.verdict();
        // Whoever has waited long enough may say that it leaves.
        if (tired_of_waiting(d, exchange, h.thresholds()) != nullptr) return;
        if (next != nullptr && next->pipelined) {
            h.broken(d, *next, "a command before the reply to the end of data");
        } else if (verdict != nullptr && verdict->after > Duration::zero()) {
            h.kept();
        }
    });
}

constexpr Rule rules[] = {
    {.slug = "data-only-after-354",
     .source = "RFC 5321 §3.3",
     .level = Level::must_not,
     .severity = Severity::critical,
     .stage = Stage::data,
     .requirement = "Send message data behind 354 only.",
     .remedy = "Compare the reply to DATA with 354; take any other 2yz or 3yz for a failure.",
     .unexercised = "DATA was never answered with anything but 354",
     .judge = data_only_after_354},
    {.slug = "data-no-valid-rcpt",
     .source = "RFC 5321 §3.3, §4.1.4; RFC 2920 §3.1",
     .level = Level::derived,
     .severity = Severity::minor,
     .stage = Stage::data,
     .requirement =
         "Send no DATA when no recipient was accepted, unless it was on its way already.",
     .remedy = "Send RSET or QUIT when every RCPT was refused.",
     .unexercised = "some recipient was accepted in each transaction",
     .judge = data_no_valid_rcpt},
    {.slug = "data-dot-stuff",
     .source = "RFC 5321 §4.5.2; RFC 1123 §5.2.11",
     .level = Level::must,
     .severity = Severity::critical,
     .stage = Stage::data,
     .requirement = "Put a dot before each line that begins with one.",
     .remedy =
         "Double the dot at the beginning of a line, wherever the line's end stood in a buffer.",
     .unexercised = "no line of a message began with a dot",
     .judge = data_dot_stuff},
    {.slug = "data-terminator",
     .source = "RFC 5321 §2.3.8, §4.1.1.4",
     .level = Level::must,
     .severity = Severity::critical,
     .stage = Stage::data,
     .requirement = "End the data with CRLF, a dot and CRLF, and with nothing else.",
     .remedy = "Write CR LF . CR LF, or . CR LF where the message ends with CRLF.",
     .unexercised = "no message data were sent",
     .judge = data_terminator},
    {.slug = "data-no-bare-lf",
     .source = "RFC 5321 §2.3.8; RFC 5322 §2.3",
     .level = Level::must_not,
     .severity = Severity::critical,
     .stage = Stage::data,
     .requirement = "Send no LF without a CR before it.",
     .remedy = "Convert line ends to CRLF before the message is sent.",
     .unexercised = "no message came behind DATA",
     .judge = data_no_bare_lf},
    {.slug = "data-no-bare-cr",
     .source = "RFC 5321 §2.3.8",
     .level = Level::must_not,
     .severity = Severity::critical,
     .stage = Stage::data,
     .requirement = "Send no CR without a LF behind it.",
     .remedy = "Convert a CR alone to CRLF, or to a blank, or encode the part.",
     .unexercised = "no message came behind DATA",
     .judge = data_no_bare_cr},
    {.slug = "data-smuggle-eod",
     .source = "RFC 5321 §2.3.8, §4.1.1.4",
     .level = Level::derived,
     .severity = Severity::critical,
     .stage = Stage::data,
     .requirement = "Send nothing that a lenient receiver could take for the end of data.",
     .remedy = "Convert bare CR and LF, and refuse NUL, before dots are doubled.",
     .unexercised = "no message came behind DATA",
     .judge = data_smuggle_eod},
    {.slug = "data-line-1000",
     .source = "RFC 5321 §4.5.3.1.6; RFC 5322 §2.1.1",
     .level = Level::must,
     .severity = Severity::major,
     .stage = Stage::data,
     .requirement =
         "Send lines of at most 1000 octets with their CRLF, not counting the dot put before one.",
     .remedy = "Encode the part as quoted-printable or base64, or refuse the message.",
     .unexercised = "no message came behind DATA",
     .judge = data_line_1000},
    {.slug = "data-7bit",
     .source = "RFC 5321 §2.4; RFC 6152 §3",
     .level = Level::must_not,
     .severity = Severity::major,
     .stage = Stage::data,
     .requirement = "Send no octet over 127 where neither 8BITMIME nor SMTPUTF8 is offered.",
     .remedy = "Encode the part as quoted-printable or base64 there, or fail.",
     .unexercised = "no message came behind DATA where 8BITMIME was not offered",
     .judge = data_7bit},
    {.slug = "data-no-control",
     .source = "RFC 5321 §4.1.1.4",
     .level = Level::should_not,
     .severity = Severity::minor,
     .stage = Stage::data,
     .requirement = "Send no NUL and no control characters but HT, CR and LF.",
     .remedy = "Encode the part that has them.",
     .unexercised = "no message came behind DATA",
     .judge = data_no_control},
    {.slug = "data-not-empty",
     .source = "RFC 5321 §4.1.1.4; RFC 5322 §3.6",
     .level = Level::grammar,
     .severity = Severity::minor,
     .stage = Stage::data,
     .requirement = "Send a message that has a header section.",
     .remedy = "Refuse to send a message without header fields.",
     .unexercised = "no message came behind DATA",
     .judge = data_not_empty},
    {.slug = "data-nothing-after-dot",
     .source = "RFC 5321 §4.3.1; RFC 2920 §3.1",
     .level = Level::must,
     .severity = Severity::major,
     .stage = Stage::data,
     .requirement =
         "Where PIPELINING is not offered, send nothing between the end of data and its reply.",
     .remedy = "Wait for the reply to the end of data.",
     .unexercised = "PIPELINING was offered, or the reply to the end of data came at once",
     .judge = data_nothing_after_dot},
};

}  // namespace

std::span<const Rule> data_rules() {
    return rules;
}

}  // namespace fakemx::conformance
