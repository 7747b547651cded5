// Command lines (RFC 5321 §4.1): the verb, and the arguments of the verbs that have a grammar.
// Knows the form of a command, not whether it may come now.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "smtp/path.h"

namespace fakemx::smtp {

enum class Verb : std::uint8_t {
    helo,
    ehlo,
    mail,
    rcpt,
    data,
    rset,
    noop,
    vrfy,
    expn,
    help,
    quit,
    starttls,
    bdat,
    auth,
    xclient,  ///< of Postfix; only where a peer may be trusted with it
    /// Verbs that the field knows and this server does not speak: 502, not 500 (RFC 5321 §4.2.4).
    unsupported,
    unknown,
};

inline constexpr std::size_t verb_count = 17;

/// "MAIL"; empty for `unsupported` and `unknown`.
std::string_view name(Verb verb);

/// A command line without its CRLF. The views point into that line.
struct Command {
    Verb verb = Verb::unknown;
    std::string_view word;      ///< the verb as the client wrote it
    std::string_view argument;  ///< all behind the blank after the verb, as written
    std::string_view line;      ///< the whole
};

/// White space at the end is not looked at (RFC 5321 §4.1.1).
Command parse_command(std::string_view line);

/// What a client sent, as it may be journalled: AUTH and what follows may hold a password
/// (RFC 4954 §4), so only the mechanism stays. There may be several lines, with any kind of line end.
std::string without_credentials(std::string_view text);

/// One esmtp-param (RFC 5321 §4.1.2).
struct Parameter {
    std::string keyword;  ///< upper case
    std::string value;    ///< as written; empty without "="
    bool has_value = false;

    bool operator==(const Parameter&) const = default;
};

/// The parameter of this name, in upper case; null without one.
const Parameter* find_parameter(const std::vector<Parameter>& parameters, std::string_view keyword);

/// Why an argument was refused, and what the reply says about it.
struct SyntaxError {
    enum class Kind : std::uint8_t {
        keyword,     ///< "FROM:" or "TO:" is missing
        path,        ///< see `path`
        parameters,  ///< not an esmtp-param, or one of them twice
        trailing,    ///< text where the grammar has none
    };
    Kind kind = Kind::keyword;
    PathError path = PathError::empty;  ///< when kind is `path`

    bool operator==(const SyntaxError&) const = default;
};

struct PathArgument {
    Path path;
    std::vector<Parameter> parameters;
    /// A blank stood behind the colon. RFC 5321 §3.3 forbids it and every receiver of note takes it,
    /// so it is taken, and recorded.
    bool blank_after_colon = false;
};

/// The value of SIZE (RFC 1870 §4: one to twenty digits); the largest number there is for what is
/// larger still.
std::optional<std::uint64_t> parse_size_value(std::string_view text);

/// The argument of BDAT (RFC 3030 §2): the size of the chunk that follows, and whether it is the last one.
struct ChunkArgument {
    std::uint64_t octets = 0;
    bool last = false;
};
std::optional<ChunkArgument> parse_chunk_argument(std::string_view argument);

/// Reads "FROM:<path> [params]" or "TO:<path> [params]"; `keyword` is "FROM" or "TO".
/// `utf8` as for parse_path.
Result<PathArgument, SyntaxError> parse_path_argument(std::string_view argument,
                                                      std::string_view keyword, bool utf8 = false);

}  // namespace fakemx::smtp
