// What a receiver was made of, as a journal keeps it for replay: beside the profile's own text all that the command
// line says and an answer may depend on.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "app/complaint.h"
#include "core/result.h"
#include "dns/zones.h"
#include "engine/profile.h"
#include "sink/flags.h"

namespace fakemx::app {

struct ReplaySetup {
    bool sink = false;  ///< `fakemx sink`: its flags, and no profile
    std::vector<std::pair<std::string, std::string>> settings;  ///< of --set
    std::vector<sink::Given> flags;
    std::size_t sessions_max = 0;
    std::vector<std::string> trust_xclient;  ///< as the user gave them
    std::vector<std::string> trust_proxy;
    /// Where the name server listens, and behind it each host; none: there is no name server.
    std::vector<std::string> addresses;
    std::vector<std::string> notices;  ///< domains of the notice host; none: there is no such host
};

/// What the name server of such a run answers, if it has one.
std::optional<dns::Zones> zones_of(const ReplaySetup& setup, const engine::Profile& profile);

std::string to_json(const ReplaySetup& setup);
Result<ReplaySetup, Complaint> read_replay_setup(std::string_view text);

}  // namespace fakemx::app
