// Message data: the end at CRLF "." CRLF and nowhere else, transparency (RFC 5321 §4.5.2), counts.
#include "smtp/message_intake.h"

#include <vector>

#include "core/limits.h"
#include "core/text.h"
#include "support/catch.h"
#include "support/draws.h"

using namespace fakemx;
using namespace fakemx::smtp;

namespace {

/// The message at the start of `octets`, fed in pieces of `step`; `left` is what follows it.
Message take(std::string_view octets, std::size_t& left, std::size_t step = std::string::npos,
             std::uint64_t octets_max = 0) {
    MessageIntake intake{octets_max};
    std::size_t at = 0;
    while (at < octets.size() && !intake.done()) {
        const std::string_view piece = octets.substr(at, step);
        const std::size_t taken = intake.feed(piece);
        REQUIRE((taken == piece.size() || intake.done()));
        at += taken;
    }
    REQUIRE(intake.done());
    CHECK(intake.feed("more") == 0);
    left = octets.size() - at;
    return intake.finish();
}

Message take(std::string_view octets) {
    std::size_t left = 0;
    Message message = take(octets, left);
    CHECK(left == 0);
    return message;
}

bool ends(std::string_view octets) {
    MessageIntake intake{0};
    intake.feed(octets);
    return intake.done();
}

/// What a client does: RFC 5321 §4.5.2, and a last CRLF where there is none.
std::string stuffed(std::string_view content) {
    std::string data;
    bool line_start = true;
    for (std::size_t i = 0; i < content.size(); ++i) {
        if (line_start && content[i] == '.') data += '.';
        data += content[i];
        line_start = i > 0 && content[i] == '\n' && content[i - 1] == '\r';
    }
    if (!line_start) data += "\r\n";
    return data + ".\r\n";
}

}  // namespace

TEST_CASE("the data ends at CRLF . CRLF, and the CRLF of DATA counts: RFC 5321 §4.1.1.4") {
    CHECK(take(".\r\n").content.empty());
    CHECK(take("a\r\n.\r\n").content == "a\r\n");
    CHECK(take("\r\n.\r\n").content == "\r\n");
    CHECK(take("a\r\n\r\n\r\n.\r\n").lines == 3);
    std::size_t left = 0;
    CHECK(take("a\r\n.\r\nQUIT\r\n", left).octets == 3);
    CHECK(left == 6);
}

TEST_CASE("nothing that merely resembles the end is one: the variants of SMTP smuggling") {
    for (const char* data :
         {"a\n.\n",      "a\n.\r\n",   "a\r.\r\n",     "a\r.\r",       "a\r\n.\n",    "a\r\n.\r",
          "a\n.\r",      "a\r.\n",     "a\r\n.\r\r\n", "a\r\n.\n\r\n", "a\r\n. \r\n", "a\r\n..\r\n",
          "a\r\n.a\r\n", "a\r\r\n.\n", "a\n\r.\r\n",   "a.\r\n",       ".a\r\n",      "..\r\n",
          ".\n",         ".\r",        ".\r\r\n",      "\r.\r\n",      "\n.\r\n"}) {
        CAPTURE(escape_octets(data));
        CHECK_FALSE(ends(data));
    }
    // Behind each of them the real end is found.
    for (const char* data :
         {"a\n.\n", "a\n.\r\n", "a\r.\r\n", "a\r\n.\n", "a\r\n.\r", "a\r\n.\r\r\n"}) {
        CAPTURE(escape_octets(data));
        CHECK(ends(std::string{data} + "\r\n.\r\n"));
    }
    // CR CR LF ends a line (with a bare CR in front), so a dot behind it does end the data.
    CHECK(ends("a\r\r\n.\r\n"));
    CHECK(ends("\n\r\n.\r\n"));
}

