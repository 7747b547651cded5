// What the options of all subcommands have in common.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "app/complaint.h"
#include "core/ip_address.h"
#include "core/result.h"

namespace fakemx::app {

/// The networks that the values of an option name.
Result<std::vector<IpNetwork>, Complaint> read_networks(std::string_view option,
                                                        const std::vector<std::string>& values);

}  // namespace fakemx::app
