// What a receiver was made of, as a journal keeps it for replay: beside the profile's own text all that the command
// line says and an answer may depend on.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "app/complaint.h"
#include "core/result.h"
#include "sink/flags.h"

namespace fakemx::app {

struct ReplaySetup {
    bool sink = false;  ///< `fakemx sink`: its flags, and no profile
    std::vector<std::pair<std::string, std::string>> settings;  ///< of --set
    std::vector<sink::Given> flags;
    std::size_t sessions_max = 0;
    std::vector<std::string> trust_xclient;  ///< as the user gave them
    std::vector<std::string> trust_proxy;
    std::vector<std::string> notices;  ///< domains of the notice host; none: there is no such host
};

std::string to_json(const ReplaySetup& setup);
Result<ReplaySetup, Complaint> read_replay_setup(std::string_view text);

}  // namespace fakemx::app
