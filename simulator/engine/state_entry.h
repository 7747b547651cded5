// One thing that a profile remembers, as outsiders see it: shown, set, and kept in snapshots.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "core/time.h"

namespace fakemx::engine {

/// A value that a profile may keep.
using StateValue = std::variant<bool, std::int64_t, std::string>;

struct StateCounter {
    std::int64_t count = 0;
    bool operator==(const StateCounter&) const = default;
};
struct StateWindow {
    std::vector<Instant> hits;  ///< oldest first
    Duration longest{};         ///< the longest window that was asked for
    bool operator==(const StateWindow&) const = default;
};
struct StateMark {
    Instant since{};
    bool operator==(const StateMark&) const = default;
};
using StateMembers = std::set<std::string>;

struct StateEntry {
    std::string store;
    std::string key;
    std::variant<StateCounter, StateValue, StateMembers, StateWindow, StateMark> content;
    std::optional<Instant> expires;  ///< from then on it is gone

    bool operator==(const StateEntry&) const = default;
};

/// How often chance has decided one thing: a draw depends on it.
struct ChanceCount {
    std::string address;  ///< rule and key, with a NUL between them
    std::uint64_t asked = 0;

    bool operator==(const ChanceCount&) const = default;
};

/// All of it.
struct StateSnapshot {
    std::vector<StateEntry> entries;     ///< by store and key
    std::vector<ChanceCount> decisions;  ///< asked longest ago first

    bool operator==(const StateSnapshot&) const = default;
};

}  // namespace fakemx::engine
