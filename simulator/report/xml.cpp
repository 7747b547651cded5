// XML 1.0 §2.2 (characters) and §2.4 (character data and markup).
#include "report/xml.h"

#include "core/words.h"

namespace fakemx::report {

namespace {

/// U+FFFE and U+FFFF are the only characters that printable() lets through and XML 1.0 does not know.
std::string without_noncharacters(std::string text) {
    for (const std::string_view one : {"\xef\xbf\xbe", "\xef\xbf\xbf"}) {
        std::size_t at = 0;
        while ((at = text.find(one, at)) != std::string::npos) {
            const std::string words = one.back() == '\xbe' ? "\\xef\\xbf\\xbe" : "\\xef\\xbf\\xbf";
            text.replace(at, one.size(), words);
            at += words.size();
        }
    }
    return text;
}

std::string characters(std::string_view text) {
    std::string out;
    for (const char c : text) {
        switch (c) {
            case '&': out += "&amp;"; break;
            case '<': out += "&lt;"; break;
            case '>': out += "&gt;"; break;
            case '"': out += "&quot;"; break;
            default: out += c;
        }
    }
    return out;
}

}  // namespace

std::string xml_escaped(std::string_view text, bool attribute) {
    std::string out;
    while (true) {
        const std::size_t end = text.find_first_of("\n\t");
        out += characters(without_noncharacters(printable(text.substr(0, end))));
        if (end == std::string_view::npos) return out;
        if (!attribute) {
            out += text[end];
        } else {
            out += text[end] == '\n' ? "&#10;" : "&#9;";
        }
        text.remove_prefix(end + 1);
    }
}

}  // namespace fakemx::report
