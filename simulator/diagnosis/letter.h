// What the journal says of a message that arrived, as far as a diagnosis asks for it (docs/reference/journal.md, "Traits").
#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace fakemx::diagnosis {

struct Letter {
    std::vector<std::string> attachment_types;
    std::vector<std::string> link_domains;
    std::vector<std::string>
        charsets;  ///< with "(broken)" behind one that the text does not keep to
    std::string language;
    bool has_html = false;
    /// What was found about who sent it: "spf" and "fail".
    std::vector<std::pair<std::string, std::string>> authentication;

    auto operator<=>(const Letter&) const = default;
};

/// Reads `message.traits`, which is JSON. Nothing where it is no such object; what is missing in it is left empty.
std::optional<Letter> read_letter(std::string_view text);

}  // namespace fakemx::diagnosis
