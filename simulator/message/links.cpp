// A scan for what looks like a link.
#include "message/links.h"

#include <algorithm>
#include <optional>

#include "core/limits.h"
#include "core/text.h"
#include "message/octets.h"
#include "message/tags.h"

namespace fakemx::message {

namespace {

bool starts_ignoring_case(std::string_view text, std::string_view start) {
    return text.size() >= start.size() && equal_ignoring_case(text.substr(0, start.size()), start);
}

/// What may stand in a URL in running text (RFC 3986 §2), without the quotes and brackets that stand around it.
constexpr Octets url_octets{
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~:/?#[]@!$&*+,;=%"};

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

void survey_tag(std::string_view inside, References& references) {
    Tag tag{inside};
    if (equal_ignoring_case(tag.name(), "a") || equal_ignoring_case(tag.name(), "area")) {
        while (tag.next()) {
            if (equal_ignoring_case(tag.attribute, "href")) refer_to(trim(tag.value), references);
        }
    } else if (equal_ignoring_case(tag.name(), "img")) {
        ++references.images;
        if (is_tracking_pixel(inside)) ++references.tracking_pixels;
    }
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

}  // namespace

bool TextLinks::next() {
    const std::size_t from = end;
    if (!begun_ || scheme_ < from) scheme_ = find_scheme(from);
    if (!begun_ || www_ < from) www_ = find_www(from);
    begun_ = true;
    begin = std::min(scheme_, www_);
    if (begin == text_.size()) return false;
    end = begin + url_octets.first_other_in(text_.substr(begin));
    // What ends the sentence is not part of it.
    while (end > begin && std::string_view{".,;:!?"}.find(text_[end - 1]) != std::string_view::npos)
        --end;
    return true;
}

std::size_t TextLinks::find_scheme(std::size_t from) const {
    for (std::size_t at = text_.find("://", from); at != std::string_view::npos;
         at = text_.find("://", at + 3)) {
        const auto found = scheme_before(text_, at);
        if (found && *found >= from) return *found;
    }
    return text_.size();
}

std::size_t TextLinks::find_www(std::size_t from) const {
    for (std::size_t at = text_.find("www.", from); at != std::string_view::npos;
         at = text_.find("www.", at + 4)) {
        if (at == 0 || !in_url(text_[at - 1])) return at;
    }
    return text_.size();
}

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
    TextLinks links{text};
    std::size_t at = 0;
    while (links.next()) {
        count_letters(text.substr(at, links.begin - at), letters);
        refer_to(text.substr(links.begin, links.end - links.begin), references);
        at = links.end;
    }
    count_letters(text.substr(at), letters);
}

void survey_html(std::string_view html, References& references, LetterCounts& letters) {
    HtmlReader reader{html};
    while (reader.next()) {
        count_html_text(reader.text, letters);
        if (!reader.tag.empty()) survey_tag(reader.inside, references);
    }
}

}  // namespace fakemx::message
