// The names of clocks, and what is wrong with a name.
#include "app/clocks.h"

#include <fmt/format.h>

#include "core/text.h"

namespace fakemx::app {

Result<Instant, Complaint> read_epoch(const std::string& epoch) {
    const auto instant = parse_instant(epoch);
    if (instant && *instant >= Instant{}) return *instant;
    return Complaint{
        fmt::format("--epoch {}: not an instant since 1970 such as 2026-01-01T00:00:00Z", epoch)};
}

Result<std::unique_ptr<net::Clock>, Complaint> make_clock(const std::string& clock,
                                                          const std::string& epoch) {
    if (clock == "real") {
        if (!epoch.empty()) return Complaint{"--epoch: the real clock has none"};
        return net::real_clock();
    }
    const bool stepped = clock == "stepped";
    const std::uint64_t factor =
        clock.starts_with('x') ? parse_decimal(std::string_view{clock}.substr(1)).value_or(0) : 0;
    if (!stepped && (factor == 0 || factor > net::clock_factor_max)) {
        return Complaint{
            fmt::format("--clock {}: not 'real', 'stepped', or 'xN' with N from 1 to {}", clock,
                        net::clock_factor_max)};
    }
    const auto begin = epoch.empty() ? default_epoch : read_epoch(epoch);
    if (!begin) return begin.error();
    if (stepped) return std::make_unique<net::SteppedClock>(*begin);
    return net::scaled_clock(static_cast<std::uint32_t>(factor), *begin);
}

}  // namespace fakemx::app
