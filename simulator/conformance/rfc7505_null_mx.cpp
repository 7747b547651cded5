// RFC 7505: a domain that says that it takes no mail.
#include <fmt/format.h>

#include "conformance/chapters.h"
#include "conformance/destinations.h"
#include "conformance/hearing.h"

namespace fakemx::conformance {

namespace {

void judge_null_mx(const Destinations& all, const Destination& one, Hearing& hearing) {
    if (!one.is(MxAnswer::Kind::null)) return;
    constexpr std::uint32_t opening_event = 1;
    const Instant first = one.answers.front().query->at;
    const Instant last = one.answers.back().query->at;
    const Duration at_once = hearing.thresholds().connect_wait;
    bool is_kept = all.course().end - first > at_once;
    for (const Contact& contact : one.contacts) {
        if (!contact.at_domain) continue;
        is_kept = false;
        hearing.broken(*contact.session, opening_event, contact.session->opened_at,
                       fmt::format("went to the address of {}, which takes no mail", one.domain));
    }
    const auto root = all.names().of_addresses(".");
    if (!root.empty()) {
        is_kept = false;
        hearing.broken(root.front()->at, "asked for the address of \".\"", lines_of(one));
    }
    // Of one message, which was to be given up at once.
    if (one.given.size() == 1 && last - first > at_once) {
        is_kept = false;
        hearing.broken(last,
                       fmt::format("asked again {} after {} had said that it takes no mail",
                                   format_duration(last - first), one.domain),
                       lines_of(one));
    }
    if (is_kept) hearing.kept();
}

constexpr Rule rules[]{
    {.slug = "mx-null",
     .source = "RFC 7505 §3, §4.1; RFC 7504 §4",
     .level = Level::derived,
     .severity = Severity::major,
     .stage = Stage::names,
     .requirement = "Give mail up at once where the domain has the MX record \"0 .\" alone.",
     .remedy = "Report 556 with 5.1.10 to the sender, and neither connect nor queue.",
     .unexercised = "no recipient's domain had a null MX",
     .judge_course = judge_destinations<judge_null_mx>,
     .senders = with_queue},
};

}  // namespace

std::span<const Rule> null_mx_rules() {
    return rules;
}

}  // namespace fakemx::conformance
