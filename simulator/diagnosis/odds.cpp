// Logarithms in fixed point: 32 binary places, of which the sum over a million terms leaves more than twelve right.
#include "diagnosis/odds.h"

#include <algorithm>
#include <bit>

#include "core/assert.h"

namespace fakemx::diagnosis {

std::int64_t binary_logarithm(std::uint64_t value) {
    FAKEMX_ASSERT(value > 0);
    const int whole = static_cast<int>(std::bit_width(value)) - 1;
    // In [1, 2), with 31 binary places.
    std::uint64_t rest = whole >= 31 ? value >> (whole - 31) : value << (31 - whole);
    std::int64_t logarithm = std::int64_t{whole} << 32;
    for (int place = 31; place >= 0; --place) {
        rest = rest * rest >> 31;
        if (rest >> 32 == 0) continue;
        rest >>= 1;
        logarithm |= std::int64_t{1} << place;
    }
    return logarithm;
}

Odds::Odds(std::uint64_t all_max) : factorials_(all_max + 1, 0) {
    for (std::uint64_t n = 2; n <= all_max; ++n)
        factorials_[n] = factorials_[n - 1] + binary_logarithm(n);
}

std::int64_t Odds::choose(std::uint64_t all, std::uint64_t part) const {
    return factorials_.at(all) - factorials_.at(part) - factorials_.at(all - part);
}

std::int64_t Odds::surprise(const Fourfold& table) const {
    const std::uint64_t all = table.all();
    const std::uint64_t with = table.with();
    const std::uint64_t failing = table.failing();
    FAKEMX_ASSERT(all < factorials_.size());
    // 128 bits would hold any product; counts of a report have 21 each.
    if (table.failing_with * all <= with * failing) return 0;
    const std::int64_t first = choose(failing, table.failing_with) +
                               choose(table.passing(), table.passing_with) - choose(all, with);
    // Further terms of the tail as parts of the first one, each smaller than the one before it.
    constexpr std::uint64_t one = std::uint64_t{1} << 40;
    std::uint64_t sum = one;
    std::uint64_t term = one;
    std::uint64_t k = table.failing_with;
    std::uint64_t passing_with = table.passing_with;
    while (k < std::min(with, failing) && passing_with > 0 && term > 0) {
        const std::uint64_t above = (failing - k) * passing_with;
        const std::uint64_t below = (k + 1) * (table.passing() - passing_with + 1);
        // In two steps, because the numbers have up to 42 bits: a ratio of 20 binary places.
        const std::uint64_t ratio = (above << 20) / below;
        term = std::min((term >> 10) * ratio >> 10, term);
        sum += term;
        ++k;
        --passing_with;
    }
    const std::int64_t tail = binary_logarithm(sum) - 40 * bit;
    return std::max<std::int64_t>(-(first + tail), 0);
}

std::uint64_t one_in(std::int64_t surprise) {
    std::uint64_t chances = 1;
    for (int power = 0; power < 18; ++power) {
        if (surprise < binary_logarithm(chances * 10)) break;
        chances *= 10;
    }
    return chances;
}

}  // namespace fakemx::diagnosis
