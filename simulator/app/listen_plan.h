// Where each host of a profile listens: what the command line says, what the profile says, and
// successive ports for what is left.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/complaint.h"
#include "core/result.h"
#include "engine/profile.h"

namespace fakemx::app {

struct Address {
    std::string ip;  ///< or "unix:" and the path of a socket in the file system
    std::uint16_t port = 0;

    bool is_path() const { return ip.starts_with("unix:"); }
    std::string path() const { return ip.substr(5); }

    bool operator==(const Address&) const = default;
};

/// "127.0.0.1:25", "[::1]:25", "localhost:25". Nothing for anything else.
std::optional<Address> parse_address(std::string_view text);

std::string format(const Address& address);

/// One place for each host, in the order of the profile. `options` are the values of --listen:
/// ADDRESS:PORT once at most, for all hosts that nothing else is said of, and NAME=ADDRESS:PORT. An
/// error is a sentence for the user.
Result<std::vector<Address>, Complaint> plan_listening(const engine::Profile& profile,
                                                       const std::vector<std::string>& options);

}  // namespace fakemx::app
