// Reading --listen and handing out ports.
#include "app/listen_plan.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "core/text.h"

namespace fakemx::app {

namespace {

const Address default_address{"127.0.0.1", 1025};

}  // namespace

std::optional<Address> parse_address(std::string_view text) {
    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos || colon == 0) return std::nullopt;
    std::string_view ip = text.substr(0, colon);
    const auto port = parse_decimal(text.substr(colon + 1));
    if (!port || *port > 65'535) return std::nullopt;
    if (ip.front() == '[' && ip.back() == ']') {
        ip = ip.substr(1, ip.size() - 2);
    } else if (ip.find(':') != std::string_view::npos) {
        return std::nullopt;  // where would the address end?
    }
    if (ip.empty()) return std::nullopt;
    return Address{ip == "localhost" ? "127.0.0.1" : std::string{ip},
                   static_cast<std::uint16_t>(*port)};
}

std::string format(const Address& address) {
    if (address.is_path()) return address.ip;
    return address.ip.find(':') != std::string::npos
               ? fmt::format("[{}]:{}", address.ip, address.port)
               : fmt::format("{}:{}", address.ip, address.port);
}

Result<std::vector<Address>, Complaint> plan_listening(const engine::Profile& profile,
                                                       const std::vector<std::string>& options) {
    std::vector<std::string_view> names;
    for (const auto& host : profile.hosts) names.push_back(host.options.name);

    std::optional<Address> base;
    std::map<std::string, Address, std::less<>> named;
    for (const std::string& option : options) {
        const std::size_t equals = option.find('=');
        const std::string name = equals == std::string::npos ? "" : option.substr(0, equals);
        const auto address = parse_address(equals == std::string::npos
                                               ? std::string_view{option}
                                               : std::string_view{option}.substr(equals + 1));
        if (!address) {
            return Complaint{fmt::format(
                "--listen {}: not of the form ADDRESS:PORT or NAME=ADDRESS:PORT", option)};
        }
        if (equals == std::string::npos) {
            if (base) {
                return Complaint{
                    fmt::format("--listen {}: a second address; name the host it is for", option)};
            }
            base = address;
            continue;
        }
        if (std::find(names.begin(), names.end(), name) == names.end()) {
            return Complaint{fmt::format("--listen {}: the profile has no host '{}'{}", option,
                                         name, did_you_mean(name, names))};
        }
        if (!named.emplace(name, *address).second) {
            return Complaint{fmt::format("--listen {}: a second address for '{}'", option, name)};
        }
    }

    std::vector<Address> plan;
    for (const auto& host : profile.hosts) {
        if (const auto own = named.find(host.options.name); own != named.end()) {
            plan.push_back(own->second);
            continue;
        }
        Address address = base.value_or(default_address);
        if (!host.address.empty()) address.ip = host.address;
        const auto taken = [&] {
            return address.port != 0 &&
                   (std::find(plan.begin(), plan.end(), address) != plan.end() ||
                    std::any_of(named.begin(), named.end(),
                                [&](const auto& other) { return other.second == address; }));
        };
        while (taken()) {
            if (address.port == 65'535) {
                return Complaint{fmt::format("no port is left for host '{}'", host.options.name)};
            }
            ++address.port;
        }
        plan.push_back(address);
    }
    return plan;
}

}  // namespace fakemx::app
