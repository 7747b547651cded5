// Round values.
#include "chart/axis.h"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

#include "core/time.h"

namespace fakemx::chart {

namespace {

constexpr double minute = 60;
constexpr double hour = 3600;
constexpr double day = 86'400;

constexpr std::array round_seconds{
    1.0,        2.0,         5.0,         10.0,        15.0,     30.0,     minute,   2 * minute,
    5 * minute, 10 * minute, 15 * minute, 30 * minute, hour,     2 * hour, 3 * hour, 6 * hour,
    12 * hour,  day,         2 * day,     5 * day,     10 * day, 20 * day, 50 * day, 100 * day};

/// 1, 2 or 5 times a power of ten.
double round_number(double value) {
    if (value <= 0) return 1;
    const double power = std::pow(10, std::floor(std::log10(value)));
    for (const double factor : {1.0, 2.0, 5.0}) {
        if (factor * power >= value * (1 - 1e-9)) return factor * power;
    }
    return 10 * power;
}

double round_step(Axis::Unit unit, double value) {
    if (unit != Axis::Unit::seconds)
        return std::max(round_number(value), unit == Axis::Unit::count ? 1.0 : 0.0);
    for (const double step : round_seconds) {
        if (step >= value * (1 - 1e-9)) return step;
    }
    return round_number(value / day) * day;
}

std::string label(Axis::Unit unit, double value) {
    switch (unit) {
        case Axis::Unit::seconds:
            return format_duration(Duration{static_cast<std::int64_t>(std::llround(value * 1e6))});
        case Axis::Unit::percent: return fmt::format("{:g} %", value);
        case Axis::Unit::count: break;
    }
    if (value >= 1e6) return fmt::format("{:g} M", value / 1e6);
    if (value >= 1e4) return fmt::format("{:g} k", value / 1e3);
    return fmt::format("{:g}", value);
}

std::vector<double> logarithmic_values(const Axis& axis) {
    std::vector<double> values;
    if (axis.unit == Axis::Unit::seconds) {
        constexpr std::array shown{0.001,  0.01,       0.1,         1.0,      5.0,      15.0,
                                   minute, 5 * minute, 15 * minute, hour,     4 * hour, 12 * hour,
                                   day,    3 * day,    7 * day,     30 * day, 100 * day};
        values.assign(shown.begin(), shown.end());
    } else {
        for (double value = 1e-3; value < 1e12; value *= 10) values.push_back(value);
    }
    std::erase_if(values, [&](double value) { return value < axis.low || value > axis.high; });
    return values;
}

}  // namespace

double round_up(Axis::Unit unit, double value) {
    const double step = round_step(unit, value / 5);
    return std::max(step, std::ceil(value / step * (1 - 1e-9)) * step);
}

double place(const Axis& axis, double value) {
    const double at = std::clamp(value, axis.low, axis.high);
    if (axis.high <= axis.low) return 0;
    if (axis.logarithmic) return std::log(at / axis.low) / std::log(axis.high / axis.low);
    return (at - axis.low) / (axis.high - axis.low);
}

std::vector<Tick> ticks(const Axis& axis, std::size_t wanted) {
    std::vector<double> values;
    if (axis.logarithmic) {
        values = logarithmic_values(axis);
        // Every second or third one, where there are too many.
        const std::size_t every = (values.size() + wanted - 1) / std::max<std::size_t>(wanted, 1);
        std::vector<double> kept;
        for (std::size_t i = 0; i < values.size(); i += std::max<std::size_t>(every, 1))
            kept.push_back(values[i]);
        values = std::move(kept);
    } else {
        const double step =
            round_step(axis.unit, (axis.high - axis.low) /
                                      static_cast<double>(std::max<std::size_t>(wanted, 1)));
        const double first = std::ceil(axis.low / step * (1 - 1e-9)) * step;
        for (std::size_t i = 0; i <= 10 * wanted; ++i) {
            const double value = first + static_cast<double>(i) * step;
            if (value > axis.high * (1 + 1e-9)) break;
            values.push_back(value);
        }
    }
    std::vector<Tick> found;
    for (const double value : values) found.push_back({value, label(axis.unit, value)});
    return found;
}

}  // namespace fakemx::chart
