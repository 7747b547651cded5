// What a profile declares, without its hooks: who it is, the hosts it plays, the parameters it takes.
// Whoever loads a profile (script) fills this in; the engine reads it. How a user writes it is settled
// in docs/reference/lua.md.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "core/time.h"
#include "smtp/host.h"

namespace fakemx::engine {

/// A ratio such as 1/20: chance takes integers, so that it repeats on every machine.
struct Ratio {
    std::int64_t numerator = 0;
    std::int64_t denominator = 1;

    bool operator==(const Ratio&) const = default;
};

using ParameterValue = std::variant<bool, std::int64_t, Duration, Ratio, std::string>;

struct ProfileParameter {
    std::string name;
    std::string summary;
    ParameterValue value;  ///< the default, or what the user set instead
};

struct HostProfile {
    smtp::HostOptions options;
    std::string address;  ///< listens here; empty: wherever the server is told to
};

struct Profile {
    std::string name;  ///< file name without directory and ending
    std::string summary;
    std::vector<ProfileParameter> parameters;  ///< in order of name
    std::vector<HostProfile> hosts;            ///< at least one
};

}  // namespace fakemx::engine
