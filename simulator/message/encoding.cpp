// The only user of GMime: its decoders, without its parser, which keeps whatever a message has.
#include "message/encoding.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <gmime/gmime.h>
#include <iconv.h>
#include <memory>

#include "core/limits.h"
#include "core/text.h"

namespace fakemx::message {

namespace {

struct Unref {
    void operator()(gpointer object) const { g_object_unref(object); }
};
struct Free {
    void operator()(gchar* text) const { g_free(text); }
};

/// Ready for use, and the same on every machine: GMime's own options ask for the locale.
GMimeParserOptions* options() {
    static GMimeParserOptions* const made = [] {
        g_mime_init();
        GMimeParserOptions* own = g_mime_parser_options_new();
        std::array<const char*, 4> charsets{"utf-8", "gb18030", "iso-8859-1", nullptr};
        g_mime_parser_options_set_fallback_charsets(own, charsets.data());
        return own;
    }();
    return made;
}

/// C strings end at a NUL, which no header field may have (RFC 5322 §2.2).
std::string bounded(std::string_view value) {
    return std::string{value.substr(0, limits::mime_field_octets_max)};
}

std::string text_of(const char* text) {
    return text != nullptr ? std::string{text} : std::string{};
}

/// A file name that came as it is: RFC 6532 wants UTF-8, older Chinese programs send what they have.
std::string file_name_of(const char* text) {
    std::string name = text_of(text);
    if (is_utf8(name)) return name;
    auto converted = to_utf8("gb18030", name, false);
    return converted && converted->errors == 0 ? std::move(converted->text) : escape_octets(name);
}

bool is_token(std::string_view text) {
    constexpr std::string_view specials = "()<>@,;:\\\"/[]?=";  // RFC 2045 §5.1
    return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
        return c > 0x20 && c < 0x7f && specials.find(c) == std::string_view::npos;
    });
}

/// "text/plain" and "text/plain; charset=utf-8", which is what most messages say. Nothing for anything else.
std::optional<ContentType> parse_simple(std::string_view value) {
    const std::size_t semicolon = value.find(';');
    const std::string_view whole = trim(value.substr(0, semicolon));
    const std::size_t slash = whole.find('/');
    if (slash == std::string_view::npos || !is_token(whole.substr(0, slash)) ||
        !is_token(whole.substr(slash + 1))) {
        return std::nullopt;
    }
    ContentType type{.type = ascii_lower(whole), .charset = {}, .boundary = {}, .name = {}};
    if (semicolon == std::string_view::npos) return type;
    const std::string_view parameter = trim(value.substr(semicolon + 1));
    const std::size_t equals = parameter.find('=');
    if (equals == std::string_view::npos ||
        !equal_ignoring_case(parameter.substr(0, equals), "charset")) {
        return std::nullopt;
    }
    std::string_view charset = parameter.substr(equals + 1);
    if (charset.size() > 2 && charset.front() == '"' && charset.back() == '"') {
        charset = charset.substr(1, charset.size() - 2);
    }
    if (!is_token(charset)) return std::nullopt;
    type.charset = ascii_lower(charset);
    return type;
}

// Names as IANA and MIME have them. The ISO-2022 family but for Japanese mail's is left out, as are EBCDIC and the like.
constexpr std::array<std::string_view, 56> charsets{
    "us-ascii",     "ascii",        "ansi_x3.4-1968", "utf-8",
    "utf8",         "utf-16",       "utf-16le",       "utf-16be",
    "utf-7",        "gb2312",       "gb_2312-80",     "euc-cn",
    "gbk",          "cp936",        "ms936",          "windows-936",
    "gb18030",      "big5",         "big5-hkscs",     "cp950",
    "euc-tw",       "iso-8859-1",   "latin1",         "iso-8859-2",
    "iso-8859-3",   "iso-8859-4",   "iso-8859-5",     "iso-8859-6",
    "iso-8859-7",   "iso-8859-8",   "iso-8859-8-i",   "iso-8859-9",
    "iso-8859-10",  "iso-8859-13",  "iso-8859-14",    "iso-8859-15",
    "iso-8859-16",  "windows-1250", "windows-1251",   "windows-1252",
    "windows-1253", "windows-1254", "windows-1255",   "windows-1256",
    "windows-1257", "windows-1258", "windows-874",    "tis-620",
    "koi8-r",       "koi8-u",       "iso-2022-jp",    "euc-jp",
    "shift_jis",    "windows-31j",  "euc-kr",         "ks_c_5601-1987"};

