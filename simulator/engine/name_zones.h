// The zones of a receiver: what its profile declares of names, and what follows from the rest of it.
#pragma once

#include <string>
#include <vector>

#include "dns/zones.h"
#include "engine/profile.h"

namespace fakemx::engine {

/// What is declared stays. Otherwise each host has an address, and each domain that is served its hosts as MX, with
/// preferences 10, 20, … in their order; the address of a host has a PTR with its name.
/// `addresses`: where the hosts listen, one for each, as text; anything but an IP address is nowhere. One that stands
/// for all of the machine's own (0.0.0.0) becomes the loopback address. `server`: where the name server listens.
dns::Zones zones_of(const Profile& profile, const std::vector<std::string>& addresses,
                    const std::string& server);

}  // namespace fakemx::engine
