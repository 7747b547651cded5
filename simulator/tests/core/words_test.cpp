// Text from outside and durations as people read them.
#include "core/words.h"

#include "support/catch.h"

using namespace fakemx;

TEST_CASE("durations are rounded to what matters") {
    CHECK(rounded(0s) == "0s");
    CHECK(rounded(999us) == "0s");
    CHECK(rounded(80'400us) == "80ms");
    CHECK(rounded(999'900us) == "1s");
    CHECK(rounded(2'149ms) == "2.1s");
    CHECK(rounded(9'999ms) == "10s");
    CHECK(rounded(200s) == "3m20s");
    CHECK(rounded(2h + 5min + 31s) == "2h6m");
    CHECK(rounded(108h + 10min) == "4d12h");
}

TEST_CASE("text from outside cannot drive a terminal") {
    CHECK(printable("250 OK 网易 ä") == "250 OK 网易 ä");
    CHECK(printable(std::string_view{"\x1b[31m\0\r\n", 8}) == "\\x1b[31m\\x00\\x0d\\x0a");
    CHECK(printable("\xff\xc0\x80") == "\\xff\\xc0\\x80");
    CHECK(printable("\xed\xa0\x80") == "\\xed\\xa0\\x80");  // a surrogate
    CHECK(printable("a\u202eb") == "a\\xe2\\x80\\xaeb");    // right to left from here on
    CHECK(printable("\u009b") == "\\xc2\\x9b");             // a control character of C1
    CHECK(width_of("网易") == 4);
    CHECK(width_of("äöü") == 3);
    CHECK(shortened("abcdef", 6) == "abcdef");
    CHECK(shortened("abcdefg", 6) == "abcde…");
    CHECK(width_of(shortened("网易网易网易", 6)) <= 6);
    CHECK(padded("网", 4) == "网  ");
}
