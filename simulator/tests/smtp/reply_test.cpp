// Replies: RFC 5321 §4.2, enhanced codes of RFC 3463 and RFC 2034.
#include "smtp/reply.h"

#include "smtp/host.h"
#include "support/catch.h"
#include "support/draws.h"

using namespace fakemx;
using namespace fakemx::smtp;

TEST_CASE("replies on the wire: RFC 5321 §4.2.1") {
    CHECK(to_wire({250, {}, {"OK"}}) == "250 OK\r\n");
    CHECK(to_wire({250, {}, {"mx.test", "SIZE 1000", "HELP"}}) ==
          "250-mx.test\r\n250-SIZE 1000\r\n250 HELP\r\n");
    CHECK(to_wire({354, {}, {}}) == "354 \r\n");
    CHECK(to_wire({354, {}, {""}}) == "354 \r\n");
    // RFC 2034 §4: the enhanced code stands in every line.
    CHECK(to_wire({550, EnhancedCode{5, 1, 1}, {"a", "b"}}) == "550-5.1.1 a\r\n550 5.1.1 b\r\n");
    CHECK(to_wire({421, EnhancedCode{4, 3, 2}, {}}) == "421 4.3.2 \r\n");
    CHECK(text_of({550, EnhancedCode{5, 1, 1}, {"a", "b"}}) == "5.1.1 a\nb");
}

TEST_CASE("enhanced codes: RFC 3463 §2") {
    CHECK(parse_enhanced_code("4.3.2") == EnhancedCode{4, 3, 2});
    CHECK(parse_enhanced_code("5.0.0") == EnhancedCode{5, 0, 0});
    CHECK(parse_enhanced_code("2.999.999") == EnhancedCode{2, 999, 999});
    for (const char* wrong :
         {"", "4", "4.3", "4.3.", "4..2", ".3.2", "4.3.2.1", "44.3.2", "4.1000.1", "4.3.1000",
          "4.3.2 ", " 4.3.2", "4.3.x", "-4.3.2", "4.03.2", "4.3.00"}) {
        CAPTURE(wrong);
        CHECK_FALSE(parse_enhanced_code(wrong));
    }
}

TEST_CASE("replies are read as RFC 5321 §4.2 writes them") {
    CHECK(parse_reply("250 OK\r\n") == Reply{250, {}, {"OK"}});
    CHECK(parse_reply("250\r\n") == Reply{250, {}, {""}});  // §4.2: a client must take that
    CHECK(parse_reply("250-a\r\n250 b\r\n") == Reply{250, {}, {"a", "b"}});
    CHECK(parse_reply("250-a\r\n250\r\n") == Reply{250, {}, {"a", ""}});
    CHECK(parse_reply("451 4.3.2 later\r\n") == Reply{451, EnhancedCode{4, 3, 2}, {"later"}});
    CHECK(parse_reply("451 4.3.2\r\n") == Reply{451, EnhancedCode{4, 3, 2}, {""}});
    // A code of another class, or not in every line, or not the same one, is text.
    CHECK(parse_reply("451 5.3.2 x\r\n") == Reply{451, {}, {"5.3.2 x"}});
    CHECK(parse_reply("550-5.1.1 a\r\n550 b\r\n") == Reply{550, {}, {"5.1.1 a", "b"}});
    CHECK(parse_reply("550-5.1.1 a\r\n550 5.1.2 b\r\n") == Reply{550, {}, {"5.1.1 a", "5.1.2 b"}});
    CHECK(parse_reply("550-a\r\n550 5.1.1 b\r\n") == Reply{550, {}, {"a", "5.1.1 b"}});
    for (const char* wrong :
         {"", "250", "250 OK", "250 OK\n", "25 OK\r\n", "2500 OK\r\n", "250_OK\r\n", "abc\r\n",
          "150 x\r\n", "600 x\r\n", "260 x\r\n", "250-a\r\n", "250-a\r\n251 b\r\n",
          "250 a\r\n250 b\r\n", "\r\n", "250 a\r\n\r\n", "250\tx\r\n"}) {
        CAPTURE(wrong);
        CHECK_FALSE(parse_reply(wrong));
    }
}

TEST_CASE("a profile writes a reply in one line") {
    CHECK(parse_reply_text("250 Mail OK") == Reply{250, {}, {"Mail OK"}});
    CHECK(parse_reply_text("451 4.3.2 Internal server error") ==
          Reply{451, EnhancedCode{4, 3, 2}, {"Internal server error"}});
    CHECK(parse_reply_text("250") == Reply{250, {}, {""}});
    for (const char* wrong : {"", "25", "2500", "150 x", "600 x", "OK", "250OK", "250-OK"}) {
        CAPTURE(wrong);
        CHECK_FALSE(parse_reply_text(wrong));
    }
}

TEST_CASE("parsing a reply undoes writing it") {
    test::Draws draws{"reply"};
    for (int n = 0; n < 5000; ++n) {
        Reply reply;
        reply.code =
            static_cast<int>(200 + 100 * draws.below(4) + 10 * draws.below(6) + draws.below(10));
        if (draws.one_in(2)) {
            reply.enhanced = EnhancedCode{static_cast<std::uint16_t>(reply.code / 100),
                                          static_cast<std::uint16_t>(draws.below(1000)),
                                          static_cast<std::uint16_t>(draws.below(1000))};
        }
        for (auto lines = 1 + draws.below(3); lines != 0; --lines) {
            std::string& line = reply.lines.emplace_back();
            line = draws.text("abc 0-.\t\x80\\", draws.below(12));
        }
        CAPTURE(to_wire(reply));
        REQUIRE(parse_reply(to_wire(reply)) == reply);
    }
}

TEST_CASE("the server's own replies are replies, and their enhanced codes fit their class") {
    for (std::size_t i = 0; i < occasion_count; ++i) {
        const auto occasion = static_cast<Occasion>(i);
        CAPTURE(name(occasion));
        const Reply& reply = standard_reply(occasion);
        CHECK(parse_reply(to_wire(reply)) == reply);
        CHECK(occasion_named(name(occasion)) == occasion);
        CHECK(to_wire(reply).size() <= 512);  // RFC 5321 §4.5.3.1.5, names of hosts aside
        // RFC 2034 §4: codes of class 2, 4 and 5 only, and none in greetings and answers to EHLO and HELO.
        if (reply.enhanced) CHECK(reply.enhanced->status_class == reply.code / 100);
        if (reply.code < 400 && reply.code >= 300) CHECK_FALSE(reply.enhanced.has_value());
    }
    CHECK_FALSE(occasion_named("greting"));
}
