// What a profile remembers, as JSON: the form of snapshots, described in docs/reference/control.md.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json.hpp>

#include "app/complaint.h"
#include "core/result.h"
#include "core/time.h"
#include "engine/state_entry.h"

namespace fakemx::app {

boost::json::object to_json(const engine::StateEntry& entry);
boost::json::object to_json(const engine::StateSnapshot& snapshot, Instant now);

/// What is to be changed: entries that are put in, or a place that is forgotten.
struct StateChange {
    struct Place {
        std::string store;
        std::optional<std::string> key;  ///< none: the whole store
    };
    std::vector<engine::StateEntry> set;
    std::optional<Place> forget;
};

/// The complaint says which member is wrong, and what it should be. `now` is what "now" and "ttl" are counted from.
Result<StateChange, Complaint> read_state_change(std::string_view body, Instant now);
Result<engine::StateSnapshot, Complaint> read_state_snapshot(std::string_view body, Instant now);

}  // namespace fakemx::app
