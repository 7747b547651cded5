// A scan for what looks like a link, and a reader of tags.
#include "message/links.h"

#include <algorithm>
#include <array>
#include <optional>

#include "core/limits.h"
#include "core/text.h"

namespace fakemx::message {

namespace {

bool starts_ignoring_case(std::string_view text, std::string_view start) {
    return text.size() >= start.size() && equal_ignoring_case(text.substr(0, start.size()), start);
}

/// A set of octets. std::string_view::find_first_of searches its list for each octet, ten times as slowly.
class Octets {
public:
    constexpr explicit Octets(std::string_view octets) {
        for (const char c : octets) has_.at(static_cast<unsigned char>(c)) = true;
    }
    constexpr bool has(char c) const { return has_[static_cast<unsigned char>(c)]; }

    /// Where the first of them stands in `text`; its end without one.
    std::size_t first_in(std::string_view text) const {
        std::size_t at = 0;
        while (at < text.size() && !has(text[at])) ++at;
        return at;
    }
    /// The same for the first octet that is none of them.
    std::size_t first_other_in(std::string_view text) const {
        std::size_t at = 0;
        while (at < text.size() && has(text[at])) ++at;
        return at;
    }

private:
    std::array<bool, 256> has_{};
};

/// What may stand in a URL in running text (RFC 3986 §2), without the quotes and brackets that stand around it.
constexpr Octets url_octets{
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~:/?#[]@!$&*+,;=%"};
constexpr Octets blanks{" \t\r\n"};
constexpr Octets blanks_and_slash{" \t\r\n/"};
constexpr Octets word_ends{" \t\r\n=/\"'"};

bool in_url(char c) {
    return url_octets.has(c);
}

void refer_to(std::string_view url, References& references) {
    std::string host = host_of(url);
    if (host.empty()) return;
    ++references.links;
    auto& domains = references.domains;
    if (domains.size() < limits::traits_listed_max &&
        std::find(domains.begin(), domains.end(), host) == domains.end()) {
        domains.push_back(std::move(host));
    }
}

/// Where the link begins whose scheme ends at `colon`, if one does.
std::optional<std::size_t> scheme_before(std::string_view text, std::size_t colon) {
    for (const std::string_view scheme : {"https", "http"}) {
        if (colon < scheme.size()) continue;
        const std::size_t begin = colon - scheme.size();
        if (!equal_ignoring_case(text.substr(begin, scheme.size()), scheme)) continue;
        if (begin == 0 || !is_ascii_letter(text[begin - 1])) return begin;
    }
    return std::nullopt;
}

/// The links of running text, from first to last. Each of both searches goes on where it stopped, so that a text is read once.
class LinkFinder {
public:
    explicit LinkFinder(std::string_view text) : text_(text) {}

    /// Where the next link from `from` on begins; the end of the text without one.
    std::size_t next(std::size_t from) {
        if (!begun_ || scheme_ < from) scheme_ = find_scheme(from);
        if (!begun_ || www_ < from) www_ = find_www(from);
        begun_ = true;
        return std::min(scheme_, www_);
    }

private:
    std::size_t find_scheme(std::size_t from) const {
        for (std::size_t at = text_.find("://", from); at != std::string_view::npos;
             at = text_.find("://", at + 3)) {
            const auto begin = scheme_before(text_, at);
            if (begin && *begin >= from) return *begin;
        }
        return text_.size();
    }

    std::size_t find_www(std::size_t from) const {
        for (std::size_t at = text_.find("www.", from); at != std::string_view::npos;
             at = text_.find("www.", at + 4)) {
            if (at == 0 || !in_url(text_[at - 1])) return at;
        }
        return text_.size();
    }

    std::string_view text_;
    std::size_t scheme_ = 0;
    std::size_t www_ = 0;
    bool begun_ = false;
};

/// A tag's name and attributes, read one after the other.
class Tag {
public:
    /// `inside`: what stands between "<" and ">".
    explicit Tag(std::string_view inside) : rest_(inside) { name_ = word(); }

    std::string_view name() const { return name_; }

    bool next() {
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

    std::string_view attribute;
    std::string_view value;

private:
    void skip_blanks() { rest_.remove_prefix(blanks.first_other_in(rest_)); }
    std::string_view word() {
        const std::size_t end = word_ends.first_in(rest_);
        const std::string_view found = rest_.substr(0, end);
        rest_.remove_prefix(end);
        return found;
    }

    std::string_view rest_;
    std::string_view name_;
};

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

void survey_tag(std::string_view inside, References& references) {
    Tag tag{inside};
    if (equal_ignoring_case(tag.name(), "a") || equal_ignoring_case(tag.name(), "area")) {
        while (tag.next()) {
            if (equal_ignoring_case(tag.attribute, "href")) refer_to(trim(tag.value), references);
        }
    } else if (equal_ignoring_case(tag.name(), "img")) {
        ++references.images;
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
        if (thin && low) ++references.tracking_pixels;
    }
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

/// "&#20013;" and "&#x4e2d;" are letters; named ones are punctuation or accents.
void count_reference(std::string_view& rest, LetterCounts& letters) {
    const std::size_t end = rest.substr(0, 12).find(';');
    std::string_view number = rest.substr(0, end);
    rest.remove_prefix(end == std::string_view::npos ? 1 : end + 1);
    if (end == std::string_view::npos || !number.starts_with("&#")) return;
    number.remove_prefix(2);
    const bool hex = number.starts_with('x') || number.starts_with('X');
    if (hex) number.remove_prefix(1);
    char32_t character = 0;
    for (const char c : number) {
        const char lower = ascii_lower(c);
        const bool digit = is_ascii_digit(c);
        if (!digit && (!hex || lower < 'a' || lower > 'f')) return;
        character =
            character * (hex ? 16 : 10) + static_cast<char32_t>(digit ? c - '0' : lower - 'a' + 10);
        if (character > 0x10ffff) return;
    }
    count_letter(character, letters);
}

void count_html_text(std::string_view text, LetterCounts& letters) {
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('&'), text.size());
        count_letters(text.substr(0, end), letters);
        text.remove_prefix(end);
        if (!text.empty()) count_reference(text, letters);
    }
}

/// Elements whose content is no text.
std::string_view closing_of(std::string_view inside) {
    for (const std::string_view name : {"script", "style"}) {
        if (starts_ignoring_case(inside, name)) return name == "script" ? "</script" : "</style";
    }
    return {};
}

}  // namespace

std::string host_of(std::string_view url) {
    if (starts_ignoring_case(url, "https:")) {
        url.remove_prefix(6);
    } else if (starts_ignoring_case(url, "http:")) {
        url.remove_prefix(5);
    } else if (starts_ignoring_case(url, "www.")) {
        return ascii_lower(url.substr(0, url.find_first_of("/?#:\\")))
            .substr(0, limits::domain_octets_max);
    }
    if (!url.starts_with("//")) return {};
    url.remove_prefix(2);
    std::string_view authority = url.substr(0, url.find_first_of("/?#\\ \t\r\n"));
    const std::size_t at = authority.rfind('@');
    if (at != std::string_view::npos) authority.remove_prefix(at + 1);
    // RFC 3986 §3.2.2: an IPv6 address has colons of its own.
    const std::size_t end = authority.starts_with('[') ? authority.find(']') : authority.find(':');
    authority = authority.substr(
        0, authority.starts_with('[') && end != std::string_view::npos ? end + 1 : end);
    while (authority.ends_with('.')) authority.remove_suffix(1);
    return authority.size() > limits::domain_octets_max ? std::string{} : ascii_lower(authority);
}

void survey_text(std::string_view text, References& references, LetterCounts& letters) {
    LinkFinder finder{text};
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t begin = finder.next(at);
        count_letters(text.substr(at, begin - at), letters);
        const std::size_t end = begin + url_octets.first_other_in(text.substr(begin));
        std::string_view url = text.substr(begin, end - begin);
        // What ends the sentence is not part of it.
        while (!url.empty() &&
               std::string_view{".,;:!?"}.find(url.back()) != std::string_view::npos)
            url.remove_suffix(1);
        refer_to(url, references);
        at = end;
    }
}

void survey_html(std::string_view html, References& references, LetterCounts& letters) {
    while (!html.empty()) {
        const std::size_t open = std::min(html.find('<'), html.size());
        count_html_text(html.substr(0, open), letters);
        html.remove_prefix(open);
        if (html.empty()) return;
        if (html.starts_with("<!--")) {
            const std::size_t end = html.find("-->");
            html.remove_prefix(end == std::string_view::npos ? html.size() : end + 3);
            continue;
        }
        const std::size_t end = end_of_tag(html, 1);
        if (end == std::string_view::npos) return;
        const std::string_view inside = html.substr(1, end - 1);
        survey_tag(inside, references);
        html.remove_prefix(end + 1);
        if (const std::string_view closing = closing_of(inside); !closing.empty()) {
            const auto same = [](char a, char b) { return ascii_lower(a) == b; };
            const auto found =
                std::search(html.begin(), html.end(), closing.begin(), closing.end(), same);
            html.remove_prefix(static_cast<std::size_t>(found - html.begin()));
        }
    }
}

}  // namespace fakemx::message
