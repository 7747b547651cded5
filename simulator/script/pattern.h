// Lua 5.4 patterns with a bound on the work that a match may take. The stock matcher has none, and a
// profile chews on what a stranger sent: `a*a*a*a*b` would hold the whole simulator up. It must not
// know Lua's state: subjects and patterns are octets, failures are values.
#pragma once

#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"

namespace fakemx::script {

/// As in stock Lua.
inline constexpr std::size_t pattern_captures_max = 32;
/// Longer ones are somebody's generated alternation; each octet becomes an item of some 40 octets.
inline constexpr std::size_t pattern_octets_max = 4096;

/// The work that is left: one step is one look at one octet of the subject.
struct Steps {
    std::uint64_t left;

    bool take(std::uint64_t count = 1) {
        if (count > left) {
            left = 0;
            return false;
        }
        left -= count;
        return true;
    }
};

struct PatternError {
    std::string message;
};

struct Capture {
    std::size_t start = 0;   ///< offset in the subject, from 0
    std::size_t length = 0;  ///< 0 for a position capture
    bool is_position = false;
};

struct PatternMatch {
    std::size_t start = 0;
    std::size_t end = 0;                                 ///< offset after the last octet
    std::array<Capture, pattern_captures_max> captures;  ///< the first capture_count() are meant
};

class Pattern {
public:
    /// A leading `^` anchors, but for gmatch, where it is an octet like any other.
    enum class Caret { anchors, is_literal };

    /// Unlike stock Lua, a malformed pattern is found here and not only when a match gets that far.
    static Result<Pattern, PatternError> compile(std::string_view text,
                                                 Caret caret = Caret::anchors);

    bool anchored() const { return anchored_; }
    std::size_t capture_count() const { return captures_.size(); }

    enum class Outcome { matched, no_match, out_of_steps };

    /// A match that begins exactly at `start`.
    Outcome match_at(std::string_view subject, std::size_t start, Steps& steps,
                     PatternMatch& match) const;

    /// The first match that begins at `from` or later; only at `from` when anchored.
    Outcome search(std::string_view subject, std::size_t from, Steps& steps,
                   PatternMatch& match) const;

private:
    using OctetSet = std::bitset<256>;

    enum class Kind : std::uint8_t {
        literal,
        any,
        set,
        open,
        close,
        position,
        back_reference,
        balanced,
        frontier,
        subject_end,
    };
    enum class Repeat : std::uint8_t { once, optional, many, at_least_one, few };

    struct Item {
        Kind kind = Kind::literal;
        Repeat repeat = Repeat::once;
        unsigned char first = 0;   ///< literal: the octet; balanced: the opening one
        unsigned char second = 0;  ///< balanced: the closing one
        std::uint16_t index = 0;   ///< into sets_ or captures_
    };

    class Compiler;
    class Run;

    bool anchored_ = false;
    std::vector<Item> items_;
    std::vector<OctetSet> sets_;
    std::vector<bool> captures_;  ///< whether each is a position capture
};

}  // namespace fakemx::script
