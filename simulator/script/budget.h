// What a profile may use up, and what counts down against it.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/limits.h"

namespace fakemx::script {

/// The program's values stand in core/limits.h, with their reasons; tests choose smaller ones.
struct Budgets {
    std::size_t memory_octets_max = limits::lua_octets_max;
    std::size_t question_memory_octets_max = limits::hook_octets_max;
    std::size_t string_octets_max = limits::lua_string_octets_max;
    std::uint64_t question_instructions_max = limits::hook_instructions_max;
    std::uint64_t load_instructions_max = limits::load_instructions_max;
    std::uint64_t pattern_steps_max = limits::pattern_steps_max;
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
