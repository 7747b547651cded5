// Where in a message the things are that variants differ in: its text, its HTML, its attachments.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "message/structure.h"

namespace fakemx::matrix {

/// Octets of the message, from `begin` up to `end`.
struct Range {
    std::size_t begin = 0;
    std::size_t end = 0;
};

/// A text part as UTF-8, and the way back.
struct Text {
    std::size_t part = 0;
    std::string text;       ///< UTF-8, or the octets of its charset where they do not hold
    bool converted = true;  ///< it is UTF-8
};

struct AttachedPart {
    std::string name;  ///< of the file, or its type
    Range range;       ///< with its delimiter
};

struct Anatomy {
    message::Structure structure;
    std::optional<Text> plain;
    std::optional<Text> html;
    std::vector<Text> further;  ///< texts behind these, and HTML for other programs
    std::vector<AttachedPart> attached;
};

/// `message` is all of it, with lines that end in CRLF.
Anatomy take_apart(std::string_view message);

/// `text` in the charset of a part like this one, without its transfer encoding. Nothing where that does not have all of the characters.
std::optional<std::string> in_charset(const message::Part& part, const Text& text);

/// The octets that stand for `text` in a part like this one. Nothing where its charset does not have all of the characters.
std::optional<std::string> put_back(const message::Part& part, const Text& text);

/// The part is HTML, or the like of it that AMP is.
bool is_html(const message::Part& part);

/// The octets of a part's body.
Range body_of(const message::Part& part);

}  // namespace fakemx::matrix
