// ASCII, printable octets, JSON strings, hashes, nearest names, digests.
#include "core/text.h"

#include <array>
#include <set>

#include "core/digest.h"
#include "core/random.h"
#include "support/catch.h"
#include "support/transcript.h"

using namespace fakemx;

namespace {

std::string json(std::string_view text) {
    std::string out;
    append_json_string(out, text);
    return out;
}

}  // namespace

TEST_CASE("letter case is ASCII's, and only its letters have one") {
    CHECK(ascii_lower("ABYZ@[`{\xc4") == "abyz@[`{\xc4");
    CHECK(ascii_upper("abyz@[`{\xe4") == "ABYZ@[`{\xe4");
    CHECK(equal_ignoring_case("Postmaster", "POSTMASTER"));
    CHECK_FALSE(equal_ignoring_case("[", "{"));
    CHECK_FALSE(equal_ignoring_case("a", "ab"));
}

TEST_CASE("trimming takes blanks and tabs and nothing else") {
    CHECK(trim(" \t a b\t ") == "a b");
    CHECK(trim(" \t ") == "");
    CHECK(trim("") == "");
    CHECK(trim("\ra\n") == "\ra\n");
    CHECK(trim_end(" a \t") == " a");
    CHECK(trim_end("\t ") == "");
}

TEST_CASE("decimal numbers are digits only") {
    CHECK(parse_decimal("0") == 0);
    CHECK(parse_decimal("00000000000000000007") == 7);
    CHECK(parse_decimal("18446744073709551615") == 18446744073709551615ULL);
    for (const char* wrong : {"", "-1", "+1", " 1", "1 ", "0x1", "1.0", "18446744073709551616",
                              "000000000000000000001"}) {
        CAPTURE(wrong);
        CHECK_FALSE(parse_decimal(wrong));
    }
}

TEST_CASE("escaped octets can be told from each other, all of them") {
    std::set<std::string> seen;
    for (int octet = 0; octet < 256; ++octet) {
        const std::string one(1, static_cast<char>(octet));
        const std::string escaped = escape_octets(one);
        CHECK(unescape_octets(escaped) == one);
        CHECK(seen.insert(escaped).second);
        CHECK(test::unescape(escaped) == one);
        for (const char c : escaped) CHECK((c >= 0x20 && c < 0x7f));
    }
    CHECK(escape_octets("a\\\r\n\t\xff") == "a\\\\\\r\\n\\t\\xff");
    CHECK(unescape_octets("Gr\xc3\xbc\xc3\x9f"
                          "e") ==
          "Gr\xc3\xbc\xc3\x9f"
          "e");
    for (const std::string_view wrong :
         {"\\", "a\\", "\\q", "\\x", "\\x4", "\\x4g", "\\x-1", "\\x+1"}) {
        CAPTURE(wrong);
        CHECK_FALSE(unescape_octets(wrong));
    }
}

TEST_CASE("JSON strings are valid whatever the octets") {
    CHECK(json("plain") == "\"plain\"");
    CHECK(json("\"\\\n\x7f") == "\"\\\"\\\\\\u000a\\u007f\"");
    CHECK(json(std::string_view{"\0", 1}) == "\"\\u0000\"");
    // UTF-8 stays as it is (RFC 8259 §8.1): two, three and four octets, and the edges of what is valid.
    for (const char* valid : {"\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf",
                              "\xee\x80\x80", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"}) {
        CHECK(json(valid) == std::string{"\""} + valid + "\"");
    }
    // Over-long forms, surrogates, past U+10FFFF, cut short, a lone continuation.
    CHECK(json("\xc0\x80") == "\"\\ufffd\\ufffd\"");
    CHECK(json("\xe0\x9f\xbf") == "\"\\ufffd\\ufffd\\ufffd\"");
    CHECK(json("\xed\xa0\x80") == "\"\\ufffd\\ufffd\\ufffd\"");
    CHECK(json("\xf4\x90\x80\x80") == "\"\\ufffd\\ufffd\\ufffd\\ufffd\"");
    CHECK(json("\xe2\x82") == "\"\\ufffd\\ufffd\"");
    CHECK(json("a\x80z") == "\"a\\ufffdz\"");
}

TEST_CASE("hashes are the same on every platform and release: seeds rely on them") {
    CHECK(hash64("") == 0xefd01f60ba992926);
    CHECK(hash64("fakemx") == hash64("fakemx"));
    CHECK(hash64("fakemx") != hash64("fakemy"));
    CHECK(hash64("b", hash64("a")) != hash64("a", hash64("b")));
}

TEST_CASE("a mistyped name finds the nearest one") {
    constexpr std::array<std::string_view, 5> names{"connect", "message", "rcpt", "quit", "ehlo"};
    CHECK(nearest_name("mesage", names) == "message");
    CHECK(nearest_name("mesasge", names) == "message");
    CHECK(nearest_name("RCTP", names) == "rcpt");
    CHECK(nearest_name("helo", names) == "ehlo");
    CHECK_FALSE(nearest_name("banana", names));
    CHECK_FALSE(nearest_name("", names));
    CHECK_FALSE(nearest_name(std::string(65, 'q'), names));
    CHECK(did_you_mean("quitt", names) == "; did you mean 'quit'?");
    CHECK(did_you_mean("banana", names).empty());
}

TEST_CASE("a digest is SHA-256's beginning, however its input was cut") {
    const auto of = [](std::initializer_list<std::string_view> pieces) {
        Digest digest;
        for (const auto piece : pieces) digest.update(piece);
        return digest.finish();
    };
    // FIPS 180-4, examples: "abc" and the empty message.
    CHECK(of({"abc"}) == "ba7816bf8f01cfea414140de5dae2223");
    CHECK(of({}) == "e3b0c44298fc1c149afbf4c8996fb924");
    CHECK(of({"a", "", "bc"}) == of({"abc"}));
}