/// What iconv calls it, where that is something else.
const char* iconv_name(std::string_view charset) {
    if (charset == "gb_2312-80" || charset == "gb2312") return "EUC-CN";
    if (charset == "ms936" || charset == "windows-936") return "CP936";
    if (charset == "iso-8859-8-i") return "ISO-8859-8";
    if (charset == "windows-874") return "CP874";
    if (charset == "ks_c_5601-1987") return "CP949";
    if (charset == "utf8") return "UTF-8";
    return charset.data();
}

bool all_ascii(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return is_ascii(c); });
}

/// Charsets in which an octet below 128 is always the character of ASCII.
bool extends_ascii(std::string_view charset) {
    return !charset.starts_with("utf-16") && charset != "utf-7" && charset != "iso-2022-jp";
}

}  // namespace

ContentType parse_content_type(std::string_view value) {
    if (auto simple = parse_simple(value)) return *simple;
    if (value.substr(0, value.find(';')).find('/') == std::string_view::npos) return {};
    const std::unique_ptr<GMimeContentType, Unref> parsed{
        g_mime_content_type_parse(options(), bounded(value).c_str())};
    ContentType type;
    if (!parsed) return type;
    const std::string main = text_of(g_mime_content_type_get_media_type(parsed.get()));
    const std::string sub = text_of(g_mime_content_type_get_media_subtype(parsed.get()));
    if (!main.empty() && !sub.empty()) type.type = ascii_lower(main + '/' + sub);
    const auto parameter = [&](const char* name) {
        return text_of(g_mime_content_type_get_parameter(parsed.get(), name));
    };
    type.charset = ascii_lower(parameter("charset"));
    type.boundary = parameter("boundary");
    type.name = file_name_of(g_mime_content_type_get_parameter(parsed.get(), "name"));
    return type;
}

Disposition parse_disposition(std::string_view value) {
    const std::string_view whole = trim(value);
    if (is_token(whole)) return {.disposition = ascii_lower(whole), .file_name = {}};
    const std::unique_ptr<GMimeContentDisposition, Unref> parsed{
        g_mime_content_disposition_parse(options(), bounded(value).c_str())};
    if (!parsed) return {};
    return {.disposition =
                ascii_lower(text_of(g_mime_content_disposition_get_disposition(parsed.get()))),
            .file_name =
                file_name_of(g_mime_content_disposition_get_parameter(parsed.get(), "filename"))};
}

std::string decode_words(std::string_view value) {
    if (all_ascii(value) && value.find("=?") == std::string_view::npos) return std::string{value};
    const std::unique_ptr<gchar, Free> decoded{
        g_mime_utils_header_decode_text(options(), bounded(value).c_str())};
    return text_of(decoded.get());
}

TransferEncoding transfer_encoding_named(std::string_view name) {
    const std::string_view word = trim(name);
    for (const std::string_view same : {"", "7bit", "8bit", "binary"}) {
        if (equal_ignoring_case(word, same)) return TransferEncoding::identity;
    }
    if (equal_ignoring_case(word, "base64")) return TransferEncoding::base64;
    if (equal_ignoring_case(word, "quoted-printable")) return TransferEncoding::quoted_printable;
    return TransferEncoding::unknown;
}

std::string decode_transfer(TransferEncoding encoding, std::string_view octets) {
    if (encoding == TransferEncoding::identity || encoding == TransferEncoding::unknown)
        return std::string{octets};
    options();
    GMimeEncoding state{};
    g_mime_encoding_init_decode(&state, encoding == TransferEncoding::base64
                                            ? GMIME_CONTENT_ENCODING_BASE64
                                            : GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE);
    std::string decoded(g_mime_encoding_outlen(&state, octets.size()) + 16, '\0');
    decoded.resize(g_mime_encoding_step(&state, octets.data(), octets.size(), decoded.data()));
    return decoded;
}

