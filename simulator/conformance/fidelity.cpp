// Line by line; only what differs is looked at more closely.
#include "conformance/fidelity.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <optional>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "conformance/course.h"
#include "core/text.h"
#include "core/words.h"
#include "message/header_section.h"
#include "message/structure.h"

namespace fakemx::conformance {

namespace {

constexpr std::size_t shown_max = 60;
/// Sizes of buffers are multiples of it, from msmtp's 1024 octets to the 64 KiB of others.
constexpr std::size_t buffer_octets = 512;
constexpr std::size_t boundary_slack = 3;

/// Takes the first line off, without its end; nothing behind the last one.
std::optional<std::string_view> take_line(std::string_view& text) {
    if (text.empty()) return std::nullopt;
    const std::size_t end = text.find_first_of("\r\n");
    if (end == std::string_view::npos) return std::exchange(text, {});
    const std::string_view line = text.substr(0, end);
    const bool both = text[end] == '\r' && end + 1 < text.size() && text[end + 1] == '\n';
    text.remove_prefix(end + (both ? 2 : 1));
    return line;
}

using Lines = std::vector<std::string_view>;

Lines lines_of(std::string_view text) {
    Lines lines;
    while (const auto line = take_line(text)) lines.push_back(*line);
    return lines;
}

std::string shown(const Lines& lines, std::size_t i) {
    return i < lines.size() ? fmt::format("'{}'", shortened(printable(lines[i]), shown_max))
                            : "missing";
}

/// The place of the first line that differs; behind the last one: none.
std::size_t first_difference(const Lines& given, const Lines& arrived) {
    const auto [was, is] =
        std::mismatch(given.begin(), given.end(), arrived.begin(), arrived.end());
    return static_cast<std::size_t>(was - given.begin());
}

std::size_t without_empty_end(const Lines& lines) {
    std::size_t count = lines.size();
    while (count != 0 && lines[count - 1].empty()) --count;
    return count;
}

bool differ_by_empty_lines(const Lines& given, const Lines& arrived) {
    const std::size_t count = without_empty_end(given);
    return count == without_empty_end(arrived) &&
           std::equal(given.begin(), given.begin() + static_cast<std::ptrdiff_t>(count),
                      arrived.begin());
}

/// `first`: the place of the first line that differs.
bool differ_by_last_line(bool given_has_end, const Lines& given, const Lines& arrived,
                         std::size_t first) {
    if (given_has_end || first + 1 != given.size()) return false;
    if (arrived.size() == first) return true;
    if (arrived.size() != given.size()) return false;
    const std::string_view was = given.back();
    const std::string_view is = arrived.back();
    return was.starts_with(is) || (is.starts_with(was) && is.substr(was.size()) == ".");
}

bool differ_by_cut(const Lines& given, const Lines& arrived, std::size_t first) {
    if (first == arrived.size()) return true;
    return first + 1 == arrived.size() && first < given.size() &&
           given[first].starts_with(arrived[first]);
}

/// A dot doubled once more or taken off, or the end of data as a line of the text.
bool differ_by_dots(const Lines& given, const Lines& arrived, std::size_t first) {
    const bool end_as_text =
        arrived.size() == given.size() + 1 && arrived.back() == "." && !arrived.empty();
    if (arrived.size() != given.size() && !end_as_text) return false;
    for (std::size_t i = first; i < given.size(); ++i) {
        const std::string_view was = given[i];
        const std::string_view is = arrived[i];
        if (was == is) continue;
        const bool more = was.starts_with('.') && is.starts_with('.') && is.substr(1) == was;
        const bool fewer = was.starts_with('.') && was.substr(1) == is;
        if (!more && !fewer) return false;
    }
    return true;
}

bool is_control(char c) {
    return (static_cast<unsigned char>(c) < ' ' && c != '\t') || c == '\x7f';
}

/// RFC 5321 §4.5.3.1.6, RFC 5322 §2.1.1.
bool cannot_be_carried(const Lines& lines) {
    return std::any_of(lines.begin(), lines.end(), [](std::string_view line) {
        return line.size() > 998 || std::any_of(line.begin(), line.end(), is_control);
    });
}

/// Without line ends, blanks and control characters.
std::string bare(const Lines& lines) {
    std::string text;
    for (const std::string_view line : lines) {
        std::copy_if(line.begin(), line.end(), std::back_inserter(text),
                     [](char c) { return c != ' ' && c != '\t' && !is_control(c); });
    }
    return text;
}

/// What the parts say that have no parts of their own, decoded; and how they are encoded.
struct Contents {
    std::vector<std::string> texts;
    std::vector<message::TransferEncoding> encodings;
};

Contents contents_of(std::string_view content) {
    Contents contents;
    for (const message::Part& part : message::read_structure(content, true).parts) {
        if (part.has_parts) continue;
        contents.texts.push_back(
            message::decode_transfer(part.encoding, content.substr(part.begin, part.octets)));
        contents.encodings.push_back(part.encoding);
    }
    return contents;
}

bool same_texts(const Contents& given, const Contents& arrived) {
    return std::equal(given.texts.begin(), given.texts.end(), arrived.texts.begin(),
                      arrived.texts.end(), [](const std::string& was, const std::string& is) {
                          return lines_of(was) == lines_of(is);
                      });
}

std::uint32_t count_dots_at_boundaries(std::string_view text) {
    std::uint32_t count = 0;
    for (std::size_t at = text.find("\n."); at != std::string_view::npos;
         at = text.find("\n.", at + 1)) {
        const std::size_t from_boundary = (at + 1 + boundary_slack) % buffer_octets;
        if (from_boundary <= 2 * boundary_slack) ++count;
    }
    return count;
}

bool has_lone_cr(std::string_view text) {
    for (std::size_t at = text.find('\r'); at != std::string_view::npos;
         at = text.find('\r', at + 1)) {
        if (at + 1 == text.size() || text[at + 1] != '\n') return true;
    }
    return false;
}

void compare_bodies(std::string_view given, std::string_view arrived, std::string_view given_body,
                    std::string_view arrived_body, Copy& copy) {
    const Lines was = lines_of(given_body);
    const Lines is = lines_of(arrived_body);
    const std::size_t first = first_difference(was, is);
    if (first == was.size() && first == is.size()) return;
    copy.difference = fmt::format("line {} of the body is {}, and was {}", first + 1,
                                  shown(is, first), shown(was, first));
    const bool has_end = given_body.ends_with('\n');
    if (has_lone_cr(given_body)) {
        // RFC 5321 §2.3.8 wants none sent; what a sender makes of it is its own affair.
        copy.change = BodyChange::mended;
    } else if (differ_by_empty_lines(was, is)) {
        copy.change = BodyChange::empty_lines;
    } else if (differ_by_last_line(has_end, was, is, first)) {
        copy.change = BodyChange::last_line;
    } else if (differ_by_cut(was, is, first)) {
        copy.change = BodyChange::cut;
    } else if (differ_by_dots(was, is, first)) {
        copy.change = BodyChange::dots;
    } else if (cannot_be_carried(was) && bare(was) == bare(is)) {
        copy.change = BodyChange::mended;
    } else {
        const Contents before = contents_of(given);
        const Contents after = contents_of(arrived);
        copy.recoded = before.encodings != after.encodings;
        copy.change = copy.recoded ? BodyChange::recoded : BodyChange::other;
        if (copy.recoded && same_texts(before, after)) {
            copy.change = BodyChange::none;
            copy.difference.clear();
        }
    }
}

/// Blanks do not count: folding moves them.
std::string without_blanks(std::string_view value) {
    std::string bare{value};
    std::erase_if(bare, [](char c) { return c == ' ' || c == '\t'; });
    return bare;
}

bool is_one_of(std::string_view name, const auto& names) {
    return std::any_of(names.begin(), names.end(),
                       [&](std::string_view one) { return equal_ignoring_case(one, name); });
}

/// For the sender to take out: blind copies (RFC 5322 §3.6.3), and what a last receiver has added (RFC 5321 §4.4).
constexpr std::array<std::string_view, 6> taken_out{
    "Bcc", "Resent-Bcc", "Return-Path", "Delivery-Date", "Envelope-To", "Content-Length"};
/// What changes with the transfer encoding.
constexpr std::array<std::string_view, 3> of_encoding{"Content-Transfer-Encoding", "Content-Type",
                                                      "MIME-Version"};

std::string header_difference(const message::HeaderSection& given,
                              const message::HeaderSection& arrived, bool recoded) {
    for (const message::HeaderField& field : given.fields()) {
        if (is_one_of(field.name, taken_out)) continue;
        if (recoded && is_one_of(field.name, of_encoding)) continue;
        const bool there =
            std::any_of(arrived.fields().begin(), arrived.fields().end(), [&](const auto& other) {
                return equal_ignoring_case(field.name, other.name) &&
                       without_blanks(field.value) == without_blanks(other.value);
            });
        if (there) continue;
        const auto other = arrived.field(field.name);
        if (!other) return fmt::format("{} is missing", field.name);
        return fmt::format("{} is '{}', and was '{}'", field.name,
                           shortened(printable(*other), shown_max),
                           shortened(printable(field.value), shown_max));
    }
    return {};
}

}  // namespace

void compare(std::string_view given, std::string_view arrived, bool whole, Copy& copy) {
    const auto header_given = message::HeaderSection::parse(given);
    const auto header_arrived = message::HeaderSection::parse(arrived);
    copy.whole = whole;
    if (whole) {
        compare_bodies(given, arrived, given.substr(header_given.octets()),
                       arrived.substr(header_arrived.octets()), copy);
        copy.dots_at_boundaries = count_dots_at_boundaries(arrived);
    }
    copy.header_difference = header_difference(header_given, header_arrived, copy.recoded);
}

}  // namespace fakemx::conformance