TEST_CASE("bare CR and LF are counted and kept as they are: RFC 5321 §2.3.8") {
    const Message message = take("a\nb\rc\r\r\n\n\r\n.\r\n");
    CHECK(message.content == "a\nb\rc\r\r\n\n\r\n");
    CHECK(message.bare_lf == 2);
    CHECK(message.bare_cr == 2);
    CHECK(message.lines == 2);
    CHECK(take("a\r\n.\n\r\n.\r\n").bare_lf == 1);
    CHECK(take("a\r\n.\rb\r\n.\r\n").bare_cr == 1);
    CHECK(take("a\r\n.\r\r\n.\r\n").bare_cr == 1);
    CHECK(take("a\r\n.\r\r\n.\r\n").content == "a\r\n\r\r\n");
    CHECK(take("a\r\n.\n\r\n.\r\n").content == "a\r\n\n\r\n");
}

TEST_CASE("the dot of transparency is removed, other leading dots are counted: RFC 5321 §4.5.2") {
    const Message message = take("..\r\n.a\r\n...\r\n a.\r\n.\r\n");
    CHECK(message.content == ".\r\na\r\n..\r\n a.\r\n");
    CHECK(message.dotted_lines == 2);
    CHECK(message.bare_dot_lines == 1);
    CHECK(message.octets == message.content.size());
    // Behind a bare LF or CR no line begins: the dot stays.
    CHECK(take("a\n.b\r.c\r\n.\r\n").content == "a\n.b\r.c\r\n");
}

TEST_CASE("lines over 1000 octets are counted, the transparency dot aside: RFC 5321 §4.5.3.1.6") {
    const std::string edge(998, 'x');
    CHECK(take(edge + "\r\n.\r\n").long_lines == 0);
    CHECK(take(edge + "x\r\n.\r\n").long_lines == 1);
    CHECK(take(".." + std::string(997, 'x') + "\r\n.\r\n").long_lines == 0);
    CHECK(take(".." + edge + "\r\n" + edge + "x\r\n.\r\n").long_lines == 2);
}

TEST_CASE("NUL, octets over 127 and the size are seen") {
    CHECK(take("a\r\n.\r\n").nul == false);
    CHECK(take(std::string{"a\0\r\n.\r\n", 7}).nul);
    CHECK(take("a\x80\r\n.\r\n").eight_bit);
    CHECK_FALSE(take("a\x7f\r\n.\r\n").eight_bit);
    std::size_t left = 0;
    // RFC 1870 §6.2: the limit itself is not over it.
    CHECK_FALSE(take("12345678\r\n.\r\n", left, 3, 10).too_big);
    CHECK(take("123456789\r\n.\r\n", left, 3, 10).too_big);
}

TEST_CASE("what is kept is bounded, and the rest still has a fingerprint") {
    const std::size_t kept = limits::message_octets_kept;
    const std::string big(kept - 2, 'a');
    CHECK(take(big + "\r\n.\r\n").content.size() == kept);
    CHECK(take(big + "\r\n.\r\n").rest_fingerprint.empty());
    const Message one = take(big + "\r\nb\r\n.\r\n");
    CHECK(one.content.size() == kept);
    CHECK(one.octets == kept + 3);
    CHECK_FALSE(one.rest_fingerprint.empty());
    CHECK(one.rest_fingerprint == take(big + "\r\nb\r\n.\r\n").rest_fingerprint);
    CHECK(one.rest_fingerprint != take(big + "\r\nc\r\n.\r\n").rest_fingerprint);
}

TEST_CASE("unstuffing undoes stuffing, whatever the octets and however they are split") {
    test::Draws draws{"dots"};
    for (int n = 0; n < 4000; ++n) {
        const std::string content =
            draws.text(draws.one_in(4) ? "\r\n.ab\x80" : "\r\n.", draws.below(60));
        const std::string data = stuffed(content);
        CAPTURE(escape_octets(data));
        std::size_t left = 0;
        const Message whole = take(data, left);
        REQUIRE(left == 0);
        // A client that has no last CRLF adds one.
        REQUIRE((whole.content == content || whole.content == content + "\r\n"));
        REQUIRE(whole.bare_dot_lines == 0);
        const Message pieces = take(data, left, 1 + draws.below(5));
        REQUIRE(left == 0);
        REQUIRE(pieces.content == whole.content);
        REQUIRE(pieces.bare_cr == whole.bare_cr);
        REQUIRE(pieces.bare_lf == whole.bare_lf);
        REQUIRE(pieces.lines == whole.lines);
        REQUIRE(pieces.dotted_lines == whole.dotted_lines);
    }
}
