// Tags, attributes, quotes and what stands between them.
#include "message/tags.h"

#include <algorithm>

#include "core/text.h"
#include "message/octets.h"

namespace fakemx::message {

namespace {

constexpr Octets blanks{" \t\r\n"};
constexpr Octets blanks_and_slash{" \t\r\n/"};
constexpr Octets word_ends{" \t\r\n=/\"'"};

/// "1", "0", "1px": not larger than a pixel.
bool is_tiny(std::string_view length) {
    length = trim(length);
    return length == "0" || length == "1" || length == "0px" || length == "1px";
}

/// The value of a property in a style attribute; empty without it.
std::string_view style_of(std::string_view style, std::string_view property) {
    while (!style.empty()) {
        const std::size_t end = std::min(style.find(';'), style.size());
        const std::string_view declaration = style.substr(0, end);
        const std::size_t colon = declaration.find(':');
        if (colon != std::string_view::npos &&
            equal_ignoring_case(trim(declaration.substr(0, colon)), property)) {
            return trim(declaration.substr(colon + 1));
        }
        style.remove_prefix(std::min(end + 1, style.size()));
    }
    return {};
}

/// Where the tag that begins at `open` ends: a ">" in a quoted value is none.
std::size_t end_of_tag(std::string_view html, std::size_t open) {
    char quote = 0;
    for (std::size_t i = open; i < html.size(); ++i) {
        const char c = html[i];
        if (quote != 0) {
            if (c == quote) quote = 0;
        } else if (c == '>') {
            return i;
        } else if ((c == '"' || c == '\'') && html[i - 1] == '=') {
            quote = c;
        }
    }
    return std::string_view::npos;
}

/// Elements whose content is no text.
std::string_view closing_of(std::string_view inside) {
    for (const std::string_view name : {"script", "style"}) {
        if (equal_ignoring_case(inside.substr(0, name.size()), name))
            return name == "script" ? "</script" : "</style";
    }
    return {};
}

}  // namespace

bool Tag::next() {
    rest_.remove_prefix(blanks_and_slash.first_other_in(rest_));
    if (rest_.empty()) return false;
    attribute = word();
    value = {};
    if (attribute.empty()) {
        rest_.remove_prefix(1);
        return true;
    }
    skip_blanks();
    if (!rest_.starts_with('=')) return true;
    rest_.remove_prefix(1);
    skip_blanks();
    if (rest_.starts_with('"') || rest_.starts_with('\'')) {
        const char quote = rest_.front();
        rest_.remove_prefix(1);
        const std::size_t end = std::min(rest_.find(quote), rest_.size());
        value = rest_.substr(0, end);
        rest_.remove_prefix(std::min(end + 1, rest_.size()));
    } else {
        const std::size_t end = blanks.first_in(rest_);
        value = rest_.substr(0, end);
        rest_.remove_prefix(end);
    }
    return true;
}

void Tag::skip_blanks() {
    rest_.remove_prefix(blanks.first_other_in(rest_));
}

std::string_view Tag::word() {
    const std::size_t end = word_ends.first_in(rest_);
    const std::string_view found = rest_.substr(0, end);
    rest_.remove_prefix(end);
    return found;
}

bool HtmlReader::next() {
    text = tag = inside = {};
    if (!closing_.empty()) {
        const auto same = [](char a, char b) { return ascii_lower(a) == b; };
        const auto found =
            std::search(rest_.begin(), rest_.end(), closing_.begin(), closing_.end(), same);
        rest_.remove_prefix(static_cast<std::size_t>(found - rest_.begin()));
        closing_ = {};
    }
    if (rest_.empty()) return false;
    const std::size_t open = std::min(rest_.find('<'), rest_.size());
    text = rest_.substr(0, open);
    rest_.remove_prefix(open);
    if (rest_.starts_with("<!--")) {
        const std::size_t end = rest_.find("-->");
        rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 3);
        return true;
    }
    const std::size_t end = end_of_tag(rest_, 1);
    if (rest_.empty() || end == std::string_view::npos) {
        rest_ = {};
        return true;
    }
    tag = rest_.substr(0, end + 1);
    inside = rest_.substr(1, end - 1);
    rest_.remove_prefix(end + 1);
    closing_ = closing_of(inside);
    return true;
}

bool is_tracking_pixel(std::string_view inside) {
    Tag tag{inside};
    if (!equal_ignoring_case(tag.name(), "img")) return false;
    bool thin = false;
    bool low = false;
    while (tag.next()) {
        if (equal_ignoring_case(tag.attribute, "width")) thin = thin || is_tiny(tag.value);
        if (equal_ignoring_case(tag.attribute, "height")) low = low || is_tiny(tag.value);
        if (equal_ignoring_case(tag.attribute, "style")) {
            thin = thin || is_tiny(style_of(tag.value, "width"));
            low = low || is_tiny(style_of(tag.value, "height"));
        }
    }
    return thin && low;
}

}  // namespace fakemx::message
