// JSON that is put together as text, in the order in which it is to be read.
#pragma once

#include <string>
#include <string_view>

#include "core/text.h"

namespace fakemx::app {

/// As a JSON string, with its quotes.
inline std::string quoted(std::string_view text) {
    std::string json;
    append_json_string(json, text);
    return json;
}

/// "[a,b]": `text` gives the JSON of one element.
template <class Range, class Text>
std::string list_of(const Range& range, const Text& text) {
    std::string json{"["};
    for (const auto& element : range) {
        if (json.size() > 1) json += ',';
        json += text(element);
    }
    return json + "]";
}

}  // namespace fakemx::app
