// Chance that is addressed, not drawn: what comes out depends on the seed and on what is being
// decided, never on which sessions or threads decided something before. Philox 4x32-10 (Salmon et
// al., "Parallel random numbers: as easy as 1, 2, 3", 2011). Integers only: floats would differ
// between compilers.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace fakemx {

/// The block function itself, public so that its published test vectors can be checked.
std::array<std::uint32_t, 4> philox4x32(std::array<std::uint32_t, 4> counter,
                                        std::array<std::uint32_t, 2> key);

/// What is being decided: the rule (where in the profile), the identity it is decided for, and how
/// often this rule was decided for this identity before.
struct Decision {
    std::string_view rule;
    std::string_view key;
    std::uint64_t earlier = 0;
};

class Rng {
public:
    explicit Rng(std::uint64_t seed) : seed_(seed) {}

    std::uint64_t seed() const { return seed_; }

    /// Uniform in [0, bound). `bound` must not be 0. Same seed, same decision, same bound: same value.
    std::uint64_t below(std::uint64_t bound, const Decision& decision) const;

    /// True in `numerator` of `denominator` cases. `denominator` must not be 0.
    bool chance(std::uint64_t numerator, std::uint64_t denominator,
                const Decision& decision) const {
        return below(denominator, decision) < numerator;
    }

private:
    std::uint64_t seed_;
};

}  // namespace fakemx
