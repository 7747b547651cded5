// Parts, delimiters, charsets.
#include "matrix/anatomy.h"

#include <algorithm>

#include "core/text.h"
#include "message/encoding.h"
#include "message/traits.h"

namespace fakemx::matrix {

namespace {

using message::Part;
using message::TransferEncoding;

constexpr std::size_t line_end_octets = 2;

bool is_multipart(const Part& part) {
    return part.content.type.starts_with("multipart/");
}

/// A line of `message` that begins at `at` and is a delimiter of this boundary (RFC 2046 §5.1.1); `last`: the closing one.
bool is_delimiter(std::string_view message, std::size_t at, std::string_view delimiter) {
    if (at != 0 && message[at - 1] != '\n') return false;
    const std::size_t end = std::min(message.find('\n', at), message.size());
    std::string_view line = message.substr(at, end - at);
    if (line.ends_with('\r')) line.remove_suffix(1);
    return trim_end(line) == delimiter;
}

class Dissection {
public:
    Dissection(std::string_view message, const message::Structure& structure)
        : message_(message), parts_(structure.parts) {}

    /// Where the delimiter in front of a part begins, with the line end that belongs to it.
    std::size_t front_of(std::size_t part) const {
        const std::string delimiter = delimiter_of(part);
        auto at = static_cast<std::size_t>(parts_[part].begin);
        while (at != 0) {
            at = message_.rfind(delimiter, at - 1);
            if (at == std::string_view::npos) return static_cast<std::size_t>(parts_[part].begin);
            if (is_delimiter(message_, at, delimiter)) break;
        }
        return at < line_end_octets ? 0 : at - line_end_octets;
    }

    /// Where a part ends, the line end in front of the next delimiter not included.
    std::size_t end_of(std::size_t part) const {
        if (!parts_[part].has_parts) return body_of(parts_[part]).end;
        std::size_t next = part + 1;
        while (next < parts_.size() && is_inside(next, part)) ++next;
        if (next < parts_.size() && parts_[next].parent == parts_[part].parent)
            return front_of(next);
        const std::string closing = delimiter_of(part) + "--";
        for (std::size_t at = message_.find(closing, body_of(parts_[next - 1]).end);
             at != std::string_view::npos; at = message_.find(closing, at + 1)) {
            if (is_delimiter(message_, at, closing)) return at - line_end_octets;
        }
        return message_.size();
    }

    /// `part` is a part of the message itself, not of one inside it.
    bool is_outermost(std::size_t part) const {
        for (; part != 0; part = parts_[part].parent) {
            if (!is_multipart(parts_[parts_[part].parent])) return false;
        }
        return true;
    }

private:
    std::string delimiter_of(std::size_t part) const {
        return "--" + parts_[parts_[part].parent].content.boundary;
    }
    bool is_inside(std::size_t part, std::size_t other) const {
        while (part > other) part = parts_[part].parent;
        return part == other;
    }

    std::string_view message_;
    const std::vector<Part>& parts_;
};

Text read_text(std::string_view message, const Part& part, std::size_t index) {
    const Range body = body_of(part);
    Text made{.part = index,
              .text = message::decode_transfer(part.encoding,
                                               message.substr(body.begin, body.end - body.begin))};
    const std::string_view charset =
        part.content.charset.empty() ? "us-ascii" : std::string_view{part.content.charset};
    auto converted = message::to_utf8(charset, made.text, false);
    made.converted = converted && converted->errors == 0;
    if (made.converted) made.text = std::move(converted->text);
    return made;
}

}  // namespace

bool is_html(const Part& part) {
    return part.content.type == "text/html" || part.content.type == "text/x-amp-html";
}

Range body_of(const Part& part) {
    return {static_cast<std::size_t>(part.begin),
            static_cast<std::size_t>(part.begin + part.octets)};
}

Anatomy take_apart(std::string_view message) {
    const message::Traits traits = message::read_traits(message, message.size());
    Anatomy anatomy;
    anatomy.structure = traits.structure;
    const auto& parts = anatomy.structure.parts;
    const Dissection dissection{message, anatomy.structure};
    std::vector<bool> is_file(parts.size(), false);
    for (const message::Attachment& attachment : traits.attachments)
        is_file[attachment.part] = true;
    for (std::size_t i = 0; i < parts.size(); ++i) {
        if (!dissection.is_outermost(i)) continue;
        const Part& part = parts[i];
        // A message inside is one thing, whatever is in it.
        const bool is_message = part.content.type.starts_with("message/");
        if (i != 0 && (is_file[i] || is_message)) {
            anatomy.attached.push_back(
                {.name = part.file_name.empty() ? part.content.type : part.file_name,
                 .range = {dissection.front_of(i), dissection.end_of(i)}});
        } else if (!part.has_parts && !is_file[i]) {
            if (part.content.type == "text/plain" && !anatomy.plain) {
                anatomy.plain = read_text(message, part, i);
            } else if (part.content.type == "text/html" && !anatomy.html) {
                anatomy.html = read_text(message, part, i);
            } else if (part.content.type == "text/plain" || is_html(part)) {
                anatomy.further.push_back(read_text(message, part, i));
            }
        }
    }
    return anatomy;
}

std::optional<std::string> in_charset(const Part& part, const Text& text) {
    if (!text.converted) return text.text;
    return message::from_utf8(
        part.content.charset.empty() ? "us-ascii" : std::string_view{part.content.charset},
        text.text);
}

std::optional<std::string> put_back(const Part& part, const Text& text) {
    const auto octets = in_charset(part, text);
    if (!octets) return std::nullopt;
    std::string body = message::encode_transfer(part.encoding, *octets);
    // The last line end belongs to the delimiter.
    if (part.encoding == TransferEncoding::base64 && body.ends_with("\r\n"))
        body.resize(body.size() - line_end_octets);
    return body;
}

}  // namespace fakemx::matrix
