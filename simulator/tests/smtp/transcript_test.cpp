// The transcripts beside this file, each run whole and octet by octet; and the transcript language itself.
#include "support/transcript.h"

#include "support/catch.h"
#include "support/virtual_driver.h"

using namespace fakemx;
using namespace fakemx::test;

TEST_CASE("transcripts of the session: RFC 5321, command by command") {
    const auto files = transcripts_in("simulator/tests/smtp/transcripts");
    REQUIRE(files.size() > 10);
    for (const std::string& file : files) {
        INFO(file);
        VirtualDriver whole;
        CHECK(run_transcript_file(whole, file) == "");
        CHECK(whole.replayed() == "alike");
        VirtualDriver split{1};
        CHECK(run_transcript_file(split, file) == "");
        CHECK(split.replayed() == "alike");
    }
}

namespace {

std::string run(std::string_view text) {
    VirtualDriver driver;
    return run_transcript(driver, text, "t.txt");
}

}  // namespace

TEST_CASE("a transcript that fails says where, what was expected and what came") {
    CHECK(run("S: 220 mx.fakemx.test ESMTP fakemx\n") == "");
    CHECK(run("# why\n\nS: 220 mx\n") ==
          "t.txt:3:\n  expected: 220 mx\n  actual:   220 mx.fakemx.test ESMTP fakemx");
    CHECK(run("S~ 220 *\nS: 250 OK\n") == "t.txt:2:\n  expected: 250 OK\n  actual:   nothing");
    CHECK(run("C: NOOP\n").starts_with("t.txt:1:\n  expected: nothing more"));
    CHECK(run("S~ 220 *\nC: NOOP\n").starts_with("t.txt:2:\n  expected: nothing more"));
    CHECK(run("S~ 220 *\n!closed\n") ==
          "t.txt:2:\n  expected: closed\n  actual:   an open connection");
    CHECK(
        run("S~ 220 *\nC: QUIT\nS~ 221 *\n!quiet\n").starts_with("t.txt:4:\n  expected: an open"));
    CHECK(run("S~ 220 *\n!connect x\n").starts_with("t.txt:2:"));
    CHECK(run("S~ 220 *\n!client 2\n").starts_with("t.txt:2:"));
    CHECK(run("!nonsense\n") == "t.txt:1:\n  unknown directive '!nonsense'");
    CHECK(run("+5\n").starts_with("t.txt:1:\n  '5' is no duration"));
    CHECK(run("nonsense\n").starts_with("t.txt:1:\n  a line begins with"));
    CHECK(run("S~ 220 *\nC: \\q\n") == "t.txt:2: unknown escape '\\q'");
    CHECK(run("S: \\x4\n").starts_with("t.txt:1: \\x wants"));
}

TEST_CASE("escapes and patterns of transcripts") {
    CHECK(unescape("a\\r\\n\\t\\0\\\\\\x41\\xfF") == std::string{"a\r\n\t\0\\A\xff", 8});
    CHECK(unescape("\\{3*ab}c\\{0*x}\\{2*\\r}") == "abababc\r\r");
    CHECK(matches("250 *", "250 OK"));
    CHECK(matches("*", ""));
    CHECK(matches("a*b*c", "a1b2bc"));
    CHECK_FALSE(matches("a*b", "ab "));
    CHECK_FALSE(matches("", "x"));
}

TEST_CASE("several clients of one transcript, by turns") {
    CHECK(run(R"(!host name=one.test
!host name=two.test
!connect
S: 220 one.test ESMTP fakemx
!connect 1 from 198.51.100.7
S: 220 two.test ESMTP fakemx
!client 1
C- NO
!client 2
C: QUIT
S: 221 Bye
!closed
!client 1
C: OP
S: 250 OK
!reset
)") == "");
}