std::string encode_transfer(TransferEncoding encoding, std::string_view octets) {
    if (encoding == TransferEncoding::identity || encoding == TransferEncoding::unknown)
        return std::string{octets};
    options();
    const bool base64 = encoding == TransferEncoding::base64;
    GMimeEncoding state{};
    g_mime_encoding_init_encode(
        &state, base64 ? GMIME_CONTENT_ENCODING_BASE64 : GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE);
    std::string plain{octets};
    // To GMime a line of text ends with LF alone, and a CR would be one of its octets.
    if (!base64) std::erase(plain, '\r');
    std::string encoded(g_mime_encoding_outlen(&state, plain.size()) + 16, '\0');
    encoded.resize(g_mime_encoding_flush(&state, plain.data(), plain.size(), encoded.data()));
    std::string lines;
    for (const char c : encoded) {
        if (c == '\n') lines += '\r';
        lines += c;
    }
    return lines;
}

bool charset_known(std::string_view charset) {
    return std::find(charsets.begin(), charsets.end(), charset) != charsets.end();
}

std::optional<Converted> to_utf8(std::string_view charset, std::string_view octets, bool cut) {
    const auto* const known = std::find(charsets.begin(), charsets.end(), charset);
    if (known == charsets.end()) return std::nullopt;
    Converted converted;
    if (extends_ascii(*known) && all_ascii(octets)) {
        converted.text = octets;
        return converted;
    }
    // Not GMime's, which reads GB 2312 as its larger successors: whether the name holds is what is asked for.
    const iconv_t conversion = iconv_open("UTF-8", iconv_name(*known));
    // Where the C library's extra converters are not installed.
    // NOLINTNEXTLINE(performance-no-int-to-ptr)
    if (conversion == reinterpret_cast<iconv_t>(-1)) return std::nullopt;
    std::array<char, 16 * 1024> piece{};
    // iconv takes a pointer to what it never writes to.
    char* in = const_cast<char*>(octets.data());
    std::size_t in_left = octets.size();
    while (in_left != 0) {
        char* out = piece.data();
        std::size_t out_left = piece.size();
        const std::size_t result = iconv(conversion, &in, &in_left, &out, &out_left);
        const int error = errno;
        converted.text.append(piece.data(), piece.size() - out_left);
        if (result != static_cast<std::size_t>(-1) || error == E2BIG) continue;
        if (error == EINVAL && cut) break;
        ++converted.errors;
        ++in;
        --in_left;
    }
    iconv_close(conversion);
    return converted;
}

std::optional<std::string> from_utf8(std::string_view charset, std::string_view text) {
    const auto* const known = std::find(charsets.begin(), charsets.end(), charset);
    if (known == charsets.end()) return std::nullopt;
    if (extends_ascii(*known) && all_ascii(text)) return std::string{text};
    const iconv_t conversion = iconv_open(iconv_name(*known), "UTF-8");
    // NOLINTNEXTLINE(performance-no-int-to-ptr)
    if (conversion == reinterpret_cast<iconv_t>(-1)) return std::nullopt;
    std::optional<std::string> converted{std::in_place};
    std::array<char, 16 * 1024> piece{};
    char* in = const_cast<char*>(text.data());
    std::size_t in_left = text.size();
    // The last call, without input, gives what returns ISO 2022 to ASCII.
    for (bool last = false; converted && !last;) {
        last = in_left == 0;
        char* out = piece.data();
        std::size_t out_left = piece.size();
        const std::size_t result =
            iconv(conversion, last ? nullptr : &in, &in_left, &out, &out_left);
        const bool failed = result == static_cast<std::size_t>(-1) && errno != E2BIG;
        converted->append(piece.data(), piece.size() - out_left);
        if (failed) converted.reset();
    }
    iconv_close(conversion);
    return converted;
}

}  // namespace fakemx::message
