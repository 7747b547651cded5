// RFC 5321 §3.1, §4.2, §4.3: the greeting, and what a client says first.
#include <algorithm>

#include <fmt/format.h>

#include "conformance/chapters.h"
#include "conformance/hearing.h"
#include "conformance/reaction.h"

namespace fakemx::conformance {

namespace {

void greet_wait(const Dialogue& d, Hearing& h) {
    if (const Oddity* talk = d.oddity(smtp::Anomaly::Kind::early_talk))
        return h.broken(d, talk->event, talk->at, "octets before the greeting");
    if (!d.greeting) return;
    // Held back before it was decided, or behind that.
    const Duration held = d.greeting->leaves() - d.opened_at;
    if (held >= h.thresholds().greeting_held_min && !d.exchanges.empty()) h.kept();
}

void greet_multiline(const Dialogue& d, Hearing& h) {
    if (!d.greeting || !d.greeting->is(2) || came_too_late(d, *d.greeting)) return;
    const auto lines = std::count(d.greeting->text.begin(), d.greeting->text.end(), '\n') + 1;
    if (lines < 3) return;
    if (d.exchanges.empty()) {
        if (d.ended_by_client())
            h.broken(d, d.ended_event, d.ended_at,
                     fmt::format("no command behind a greeting of {} lines", lines));
        return;
    }
    const Exchange& first = d.exchanges.front();
    if (first.pipelined) return h.broken(d, first, "a command before its last line");
    // Who says HELO everywhere is ehlo-first's.
    if (first.verb == smtp::Verb::helo) return;
    h.kept_if(first.verb == smtp::Verb::ehlo, d, first,
              "{} instead of EHLO behind a greeting of {} lines", first.line, lines);
}

void greet_5yz_quit(const Dialogue& d, Hearing& h) {
    if (!d.greeting || !d.greeting->is(5) || came_too_late(d, *d.greeting)) return;
    for (const Exchange& exchange : d.exchanges) {
        if (exchange.verb == smtp::Verb::mail)
            return h.broken(d, exchange, fmt::format("MAIL behind {}", d.greeting->code));
        if (exchange.verb == smtp::Verb::quit) return h.kept();
    }
    if (d.ended_by_client() && !d.cut)
        h.broken(d, d.ended_event, d.ended_at,
                 fmt::format("closed without QUIT behind {}", d.greeting->code));
}

void greet_out_of_range(const Dialogue& d, Hearing& h) {
    if (!d.greeting || d.greeting->silent || d.greeting->lost) return;
    const int first_digit = d.greeting->code / 100;
    if (first_digit >= 2 && first_digit <= 5) return;
    for (const Exchange& exchange : d.exchanges) {
        if (exchange.verb == smtp::Verb::mail)
            return h.broken(d, exchange, "MAIL behind a greeting that is none");
    }
    if (d.ended) h.kept();
}

constexpr Rule rules[] = {
    {.slug = "greet-wait",
     .source = "RFC 5321 §4.3.1",
     .level = Level::should,
     .severity = Severity::major,
     .stage = Stage::greeting,
     .requirement = "Send nothing before the greeting has been received whole.",
     .remedy = "Read the last line of the greeting before the first command is written.",
     .unexercised = "the greeting came at once, and nothing before it",
     .judge = greet_wait},
    {.slug = "greet-multiline",
     .source = "RFC 5321 §4.2",
     .level = Level::grammar,
     .severity = Severity::major,
     .stage = Stage::greeting,
     .requirement = "Take a greeting of several lines, whatever its words.",
     .remedy = "Read replies line by line until the code is followed by a blank or the line's end, "
               "the greeting too.",
     .unexercised = "no greeting had three lines",
     .judge = greet_multiline},
    {.slug = "greet-5yz-quit",
     .source = "RFC 5321 §3.1, §4.1.1.10; RFC 7504 §3",
     .level = Level::must,
     .severity = Severity::minor,
     .stage = Stage::greeting,
     .requirement =
         "Behind a greeting of 554 or 521 begin no transaction, and send QUIT before closing.",
     .remedy = "Answer a 5yz greeting with QUIT.",
     .unexercised = "no greeting was 5yz",
     .judge = greet_5yz_quit},
    {.slug = "greet-out-of-range",
     .source = "RFC 5321 §4.2",
     .level = Level::should,
     .severity = Severity::major,
     .stage = Stage::greeting,
     .requirement =
         "Take a greeting that is no reply, or whose code is not 2yz to 5yz, for a failed session.",
     .remedy = "Go on to EHLO behind a 2yz greeting only.",
     .unexercised = "all greetings were replies of 2yz to 5yz",
     .judge = greet_out_of_range},
};

}  // namespace

std::span<const Rule> greeting_rules() {
    return rules;
}

}  // namespace fakemx::conformance
