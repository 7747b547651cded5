// What the outcomes of the five variants say about the cause: the smallest variant that fails holds it, if those below it pass. It must
// not know how they were sent.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "journal/records.h"
#include "matrix/variant.h"
#include "smtp/hook.h"

namespace fakemx::matrix {

/// What became of one copy of a variant.
struct CopyResult {
    journal::Outcome outcome = journal::Outcome::lost;
    smtp::Hook stage = smtp::Hook::connect;  ///< of the last try
    int code = 0;                            ///< 0: no reply; `text` says what happened instead
    std::string text;
    std::uint32_t tries = 1;
};

struct Cell {
    std::string why_not;  ///< the variant was not made; empty: it was
    std::vector<CopyResult> results;

    std::uint32_t taken() const;
    std::uint32_t refused() const { return static_cast<std::uint32_t>(results.size()) - taken(); }
};

struct Grid {
    std::array<Cell, variants.size()> cells;

    Cell& operator[](Variant variant) { return cells.at(index(variant)); }
    const Cell& operator[](Variant variant) const { return cells.at(index(variant)); }
};

enum class Trigger : std::uint8_t {
    none,        ///< every variant is taken
    envelope,    ///< A fails: it is not the content
    links,       ///< B fails, A passes
    html,        ///< C fails
    tracking,    ///< D fails
    attachment,  ///< only E fails: attachments, or size
    unclear,  ///< what lies between those that pass and those that fail is more than one thing, or nothing was sent
    contradictory,  ///< a variant fails, and one that holds all of it passes
    intermittent,   ///< the same variant passes and fails
};

std::string_view name(Trigger trigger);
std::optional<Trigger> trigger_named(std::string_view name);
/// For error messages.
std::vector<std::string> trigger_names();

struct Reading {
    Trigger trigger = Trigger::none;
    /// The one that intermittent failures begin with, where no smaller variant fails at all.
    std::optional<Variant> suspect;
    std::string verdict;             ///< a sentence
    std::vector<std::string> notes;  ///< what to do, and what it does not say; a sentence each
};

/// `was_signed`: the message had a DKIM signature, which the variants do not have.
Reading read(const Grid& grid, bool was_signed);

}  // namespace fakemx::matrix
