// The five variants of a message, each of which has one thing more than the one before it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace fakemx::matrix {

enum class Variant : std::uint8_t {
    a,  ///< plain text, without links and without attachments
    b,  ///< plain text with the message's links
    c,  ///< HTML without tracking
    d,  ///< with tracking
    e,  ///< with attachments: the message's content
};

inline constexpr std::array variants{Variant::a, Variant::b, Variant::c, Variant::d, Variant::e};

constexpr std::size_t index(Variant variant) {
    return static_cast<std::size_t>(variant);
}

/// "A"
constexpr std::string_view name(Variant variant) {
    return std::string_view{"ABCDE"}.substr(index(variant), 1);
}

/// "plain text with links"
std::string_view title(Variant variant);

/// The variant that is called so, in capitals.
std::optional<Variant> variant_named(std::string_view name);

/// The header field by which a variant is recognised in a journal: "D; copy 2".
inline constexpr std::string_view variant_field = "X-Fakemx-Variant";

}  // namespace fakemx::matrix
