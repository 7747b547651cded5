// For each rule a receiver at which it can be kept and broken, and what is sent there.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "conformance/reference_client.h"

namespace fakemx::test {

struct Situation {
    std::string_view rule;
    std::string fields{};  ///< of mx.profile
    std::string hooks{};
    std::vector<Letter> letters{};
    ClientOptions client{};
    /// Rules that cannot but be broken with this one.
    std::vector<std::string_view> beside{};
};

/// At least one for each rule.
std::vector<Situation> situations();

}  // namespace fakemx::test
