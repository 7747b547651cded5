// Messages as tests write them.
#pragma once

#include <string>
#include <string_view>

namespace fakemx::test {

/// Lines with CRLF, from text with LF.
inline std::string lines(std::string_view text) {
    std::string made;
    for (const char c : text) {
        if (c == '\n') made += '\r';
        made += c;
    }
    return made;
}

}  // namespace fakemx::test
