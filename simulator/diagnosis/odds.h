// How likely it is that a trait sits with the failing ones by chance alone: Fisher's exact test, one-sided, in whole numbers, so that
// every machine says the same.
#pragma once

#include <cstdint>
#include <vector>

namespace fakemx::diagnosis {

/// Four counts: with the trait and without, failing and passing.
struct Fourfold {
    std::uint64_t failing_with = 0;
    std::uint64_t failing_without = 0;
    std::uint64_t passing_with = 0;
    std::uint64_t passing_without = 0;

    std::uint64_t failing() const { return failing_with + failing_without; }
    std::uint64_t passing() const { return passing_with + passing_without; }
    std::uint64_t with() const { return failing_with + passing_with; }
    std::uint64_t all() const { return failing() + passing(); }
};

/// Chances are written as how often they must be halved: 2^-10 is 10 * bit.
inline constexpr std::int64_t bit = std::int64_t{1} << 32;

class Odds {
public:
    /// For tables of at most so many.
    explicit Odds(std::uint64_t all_max);

    /// The chance that, were the trait dealt out blindly, at least so many of the failing ones had it. 0 (no surprise) where they have no
    /// more of it than the passing ones.
    std::int64_t surprise(const Fourfold& table) const;

private:
    std::int64_t choose(std::uint64_t all, std::uint64_t part) const;

    std::vector<std::int64_t> factorials_;  // log2 of n!
};

/// log2, times `bit`. `value` is at least 1.
std::int64_t binary_logarithm(std::uint64_t value);

/// 2^-surprise as people write it: "1 in 1,000,000"; at most 1 in 10^18, whole powers of ten, rounded to the safe side.
std::uint64_t one_in(std::int64_t surprise);

}  // namespace fakemx::diagnosis
