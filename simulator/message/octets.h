// Sets of octets, for scanners that look at every octet of a message.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace fakemx::message {

/// A set of octets. std::string_view::find_first_of searches its list for each octet, ten times as slowly.
class Octets {
public:
    constexpr explicit Octets(std::string_view octets) {
        for (const char c : octets) has_.at(static_cast<unsigned char>(c)) = true;
    }
    constexpr bool has(char c) const { return has_[static_cast<unsigned char>(c)]; }

    /// Where the first of them stands in `text`; its end without one.
    std::size_t first_in(std::string_view text) const {
        std::size_t at = 0;
        while (at < text.size() && !has(text[at])) ++at;
        return at;
    }
    /// The same for the first octet that is none of them.
    std::size_t first_other_in(std::string_view text) const {
        std::size_t at = 0;
        while (at < text.size() && has(text[at])) ++at;
        return at;
    }

private:
    std::array<bool, 256> has_{};
};

}  // namespace fakemx::message
