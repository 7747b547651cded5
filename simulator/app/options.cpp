// Values of options.
#include "app/options.h"

#include <fmt/format.h>

namespace fakemx::app {

Result<std::vector<IpNetwork>, Complaint> read_networks(std::string_view option,
                                                        const std::vector<std::string>& values) {
    std::vector<IpNetwork> networks;
    for (const std::string& value : values) {
        const auto network = IpNetwork::parse(value);
        if (!network) {
            return Complaint{
                fmt::format("{} {}: not an IP address, nor a network such as 10.0.0.0/8 with no "
                            "bit set behind its prefix",
                            option, value)};
        }
        networks.push_back(*network);
    }
    return networks;
}

}  // namespace fakemx::app
