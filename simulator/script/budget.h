// What a profile may use up: the bounds, each with its reason, and what counts down against them.
#pragma once

#include <cstddef>
#include <cstdint>

namespace fakemx::script {

struct Budgets {
    /// All of a profile's Lua heap. 100,000 questions asleep need some 150 MiB of it.
    std::size_t memory_octets_max = std::size_t{512} << 20;
    /// By how much the heap may grow while one question runs. A verdict is built from a few KiB.
    std::size_t question_memory_octets_max = std::size_t{16} << 20;
    /// Copying and comparing strings costs time that no instruction count sees.
    std::size_t string_octets_max = std::size_t{1} << 20;
    /// About ten milliseconds, during which no other session is answered.
    std::uint64_t question_instructions_max = 1'000'000;
    std::uint64_t load_instructions_max = 10'000'000;
    /// One call of string.find and its like. A plain search through the longest string fits.
    std::uint64_t pattern_steps_max = 2'000'000;
};

/// The instructions that a question (or the loading of a profile) has left. It outlives the sleeps of
/// the question. Work done in C is converted: see Sandbox::charge.
struct Meter {
    enum class Purpose : std::uint8_t { question, load };

    Purpose purpose = Purpose::question;
    std::uint64_t budget = 0;
    std::uint64_t left = 0;

    static Meter for_question(const Budgets& budgets) {
        const auto budget = budgets.question_instructions_max;
        return {.purpose = Purpose::question, .budget = budget, .left = budget};
    }

    static Meter for_load(const Budgets& budgets) {
        const auto budget = budgets.load_instructions_max;
        return {.purpose = Purpose::load, .budget = budget, .left = budget};
    }
};

}  // namespace fakemx::script
