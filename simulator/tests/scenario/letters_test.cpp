// What a scenario has the sender send, and the words of its command.
#include "scenario/scenario.h"
#include "support/catch.h"

namespace fakemx::scenario::test {

using Catch::Matchers::Contains;

TEST_CASE("each message has a file, a Message-ID and its recipients") {
    const std::vector<Letter> letters{
        {.from = "ann@a.test",
         .to = {"bob@b.test", "eve@b.test"},
         .count = 2,
         .octets = 0,
         .subject = "Hi"},
        {.from = "", .to = {"bob@b.test"}, .count = 1, .octets = 0, .subject = {}}};
    const auto files = write_letters(letters, 7, default_epoch);
    REQUIRE(files.size() == 3);
    CHECK(files[1].name == "0002.eml");
    CHECK(files[1].to == std::vector<std::string>{"bob@b.test", "eve@b.test"});
    CHECK(files[1].text ==
          "From: <ann@a.test>\r\nTo: bob@b.test,\r\n eve@b.test\r\nSubject: Hi\r\n"
          "Date: Thu, 01 Jan 2026 00:00:00 +0000\r\nMessage-ID: <2.7@a.test>\r\n"
          "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\n"
          "This is message 2.\r\n");
    CHECK(files[2].from.empty());
    CHECK_THAT(files[2].text, Contains("Message-ID: <3.7@localhost>\r\n"));
    CHECK(write_letters(letters, 8, default_epoch)[0].text != files[0].text);
    CHECK(Scenario{.send = letters}.deliveries() == 5);
}

TEST_CASE("header lines stand in the place of the usual ones, and a body is what it is") {
    const auto text = write_letters({{.from = "ann@a.test",
                                      .to = {"bob@b.test"},
                                      .header = {"subject: mine", "Bcc: eve@b.test"},
                                      .body = std::string{"one\n\rtwo\0", 9}}},
                                    7, default_epoch)[0]
                          .text;
    CHECK(text ==
          std::string{"From: <ann@a.test>\r\nTo: bob@b.test\r\n"
                      "Date: Thu, 01 Jan 2026 00:00:00 +0000\r\nMessage-ID: <1.7@a.test>\r\n"
                      "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=us-ascii\r\n"
                      "subject: mine\r\nBcc: eve@b.test\r\n\r\n"} +
              std::string{"one\n\rtwo\0", 9});
}

TEST_CASE("a body has as many octets as were asked for, in whole lines") {
    for (const std::uint64_t octets : {3U, 70U, 71U, 72U, 73U, 74U, 10'240U}) {
        const auto text = write_letters({{.from = "a@b.test",
                                          .to = {"c@d.test"},
                                          .count = 1,
                                          .octets = octets,
                                          .subject = {}}},
                                        1, default_epoch)[0]
                              .text;
        const std::string body = text.substr(text.find("\r\n\r\n") + 4);
        INFO(octets);
        // Less than a line end is left away.
        CHECK(body.size() <= octets);
        CHECK(octets - body.size() <= 2);
        CHECK(body.ends_with("\r\n"));
    }
}

TEST_CASE("only known names in braces are replaced") {
    const Values values{{"ip", "127.0.0.1"}, {"port", "25"}};
    CHECK(fill_in("{ip}:{port}", values) == "127.0.0.1:25");
    CHECK(fill_in("smtp://{ip}", values) == "smtp://127.0.0.1");
    CHECK(fill_in("{ print $1 } {ip", values) == "{ print $1 } {ip");
    CHECK(fill_in("{{port}} {nothing} {}", values) == "{25} {nothing} {}");
    CHECK(fill_in("", values).empty());
}

}  // namespace fakemx::scenario::test
