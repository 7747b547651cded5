// What fakemx matrix shows, as text and as JSON. It must not know where the outcomes came from.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "matrix/reading.h"
#include "matrix/variants.h"

namespace fakemx::app {

struct MatrixReport {
    std::string message;               ///< its file's name; empty: there is none
    std::string way;                   ///< "netease in virtual time"
    std::optional<matrix::Kit> kit;    ///< nothing without a message
    std::optional<matrix::Grid> grid;  ///< nothing where the variants were only written
    std::optional<matrix::Reading> reading;
    std::uint64_t by_traits =
        0;  ///< in a journal, deliveries of messages that do not say which variant they are
    std::uint64_t unseen = 0;  ///< and those that were refused before there was one
};

/// Several lines.
std::string text_of(const MatrixReport& report);

/// One JSON object.
std::string json_of(const MatrixReport& report);

}  // namespace fakemx::app
