// The algorithm, one step after the other.
#include "dns/zones.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "core/limits.h"

namespace fakemx::dns {

namespace {

Soa soa_of(const Name& zone, const Name& primary, std::uint32_t ttl) {
    return {.primary = primary, .mailbox = zone.below("hostmaster").value_or(zone), .minimum = ttl};
}

void add_server(std::map<Name, Node>& nodes, const Name& zone,
                const std::vector<IpAddress>& servers) {
    // A name that leaves no room for another label serves itself.
    const Name server = zone.below("ns").value_or(zone);
    Node& top = nodes.at(zone);
    if (!top.has(Type::soa)) top.data.emplace_back(Type::soa, soa_of(zone, server, top.ttl));
    if (top.has(Type::ns)) return;
    top.data.emplace_back(Type::ns, server);
    Node own{.ttl = top.ttl};
    for (const IpAddress& address : servers)
        own.data.emplace_back(address.is_v6() ? Type::aaaa : Type::a, address);
    nodes.try_emplace(server, std::move(own));
}

}  // namespace

bool Node::has(Type type) const {
    return std::any_of(data.begin(), data.end(),
                       [&](const auto& one) { return one.first == type; });
}

Zones::Zones(std::map<Name, Node> nodes, const std::vector<IpAddress>& servers)
    : nodes_(std::move(nodes)) {
    // In canonical order the top of a zone stands in front of all that is in it. A wildcard is never a top: what it
    // stands for is beneath its parent.
    std::vector<Name> tops;
    std::vector<Name> parents;
    for (const auto& [name, node] : nodes_) {
        if (name.is_wildcard() && !zone_of(name)) parents.push_back(name.parent());
    }
    for (const Name& parent : parents) nodes_.try_emplace(parent);
    for (const auto& [name, node] : nodes_) {
        if (tops.empty() || !name.is_within(tops.back())) tops.push_back(name);
    }
    for (const Name& top : tops) add_server(nodes_, top, servers);
}

std::optional<Name> Zones::zone_of(const Name& name) const {
    std::optional<Name> top;
    for (Name above = name;; above = above.parent()) {
        const auto found = nodes_.find(above);
        if (found != nodes_.end() && !above.is_wildcard()) top = found->first;
        if (above.is_root()) return top;
    }
}

/// One question on its way through the zones.
class Zones::Walk {
public:
    Walk(const Zones& zones, const Question& question, const Rng& rng)
        : zones_(zones), question_(question), rng_(rng) {}

    /// `replaced`: what stands under the name that was asked for, whatever the zones have.
    Answer operator()(const Node* replaced) {
        // In the case in which it was asked for: some resolvers count on it.
        Name name = question_.name;
        std::set<Name> seen;
        while (seen.insert(name).second && seen.size() <= limits::dns_aliases_max) {
            const Node* node = replaced != nullptr ? replaced : find(name);
            replaced = nullptr;
            const bool is_ours = zones_.zone_of(name).has_value();
            const bool exists = node != nullptr || has_beneath(name);
            if (node == nullptr && !is_ours) {
                // Behind an alias it is somebody else's.
                if (answer_.answer.empty()) answer_.rcode = Rcode::refused;
                break;
            }
            if (node != nullptr && node->fails) return Answer{.rcode = Rcode::serv_fail};
            answer_.authoritative = true;
            if (!exists) answer_.rcode = Rcode::nx_domain;
            const Name* target = node != nullptr ? give(name, *node) : nullptr;
            if (target == nullptr) {
                if (!found_) negative(name);
                break;
            }
            name = *target;
        }
        add_addresses();
        return std::move(answer_);
    }

    Answer missing(Rcode rcode) {
        answer_.rcode = rcode;
        answer_.authoritative = true;
        negative(question_.name);
        return std::move(answer_);
    }

private:
    /// The node of the name, or of the wildcard that stands for it (RFC 4592 §3.3.1).
    const Node* find(const Name& name) const {
        const auto found = zones_.nodes_.find(name);
        if (found != zones_.nodes_.end()) return &found->second;
        const auto zone = zones_.zone_of(name);
        if (!zone || has_beneath(name)) return nullptr;
        for (Name above = name; above != *zone;) {
            above = above.parent();
            // The closest one that exists decides.
            if (!zones_.nodes_.contains(above) && !has_beneath(above)) continue;
            const auto wildcard = above.below("*");
            const auto source = wildcard ? zones_.nodes_.find(*wildcard) : zones_.nodes_.end();
            return source != zones_.nodes_.end() ? &source->second : nullptr;
        }
        return nullptr;
    }

