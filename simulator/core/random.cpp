// Philox and the mapping from a decision to its counter.
#include "core/random.h"

#include "core/assert.h"
#include "core/text.h"

namespace fakemx {

namespace {

constexpr std::uint32_t low(std::uint64_t value) {
    return static_cast<std::uint32_t>(value);
}

constexpr std::uint32_t high(std::uint64_t value) {
    return static_cast<std::uint32_t>(value >> 32U);
}

}  // namespace

std::array<std::uint32_t, 4> philox4x32(std::array<std::uint32_t, 4> counter,
                                        std::array<std::uint32_t, 2> key) {
    // The multipliers and Weyl increments of the paper, table 2.
    constexpr std::uint64_t multiplier_0 = 0xD2511F53;
    constexpr std::uint64_t multiplier_1 = 0xCD9E8D57;
    for (int round = 0; round < 10; ++round) {
        const std::uint64_t product_0 = multiplier_0 * counter[0];
        const std::uint64_t product_1 = multiplier_1 * counter[2];
        counter = {high(product_1) ^ counter[1] ^ key[0], low(product_1),
                   high(product_0) ^ counter[3] ^ key[1], low(product_0)};
        key[0] += 0x9E3779B9;
        key[1] += 0xBB67AE85;
    }
    return counter;
}

std::uint64_t Rng::below(std::uint64_t bound, const Decision& decision) const {
    FAKEMX_ASSERT(bound != 0);
    const std::uint64_t address = hash64(decision.key, hash64(decision.rule));
    // Values below this threshold would make small results likelier; they are drawn again.
    const std::uint64_t threshold = (0 - bound) % bound;
    for (std::uint32_t redraw = 0;; ++redraw) {
        const auto block = philox4x32({low(address), high(address), low(decision.earlier),
                                       high(decision.earlier) ^ (redraw << 16U)},
                                      {low(seed_), high(seed_)});
        const std::uint64_t value = (std::uint64_t{block[0]} << 32U) | block[1];
        if (value >= threshold) return value % bound;
    }
}

}  // namespace fakemx
