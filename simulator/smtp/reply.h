// Replies (RFC 5321 §4.2) and enhanced mail system status codes (RFC 3463, RFC 2034).
// A Reply holds whatever somebody wants said: it is not checked, because a fake MX must be able to
// say what no server should.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fakemx::smtp {

/// class.subject.detail, for example 4.3.2 (RFC 3463 §2).
struct EnhancedCode {
    std::uint16_t status_class = 0;
    std::uint16_t subject = 0;
    std::uint16_t detail = 0;

    bool operator==(const EnhancedCode&) const = default;
};

/// Reads "4.3.2": three numbers of one to three digits without leading zeros, the first of them one
/// digit.
std::optional<EnhancedCode> parse_enhanced_code(std::string_view text);
std::string format(const EnhancedCode& code);

struct Reply {
    int code = 250;                        ///< three digits
    std::optional<EnhancedCode> enhanced;  ///< put before the text of every line (RFC 2034 §4)
    std::vector<std::string> lines;        ///< without CRLF; none and one empty line are the same

    bool operator==(const Reply&) const = default;

    bool positive() const { return code >= 200 && code < 300; }
    bool temporary() const { return code >= 400 && code < 500; }
    bool permanent() const { return code >= 500 && code < 600; }
};

/// The octets on the wire, CRLF behind each line, `-` behind the code of all lines but the last.
std::string to_wire(const Reply& reply);

/// "4.3.2 Internal server error": the enhanced code, once, and the text of all lines with LF between them.
std::string text_of(const Reply& reply);

/// The same with blanks between the lines, for where a reply is one line of something else.
std::string in_one_line(std::string text);

/// Reads a complete reply from the wire, one or more lines. An enhanced code is recognised where every
/// line begins with one whose class is that of the reply code. Nothing if it is no reply of
/// RFC 5321 §4.2.
std::optional<Reply> parse_reply(std::string_view octets);

/// Reads how a profile writes a reply in one line: "250 Mail OK", "451 4.3.2 Internal server error".
std::optional<Reply> parse_reply_text(std::string_view text);

}  // namespace fakemx::smtp
