// Rounding a duration to about two digits that matter.
#include "app/durations.h"

#include <fmt/format.h>

namespace fakemx::app {

std::string rounded(Duration duration) {
    const auto to = [&](auto unit) { return std::chrono::round<decltype(unit)>(duration); };
    if (duration < 1ms) return "0s";
    if (duration < 1s) return format_duration(to(std::chrono::milliseconds{}));
    if (duration < 10s) {
        const auto tenths = to(std::chrono::duration<std::int64_t, std::deci>{}).count();
        return tenths % 10 == 0 ? fmt::format("{}s", tenths / 10)
                                : fmt::format("{}.{}s", tenths / 10, tenths % 10);
    }
    if (duration < 1h) return format_duration(to(std::chrono::seconds{}));
    if (duration < 24h) return format_duration(to(std::chrono::minutes{}));
    return format_duration(to(std::chrono::hours{}));
}

}  // namespace fakemx::app
