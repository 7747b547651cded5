// Names that nobody has declared.
#include "engine/name_zones.h"

#include <algorithm>
#include <optional>

namespace fakemx::engine {

namespace {

std::optional<IpAddress> reachable(const std::string& text) {
    auto address = IpAddress::parse(text);
    if (!address) return std::nullopt;
    const auto octets = address->octets();
    const bool is_any =
        std::all_of(octets.begin(), octets.end(), [](auto octet) { return octet == 0; });
    return is_any ? IpAddress::parse(address->is_v6() ? "::1" : "127.0.0.1") : address;
}

/// The node may take more of these types: nothing of them is declared, and it is no alias.
bool is_open(const dns::Node& node, std::initializer_list<dns::Type> types) {
    return !node.has(dns::Type::cname) &&
           std::none_of(types.begin(), types.end(), [&](dns::Type type) { return node.has(type); });
}

}  // namespace

dns::Zones zones_of(const Profile& profile, const std::vector<std::string>& addresses,
                    const std::string& server) {
    std::map<dns::Name, dns::Node> nodes = profile.names;
    std::map<dns::Name, dns::Node> made;
    for (std::size_t i = 0; i < profile.hosts.size(); ++i) {
        const smtp::HostOptions& host = profile.hosts[i].options;
        const auto name = dns::Name::parse(host.name);
        if (!name) continue;
        for (const std::string& domain : host.domains) {
            const auto served = dns::Name::parse(domain);
            if (!served || !is_open(nodes[*served], {dns::Type::mx})) continue;
            auto& data = made[*served].data;
            const auto place = static_cast<std::uint16_t>(data.size() + 1);
            data.emplace_back(dns::Type::mx,
                              dns::Exchange{static_cast<std::uint16_t>(10 * place), *name});
        }
        const auto address = i < addresses.size() ? reachable(addresses[i]) : std::nullopt;
        if (!address || !is_open(nodes[*name], {dns::Type::a, dns::Type::aaaa})) continue;
        made[*name].data.emplace_back(address->is_v6() ? dns::Type::aaaa : dns::Type::a, *address);
        const dns::Name reverse = dns::Name::reverse_of(*address);
        // Of hosts with one address and several ports, the first.
        if (is_open(nodes[reverse], {dns::Type::ptr}) && made[reverse].data.empty())
            made[reverse].data.emplace_back(dns::Type::ptr, *name);
    }
    for (auto& [name, node] : made)
        std::move(node.data.begin(), node.data.end(), std::back_inserter(nodes[name].data));
    std::vector<IpAddress> servers;
    if (const auto own = reachable(server)) servers.push_back(*own);
    return dns::Zones{std::move(nodes), servers};
}

}  // namespace fakemx::engine
