// RFC 5321 §5.1: what a sender makes of the answers to its question for a domain's hosts: none, no such name, a failure, an alias.
#include <algorithm>
#include <cctype>

#include <fmt/format.h>

#include "conformance/chapters.h"
#include "conformance/destinations.h"
#include "conformance/grammar.h"
#include "conformance/hearing.h"
#include "core/text.h"

namespace fakemx::conformance {

namespace {

using Kind = MxAnswer::Kind;

constexpr std::uint32_t opening_event = 1;

/// The sender had mail for it, never connected, and had the time to.
bool never_went(const Destinations& all, const Destination& one, Instant last,
                const Hearing& hearing) {
    return !one.given.empty() && one.contacts.empty() &&
           all.course().end - last >= hearing.thresholds().retry_within;
}

bool every_host(const Destinations& all, const Destination& one, Located located) {
    return !one.hosts.empty() &&
           std::all_of(one.hosts.begin(), one.hosts.end(), [&](const Exchanger& host) {
               return all.names().located(host.host) == located;
           });
}

/// At the domain's own address, although its MX was answered before; tells so.
bool at_own_address(const Destination& one, Hearing& hearing, std::string_view although) {
    bool any = false;
    for (const Contact& contact : one.contacts) {
        if (!contact.at_domain || contact.session->opened_at < one.answers.front().query->at)
            continue;
        any = true;
        hearing.broken(*contact.session, opening_event, contact.session->opened_at,
                       fmt::format("went to the address of {}, although {}", one.domain, although));
    }
    return any;
}

void judge_implicit(const Destinations& all, const Destination& one, Hearing& hearing) {
    if (!one.is(Kind::none)) return;
    for (const Contact& contact : one.contacts) {
        if (contact.at_domain) hearing.kept();
    }
    const Instant last = one.answers.back().query->at;
    if (never_went(all, one, last, hearing) &&
        all.names().located(one.domain) == Located::unasked) {
        hearing.broken(
            last,
            fmt::format("the address of {}, which has no MX, was never asked for", one.domain),
            lines_of(one));
    }
}

void judge_no_own_address(const Destinations& all, const Destination& one, Hearing& hearing) {
    if (one.hosts.empty() || every_host(all, one, Located::nowhere)) return;
    if (at_own_address(one, hearing, "it has MX records")) return;
    // What might have led there.
    const bool trouble =
        std::any_of(one.contacts.begin(), one.contacts.end(),
                    [](const Contact& contact) { return went_wrong(*contact.session); }) ||
        std::any_of(one.hosts.begin(), one.hosts.end(), [&](const Exchanger& host) {
            return all.names().located(host.host) != Located::unasked &&
                   !all.takes_connections(host.host);
        });
    if (trouble) hearing.kept();
}

void judge_no_such_domain(const Destinations& all, const Destination& one, Hearing& hearing) {
    if (!one.is(Kind::no_name) || one.given.size() != 1) return;
    const Duration within = hearing.thresholds().retry_within;
    const Instant first = one.answers.front().query->at;
    const Instant last = one.answers.back().query->at;
    if (last - first > within) {
        hearing.broken(last,
                       fmt::format("still asked for {} {} after it was said not to exist",
                                   one.domain, format_duration(last - first)),
                       lines_of(one));
    } else if (all.course().end - first > within) {
        hearing.kept();
    }
}

void judge_failing(const Destinations& all, const Destination& one, Hearing& hearing) {
    const MxAnswer& first = one.answers.front();
    if (first.kind != Kind::failing) return;
    const auto good = std::find_if(one.answers.begin(), one.answers.end(),
                                   [](const auto& answer) { return answer.kind != Kind::failing; });
    for (const Contact& contact : one.contacts) {
        const bool before =
            good == one.answers.end() || contact.session->opened_at < good->query->at;
        if (before && all.names().is_at(one.domain, contact.session->local)) {
            hearing.broken(
                *contact.session, opening_event, contact.session->opened_at,
                fmt::format("went to the address of {} while its MX could not be had", one.domain));
            return;
        }
    }
    const Instant last = one.answers.back().query->at;
    // A resolver asks again by itself, but not for so long.
    if (last - first.query->at > hearing.thresholds().connect_wait) {
        hearing.kept();
    } else if (good == one.answers.end() && never_went(all, one, last, hearing)) {
        hearing.broken(
            last, fmt::format("the MX of {} was not asked for again after a failure", one.domain),
            lines_of(one));
    }
}

void judge_unusable(const Destinations& all, const Destination& one, Hearing& hearing) {
    if (!every_host(all, one, Located::nowhere)) return;
    if (at_own_address(one, hearing, "it has MX records, if to hosts without addresses")) return;
    if (never_went(all, one, one.answers.front().query->at, hearing)) hearing.kept();
}

void judge_alias(const Destinations& all, const Destination& one, Hearing& hearing) {
    const bool is_alias = std::any_of(one.answers.begin(), one.answers.end(),
                                      [](const auto& answer) { return !answer.aliases.empty(); });
    if (!is_alias) return;
    for (const Contact& contact : one.contacts) {
        if (contact.host != nullptr) hearing.kept();
    }
    const Instant last = one.answers.back().query->at;
    if (every_host(all, one, Located::unasked) && never_went(all, one, last, hearing)) {
        hearing.broken(
            last, fmt::format("the hosts behind the alias {} were never looked for", one.domain),
            lines_of(one));
    }
}

void judge_partial(const Destinations& all, const Destination& one, Hearing& hearing) {
    const auto failing = std::find_if(one.hosts.begin(), one.hosts.end(), [&](const auto& host) {
        return all.names().located(host.host) == Located::failing;
    });
    if (failing == one.hosts.end() || one.hosts.size() < 2) return;
    for (const Contact& contact : one.contacts) {
        if (contact.host != nullptr) hearing.kept();
    }
    const bool others_unasked =
        std::all_of(one.hosts.begin(), one.hosts.end(), [&](const Exchanger& host) {
            return host.host == failing->host ||
                   (is_fqdn(host.host) && all.names().located(host.host) == Located::unasked);
        });
    const Instant last = all.names().of_addresses(failing->host).back()->at;
    if (others_unasked && never_went(all, one, last, hearing)) {
        hearing.broken(last,
                       fmt::format("the address of {} could not be had, and the other hosts of {} "
                                   "were never looked for",
                                   failing->host, one.domain),
                       lines_of(one));
    }
}

void judge_requery(const Destinations&, const Destination& one, Hearing& hearing) {
    for (auto contact = one.contacts.begin(); contact != one.contacts.end(); ++contact) {
        const Instant at = contact->session->opened_at;
        const MxAnswer* answer = nullptr;
        for (const MxAnswer& earlier : one.answers) {
            if (earlier.query->at <= at) answer = &earlier;
        }
        if (answer == nullptr || answer->kind != Kind::hosts) continue;
        const Duration age = at - answer->query->at;
        const Duration life = std::chrono::seconds{answer->query->asked.ttl};
        if (age > life + hearing.thresholds().ttl_slack) {
            hearing.broken(*contact->session, opening_event, at,
                           fmt::format("the MX of {} was asked for {} before, and may be kept {}",
                                       one.domain, format_duration(age), format_duration(life)));
        } else if (contact != one.contacts.begin() &&
                   std::prev(contact)->session->opened_at < answer->query->at) {
            hearing.kept();
        }
    }
}

void judge_truncated(const Destinations& all, const Destination& one, Hearing& hearing) {
    const auto cut = std::find_if(one.answers.begin(), one.answers.end(),
                                  [](const auto& answer) { return answer.kind == Kind::again; });
    if (cut == one.answers.end()) return;
    // Larger messages by EDNS do as well.
    const bool has_whole = std::any_of(cut, one.answers.end(), [](const auto& answer) {
        return answer.kind != Kind::again || answer.query->asked.transport == "tcp";
    });
    if (has_whole) {
        hearing.kept();
    } else if (all.course().end - cut->query->at > hearing.thresholds().host_gap) {
        hearing.broken(cut->query->at,
                       fmt::format("the truncated answer about {} was never had whole", one.domain),
                       lines_of(one));
    }
}

bool is_ascii(std::string_view text) {
    return std::all_of(text.begin(), text.end(),
                       [](char c) { return static_cast<unsigned char>(c) < 128; });
}

/// As names are written down, an octet that cannot be printed is \DDD.
bool has_raw_octets(std::string_view name) {
    for (std::size_t i = name.find('\\'); i != std::string_view::npos; i = name.find('\\', i + 2)) {
        const auto octet = parse_decimal(name.substr(i + 1, 3));
        if (octet && *octet > 127) return true;
    }
    return false;
}

void judge_a_labels(const Course& course, Hearing& hearing) {
    const bool is_needed = std::any_of(
        course.submissions.begin(), course.submissions.end(), [](const Submission& submission) {
            const auto& to = submission.given.to;
            return std::any_of(to.begin(), to.end(), [](const std::string& recipient) {
                return !is_ascii(domain_of(recipient));
            });
        });
    if (!is_needed) return;
    const NamesAsked names{course.queries};
    for (const auto& [name, queries] : names.all()) {
        if (has_raw_octets(name)) {
            hearing.broken(queries.front()->at,
                           fmt::format("asked for {}, which is not ASCII", name));
        } else if (name.starts_with("xn--") || name.find(".xn--") != std::string::npos) {
            hearing.kept();
        }
    }
}

constexpr Rule rules[]{
    {.slug = "mx-implicit",
     .source = "RFC 5321 §5.1; RFC 974",
     .level = Level::must,
     .severity = Severity::major,
     .stage = Stage::names,
     .requirement = "Deliver to the address of the domain itself where it has no MX records.",
     .remedy = "Take a domain without MX records for its own host, with preference 0.",
     .unexercised = "no mail was for a domain without MX records",
     .judge_course = judge_destinations<judge_implicit>,
     .senders = with_queue},
    {.slug = "mx-no-a-when-mx",
     .source = "RFC 5321 §5.1",
     .level = Level::must_not,
     .severity = Severity::critical,
     .stage = Stage::names,
     .requirement = "Never use the domain's own address where it has MX records.",
     .remedy = "Let the message wait when no host of the MX records can be reached.",
     .unexercised = "every host of the MX records took everything",
     .judge_course = judge_destinations<judge_no_own_address>,
     .senders = with_queue},
    {.slug = "mx-nxdomain",
     .source = "RFC 5321 §5.1",
     .level = Level::must,
     .severity = Severity::major,
     .stage = Stage::names,
     .requirement = "Take a domain that does not exist for an error, and not for a wait.",
     .remedy = "Report NXDOMAIN to the sender of the message, and keep it in no queue.",
     .unexercised = "no message was for a domain that does not exist, or the run did not go on for "
                    "long enough behind it",
     .judge_course = judge_destinations<judge_no_such_domain>,
     .senders = with_queue},
    {.slug = "mx-servfail",
     .source = "RFC 5321 §5.1",
     .level = Level::must,
     .severity = Severity::critical,
     .stage = Stage::names,
     .requirement = "Keep the message, and ask again, when the MX records cannot be had for now.",
     .remedy = "Treat SERVFAIL and a missing answer like 4yz: neither as an error nor as no MX.",
     .unexercised = "the name server always answered, or the run did not go on for long enough",
     .judge_course = judge_destinations<judge_failing>,
     .senders = with_queue},
    {.slug = "mx-unusable",
     .source = "RFC 5321 §5.1",
     .level = Level::must,
     .severity = Severity::major,
     .stage = Stage::names,
     .requirement = "Take it for an error when no host of the MX records has an address.",
     .remedy = "Report the domain as unusable; its own address is no way out.",
     .unexercised = "no domain had MX records to hosts without addresses only, or the run did not "
                    "go on for long enough",
     .judge_course = judge_destinations<judge_unusable>,
     .senders = with_queue},
    {.slug = "mx-cname-domain",
     .source = "RFC 5321 §5.1; RFC 974",
     .level = Level::must,
     .severity = Severity::minor,
     .stage = Stage::names,
     .requirement = "Follow an alias in the place of the recipient's domain.",
     .remedy = "Go on with the name that the CNAME record gives, as if it had been the first.",
     .unexercised = "no recipient's domain was an alias",
     .judge_course = judge_destinations<judge_alias>,
     .senders = with_queue},
    {.slug = "mx-requery",
     .source = "RFC 974; RFC 1035 §3.2.1",
     .level = Level::best_practice,
     .severity = Severity::minor,
     .stage = Stage::names,
     .requirement = "Look the hosts up again for a retry, once the TTL of the last answer is over.",
     .remedy = "Keep no MX records with the message in the queue.",
     .unexercised = "no domain was tried again after its MX records could have changed",
     .judge_course = judge_destinations<judge_requery>,
     .senders = with_queue},
    {.slug = "mx-truncated",
     .source = "RFC 1123 §6.1.3.2",
     .level = Level::must,
     .severity = Severity::minor,
     .stage = Stage::names,
     .requirement = "Ask again over TCP where the answer about MX records was truncated.",
     .remedy = "Heed the TC bit: such an answer is not complete.",
     .unexercised = "no answer about MX records was truncated",
     .judge_course = judge_destinations<judge_truncated>,
     .senders = with_queue},
    {.slug = "mx-idna",
     .source = "RFC 6531 §3.2; RFC 5890 §2.3",
     .level = Level::must,
     .severity = Severity::minor,
     .stage = Stage::names,
     .requirement = "Ask for an internationalized domain by its A-labels.",
     .remedy = "Convert each label that is not ASCII (xn--…) before it is looked up.",
     .unexercised = "no recipient was known to have an internationalized domain",
     .judge_course = judge_a_labels,
     .senders = with_queue},
    {.slug = "mx-partial-dns",
     .source = "RFC 5321 §5.1; RFC 7672 §2.1.2",
     .level = Level::derived,
     .severity = Severity::minor,
     .stage = Stage::names,
     .requirement = "Deliver through the other hosts where the address of one cannot be had.",
     .remedy = "Pass over the host whose address fails, and go on with the next one.",
     .unexercised = "the address of every host could be had, or there was only one",
     .judge_course = judge_destinations<judge_partial>,
     .senders = with_queue},
};

}  // namespace

std::span<const Rule> mx_answer_rules() {
    return rules;
}

}  // namespace fakemx::conformance
