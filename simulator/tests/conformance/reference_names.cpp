// Names by the book, and the ways to get them wrong.
#include "conformance/reference_names.h"

#include <algorithm>
#include <memory>
#include <sstream>

#include <fmt/format.h>

#include "core/text.h"
#include "engine/name_zones.h"
#include "support/dns_wire.h"

namespace fakemx::test {

namespace {

constexpr Duration patience = 5s;
constexpr int no_such_domain = 550;
constexpr int no_host_usable = 554;
constexpr int no_mail_taken = 556;
constexpr int not_now = 450;

std::vector<std::string> words_of(const std::string& line) {
    std::istringstream stream{line};
    std::vector<std::string> words;
    for (std::string word; stream >> word;) {
        // Without the last dot, but for the root.
        if (word.size() > 1 && word.ends_with('.')) word.pop_back();
        words.push_back(word);
    }
    return words;
}

/// RFC 3492, for the one name that is needed.
std::string a_label(const std::string& domain) {
    return domain == "b\xc3\xbc\x63her.example" ? "xn--bcher-kva.example" : domain;
}

bool settled(const ReferenceClient::Codes& codes) {
    return std::all_of(codes.begin(), codes.end(),
                       [](int code) { return code / 100 == 2 || code / 100 == 5; });
}

}  // namespace

dns::Zones zones_of(const engine::Profile& profile) {
    std::vector<std::string> addresses;
    for (const engine::HostProfile& host : profile.hosts) addresses.push_back(host.address);
    return engine::zones_of(profile, addresses, "127.0.0.1");
}

ReferenceNames::Answer ReferenceNames::ask(const std::string& name, dns::Type type,
                                           dns::Transport transport) {
    // It may come when nobody waits for it any more.
    const auto octets = std::make_shared<std::string>();
    simulator_.query(run_.now(),
                     {client_.address, transport, octets_of({.name = name, .type = type})},
                     [octets](std::string_view answer) { *octets = answer; });
    const Instant until = later(run_.now(), patience);
    while (octets->empty() && run_.advance_to_next(until)) {
    }
    Answer answer;
    std::istringstream lines{octets->empty() ? "" : answer_text(*octets)};
    for (std::string line; std::getline(lines, line);) {
        const auto words = words_of(line);
        if (answer.rcode.empty()) {
            answer.rcode = words.front();
            answer.truncated = std::find(words.begin(), words.end(), "tc") != words.end();
        }
        // = owner TTL IN type data
        if (words.front() != "=") continue;
        answer.records.emplace_back(words.begin() + 4, words.end());
        answer.ttl = std::chrono::seconds{parse_decimal(words[2]).value()};
    }
    return answer;
}

ReferenceNames::Answer ReferenceNames::ask(const std::string& name, dns::Type type) {
    const auto known = resolved_.find({name, type});
    if (known != resolved_.end() && known->second.first > run_.now()) return known->second.second;
    Answer answer = ask(name, type, dns::Transport::udp);
    if (answer.truncated && !breaks("mx-truncated")) answer = ask(name, type, dns::Transport::tcp);
    if (by_resolver_ && !answer.records.empty())
        resolved_[{name, type}] = {later(run_.now(), answer.ttl), answer};
    return answer;
}

ReferenceNames::Route ReferenceNames::look_up(const std::string& domain) {
    const Route itself{.hosts = {{0, domain}}};
    if (breaks("mx-lookup")) return itself;
    const Answer answer = ask(domain, dns::Type::mx);
    if (answer.rcode == "NXDOMAIN")
        return {.code = breaks("mx-nxdomain") ? not_now : no_such_domain};
    if (answer.rcode != "NOERROR" || answer.truncated)
        return {.code = breaks("mx-servfail") ? no_such_domain : not_now};
    Route route;
    bool is_alias = false;
    for (const auto& words : answer.records) {
        is_alias = is_alias || words[0] == "CNAME";
        if (words[0] == "MX")
            route.hosts.push_back(
                {static_cast<unsigned>(parse_decimal(words[1]).value()), words[2]});
    }
    if (is_alias && breaks("mx-cname-domain")) return {.code = no_such_domain};
    if (route.hosts.empty()) return breaks("mx-implicit") ? Route{.code = no_such_domain} : itself;
    if (route.hosts.size() == 1 && route.hosts.front().name == ".")
        return breaks("mx-null") ? itself : Route{.code = no_mail_taken};
    arrange(route.hosts);
    return route;
}

/// RFC 5321 §5.1: by preference, equal ones by chance, and without this host and all behind it.
void ReferenceNames::arrange(std::vector<Host>& hosts) {
    for (std::size_t left = hosts.size(); left > 1 && !breaks("mx-equal-random"); --left) {
        const auto place = rng_.below(left, {.rule = "host", .key = "", .earlier = drawn_++});
        std::swap(hosts[left - 1], hosts[static_cast<std::size_t>(place)]);
    }
    std::stable_sort(hosts.begin(), hosts.end(),
                     [](const Host& a, const Host& b) { return a.preference < b.preference; });
    if (breaks("mx-preference")) std::reverse(hosts.begin(), hosts.end());
    const auto self = std::find_if(hosts.begin(), hosts.end(),
                                   [&](const Host& host) { return host.name == client_.helo; });
    if (self == hosts.end() || breaks("mx-self-loop")) return;
    const unsigned own = self->preference;
    std::erase_if(hosts, [&](const Host& host) { return host.preference >= own; });
}

std::optional<std::vector<std::string>> ReferenceNames::addresses(const std::string& name) {
    std::vector<std::string> all;
    for (const dns::Type type : {dns::Type::a, dns::Type::aaaa}) {
        const Answer answer = ask(name, type);
        if (answer.rcode != "NOERROR" && answer.rcode != "NXDOMAIN") return std::nullopt;
        for (const auto& words : answer.records) {
            if (words[0] == dns::type_text(type)) all.push_back(words[1]);
        }
    }
    return all;
}

std::optional<std::size_t> ReferenceNames::listener(const std::string& address) const {
    for (std::size_t i = 0; i < receiver_.hosts.size(); ++i) {
        const engine::HostProfile& host = receiver_.hosts[i];
        if (host.address == address && host.connections == engine::Connections::accept) return i;
    }
    return std::nullopt;
}

ReferenceClient::Codes ReferenceNames::deliver(ReferenceClient& client, const Letter& letter) {
    std::string domain = letter.to.front().substr(letter.to.front().find('@') + 1);
    if (!breaks("mx-idna")) domain = a_label(domain);
    const Route route = [&] {
        const auto known = remembered_.find(domain);
        return known != remembered_.end() && breaks("mx-requery") ? known->second : look_up(domain);
    }();
    remembered_[domain] = route;
    for (const Host& host : route.hosts) {
        if (by_resolver_) addresses(host.name);
    }
    if (route.hosts.empty())
        return ReferenceClient::Codes(letter.to.size(),
                                      route.code != 0 ? route.code : no_host_usable);
    return try_hosts(client, letter, route.hosts, domain);
}

ReferenceClient::Codes ReferenceNames::try_hosts(ReferenceClient& client, const Letter& letter,
                                                 std::vector<Host> hosts,
                                                 const std::string& domain) {
    ++tries_;
    if (breaks("mx-failover-connect")) hosts.resize(1);
    if (breaks("mx-try-two")) hosts = {hosts[(tries_ - 1) % hosts.size()]};
    if (breaks("mx-no-a-when-mx")) hosts.push_back({0, domain});
    bool any_address = false;
    bool any_failing = false;
    ReferenceClient::Codes codes(letter.to.size(), 0);
    for (std::size_t i = 0; i < hosts.size(); ++i) {
        const auto at = addresses(hosts[i].name);
        any_failing = any_failing || !at;
        if (!at && breaks("mx-partial-dns"))
            return ReferenceClient::Codes(letter.to.size(), no_such_domain);
        any_address = any_address || (at && !at->empty());
        if (i + 1 == hosts.size() && !any_address && breaks("mx-unusable") &&
            hosts[i].name != domain)
            hosts.push_back({0, domain});
        for (const std::string& address : at.value_or(std::vector<std::string>{})) {
            const auto host = listener(address);
            if (!host) continue;
            codes = client.deliver({letter}, *host, address).front();
            // The host may have the message: to give it to another one would make two of it.
            if (client.in_doubt()) return codes;
            const bool refused =
                std::any_of(codes.begin(), codes.end(), [](int code) { return code / 100 == 5; });
            if (settled(codes) && !(refused && breaks("mx-no-shop-5yz"))) return codes;
            if (breaks("mx-failover-greeting")) return codes;
        }
    }
    if (!any_address && !any_failing)
        return ReferenceClient::Codes(letter.to.size(), no_host_usable);
    return codes;
}

}  // namespace fakemx::test
