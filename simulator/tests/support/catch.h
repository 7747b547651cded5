// Catch2 under one name, whichever major version the system ships. Tests include this and never
// catch2/ itself.

#pragma once

#include <string>

#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>

namespace Catch::Matchers {

// Catch2 2: a string contains another. Catch2 3 calls that ContainsSubstring and has given the name
// to ranges; for string literals and std::string it keeps its older meaning here.
inline StringContainsMatcher Contains(const char* part) {
    return ContainsSubstring(part);
}

// For every kind of reference, and so as good a match as Catch2's own template for any kind of std::string.
inline StringContainsMatcher Contains(const std::string& part) {
    return ContainsSubstring(part);
}
inline StringContainsMatcher Contains(std::string& part) {
    return ContainsSubstring(part);
}
inline StringContainsMatcher Contains(std::string&& part) {
    return ContainsSubstring(part);
}

}  // namespace Catch::Matchers

#else
#include <catch2/catch.hpp>
#endif
