// What a header field or a body says once its encodings are undone: parameters (RFC 2045 §5, RFC 2231), encoded words (RFC 2047),
// transfer encodings (RFC 2045 §6), charsets. Text that comes out is UTF-8. It does not know which part of a message it is about.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace fakemx::message {

/// Content-Type as far as anybody asks. Names are lower case.
struct ContentType {
    std::string type = "text/plain";  ///< with its subtype
    std::string charset;              ///< empty: not said
    std::string boundary;
    std::string name;  ///< of a file, by older senders
};

/// RFC 2045 §5.2: what cannot be read is text/plain.
ContentType parse_content_type(std::string_view value);

struct Disposition {
    std::string disposition;  ///< lower case: "attachment", "inline"; empty: not said
    std::string file_name;
};

Disposition parse_disposition(std::string_view value);

/// The value of an unstructured field with its encoded words decoded. Octets that are neither are tried as UTF-8, then GB18030.
std::string decode_words(std::string_view value);

enum class TransferEncoding : std::uint8_t { identity, base64, quoted_printable, unknown };

/// 7bit, 8bit and binary change nothing; so does a field that is not there.
TransferEncoding transfer_encoding_named(std::string_view name);

/// What cannot be decoded is passed over, as RFC 2045 §6.7 and §6.8 ask for.
std::string decode_transfer(TransferEncoding encoding, std::string_view octets);

/// The other way round: lines of base64 are 76 octets long, text for quoted-printable has its lines ended by CRLF. Nothing changes for
/// the others.
std::string encode_transfer(TransferEncoding encoding, std::string_view octets);

/// Charsets of mail; others are not converted: each one that iconv has is code that a stranger's message would run.
bool charset_known(std::string_view charset);

struct Converted {
    std::string text;          ///< UTF-8; what is no character is left out
    std::uint64_t errors = 0;  ///< octets that are no part of a character of the charset
};

/// Nothing for a charset that is not known. `cut`: octets are missing at the end, and half a character there is no error.
std::optional<Converted> to_utf8(std::string_view charset, std::string_view octets, bool cut);

/// The other way round. Nothing for a charset that is not known, or that has not all of the characters.
std::optional<std::string> from_utf8(std::string_view charset, std::string_view text);

}  // namespace fakemx::message
