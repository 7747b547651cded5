// Names of variants.
#include "matrix/variant.h"

namespace fakemx::matrix {

namespace {

constexpr std::array<std::string_view, 5> titles{"plain text", "plain text with links",
                                                 "HTML without tracking", "with tracking",
                                                 "with attachments"};

}  // namespace

std::string_view title(Variant variant) {
    return titles.at(index(variant));
}

std::optional<Variant> variant_named(std::string_view name) {
    for (const Variant variant : variants) {
        if (matrix::name(variant) == name) return variant;
    }
    return std::nullopt;
}

}  // namespace fakemx::matrix
