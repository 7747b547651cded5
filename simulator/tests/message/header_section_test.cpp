// Header sections (RFC 5322 §2.2), and the domain of the first mailbox (§3.4).
#include "message/header_section.h"

#include "core/limits.h"
#include "support/catch.h"
#include "support/draws.h"

using namespace fakemx;
using message::first_mailbox_domain;
using message::HeaderSection;

namespace {

std::string fields_of(std::string_view content) {
    std::string text;
    const HeaderSection section = HeaderSection::parse(content);
    for (const auto& field : section.fields()) {
        text += "[" + field.name + "|" + field.value + "]";
    }
    return text;
}

}  // namespace

TEST_CASE("fields are read in order, unfolded, up to the empty line: RFC 5322 §2.2") {
    CHECK(fields_of("A: 1\r\nb:2\r\n\r\nC: 3\r\n") == "[A|1][b|2]");
    CHECK(fields_of("A: one\r\n two\r\n\tthree\r\nB:\r\n x\r\n\r\n") == "[A|one two three][B|x]");
    CHECK(fields_of("A:  padded \t\r\n \r\n\r\n") == "[A|padded]");
    CHECK(fields_of("A : obsolete\r\n\r\n") == "[A|obsolete]");  // §4.5
    CHECK(fields_of("A: x: y\r\n") == "[A|x: y]");
    CHECK(fields_of("A: 1\nB: 2\n\nC: 3\n") == "[A|1][B|2]");  // damaged line ends
    CHECK(fields_of("") == "");
    CHECK(fields_of("\r\nA: 1\r\n") == "");
}

TEST_CASE("a line that is no field begins the body") {
    CHECK(fields_of("hello world\r\nA: 1\r\n") == "");
    CHECK(fields_of("A: 1\r\nno field\r\nB: 2\r\n") == "[A|1]");
    CHECK(fields_of(" folded nothing\r\nA: 1\r\n") == "");
    CHECK(fields_of("A b: 1\r\n") == "");
    CHECK(fields_of(": 1\r\n") == "");
    CHECK(fields_of("\x80: 1\r\n") == "");
}

TEST_CASE("the section's length says where the body begins") {
    const auto body = [](std::string_view content) {
        return content.substr(HeaderSection::parse(content).octets());
    };
    CHECK(body("A: 1\r\n\r\nbody\r\n") == "body\r\n");
    CHECK(body("A: 1\n\nbody\n") == "body\n");
    CHECK(body("A: 1\r\nno field\r\n") == "no field\r\n");
    CHECK(body("hello\r\nworld\r\n") == "hello\r\nworld\r\n");
    CHECK(body("\r\nbody") == "body");
    CHECK(body("A: 1\r\n b\r\n") == "");
    CHECK(body("A: 1") == "");
    CHECK(body(" x\r\n") == " x\r\n");
    CHECK(body("") == "");
}

TEST_CASE("no more than the first 64 KiB are looked at") {
    const std::string content =
        "A: " + std::string(limits::header_octets_kept, 'x') + "\r\nB: 2\r\n\r\n";
    const HeaderSection section = HeaderSection::parse(content);
    REQUIRE(section.fields().size() == 1);
    CHECK(section.fields()[0].value.size() == limits::header_octets_kept - 3);
    CHECK(section.octets() == limits::header_octets_kept);
    std::string many;
    while (many.size() < 2 * limits::header_octets_kept) many += "a:\r\n";
    CHECK(HeaderSection::parse(many).fields().size() == limits::header_octets_kept / 4);
}

TEST_CASE("the first field of a name, whatever its letter case") {
    const auto section = HeaderSection::parse("Subject: one\r\nsubject: two\r\n\r\n");
    CHECK(section.field("SUBJECT") == "one");
    CHECK_FALSE(section.field("To").has_value());
}

TEST_CASE("Message-ID is what stands between the angle brackets") {
    const auto id = [](const std::string& value) {
        return HeaderSection::parse("Message-ID: " + value + "\r\n\r\n").message_id();
    };
    CHECK(id("<1@a.test>") == "1@a.test");
    CHECK(id(" (x) <1@a.test> y") == "1@a.test");
    CHECK(id("<a b>") == "a b");
    CHECK_FALSE(id("<>").has_value());
    CHECK_FALSE(id("1@a.test").has_value());
    CHECK_FALSE(id("<1@a.test").has_value());
    CHECK_FALSE(id("1@a.test>").has_value());
    CHECK_FALSE(id(">x<").has_value());
    CHECK_FALSE(HeaderSection::parse("").message_id().has_value());
}

TEST_CASE("the domain of the first mailbox: RFC 5322 §3.4") {
    CHECK(first_mailbox_domain("ann@A.Test") == "a.test");
    CHECK(first_mailbox_domain("Ann <ann@a.test>") == "a.test");
    CHECK(first_mailbox_domain("\"x@y, z\" <ann@a.test>, b@b.test") == "a.test");
    CHECK(first_mailbox_domain("\"q\\\"@x\" <ann@a.test>") == "a.test");
    CHECK(first_mailbox_domain("ann@a.test (from @home, (nested) x)") == "a.test");
    CHECK(first_mailbox_domain("(\\) <x@y>) ann@a.test") == "a.test");
    CHECK(first_mailbox_domain("Group: ann@a.test;") == "a.test");
    CHECK(first_mailbox_domain("<ann@[192.0.2.1]>") == "[192.0.2.1]");
    CHECK_FALSE(first_mailbox_domain("undisclosed-recipients:;").has_value());
    CHECK_FALSE(first_mailbox_domain("ann").has_value());
    CHECK_FALSE(first_mailbox_domain("ann@").has_value());
    CHECK_FALSE(first_mailbox_domain("").has_value());
    CHECK_FALSE(first_mailbox_domain("\"unended <a@b.test>").has_value());
    CHECK(first_mailbox_domain("a@" + std::string(255, 'd')).has_value());
    CHECK_FALSE(first_mailbox_domain("a@" + std::string(256, 'd')).has_value());
}

TEST_CASE("any octets at all are read without harm, and the section is a prefix") {
    test::Draws draws{"headers"};
    for (int n = 0; n < 5000; ++n) {
        const std::string content = draws.text("A: \r\n\t<>@\"\\(),\x80", draws.below(80));
        const auto section = HeaderSection::parse(content);
        REQUIRE(section.octets() <= content.size());
        section.message_id();
        section.from_domain();
        first_mailbox_domain(content);
        for (const auto& field : section.fields()) {
            REQUIRE(field.value.find('\n') == std::string::npos);
            REQUIRE(
                (field.value.empty() || (field.value.front() != ' ' && field.value.back() != ' ')));
        }
    }
}
