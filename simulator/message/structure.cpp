// Line by line: a header section, then a body up to a delimiter of any multipart that is open.
//
// GMime has a parser, too. It makes an object of 1 to 2 KiB of every part, which is 300 times what a part of ten octets takes, and
// cannot be told to stop; and it does not say whether a multipart was closed.
#include "message/structure.h"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "core/limits.h"
#include "core/text.h"
#include "message/header_section.h"

namespace fakemx::message {

namespace {

constexpr std::size_t nowhere = std::numeric_limits<std::size_t>::max();

constexpr std::array<std::string_view, 6> defect_names{
    "no_boundary", "no_delimiter", "not_closed", "too_deep", "unknown_encoding", "encoded_parts"};

bool is_message(std::string_view type) {
    return type == "message/rfc822" || type == "message/global";
}

/// Octets that this line of base64 has without blanks and padding.
std::uint64_t base64_symbols(std::string_view text) {
    text = trim(text);
    while (text.ends_with('=')) text.remove_suffix(1);
    return text.size();
}

/// Octets that a line of quoted-printable stands for, and whether its end is one of them (RFC 2045 §6.7).
std::uint64_t quoted_octets(std::string_view text, bool& soft) {
    text = trim_end(text);
    soft = text.ends_with('=');
    if (soft) text.remove_suffix(1);
    std::uint64_t octets = text.size();
    for (std::size_t at = text.find('='); at != std::string_view::npos; at = text.find('=', at)) {
        const bool escape = at + 2 < text.size();
        if (escape) octets -= 2;
        at += escape ? 3 : 1;
    }
    return octets;
}

}  // namespace

std::string_view name(Defect defect) {
    return defect_names.at(static_cast<std::size_t>(defect));
}

StructureReader::StructureReader() {
    structure_.parts.emplace_back();
}

void StructureReader::feed(std::string_view octets) {
    structure_.octets += octets.size();
    while (!octets.empty()) {
        // The body of a message without parts: no line of it means anything.
        if (place_ == Place::body && open_.empty() &&
            (current_ == nowhere ||
             structure_.parts[current_].encoding == TransferEncoding::identity)) {
            count_.octets += octets.size();
            count_.symbols += octets.size();
            at_ += octets.size();
            return;
        }
        const std::size_t end = octets.find('\n');
        const bool ended = end != std::string_view::npos;
        std::string_view piece = octets.substr(0, ended ? end + 1 : end);
        octets.remove_prefix(piece.size());
        constexpr std::size_t piece_octets_max = limits::mime_line_octets_max;
        if (pending_.empty() && ended && piece.size() <= piece_octets_max) {
            take(piece, true);
            continue;
        }
        // A long line is looked at in pieces of one length, however it came.
        while (!piece.empty()) {
            const std::string_view more = piece.substr(0, piece_octets_max - pending_.size());
            piece.remove_prefix(more.size());
            pending_ += more;
            const bool last = ended && piece.empty();
            if (!last && pending_.size() < piece_octets_max) continue;
            const std::string line = std::exchange(pending_, {});
            take(line, last);
        }
    }
}

void StructureReader::take(std::string_view piece, bool ended) {
    Line one{.text = piece, .end = 0, .first = !line_begun_};
    if (ended) {
        one.end = piece.ends_with("\r\n") ? 2 : 1;
        one.text.remove_suffix(one.end);
    }
    line(one);
    at_ += piece.size();
    line_begun_ = !ended;
}

void StructureReader::line(const Line& line) {
    if (line.first && delimits(line.text)) return;
    if (place_ == Place::body) return count(line);
    if (line.first && line.text.empty()) return end_header(at_ + line.end);
    if (line.first && !is_header_line(line.text)) {
        // RFC 5322 §2.1: what is no field is body. A message inside another may begin with it.
        while (place_ == Place::header) end_header(at_);
        return count(line);
    }
    if (header_.size() >= limits::header_octets_kept) return;
    header_ += line.text;
    if (line.end != 0) header_ += '\n';
}

bool StructureReader::delimits(std::string_view text) {
    if (open_.empty() || !text.starts_with("--")) return false;
    for (std::size_t i = open_.size(); i-- != 0;) {
        const std::string_view delimiter = open_[i].delimiter;
        if (delimiter.empty() || !text.starts_with(delimiter)) continue;
        std::string_view behind = text.substr(delimiter.size());
        const bool last = behind.starts_with("--");
        if (last) behind.remove_prefix(2);
        // RFC 2046 §5.1.1: blanks may follow, and nothing else.
        if (!trim(behind).empty()) continue;
        while (place_ == Place::header) end_header(at_);
        end_body(true);
        while (open_.size() > i + 1) {
            abandon(open_.back());
            open_.pop_back();
        }
        open_[i].opened = true;
        const std::size_t part = open_[i].part;
        if (last) {
            open_.pop_back();
            current_ = nowhere;
        } else {
            begin_part(part);
        }
        return true;
    }
    return false;
}

void StructureReader::count(const Line& line) {
    if (current_ == nowhere) return;
    count_.octets += line.text.size() + line.end;
    count_.line_end = line.end;
    count_.line_end_symbols = line.end;
    switch (structure_.parts[current_].encoding) {
        case TransferEncoding::base64:
            count_.symbols += base64_symbols(line.text);
            count_.line_end_symbols = 0;
            break;
        case TransferEncoding::quoted_printable: {
            bool soft = false;
            count_.symbols += quoted_octets(line.text, soft);
            if (soft) count_.line_end_symbols = 0;
            break;
        }
        case TransferEncoding::identity:
        case TransferEncoding::unknown: count_.symbols += line.text.size(); break;
    }
    count_.symbols += count_.line_end_symbols;
}

void StructureReader::begin_part(std::size_t parent) {
    place_ = Place::body;
    current_ = nowhere;
    if (structure_.parts.size() >= limits::mime_parts_max) {
        ++structure_.part_count;
        return;
    }
    current_ = structure_.parts.size();
    place_ = Place::header;
    header_.clear();
    Part& part = structure_.parts.emplace_back();
    part.parent = parent;
    part.depth = structure_.parts[parent].depth + 1;
    // RFC 2046 §5.1.5.
    if (structure_.parts[parent].content.type == "multipart/digest")
        part.content.type = "message/rfc822";
}

void StructureReader::end_header(std::uint64_t body_begins) {
    place_ = Place::body;
    count_ = {};
    Part& part = structure_.parts[current_];
    part.begin = body_begins;
    const HeaderSection section = HeaderSection::parse(header_);
    if (const auto value = section.field("Content-Type")) part.content = parse_content_type(*value);
    if (const auto value = section.field("Content-Transfer-Encoding")) {
        part.encoding_name = ascii_lower(value->substr(0, value->find_first_of(" \t(;")));
        part.encoding_name.resize(
            std::min(part.encoding_name.size(), limits::mime_word_octets_max));
        part.encoding = transfer_encoding_named(part.encoding_name);
        if (part.encoding == TransferEncoding::unknown) found(Defect::unknown_encoding);
    }
    if (const auto value = section.field("Content-Disposition")) {
        Disposition disposition = parse_disposition(*value);
        part.disposition = std::move(disposition.disposition);
        part.file_name = std::move(disposition.file_name);
    }
    if (part.file_name.empty()) part.file_name = part.content.name;
    part.file_name.resize(std::min(part.file_name.size(), limits::mime_word_octets_max));
    for (std::string* word : {&part.content.type, &part.content.charset, &part.disposition})
        word->resize(std::min(word->size(), limits::mime_word_octets_max));
    part.has_id = section.field("Content-ID").has_value();

    const bool multipart = part.content.type.starts_with("multipart/");
    const bool encoded = part.encoding == TransferEncoding::base64 ||
                         part.encoding == TransferEncoding::quoted_printable;
    std::string& boundary = part.content.boundary;
    // RFC 2046 §5.1.1: no boundary ends in a blank.
    boundary.resize(trim_end(boundary).size());
    const bool named = !boundary.empty() && boundary.size() <= limits::mime_boundary_octets_max;
    if (multipart && !named) found(Defect::no_boundary);
    // A message may be encoded by receivers' rules (RFC 6532 §3.6 allows it for message/global), and is then one part.
    if (encoded && (multipart || part.content.type == "message/rfc822"))
        found(Defect::encoded_parts);
    part.has_parts = (multipart && named) || (is_message(part.content.type) && !encoded);
    if (part.has_parts && open_.size() >= limits::mime_depth_max) {
        found(Defect::too_deep);
        part.has_parts = false;
    }
    if (!part.has_parts) {
        ++structure_.part_count;
        return;
    }
    const std::size_t index = std::exchange(current_, nowhere);
    open_.push_back({.delimiter = multipart ? "--" + boundary : std::string{}, .part = index});
    if (!multipart) begin_part(index);
}

void StructureReader::end_body(bool at_delimiter) {
    if (current_ == nowhere) return;
    Part& part = structure_.parts[current_];
    part.octets = count_.octets;
    std::uint64_t symbols = count_.symbols;
    if (at_delimiter) {
        part.octets -= count_.line_end;
        symbols -= count_.line_end_symbols;
    }
    part.decoded = part.encoding == TransferEncoding::base64 ? symbols * 3 / 4 : symbols;
    current_ = nowhere;
    count_ = {};
}

void StructureReader::abandon(const Container& container) {
    if (container.delimiter.empty() || !whole_) return;
    found(container.opened ? Defect::not_closed : Defect::no_delimiter);
}

void StructureReader::found(Defect defect) {
    auto& defects = structure_.defects;
    if (std::find(defects.begin(), defects.end(), defect) == defects.end())
        defects.push_back(defect);
}

Structure StructureReader::finish(bool whole) {
    if (!pending_.empty()) {
        const std::string line = std::exchange(pending_, {});
        take(line, false);
    }
    while (place_ == Place::header) end_header(at_);
    end_body(false);
    whole_ = whole;
    while (!open_.empty()) {
        abandon(open_.back());
        open_.pop_back();
    }
    structure_.whole = whole;
    return std::move(structure_);
}

Structure read_structure(std::string_view content, bool whole) {
    StructureReader reader;
    reader.feed(content);
    return reader.finish(whole);
}

}  // namespace fakemx::message
