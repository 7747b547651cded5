// Putting queries, addresses and sessions together.
#include "conformance/destinations.h"

#include <algorithm>
#include <iterator>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "conformance/grammar.h"
#include "core/ip_address.h"
#include "core/text.h"

namespace fakemx::conformance {

namespace {

bool is_answered(const Query& query) {
    return query.asked.rcode == "NOERROR" || query.asked.rcode == "NXDOMAIN";
}

/// Takes the first word off.
std::string take_word(std::string_view& text) {
    const std::size_t end = std::min(text.find(' '), text.size());
    std::string word{text.substr(0, end)};
    text.remove_prefix(std::min(end + 1, text.size()));
    return word;
}

/// One text for each address, whatever form it was written in.
std::string comparable_address(std::string_view text) {
    const auto address = IpAddress::parse(text);
    return address ? address->unmapped().text() : std::string{text};
}

MxAnswer read_answer(const Query& query) {
    MxAnswer answer{.query = &query, .kind = MxAnswer::Kind::failing, .hosts = {}, .aliases = {}};
    if (!is_answered(query)) return answer;
    for (const std::string& text : query.asked.records) {
        const NameRecord record = read_record(query.asked, text);
        if (record.type == "CNAME") answer.aliases.push_back(record.data);
        if (record.type != "MX") continue;
        std::string_view rest = record.data;
        const auto preference = parse_decimal(take_word(rest));
        answer.hosts.push_back(
            {static_cast<std::uint32_t>(preference.value_or(0)), std::string{rest}});
    }
    using Kind = MxAnswer::Kind;
    if (query.asked.truncated) {
        answer.kind = Kind::again;
    } else if (query.asked.rcode == "NXDOMAIN") {
        answer.kind = Kind::no_name;
    } else if (answer.hosts.empty()) {
        answer.kind = Kind::none;
    } else {
        const bool is_null = answer.hosts.size() == 1 && answer.hosts.front().host == ".";
        answer.kind = is_null ? Kind::null : Kind::hosts;
    }
    return answer;
}

}  // namespace

NameRecord read_record(const journal::Queried& asked, std::string_view text) {
    NameRecord record{.owner = asked.name, .type = take_word(text), .data = {}};
    // Types are in upper case, and names in lower case.
    if (record.type != ascii_upper(record.type) || record.type.find('.') != std::string::npos) {
        record.owner = record.type;
        record.type = take_word(text);
    }
    record.data = text;
    return record;
}

NamesAsked::NamesAsked(const std::vector<Query>& queries) {
    for (const Query& query : queries) by_name_[query.asked.name].push_back(&query);
}

std::vector<const Query*> NamesAsked::of(std::string_view name, std::string_view type,
                                         Instant until) const {
    std::vector<const Query*> found;
    const auto place = by_name_.find(name);
    if (place == by_name_.end()) return found;
    std::copy_if(place->second.begin(), place->second.end(), std::back_inserter(found),
                 [&](const Query* query) {
                     return query->at <= until &&
                            (query->asked.type == type || query->asked.type == "ANY");
                 });
    return found;
}

std::vector<const Query*> NamesAsked::of_addresses(std::string_view name, Instant until) const {
    std::vector<const Query*> found = of(name, "A", until);
    for (const Query* query : of(name, "AAAA", until)) {
        if (query->asked.type == "AAAA") found.push_back(query);
    }
    return found;
}

std::vector<std::string> NamesAsked::addresses(std::string_view name, Instant until) const {
    std::vector<std::string> all;
    for (const Query* query : of_addresses(name, until)) {
        for (const std::string& text : query->asked.records) {
            const NameRecord record = read_record(query->asked, text);
            if (record.type != "A" && record.type != "AAAA") continue;
            if (std::find(all.begin(), all.end(), record.data) == all.end())
                all.push_back(record.data);
        }
    }
    return all;
}

bool NamesAsked::is_at(std::string_view name, std::string_view address, Instant until) const {
    const auto all = addresses(name, until);
    return std::any_of(all.begin(), all.end(),
                       [&](const std::string& one) { return same_address(one, address); });
}

Located NamesAsked::located(std::string_view name, Instant until) const {
    const auto queries = of_addresses(name, until);
    if (queries.empty()) return Located::unasked;
    if (!addresses(name, until).empty()) return Located::found;
    const bool said = std::any_of(queries.begin(), queries.end(),
                                  [](const Query* query) { return is_answered(*query); });
    const bool failed = std::any_of(queries.begin(), queries.end(),
                                    [](const Query* query) { return !is_answered(*query); });
    return said && !failed ? Located::nowhere : Located::failing;
}

bool Destination::is(MxAnswer::Kind kind) const {
    bool any = false;
    for (const MxAnswer& answer : answers) {
        const bool says_nothing =
            answer.kind == MxAnswer::Kind::failing || answer.kind == MxAnswer::Kind::again;
        if (answer.kind != kind && !says_nothing) return false;
        any = any || answer.kind == kind;
    }
    return any;
}

bool Destination::is_for(std::string_view other) const {
    return other == domain || std::any_of(answers.begin(), answers.end(), [&](const auto& answer) {
               return std::find(answer.aliases.begin(), answer.aliases.end(), other) !=
                      answer.aliases.end();
           });
}

const Exchanger* Destination::host_named(std::string_view name) const {
    const auto found = std::find_if(hosts.begin(), hosts.end(), [&](const Exchanger& one) {
        return equal_ignoring_case(one.host, name);
    });
    return found == hosts.end() ? nullptr : &*found;
}

Destinations::Destinations(const Course& course) : course_(course), names_(course.queries) {
    for (const auto& [name, queries] : names_.all()) {
        const auto for_mx = names_.of(name, "MX");
        const bool wanted = std::any_of(for_mx.begin(), for_mx.end(), [](const Query* query) {
            return query->asked.type == "MX";
        });
        if (wanted) all_.push_back(destination(name, for_mx));
    }
    find_sessions();
    find_contacts();
}

Destination Destinations::destination(std::string domain,
                                      const std::vector<const Query*>& queries) const {
    Destination made{
        .domain = std::move(domain), .answers = {}, .hosts = {}, .contacts = {}, .given = {}};
    bool changes = false;
    for (const Query* query : queries) {
        MxAnswer& answer = made.answers.emplace_back(read_answer(*query));
        if (answer.kind != MxAnswer::Kind::hosts) continue;
        std::vector<Exchanger> hosts = answer.hosts;
        std::sort(hosts.begin(), hosts.end());
        changes = changes || (!made.hosts.empty() && made.hosts != hosts);
        made.hosts = std::move(hosts);
    }
    if (changes || !made.is(MxAnswer::Kind::hosts)) made.hosts.clear();
    for (const Submission& submission : course_.submissions) {
        const auto& to = submission.given.to;
        if (std::any_of(to.begin(), to.end(), [&](const std::string& recipient) {
                return domain_of(recipient) == made.domain;
            }))
            made.given.push_back(&submission);
    }
    return made;
}

std::vector<std::string> Destinations::names_of(const Dialogue& session) const {
    std::vector<std::string> names{ascii_lower(session.host)};
    const auto place = names_at_.find(comparable_address(session.local));
    if (place != names_at_.end())
        std::copy_if(place->second.begin(), place->second.end(), std::back_inserter(names),
                     [&](const std::string& name) { return name != names.front(); });
    return names;
}

void Destinations::find_sessions() {
    for (const auto& [name, queries] : names_.all()) {
        for (const std::string& address : names_.addresses(name))
            names_at_[comparable_address(address)].push_back(name);
    }
    for (const Dialogue& session : course_.sessions) {
        for (const std::string& name : names_of(session))
            sessions_at_[name].push_back({&session, went_wrong(session)});
    }
}

/// A session is meant for the domains of its recipients. One that never got so far is meant for the destination that has this host,
/// if there is only one.
void Destinations::find_contacts() {
    std::map<std::string, std::set<Destination*>> by_domain;
    std::map<std::string, std::set<Destination*>> by_host;
    for (Destination& one : all_) {
        by_domain[one.domain].insert(&one);
        for (const MxAnswer& answer : one.answers) {
            for (const std::string& alias : answer.aliases) by_domain[alias].insert(&one);
        }
        for (const Exchanger& host : one.hosts) by_host[host.host].insert(&one);
    }
    for (const Dialogue& session : course_.sessions) {
        const auto domains = recipient_domains(session);
        const auto names = names_of(session);
        std::set<Destination*> meant;
        for (const std::string& name : domains.empty() ? names : domains)
            meant.merge(std::set<Destination*>{(domains.empty() ? by_host : by_domain)[name]});
        if (domains.empty() && meant.size() > 1) continue;
        for (Destination* one : meant) {
            Contact contact{.session = &session};
            for (const std::string& name : names) {
                if (contact.host == nullptr) contact.host = one->host_named(name);
            }
            contact.at_domain = contact.host == nullptr && names_.is_at(one->domain, session.local);
            one->contacts.push_back(contact);
        }
    }
    for (Destination& one : all_) {
        std::stable_sort(one.contacts.begin(), one.contacts.end(),
                         [](const Contact& a, const Contact& b) {
                             return a.session->opened_at < b.session->opened_at;
                         });
    }
}

bool Destinations::excuses(std::string_view host, const Dialogue& later) const {
    const auto place = sessions_at_.find(host);
    if (place == sessions_at_.end()) return false;
    return std::any_of(place->second.begin(), place->second.end(), [&](const Visit& visit) {
        return visit.session->id < later.id &&
               (visit.went_wrong || end_of(*visit.session, course_) > later.opened_at);
    });
}

std::vector<std::string> lines_of(const Destination& destination) {
    constexpr std::size_t lines_max = 5;
    std::vector<std::string> lines;
    for (const MxAnswer& answer : destination.answers) {
        if (lines.size() == lines_max) break;
        const journal::Queried& asked = answer.query->asked;
        lines.push_back(fmt::format("{} MX {}: {}{}{}", format_instant(answer.query->at),
                                    asked.name, asked.rcode.empty() ? "no answer" : asked.rcode,
                                    asked.records.empty() ? "" : ": ",
                                    fmt::join(asked.records, ", ")));
    }
    return lines;
}

std::vector<std::string> recipient_domains(const Dialogue& session) {
    std::vector<std::string> domains;
    for (const Exchange& exchange : session.exchanges) {
        if (exchange.verb != smtp::Verb::rcpt || !exchange.path) continue;
        std::string domain = ascii_lower(exchange.path->domain);
        if (!domain.empty() && std::find(domains.begin(), domains.end(), domain) == domains.end())
            domains.push_back(std::move(domain));
    }
    return domains;
}

std::string domain_of(std::string_view address) {
    const std::size_t at = address.rfind('@');
    return at == std::string_view::npos ? "" : ascii_lower(address.substr(at + 1));
}

Instant end_of(const Dialogue& session, const Course& course) {
    return session.ended ? session.ended_at : course.end;
}

bool went_wrong(const Dialogue& session) {
    if (!session.greeting || !session.greeting->is(2)) return true;
    if (!session.ended || session.ended->how != smtp::Ended::How::quit) return true;
    const auto refuses = [](const std::vector<Reply>& replies) {
        return std::any_of(replies.begin(), replies.end(),
                           [](const Reply& reply) { return !reply.is(2) && !reply.is(3); });
    };
    return std::any_of(session.exchanges.begin(), session.exchanges.end(),
                       [&](const Exchange& exchange) {
                           return refuses(exchange.replies) || refuses(exchange.verdicts);
                       });
}

}  // namespace fakemx::conformance
