// What arrived held against what was given.
#include "conformance/fidelity.h"

#include "conformance/course.h"
#include "support/catch.h"

namespace fakemx::conformance {

namespace {

std::string with_header(std::string_view body, std::string_view fields = "") {
    return "Subject: hi\r\nMessage-ID: <1@a.test>\r\n" + std::string{fields} + "\r\n" +
           std::string{body};
}

Copy arrived(std::string_view given, std::string_view content, bool whole = true) {
    Copy copy;
    compare(given, content, whole, copy);
    return copy;
}

/// Of bodies.
Copy body(std::string_view given, std::string_view content) {
    return arrived(with_header(given), with_header(content));
}

}  // namespace

TEST_CASE("line ends are no difference, whichever they are") {
    for (const auto& [given, content] : std::vector<std::pair<std::string_view, std::string_view>>{
             {"one\r\ntwo\r\n", "one\ntwo\r"},
             {"one\n\ntwo", "one\r\n\r\ntwo\r\n"},
             {"", ""},
         }) {
        CHECK(body(given, content).change == BodyChange::none);
        CHECK(body(given, content).difference.empty());
    }
}

TEST_CASE("a difference names the first line that differs") {
    CHECK(body("one\r\ntwo\r\n", "one\r\n2\r\n").difference ==
          "line 2 of the body is '2', and was 'two'");
    CHECK(body("one\r\n..two\r\n", "one\r\n.two\r\n").difference ==
          "line 2 of the body is '.two', and was '..two'");
    CHECK(body("one\r\ntwo\r\n", "one\r\n").difference ==
          "line 2 of the body is missing, and was 'two'");
    CHECK(body("one\r\n", "one\r\ntwo\r\n").difference ==
          "line 2 of the body is 'two', and was missing");
}

TEST_CASE("what became of a body") {
    const std::string long_line(1200, 'x');
    struct Case {
        std::string given;
        std::string arrived;
        BodyChange change;
    };
    for (const Case& one : std::vector<Case>{
             {"a\r\n.b\r\n", "a\r\n..b\r\n", BodyChange::dots},
             {"a\r\n.b\r\nc\r\n", "a\r\nb\r\nc\r\n", BodyChange::dots},
             {"a\r\n", "a\r\n.\r\n", BodyChange::dots},
             {"a\r\n", "a\r\n\r\n", BodyChange::empty_lines},
             {"a\r\n\r\n\r\n", "a\r\n", BodyChange::empty_lines},
             {"a\r\nbc", "a\r\n", BodyChange::last_line},
             {"a\r\nbc", "a\r\nb\r\n", BodyChange::last_line},
             {"a\r\nbc", "a\r\nbc.\r\n", BodyChange::last_line},
             {"a\r\nbc\r\n", "a\r\n", BodyChange::cut},
             {"a\r\nbc\r\n", "a\r\nb\r\n", BodyChange::cut},
             {"a\r\n", "", BodyChange::cut},
             {long_line + "\r\nb\r\n",
              long_line.substr(0, 998) + "\r\n " + long_line.substr(998) + "\r\nb\r\n",
              BodyChange::mended},
             {"a\ab\r\nc\r\n", "ab\r\nc\r\n", BodyChange::mended},
             {"a\r\n", "b\r\n", BodyChange::other},
             {"a\r\n", "a\r\nb\r\n", BodyChange::other},
         }) {
        INFO(one.given << " -> " << one.arrived);
        CHECK(static_cast<int>(body(one.given, one.arrived).change) ==
              static_cast<int>(one.change));
    }
}

TEST_CASE("a body in another transfer encoding is the same where it says the same") {
    const std::string given = with_header("gr\xc3\xbcn\r\n.x\r\n",
                                          "MIME-Version: 1.0\r\nContent-Type: text/plain; "
                                          "charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n");
    const auto recoded = [](std::string_view encoding, std::string_view text) {
        return with_header(text,
                           "MIME-Version: 1.0\r\nContent-Type: text/plain; "
                           "charset=utf-8\r\nContent-Transfer-Encoding: " +
                               std::string{encoding} + "\r\n");
    };
    for (const auto& content : {recoded("quoted-printable", "gr=C3=BCn\r\n=2Ex\r\n"),
                                recoded("base64", "Z3LDvG4NCi54DQo=\r\n")}) {
        const Copy copy = arrived(given, content);
        CHECK(copy.change == BodyChange::none);
        CHECK(copy.recoded);
        CHECK(copy.difference.empty());
        CHECK(copy.header_difference.empty());
    }
    CHECK(arrived(given, recoded("quoted-printable", "grn\r\n.x\r\n")).change ==
          BodyChange::recoded);
}

TEST_CASE("dots are counted where buffers end") {
    const std::string text = with_header(std::string(500, 'x') + "\r\n.\r\n");
    CHECK(arrived(text, text).dots_at_boundaries == 0);
    const std::string filler(512 - with_header("").size() - 2, 'x');
    const std::string at_the_end = with_header(filler + "\r\n.\r\n");
    CHECK(arrived(at_the_end, at_the_end).dots_at_boundaries == 1);
}

TEST_CASE("a header may grow, be folded and be in another order") {
    const std::string given = with_header("Hello.\r\n");
    CHECK(arrived(given,
                  "Received: by x\r\nmessage-id: <1@a.test>\r\nSubject:\r\n hi\r\nDate: now\r\n\r\n"
                  "Hello.\r\n")
              .header_difference.empty());
    CHECK(arrived(given, "Message-ID: <1@a.test>\r\n\r\nHello.\r\n").header_difference ==
          "Subject is missing");
    CHECK(arrived(given, "Subject: ho\r\nMessage-ID: <1@a.test>\r\n\r\nHello.\r\n")
              .header_difference == "Subject is 'ho', and was 'hi'");
}

TEST_CASE("Bcc is the sender's to take out") {
    CHECK(arrived(with_header("Hello.\r\n", "Bcc: eve@b.test\r\n"), with_header("Hello.\r\n"))
              .header_difference.empty());
}

TEST_CASE("nothing is said of a body that the journal has cut off") {
    CHECK(arrived(with_header("Hello.\r\n"), with_header("Hel"), false).difference.empty());
    CHECK_FALSE(arrived(with_header("Hello.\r\n"), with_header("Hel")).difference.empty());
}

}  // namespace fakemx::conformance
