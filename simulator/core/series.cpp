// The intervals.
#include "core/series.h"

#include <array>

namespace fakemx {

namespace {

constexpr std::array<Duration, 13> nice_intervals{
    Duration{10s},   Duration{1min}, Duration{5min}, Duration{10min}, Duration{15min},
    Duration{30min}, Duration{1h},   Duration{2h},   Duration{4h},    Duration{6h},
    Duration{12h},   Duration{24h},  Duration{48h}};
constexpr std::int64_t rows_wanted = 24;

}  // namespace

Instant floor_to(Instant instant, Duration length) {
    const Duration since = instant.time_since_epoch();
    const Duration rest = since % length;
    return instant - rest - (rest < Duration{} ? length : Duration{});
}

Duration interval_for(Duration span) {
    for (const Duration interval : nice_intervals) {
        if (span / interval < rows_wanted) return interval;
    }
    const Duration last = nice_intervals.back();
    return last * (span / last / rows_wanted + 1);
}

}  // namespace fakemx
