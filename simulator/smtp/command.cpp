// Verbs and arguments of RFC 5321 §4.1.
#include "smtp/command.h"

#include <algorithm>
#include <limits>

#include "core/text.h"
#include "smtp/concealment.h"

namespace fakemx::smtp {

namespace {

constexpr std::array<std::string_view, verb_count> verb_names{
    "HELO", "EHLO", "MAIL",     "RCPT", "DATA", "RSET",    "NOOP", "VRFY", "EXPN",
    "HELP", "QUIT", "STARTTLS", "BDAT", "AUTH", "XCLIENT", "",     ""};

// RFC 5321 §4.2.4 wants 502 for a command that is recognised but not implemented: the verbs of the
// registered extensions and of RFC 821 that this server does not speak.
constexpr std::array<std::string_view, 8> unsupported_verbs{"ETRN", "ATRN", "TURN", "SEND",
                                                            "SOML", "SAML", "LHLO", "BURL"};

bool is_keyword(std::string_view text) {
    // esmtp-keyword = (ALPHA / DIGIT) *(ALPHA / DIGIT / "-")
    if (text.empty() || text.front() == '-') return false;
    return std::all_of(text.begin(), text.end(),
                       [](char c) { return is_ascii_letter(c) || is_ascii_digit(c) || c == '-'; });
}

bool is_value(std::string_view text, bool utf8) {
    // esmtp-value = 1*(%d33-60 / %d62-126): no control octet, no blank, no "="; and UTF-8 with RFC 6531 §3.3
    return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
        return (c >= 33 && c <= 126 && c != '=') || (utf8 && !is_ascii(c));
    });
}

/// Reads "KEYWORD" and "KEYWORD=value", separated by blanks. False: one of them is neither, or one
/// keyword comes twice (RFC 5321 §4.1.1.11 leaves that out, RFC 1869 §6 forbids it).
bool read_parameters(std::string_view text, bool utf8, std::vector<Parameter>& parameters) {
    while (!text.empty()) {
        const std::size_t end = std::min(text.find(' '), text.size());
        const std::string_view word = text.substr(0, end);
        text.remove_prefix(end);
        while (!text.empty() && text.front() == ' ') text.remove_prefix(1);

        const std::size_t equals = word.find('=');
        Parameter parameter;
        parameter.keyword = ascii_upper(word.substr(0, equals));
        if (!is_keyword(parameter.keyword)) return false;
        if (equals != std::string_view::npos) {
            parameter.has_value = true;
            parameter.value = word.substr(equals + 1);
            if (!is_value(parameter.value, utf8)) return false;
        }
        for (const Parameter& other : parameters) {
            if (other.keyword == parameter.keyword) return false;
        }
        parameters.push_back(std::move(parameter));
    }
    return true;
}

}  // namespace

std::string_view name(Verb verb) {
    return verb_names.at(static_cast<std::size_t>(verb));
}

Command parse_command(std::string_view line) {
    Command command;
    command.line = line;
    line = trim_end(line);
    const std::size_t blank = line.find(' ');
    command.word = line.substr(0, blank);
    if (blank != std::string_view::npos) command.argument = line.substr(blank + 1);
    for (std::size_t i = 0; i < verb_names.size(); ++i) {
        if (!verb_names[i].empty() && equal_ignoring_case(command.word, verb_names[i])) {
            command.verb = static_cast<Verb>(i);
            return command;
        }
    }
    for (const std::string_view verb : unsupported_verbs) {
        if (equal_ignoring_case(command.word, verb)) command.verb = Verb::unsupported;
    }
    return command;
}

std::string without_credentials(std::string_view text) {
    const std::size_t secret = credentials_begin(text);
    if (secret == std::string_view::npos) return std::string{text};
    return std::string{text.substr(0, secret)} + " [redacted]";
}

const Parameter* find_parameter(const std::vector<Parameter>& parameters,
                                std::string_view keyword) {
    for (const Parameter& parameter : parameters) {
        if (parameter.keyword == keyword) return &parameter;
    }
    return nullptr;
}

std::optional<std::uint64_t> parse_size_value(std::string_view text) {
    if (text.empty() || text.size() > 20 ||
        !std::all_of(text.begin(), text.end(), is_ascii_digit)) {
        return std::nullopt;
    }
    return parse_decimal(text).value_or(std::numeric_limits<std::uint64_t>::max());
}

std::optional<ChunkArgument> parse_chunk_argument(std::string_view argument) {
    // bdat-cmd = "BDAT" SP chunk-size [ SP end-marker ] CR LF; chunk-size = 1*DIGIT
    const std::size_t blank = argument.find(' ');
    const std::string_view digits = argument.substr(0, blank);
    const auto octets = parse_decimal(digits);
    if (!octets) return std::nullopt;
    if (blank == std::string_view::npos) return ChunkArgument{*octets, false};
    if (!equal_ignoring_case(argument.substr(blank + 1), "LAST")) return std::nullopt;
    return ChunkArgument{*octets, true};
}

Result<PathArgument, SyntaxError> parse_path_argument(std::string_view argument,
                                                      std::string_view keyword, bool utf8) {
    const std::size_t colon = keyword.size();
    if (argument.size() <= colon || argument[colon] != ':' ||
        !equal_ignoring_case(argument.substr(0, colon), keyword)) {
        return SyntaxError{SyntaxError::Kind::keyword};
    }
    PathArgument result;
    argument.remove_prefix(colon + 1);
    while (!argument.empty() && argument.front() == ' ') {
        result.blank_after_colon = true;
        argument.remove_prefix(1);
    }
    auto parsed = parse_path(argument, utf8);
    if (!parsed) return SyntaxError{SyntaxError::Kind::path, parsed.error()};
    argument.remove_prefix(parsed->octets);
    result.path = std::move(parsed->path);
    if (!argument.empty() && argument.front() != ' ') {
        return SyntaxError{SyntaxError::Kind::trailing};
    }
    while (!argument.empty() && argument.front() == ' ') argument.remove_prefix(1);
    if (!read_parameters(argument, utf8, result.parameters)) {
        return SyntaxError{SyntaxError::Kind::parameters};
    }
    return result;
}

}  // namespace fakemx::smtp
