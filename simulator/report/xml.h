// Writing XML 1.0 so that any octets may stand in it: what XML has no character for is escaped in words.
#pragma once

#include <string>
#include <string_view>

namespace fakemx::report {

/// For the content of an element, and for an attribute in double quotes. Line feeds and tabs stay where `attribute` is false.
/// Other control characters, octets that are no UTF-8 and characters that XML 1.0 does not know become \xNN.
std::string xml_escaped(std::string_view text, bool attribute);

}  // namespace fakemx::report
