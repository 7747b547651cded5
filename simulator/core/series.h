// Numbers in a row: the value that so many percent are not above, and intervals that people count in.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/time.h"

namespace fakemx {

/// The value that so many percent are not above (nearest rank: the smallest of them that at least so many percent are at or below);
/// `sorted` is not empty.
template <class Value>
Value percentile(const std::vector<Value>& sorted, std::uint32_t percent) {
    const std::size_t rank = (sorted.size() * percent + 99) / 100;
    return sorted.at(rank == 0 ? 0 : rank - 1);
}

/// The last multiple of `length`, counted from 1970, that is not behind `instant`; also before 1970.
Instant floor_to(Instant instant, Duration length);

/// A round interval (10s, 1m, 5m, … 2d, or days together) of which `span` has at most two dozen.
Duration interval_for(Duration span);

}  // namespace fakemx
