// Instants and durations: formatting undoes parsing and the other way round.
#include "core/time.h"

#include <cstring>

#include "fuzz/reader.h"

using namespace fakemx;
using fakemx::fuzz::must;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* octets, std::size_t size) {
    const std::string_view text = fuzz::Reader{octets, size}.rest();
    if (const auto duration = parse_duration(text)) {
        must(duration->count() >= 0 && parse_duration(format_duration(*duration)) == duration);
        must(later(default_epoch, *duration) >= default_epoch);
    }
    if (const auto instant = parse_instant(text))
        must(parse_instant(format_instant(*instant)) == instant);
    std::int64_t count = 0;
    if (text.size() < sizeof count) return 0;
    std::memcpy(&count, text.data(), sizeof count);
    const Duration any{count};
    must(any < Duration::zero() || parse_duration(format_duration(any)) == any);
    must(!format_instant(Instant{any}).empty());
    return 0;
}
