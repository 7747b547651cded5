// Chance: the published vectors of Philox, the address of a decision, and a uniform result.
#include "core/random.h"

#include <set>

#include "support/catch.h"

using namespace fakemx;

TEST_CASE("philox4x32-10 gives the vectors published with Random123 (kat_vectors)") {
    using Block = std::array<std::uint32_t, 4>;
    CHECK(philox4x32({0, 0, 0, 0}, {0, 0}) ==
          Block{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
    CHECK(philox4x32({~0U, ~0U, ~0U, ~0U}, {~0U, ~0U}) ==
          Block{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
    CHECK(philox4x32({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}) ==
          Block{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
}

TEST_CASE("a decision depends on seed, rule, key and count, and on nothing else") {
    const Rng rng{42};
    const auto draw = [](const Rng& from, std::string_view rule, std::string_view key,
                         std::uint64_t earlier) {
        return from.below(1'000'000'000, {rule, key, earlier});
    };
    const auto value = draw(rng, "a.lua:7", "192.0.2.1", 0);
    for (std::uint64_t other = 0; other < 100; ++other) draw(rng, "b.lua:9", "other", other);
    CHECK(draw(rng, "a.lua:7", "192.0.2.1", 0) == value);

    CHECK(draw(Rng{43}, "a.lua:7", "192.0.2.1", 0) != value);
    CHECK(draw(rng, "a.lua:8", "192.0.2.1", 0) != value);
    CHECK(draw(rng, "a.lua:7", "192.0.2.2", 0) != value);
    CHECK(draw(rng, "a.lua:7", "192.0.2.1", 1) != value);
    // Where rule ends and key begins matters.
    CHECK(draw(rng, "ab", "c", 0) != draw(rng, "a", "bc", 0));
}

TEST_CASE("draws stay below their bound and reach every value") {
    const Rng rng{7};
    for (const std::uint64_t bound : {1ULL, 2ULL, 3ULL, 10ULL, 255ULL}) {
        std::set<std::uint64_t> seen;
        for (std::uint64_t n = 0; n < 5000; ++n) {
            const auto value = rng.below(bound, {"rule", "key", n});
            REQUIRE(value < bound);
            seen.insert(value);
        }
        CHECK(seen.size() == bound);
    }
    // A bound just over half the range rejects nearly every second block and still ends.
    const std::uint64_t large = (1ULL << 63U) + 1;
    for (std::uint64_t n = 0; n < 1000; ++n) CHECK(rng.below(large, {"large", "", n}) < large);
    CHECK(rng.below(~0ULL, {"all", "", 0}) < ~0ULL);
}

TEST_CASE("chance holds its ratio, and never and always are exact") {
    const Rng rng{1};
    int hits = 0;
    for (std::uint64_t n = 0; n < 20'000; ++n) {
        hits += rng.chance(1, 20, {"rule", "key", n}) ? 1 : 0;
        CHECK_FALSE(rng.chance(0, 20, {"never", "", n}));
        CHECK(rng.chance(20, 20, {"always", "", n}));
    }
    // 1000 expected; the standard deviation is about 31.
    CHECK(hits > 850);
    CHECK(hits < 1150);
}
