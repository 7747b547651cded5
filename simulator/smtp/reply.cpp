// Replies to and from the wire.
#include "smtp/reply.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>

#include "core/text.h"

namespace fakemx::smtp {

namespace {

/// Reads one to three digits at the start of `text` and removes them. RFC 3463 §2: a number is written
/// without leading zeros.
std::optional<std::uint16_t> take_number(std::string_view& text) {
    std::uint16_t value = 0;
    std::size_t length = 0;
    while (length < text.size() && length < 3 && is_ascii_digit(text[length])) {
        value = static_cast<std::uint16_t>(value * 10 + (text[length] - '0'));
        ++length;
    }
    if (length == 0 || (length > 1 && text.front() == '0')) return std::nullopt;
    text.remove_prefix(length);
    return value;
}

bool take(std::string_view& text, char c) {
    if (text.empty() || text.front() != c) return false;
    text.remove_prefix(1);
    return true;
}

/// The enhanced code in front of `text` and what follows it; the class must fit `code`.
std::optional<EnhancedCode> take_enhanced_code(std::string_view& text, int code) {
    const std::size_t end = text.find(' ');
    const auto enhanced = parse_enhanced_code(text.substr(0, end));
    if (!enhanced || enhanced->status_class != code / 100) return std::nullopt;
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    return enhanced;
}

std::optional<int> take_code(std::string_view& text) {
    if (text.size() < 3) return std::nullopt;
    int code = 0;
    for (std::size_t i = 0; i < 3; ++i) {
        if (!is_ascii_digit(text[i])) return std::nullopt;
        code = code * 10 + (text[i] - '0');
    }
    text.remove_prefix(3);
    return code;
}

// By hand: every reply of every transaction is made of these.

/// With zeros in front up to `digits_min`.
void append_number(std::string& out, int number, std::ptrdiff_t digits_min = 1) {
    std::array<char, 12> digits{};
    const char* const end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    for (std::ptrdiff_t missing = digits_min - (end - digits.data()); missing > 0; --missing)
        out += '0';
    out.append(digits.data(), static_cast<std::size_t>(end - digits.data()));
}

void append(std::string& out, const EnhancedCode& code) {
    append_number(out, code.status_class);
    out += '.';
    append_number(out, code.subject);
    out += '.';
    append_number(out, code.detail);
}

}  // namespace

std::optional<EnhancedCode> parse_enhanced_code(std::string_view text) {
    if (text.size() < 2 || text[1] != '.') return std::nullopt;
    const auto status_class = take_number(text);
    if (!status_class || !take(text, '.')) return std::nullopt;
    const auto subject = take_number(text);
    if (!subject || !take(text, '.')) return std::nullopt;
    const auto detail = take_number(text);
    if (!detail || !text.empty()) return std::nullopt;
    return EnhancedCode{*status_class, *subject, *detail};
}

std::string format(const EnhancedCode& code) {
    std::string text;
    append(text, code);
    return text;
}

std::string to_wire(const Reply& reply) {
    std::string octets;
    std::string start;  // of every line, behind its code
    if (reply.enhanced) {
        append(start, *reply.enhanced);
        start += ' ';
    }
    const std::size_t count = reply.lines.empty() ? 1 : reply.lines.size();
    for (std::size_t i = 0; i < count; ++i) {
        append_number(octets, reply.code, 3);
        octets += i + 1 == count ? ' ' : '-';
        octets += start;
        if (i < reply.lines.size()) octets += reply.lines[i];
        octets += "\r\n";
    }
    return octets;
}

std::string text_of(const Reply& reply) {
    std::string text;
    if (reply.enhanced) append(text, *reply.enhanced);
    bool first = true;
    for (const std::string& line : reply.lines) {
        if (!first) text += '\n';
        if (first && !text.empty()) text += ' ';
        text += line;
        first = false;
    }
    return text;
}

std::string in_one_line(std::string text) {
    std::replace(text.begin(), text.end(), '\n', ' ');
    return text;
}

std::optional<Reply> parse_reply(std::string_view octets) {
    Reply reply;
    reply.code = 0;
    bool last = false;
    bool every_line_enhanced = true;
    std::vector<std::string> stripped;  // the lines without their enhanced codes
    while (!octets.empty()) {
        const std::size_t end = octets.find("\r\n");
        if (last || end == std::string_view::npos) return std::nullopt;
        std::string_view line = octets.substr(0, end);
        octets.remove_prefix(end + 2);
        const auto code = take_code(line);
        // RFC 5321 §4.2: the first digit is 2 to 5, the second 0 to 5; all lines carry one code.
        if (!code || *code < 200 || *code > 559 || (*code / 10) % 10 > 5 ||
            (reply.code != 0 && reply.code != *code)) {
            return std::nullopt;
        }
        reply.code = *code;
        last = line.empty() || line.front() == ' ';
        if (!line.empty() && !take(line, ' ') && !take(line, '-')) return std::nullopt;
        reply.lines.emplace_back(line);
        const auto enhanced = take_enhanced_code(line, reply.code);
        every_line_enhanced =
            every_line_enhanced && enhanced && (!reply.enhanced || reply.enhanced == enhanced);
        if (enhanced && !reply.enhanced) reply.enhanced = enhanced;
        stripped.emplace_back(line);
    }
    if (!last) return std::nullopt;
    if (every_line_enhanced) {
        reply.lines = std::move(stripped);
    } else {
        reply.enhanced.reset();
    }
    return reply;
}

std::optional<Reply> parse_reply_text(std::string_view text) {
    Reply reply;
    const auto code = take_code(text);
    if (!code || *code < 200 || *code > 599 || (!text.empty() && !take(text, ' '))) {
        return std::nullopt;
    }
    reply.code = *code;
    reply.enhanced = take_enhanced_code(text, reply.code);
    reply.lines.emplace_back(text);
    return reply;
}

}  // namespace fakemx::smtp
