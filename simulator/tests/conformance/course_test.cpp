// What arrived held against what was given, and what a run is put together from.
#include "conformance/course.h"

#include "support/catch.h"

namespace fakemx::conformance {

namespace {

journal::Submitted given(std::string body) {
    return {.message = 1,
            .from = "ann@a.test",
            .to = {"bob@b.test"},
            .text = "Subject: hi\r\nMessage-ID: <1@a.test>\r\n\r\n" + std::move(body)};
}

Copy arrived(const journal::Submitted& message, std::string_view content, bool whole = true) {
    return compare(message, SessionId{1}, 1, content, whole);
}

}  // namespace

TEST_CASE("line ends are no difference, whichever they are") {
    CHECK(difference("one\r\ntwo\r\n", "one\ntwo\r").empty());
    CHECK(difference("one\n\ntwo", "one\r\n\r\ntwo\r\n").empty());
    CHECK(difference("", "").empty());
}

TEST_CASE("a difference names the first line that differs") {
    CHECK(difference("one\r\ntwo\r\n", "one\r\n2\r\n") ==
          "line 2 of the body is '2', and was 'two'");
    CHECK(difference("one\r\n..two\r\n", "one\r\n.two\r\n") ==
          "line 2 of the body is '.two', and was '..two'");
    CHECK(difference("one\r\ntwo\r\n", "one\r\n") ==
          "line 2 of the body is missing, and was 'two'");
    CHECK(difference("one\r\n", "one\r\ntwo\r\n") ==
          "line 2 of the body is 'two', and was missing");
}

TEST_CASE("a header may grow, be folded and be in another order") {
    const auto message = given("Hello.\r\n");
    CHECK(arrived(message,
                  "Received: by x\r\nmessage-id: <1@a.test>\r\nSubject:\r\n hi\r\nDate: now\r\n\r\n"
                  "Hello.\r\n")
              .header_difference.empty());
    CHECK(arrived(message, "Message-ID: <1@a.test>\r\n\r\nHello.\r\n").header_difference ==
          "Subject is missing");
    CHECK(arrived(message, "Subject: ho\r\nMessage-ID: <1@a.test>\r\n\r\nHello.\r\n")
              .header_difference == "Subject is 'ho', and was 'hi'");
}

TEST_CASE("Bcc is the sender's to take out") {
    auto message = given("Hello.\r\n");
    message.text = "Bcc: eve@b.test\r\n" + message.text;
    CHECK(arrived(message, given("Hello.\r\n").text).header_difference.empty());
}

TEST_CASE("nothing is said of a body that the journal has cut off") {
    const auto message = given("Hello.\r\n");
    CHECK(arrived(message, given("Hel").text, false).difference.empty());
    CHECK_FALSE(arrived(message, given("Hel").text).difference.empty());
}

}  // namespace fakemx::conformance