    /// There are names beneath it, so that it exists, if only as a step on the way to them (RFC 4592 §2.2.2).
    bool has_beneath(const Name& name) const {
        const auto next = zones_.nodes_.upper_bound(name);
        return next != zones_.nodes_.end() && next->first.is_within(name);
    }

    /// Adds what the node has of the type; gives the target of an alias that is to be followed.
    const Name* give(const Name& owner, const Node& node) {
        std::vector<Record> records;
        const Name* target = nullptr;
        for (const auto& [type, data] : node.data) {
            const bool wanted = question_.type == Type::any || question_.type == type;
            if (wanted) records.push_back({owner, type, node.ttl, data});
            if (!wanted && type == Type::cname) {
                answer_.answer.push_back({owner, type, node.ttl, data});
                target = &std::get<Name>(data);
            }
        }
        if (target != nullptr) return target;
        arrange(records, node.order);
        found_ = !records.empty();
        std::move(records.begin(), records.end(), std::back_inserter(answer_.answer));
        return nullptr;
    }

    void arrange(std::vector<Record>& records, Order order) const {
        if (records.size() < 2 || order == Order::as_written) return;
        if (order == Order::rotate) {
            const auto first = static_cast<std::ptrdiff_t>(question_.earlier % records.size());
            std::rotate(records.begin(), records.begin() + first, records.end());
            return;
        }
        for (std::size_t left = records.size(); left > 1; --left) {
            const std::string key = fmt::format("{} {} {}", records.front().owner.lower().text(),
                                                type_text(question_.type), left);
            const std::uint64_t drawn =
                rng_.below(left, {.rule = "dns order", .key = key, .earlier = question_.earlier});
            std::swap(records[left - 1], records[static_cast<std::size_t>(drawn)]);
        }
    }

    /// RFC 2308 §2: the SOA, for as long as nothing may be remembered.
    void negative(const Name& name) {
        const auto zone = zones_.zone_of(name);
        if (!zone) return;
        const auto& [top, node] = *zones_.nodes_.find(*zone);
        for (const auto& [type, data] : node.data) {
            if (type != Type::soa) continue;
            const std::uint32_t ttl = std::min(node.ttl, std::get<Soa>(data).minimum);
            answer_.authority.push_back({top, type, ttl, data});
        }
    }

    /// The addresses of the hosts that the answer names, as far as they are in the zones.
    void add_addresses() {
        std::set<Name> added;
        for (const Record& record : answer_.answer) {
            const Name* host = nullptr;
            if (const auto* exchange = std::get_if<Exchange>(&record.data)) host = &exchange->host;
            if (record.type == Type::ns) host = &std::get<Name>(record.data);
            if (host == nullptr || !added.insert(*host).second) continue;
            const Node* node = find(*host);
            if (node == nullptr) continue;
            for (const auto& [type, data] : node->data) {
                if (type == Type::a || type == Type::aaaa)
                    answer_.additional.push_back({*host, type, node->ttl, data});
            }
        }
    }

    const Zones& zones_;
    const Question& question_;
    const Rng& rng_;
    Answer answer_;
    bool found_ = false;
};

Answer Zones::look_up(const Question& question, const Rng& rng) const {
    return Walk{*this, question, rng}(nullptr);
}

std::optional<Answer> Zones::answer(const Question& question, const Verdict& verdict,
                                    const Rng& rng) const {
    switch (verdict.kind) {
        case Verdict::Kind::zones: return look_up(question, rng);
        case Verdict::Kind::serv_fail: return Answer{.rcode = Rcode::serv_fail};
        case Verdict::Kind::refused: return Answer{.rcode = Rcode::refused};
        case Verdict::Kind::nx_domain: return Walk{*this, question, rng}.missing(Rcode::nx_domain);
        case Verdict::Kind::no_data: return Walk{*this, question, rng}.missing(Rcode::no_error);
        case Verdict::Kind::silence: return std::nullopt;
        case Verdict::Kind::truncated: {
            Answer answer = look_up(question, rng);
            answer.truncated = true;
            return answer;
        }
        case Verdict::Kind::records: return Walk{*this, question, rng}(&verdict.records);
    }
    return std::nullopt;
}

}  // namespace fakemx::dns
