// An axis: what it spans, and the round values that are marked on it. It must not know where it is drawn.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace fakemx::chart {

struct Axis {
    enum class Unit : std::uint8_t {
        count,
        percent,
        seconds,  ///< written as durations: 5m, 2h, 3d
    };
    std::string title;
    Unit unit = Unit::count;
    double low = 0;
    double high = 1;
    bool logarithmic = false;  ///< `low` is greater than 0
};

struct Tick {
    double value = 0;
    std::string label;
};

/// Round values within the axis, about so many, in their order.
std::vector<Tick> ticks(const Axis& axis, std::size_t wanted);

/// The least round value that is not below `value`: where an axis may end.
double round_up(Axis::Unit unit, double value);

/// Where a value lies between the ends of the axis, from 0 to 1.
double place(const Axis& axis, double value);

}  // namespace fakemx::chart
