// Text in an SVG: escaped, cut to a width, measured. It must not know where it stands.
#pragma once

#include <string>
#include <string_view>

namespace fakemx::chart {

/// As XML: markup escaped, and what XML 1.0 does not allow (control characters, octets that are no UTF-8) as U+FFFD.
std::string escaped(std::string_view text);

/// About how wide it is, in units of the font size; a Chinese character is as wide as it is high.
double width_of(std::string_view text);

/// At most about so wide, "…" at the end where something is left out. UTF-8 characters stay whole.
std::string fitting(std::string_view text, double width);

}  // namespace fakemx::chart
