// One pass over tags or links, copying what is between them.
#include "matrix/texts.h"

#include <algorithm>
#include <array>
#include <optional>

#include "core/text.h"
#include "message/letters.h"
#include "message/links.h"
#include "message/tags.h"

namespace fakemx::matrix {

namespace {

using message::HtmlReader;
using message::Tag;
using message::TextLinks;

std::string replaced(std::string_view text, std::string_view what, std::string_view by) {
    std::string made;
    for (std::size_t at = text.find(what); at != std::string_view::npos; at = text.find(what)) {
        made += text.substr(0, at);
        made += by;
        text.remove_prefix(at + what.size());
    }
    made += text;
    return made;
}

/// A link of a tag: what its attribute's value means, if that is one.
std::optional<Untracked> untracked_value(std::string_view value) {
    const std::string url = replaced(trim(value), "&amp;", "&");
    if (message::host_of(url).empty()) return std::nullopt;
    return without_tracking(url);
}

bool is_link(std::string_view attribute) {
    return equal_ignoring_case(attribute, "href") || equal_ignoring_case(attribute, "src");
}

/// Behind these begins a line of its own.
bool ends_line(std::string_view name) {
    constexpr std::array<std::string_view, 15> names{"br", "p",  "div", "tr",    "li",
                                                     "h1", "h2", "h3",  "h4",    "h5",
                                                     "h6", "ul", "ol",  "table", "hr"};
    return std::any_of(names.begin(), names.end(),
                       [&](std::string_view one) { return equal_ignoring_case(one, name); });
}

void append_utf8(std::string& out, std::uint32_t character) {
    const auto octet = [&](std::uint32_t value) { out += static_cast<char>(value); };
    if (character < 0x80) return octet(character);
    if (character < 0x800) {
        octet(0xc0 | character >> 6);
    } else {
        if (character < 0x10000) {
            octet(0xe0 | character >> 12);
        } else {
            octet(0xf0 | character >> 18);
            octet(0x80 | (character >> 12 & 0x3f));
        }
        octet(0x80 | (character >> 6 & 0x3f));
    }
    octet(0x80 | (character & 0x3f));
}

/// "&amp;" of `rest`, which begins with "&"; what is no reference stands for itself.
void append_reference(std::string& out, std::string_view& rest) {
    constexpr std::array<std::pair<std::string_view, std::string_view>, 6> names{{{"&amp;", "&"},
                                                                                  {"&lt;", "<"},
                                                                                  {"&gt;", ">"},
                                                                                  {"&quot;", "\""},
                                                                                  {"&apos;", "'"},
                                                                                  {"&nbsp;", " "}}};
    for (const auto& [name, meaning] : names) {
        if (!rest.starts_with(name)) continue;
        out += meaning;
        rest.remove_prefix(name.size());
        return;
    }
    const std::size_t end = rest.substr(0, 12).find(';');
    if (rest.starts_with("&#") && end != std::string_view::npos) {
        const bool hex = rest.size() > 2 && ascii_lower(rest[2]) == 'x';
        std::uint32_t number = 0;
        bool good = end > (hex ? 3U : 2U);
        for (const char c : rest.substr(hex ? 3 : 2, end - (hex ? 3 : 2))) {
            const char lower = ascii_lower(c);
            const bool digit = is_ascii_digit(c);
            good = good && (digit || (hex && lower >= 'a' && lower <= 'f')) && number <= 0x10ffff;
            number = number * (hex ? 16 : 10) +
                     static_cast<std::uint32_t>(digit ? c - '0' : lower - 'a' + 10);
        }
        if (good && number >= 0x20 && number <= 0x10ffff && (number < 0xd800 || number > 0xdfff)) {
            // A blank that keeps words together is one that many charsets do not have.
            append_utf8(out, number == 0xa0 ? ' ' : number);
            rest.remove_prefix(end + 1);
            return;
        }
    }
    out += rest.front();
    rest.remove_prefix(1);
}

/// Text as it is shown: any number of blanks and line ends is one blank.
void append_shown(std::string& line, std::string_view text) {
    while (!text.empty()) {
        const char c = text.front();
        if (c == '&') {
            append_reference(line, text);
            continue;
        }
        text.remove_prefix(1);
        const bool blank = c == ' ' || c == '\t' || c == '\r' || c == '\n';
        if (!blank) line += c;
        if (blank && !line.empty() && line.back() != ' ') line += ' ';
    }
}

}  // namespace

std::string untracked_html(std::string_view html, TrackingCount& found) {
    std::string made;
    const char* copied = html.data();
    const auto copy_to = [&](const char* end) {
        made.append(copied, end);
        copied = end;
    };
    HtmlReader reader{html};
    while (reader.next()) {
        if (reader.tag.empty()) continue;
        if (message::is_tracking_pixel(reader.inside)) {
            ++found.pixels;
            copy_to(reader.tag.data());
            copied = reader.tag.data() + reader.tag.size();
            continue;
        }
        Tag tag{reader.inside};
        while (tag.next()) {
            const auto link = is_link(tag.attribute) ? untracked_value(tag.value) : std::nullopt;
            if (!link || !link->changed()) continue;
            found.add(*link);
            copy_to(tag.value.data());
            made += link->opaque ? "#" : replaced(link->url, "&", "&amp;");
            copied = tag.value.data() + tag.value.size();
        }
    }
    copy_to(html.data() + html.size());
    return made;
}

std::string untracked_text(std::string_view text, TrackingCount& found) {
    std::string made;
    std::size_t copied = 0;
    TextLinks links{text};
    while (links.next()) {
        const Untracked link = without_tracking(text.substr(links.begin, links.end - links.begin));
        if (!link.changed()) continue;
        found.add(link);
        made += text.substr(copied, links.begin - copied);
        made += link.url;
        copied = links.end;
    }
    made += text.substr(copied);
    return made;
}

std::string without_links(std::string_view text) {
    std::string made;
    std::size_t copied = 0;
    TextLinks links{text};
    while (links.next()) {
        if (message::host_of(text.substr(links.begin, links.end - links.begin)).empty()) continue;
        std::size_t begin = links.begin;
        std::size_t end = links.end;
        if (begin > copied && text[begin - 1] == '<' && end < text.size() && text[end] == '>') {
            --begin;
            ++end;
        }
        made += text.substr(copied, begin - copied);
        copied = end;
    }
    made += text.substr(copied);
    return made;
}

void LinkList::add(std::string url) {
    if (!url.empty() && known_.insert(url).second) links_.push_back(std::move(url));
}

void add_links_of_html(std::string_view html, LinkList& links) {
    HtmlReader reader{html};
    while (reader.next()) {
        Tag tag{reader.inside};
        if (!equal_ignoring_case(tag.name(), "a") && !equal_ignoring_case(tag.name(), "area"))
            continue;
        while (tag.next()) {
            if (!equal_ignoring_case(tag.attribute, "href")) continue;
            if (auto link = untracked_value(tag.value)) links.add(std::move(link->url));
        }
    }
}

void add_links_of_text(std::string_view text, LinkList& links) {
    TextLinks found{text};
    while (found.next()) {
        const std::string_view url = text.substr(found.begin, found.end - found.begin);
        if (!message::host_of(url).empty()) links.add(without_tracking(url).url);
    }
}

std::string text_of_html(std::string_view html) {
    std::string made;
    std::string line;
    bool in_title = false;
    const auto end_line = [&] {
        while (line.ends_with(' ')) line.pop_back();
        if (!line.empty()) made += line + "\r\n";
        line.clear();
    };
    HtmlReader reader{html};
    while (reader.next()) {
        if (!in_title) append_shown(line, reader.text);
        if (reader.tag.empty()) continue;
        std::string_view inside = reader.inside;
        if (inside.starts_with('/')) inside.remove_prefix(1);
        const std::string_view name = Tag{inside}.name();
        if (equal_ignoring_case(name, "title")) in_title = !reader.inside.starts_with('/');
        if (ends_line(name)) end_line();
        if (equal_ignoring_case(name, "td") && !line.empty() && line.back() != ' ') line += ' ';
    }
    end_line();
    return made;
}

}  // namespace fakemx::matrix
