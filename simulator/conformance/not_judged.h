// Rules on a client that are known and not judged: what a receiver cannot see, or what fakemx has no ground for yet.
#pragma once

#include <span>
#include <string_view>

namespace fakemx::conformance {

struct NotJudged {
    std::string_view slug;
    std::string_view source;
    std::string_view reason;  ///< half a sentence
};

/// In the order of the chapters.
std::span<const NotJudged> not_judged();

}  // namespace fakemx::conformance
