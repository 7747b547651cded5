// RFC 5321 §5.1: which of the hosts of a domain a sender goes to, and in which order.
#include <algorithm>
#include <cmath>
#include <iterator>
#include <map>
#include <set>

#include <fmt/format.h>

#include "conformance/chapters.h"
#include "conformance/destinations.h"
#include "conformance/grammar.h"
#include "conformance/hearing.h"
#include "core/text.h"

namespace fakemx::conformance {

namespace {

/// Every session begins with it.
constexpr std::uint32_t opening_event = 1;

void broken_at_opening(Hearing& hearing, const Dialogue& session, std::string what) {
    hearing.broken(session, opening_event, session.opened_at, std::move(what));
}

/// The sender goes by a name that is in the list: other rules hold for it then.
const Exchanger* own_place(const Destination& destination, const Dialogue& session) {
    for (const Exchange& exchange : session.exchanges) {
        const bool hello = exchange.verb == smtp::Verb::ehlo || exchange.verb == smtp::Verb::helo;
        const Exchanger* place = hello ? destination.host_named(exchange.argument()) : nullptr;
        if (place != nullptr) return place;
    }
    return nullptr;
}

const Exchanger* own_place(const Destination& destination) {
    for (const Contact& contact : destination.contacts) {
        if (const Exchanger* place = own_place(destination, *contact.session)) return place;
    }
    return nullptr;
}

/// A smart host takes mail for whatever domain there is.
bool takes_mail_for_others(const Course& course, std::string_view address,
                           std::string_view domain) {
    return std::any_of(course.sessions.begin(), course.sessions.end(), [&](const auto& session) {
        if (!same_address(session.local, address)) return false;
        const auto domains = recipient_domains(session);
        return std::any_of(domains.begin(), domains.end(),
                           [&](const std::string& other) { return other != domain; });
    });
}

void judge_lookup(const Course& course, Hearing& hearing) {
    if (course.queries.empty()) return;
    const Destinations destinations{course};
    for (const Destination& one : destinations.all()) {
        for (const Contact& contact : one.contacts) {
            if (contact.host != nullptr && !recipient_domains(*contact.session).empty())
                hearing.kept();
        }
    }
    // One domain alone may have its name in common with a smart host, or a route of its own.
    std::map<std::string, std::vector<const Dialogue*>> at_own_address;
    for (const Dialogue& session : course.sessions) {
        for (const std::string& domain : recipient_domains(session)) {
            const NamesAsked& names = destinations.names();
            if (!names.of(domain, "MX", session.opened_at).empty()) continue;
            if (!names.is_at(domain, session.local, session.opened_at)) continue;
            if (takes_mail_for_others(course, session.local, domain)) continue;
            at_own_address[domain].push_back(&session);
        }
    }
    if (at_own_address.size() < 2) return;
    for (const auto& [domain, sessions] : at_own_address) {
        for (const Dialogue* session : sessions)
            broken_at_opening(
                hearing, *session,
                fmt::format("went to the address of {} without asking for its MX", domain));
    }
}

/// Why the host ought to have been tried before; empty: it may have been, or may be let alone.
std::string why_first(const Destinations& all, const Exchanger& better, const Contact& contact) {
    const Instant at = contact.session->opened_at;
    const NamesAsked& names = all.names();
    if (!is_fqdn(better.host)) return {};
    if (names.located(better.host, at) == Located::unasked) {
        // Its address cannot have been known, unless the other one came without asking, too.
        if (names.located(contact.host->host, at) == Located::unasked) return {};
        return fmt::format("without having asked for the address of {}", better.host);
    }
    const bool was_there =
        names.located(better.host, at) == Located::found && all.takes_connections(better.host);
    return was_there && !all.excuses(better.host, *contact.session)
               ? fmt::format("although {} takes connections", better.host)
               : "";
}

void judge_preference(const Destinations& all, const Destination& one, Hearing& hearing) {
    if (one.hosts.empty() || one.hosts.front().preference == one.hosts.back().preference ||
        own_place(one) != nullptr)
        return;
    for (const Contact& contact : one.contacts) {
        if (contact.host == nullptr) continue;
        if (contact.host->preference == one.hosts.front().preference) {
            hearing.kept();
            continue;
        }
        // Any of the better ones may be the reason why the others are let alone.
        const auto better_end = std::find_if(
            one.hosts.begin(), one.hosts.end(),
            [&](const Exchanger& host) { return host.preference >= contact.host->preference; });
        const bool excused = std::any_of(one.hosts.begin(), better_end, [&](const Exchanger& host) {
            return all.excuses(host.host, *contact.session);
        });
        for (auto better = one.hosts.begin(); better != better_end && !excused; ++better) {
            const std::string why = why_first(all, *better, contact);
            if (why.empty()) continue;
            broken_at_opening(
                hearing, *contact.session,
                fmt::format("went to {} ({}) before {} ({}), {}", contact.host->host,
                            contact.host->preference, better->host, better->preference, why));
            break;
        }
    }
}

/// The chance that somebody who chooses by chance leaves one of so many out.
double chance_of_leaving_one_out(double hosts, double choices) {
    return hosts * std::pow(1 - 1 / hosts, choices);
}

void judge_equal_random(const Destinations& all, const Destination& one, Hearing& hearing) {
    constexpr double chance_max = 1e-4;
    const auto equal = std::count_if(
        one.hosts.begin(), one.hosts.end(),
        [&](const Exchanger& host) { return host.preference == one.hosts.front().preference; });
    if (equal < 2 || own_place(one) != nullptr) return;
    // Answers that turn around choose for the sender.
    const MxAnswer* before = nullptr;
    for (const MxAnswer& answer : one.answers) {
        if (answer.kind != MxAnswer::Kind::hosts) continue;
        if (before != nullptr && answer.hosts != before->hosts) return;
        before = &answer;
    }
    std::set<SessionId> first;
    for (const oracle::Delivery& delivery : all.course().account.deliveries) {
        if (domain_of(delivery.recipient) == one.domain)
            first.insert(delivery.attempts.front().session);
    }
    std::map<std::string, std::uint32_t> chosen;
    std::uint32_t choices = 0;
    for (const Contact& contact : one.contacts) {
        if (!first.contains(contact.session->id) || contact.host == nullptr) continue;
        if (went_wrong(*contact.session)) return;
        ++choices;
        ++chosen[contact.host->host];
    }
    if (choices < hearing.thresholds().first_choices_min ||
        chance_of_leaving_one_out(static_cast<double>(equal), choices) > chance_max)
        return;
    for (auto host = one.hosts.begin(); host != one.hosts.begin() + equal; ++host) {
        if (chosen.contains(host->host)) continue;
        const bool was_there = all.takes_connections(host->host) ||
                               all.names().located(host->host) == Located::unasked;
        if (!was_there) return;
        return hearing.broken(one.contacts.front().session->opened_at,
                              fmt::format("{} was never chosen first, in {} deliveries to {}",
                                          host->host, choices, one.domain),
                              lines_of(one));
    }
    hearing.kept();
}

/// The contact is the first one after a host, or an address, that was asked for and has never taken a connection.
bool went_on_from_silence(const Destinations& all, const Destination& one, const Contact& contact) {
    if (contact.host == nullptr) return false;
    const Instant at = contact.session->opened_at;
    for (const Exchanger& better : one.hosts) {
        if (better.preference > contact.host->preference) break;
        if (better.host != contact.host->host && !all.takes_connections(better.host) &&
            all.names().located(better.host, at) == Located::found)
            return true;
    }
    return false;
}

/// Who has given up a destination has had this long to go on with another host.
bool covers(const Course& course, Instant last, const Thresholds& thresholds) {
    return course.end - last >= thresholds.retry_within;
}

void judge_failover_connect(const Destinations& all, const Destination& one, Hearing& hearing) {
    if (one.hosts.size() < 2 || own_place(one) != nullptr) return;
    for (const Contact& contact : one.contacts) {
        if (went_on_from_silence(all, one, contact)) hearing.kept();
    }
    const NamesAsked& names = all.names();
    const Exchanger& best = one.hosts.front();
    // Whoever has two addresses has as many as a sender has to try.
    if (!one.contacts.empty() || one.given.empty() || all.takes_connections(best.host) ||
        names.addresses(best.host).size() != 1)
        return;
    const bool only_the_best =
        std::all_of(one.hosts.begin() + 1, one.hosts.end(), [&](const Exchanger& host) {
            return is_fqdn(host.host) && names.located(host.host) == Located::unasked;
        });
    const Instant last = names.of_addresses(best.host).back()->at;
    if (only_the_best && covers(all.course(), last, hearing.thresholds())) {
        hearing.broken(last,
                       fmt::format("the mail for {} has never gone beyond {}, which takes no "
                                   "connection",
                                   one.domain, best.host),
                       lines_of(one));
    }
}

/// When the sender did something about the destination: asked for it or its hosts, or connected.
std::vector<std::pair<Instant, std::string>> steps_of(const Destinations& all,
                                                      const Destination& one) {
    std::vector<std::pair<Instant, std::string>> steps;
    for (const MxAnswer& answer : one.answers) steps.emplace_back(answer.query->at, "");
    for (const Exchanger& host : one.hosts) {
        for (const Query* query : all.names().of_addresses(host.host))
            steps.emplace_back(query->at, host.host);
    }
    for (const Contact& contact : one.contacts)
        steps.emplace_back(contact.session->opened_at, contact.session->local);
    std::sort(steps.begin(), steps.end());
    return steps;
}

void judge_try_two(const Destinations& all, const Destination& one, Hearing& hearing) {
    if (one.hosts.size() < 2 || own_place(one) != nullptr) return;
    for (const Contact& contact : one.contacts) {
        if (went_on_from_silence(all, one, contact)) hearing.kept();
    }
    // The first try: nothing was known of the addresses before.
    const auto steps = steps_of(all, one);
    auto next = steps.begin();
    std::set<std::string> tried;
    for (auto step = steps.begin(); step != steps.end(); step = next) {
        next = std::next(step);
        if (!step->second.empty()) tried.insert(step->second);
        if (next == steps.end() || next->first - step->first > hearing.thresholds().connect_wait)
            break;
    }
    // With one address, and it was not even that of a session.
    if (next == steps.end() || tried.size() != 1) return;
    const std::string& host = *tried.begin();
    if (one.host_named(host) == nullptr || all.takes_connections(host) ||
        all.names().addresses(host, std::prev(next)->first).size() != 1)
        return;
    const bool others_have_names =
        std::all_of(one.hosts.begin(), one.hosts.end(),
                    [](const Exchanger& other) { return is_fqdn(other.host); });
    if (!others_have_names) return;
    hearing.broken(
        std::prev(next)->first,
        fmt::format("the first try of {} asked for one address, that of {}; the next "
                    "came {} later",
                    one.domain, host, format_duration(next->first - std::prev(next)->first)),
        lines_of(one));
}

/// No greeting came, or one that asks to come back.
bool turned_away(const Dialogue& session) {
    return !session.greeting || session.greeting->is(4) || session.greeting->code == 0;
}

void judge_failover_greeting(const Destinations& all, const Destination& one, Hearing& hearing) {
    if (one.hosts.size() < 2 || own_place(one) != nullptr) return;
    for (auto contact = one.contacts.begin(); contact != one.contacts.end(); ++contact) {
        if (contact->host == nullptr || !turned_away(*contact->session)) continue;
        const Instant begin = contact->session->opened_at;
        const Instant end = end_of(*contact->session, all.course());
        const Duration gap = hearing.thresholds().host_gap;
        bool goes_on = false;
        bool is_alone = true;
        for (const Contact& other : one.contacts) {
            const Instant opened = other.session->opened_at;
            if (other.session == contact->session || other.host == contact->host) continue;
            goes_on = goes_on || (opened >= end && opened - end <= gap);
            const Instant closed = end_of(*other.session, all.course());
            is_alone = is_alone && (opened > end || begin - closed > gap);
        }
        if (goes_on) {
            hearing.kept();
            continue;
        }
        const bool others_were_there =
            std::all_of(one.hosts.begin(), one.hosts.end(), [&](const Exchanger& host) {
                if (&host == contact->host) return true;
                if (all.names().located(host.host) == Located::unasked) return is_fqdn(host.host);
                return all.takes_connections(host.host) &&
                       !all.excuses(host.host, *contact->session);
            });
        const bool came_back = std::next(contact) != one.contacts.end();
        if (others_were_there && is_alone && came_back) {
            broken_at_opening(hearing, *contact->session,
                              fmt::format("no other host of {} was tried at once", one.domain));
        }
    }
}

void judge_no_shopping(const Destinations& all, const Destination& one, Hearing& hearing) {
    if (one.hosts.size() < 2) return;
    for (const oracle::Delivery& delivery : all.course().account.deliveries) {
        if (domain_of(delivery.recipient) != one.domain) continue;
        const auto refused = std::find_if(
            delivery.attempts.begin(), delivery.attempts.end(), [](const auto& attempt) {
                return attempt.refused_for_good() && attempt.stage >= smtp::Hook::rcpt;
            });
        if (refused == delivery.attempts.end()) continue;
        const auto elsewhere =
            std::find_if(refused, delivery.attempts.end(), [&](const auto& attempt) {
                return attempt.host != refused->host && attempt.at >= refused->end() &&
                       attempt.at - refused->end() <= hearing.thresholds().host_gap;
            });
        if (elsewhere == delivery.attempts.end()) {
            hearing.kept();
        } else {
            hearing.broken(delivery, {elsewhere->id},
                           fmt::format("went to {} after {} at {}", elsewhere->host, refused->code,
                                       refused->host));
        }
    }
}

void judge_self_loop(const Destinations&, const Destination& one, Hearing& hearing) {
    const Exchanger* self = own_place(one);
    if (self == nullptr) return;
    for (const Contact& contact : one.contacts) {
        if (contact.host == nullptr) continue;
        if (contact.host->preference < self->preference) {
            hearing.kept();
        } else {
            broken_at_opening(
                hearing, *contact.session,
                fmt::format("went to {} ({}), and is {} ({}) itself", contact.host->host,
                            contact.host->preference, self->host, self->preference));
        }
    }
}

constexpr Rule rules[]{
    {.slug = "mx-lookup",
     .source = "RFC 5321 §5.1; RFC 1123 §5.3.5",
     .level = Level::must,
     .severity = Severity::critical,
     .stage = Stage::names,
     .requirement = "Ask for the MX records of the recipient's domain before its address.",
     .remedy =
         "Look up MX records first; take the address of the domain only where there are none.",
     .unexercised =
         "no mail went to a host that the name server has named, or that of one domain alone",
     .judge_course = judge_lookup,
     .senders = with_queue},
    {.slug = "mx-preference",
     .source = "RFC 5321 §5.1; RFC 974",
     .level = Level::must,
     .severity = Severity::critical,
     .stage = Stage::names,
     .requirement = "Try the hosts of a domain by their preferences, the lowest number first.",
     .remedy =
         "Sort the MX records by preference, in ascending order, whatever order they come in.",
     .unexercised = "no mail was sent to a domain with hosts of different preferences",
     .judge_course = judge_destinations<judge_preference>,
     .senders = with_queue},
    {.slug = "mx-equal-random",
     .source = "RFC 5321 §5.1",
     .level = Level::must,
     .severity = Severity::minor,
     .stage = Stage::names,
     .requirement = "Choose by chance among hosts of equal preference.",
     .remedy = "Shuffle the hosts of each preference anew for each delivery.",
     .unexercised = "fewer than 40 deliveries went to hosts of equal preference that were always "
                    "answered in the same order, and took everything",
     .judge_course = judge_destinations<judge_equal_random>,
     .senders = with_queue},
    {.slug = "mx-failover-connect",
     .source = "RFC 5321 §5.1",
     .level = Level::must,
     .severity = Severity::critical,
     .stage = Stage::names,
     .requirement = "Go on to the next host where one takes no connection.",
     .remedy = "Walk the whole list of hosts until one takes the message, not the first alone.",
     .unexercised = "every host that was tried took connections, or there was only one",
     .judge_course = judge_destinations<judge_failover_connect>,
     .senders = with_queue},
    {.slug = "mx-try-two",
     .source = "RFC 5321 §5.1",
     .level = Level::should,
     .severity = Severity::major,
     .stage = Stage::names,
     .requirement = "Try at least two addresses before the message waits.",
     .remedy = "Go on to the second address in the same try, not with the next retry.",
     .unexercised = "every host that was tried took connections, or there was only one",
     .judge_course = judge_destinations<judge_try_two>,
     .senders = with_queue},
    {.slug = "mx-failover-greeting",
     .source = "RFC 5321 §5.1, §3.8",
     .level = Level::derived,
     .severity = Severity::major,
     .stage = Stage::names,
     .requirement = "Go on to the next host at once where one greets with 4yz or does not greet.",
     .remedy = "Treat a host that does not greet with 220 like one that takes no connection.",
     .unexercised = "every host greeted with 2yz or 5yz, or there was only one",
     .judge_course = judge_destinations<judge_failover_greeting>,
     .senders = with_queue},
    {.slug = "mx-no-shop-5yz",
     .source = "RFC 5321 §4.2.1, §4.2.5",
     .level = Level::derived,
     .severity = Severity::minor,
     .stage = Stage::names,
     .requirement = "Take what one host refuses with 5yz to no other host of the domain.",
     .remedy = "Let 5yz to RCPT or DATA decide for the whole domain.",
     .unexercised = "no 5yz was given to a recipient whose domain has several hosts",
     .judge_course = judge_destinations<judge_no_shopping>,
     .senders = with_queue},
    {.slug = "mx-self-loop",
     .source = "RFC 5321 §5.1; RFC 974",
     .level = Level::must,
     .severity = Severity::critical,
     .stage = Stage::names,
     .requirement = "Where the sender itself is among the hosts, try only those of lower numbers.",
     .remedy = "Look for the own name in the list, and drop its preference and all higher ones.",
     .unexercised = "no domain has a host by the name that the sender gives in EHLO",
     .judge_course = judge_destinations<judge_self_loop>,
     .senders = with_queue},
};

}  // namespace

std::span<const Rule> mx_rules() {
    return rules;
}

}  // namespace fakemx::conformance
