// A sequence of draws from the project's own generator, for tests that try many inputs: the same ones in
// every run.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/random.h"

namespace fakemx::test {

class Draws {
public:
    /// `name` says for what; the same name and seed give the same draws.
    explicit Draws(std::string_view name, std::uint64_t seed = 5321) : rng_(seed), name_(name) {}

    /// In [0, bound).
    std::uint64_t below(std::uint64_t bound) { return rng_.below(bound, {name_, {}, count_++}); }
    bool one_in(std::uint64_t many) { return below(many) == 0; }
    char pick(std::string_view from) { return from[below(from.size())]; }
    std::string text(std::string_view from, std::uint64_t octets) {
        std::string made;
        for (; octets != 0; --octets) made += pick(from);
        return made;
    }

private:
    Rng rng_;
    std::string name_;
    std::uint64_t count_ = 0;
};

}  // namespace fakemx::test
