// Names: text and labels, order, letter case.
#include "dns/name.h"

#include <algorithm>
#include <string>
#include <vector>

#include "support/catch.h"

namespace fakemx::dns::test {

TEST_CASE("a name is read and written") {
    for (const char* text :
         {"mx1.example", "*.example", ".", "a", "a\\.b.c", "a\\000b", "163.com"}) {
        INFO(text);
        const auto name = Name::parse(text);
        REQUIRE(name);
        CHECK(name->text() == text);
        CHECK(Name::parse(name->text()) == name);
    }
    CHECK(Name::parse("mx1.example.") == Name::parse("mx1.example"));
    CHECK(Name::parse("\\109x1.example") == Name::parse("mx1.example"));
    CHECK(Name::parse("a\\.b.c")->labels() == std::vector<std::string>{"a.b", "c"});
}

TEST_CASE("what is no name is nothing") {
    for (const std::string& text : {std::string{}, std::string{".."}, std::string{"a..b"},
                                    std::string{".a"}, std::string{"a\\"}, std::string{"a\\25"},
                                    std::string{"a\\256"}, std::string(64, 'a') + ".example"}) {
        INFO(text);
        CHECK_FALSE(Name::parse(text));
    }
    // RFC 1035 §2.3.4: 255 octets on the wire, which is four labels and the root.
    const std::string label(63, 'a');
    CHECK(Name::parse(label + '.' + label + '.' + label + '.' + std::string(61, 'a')));
    CHECK_FALSE(Name::parse(label + '.' + label + '.' + label + '.' + std::string(62, 'a')));
    CHECK_FALSE(
        Name::parse(label + '.' + label + '.' + label + '.' + std::string(61, 'a'))->below("b"));
}

TEST_CASE("letter case does not count, and is kept") {
    CHECK(Name::parse("MX.Example") == Name::parse("mx.eXAMPLE"));
    CHECK(Name::parse("MX.Example")->text() == "MX.Example");
    CHECK(Name::parse("MX.Example")->lower().text() == "mx.example");
    CHECK(Name::parse("a.MX.Example")->is_within(*Name::parse("mx.example")));
    CHECK_FALSE(Name::parse("amx.example")->is_within(*Name::parse("mx.example")));
    CHECK(Name::parse("mx.example")->is_within(Name{}));
}

TEST_CASE("names stand in the canonical order (RFC 4034 §6.1)") {
    std::vector<Name> names;
    for (const char* text :
         {"example", "a.example", "yljkjljk.a.example", "Z.a.example", "zABC.a.EXAMPLE",
          "z.example", "\\001.z.example", "*.z.example", "\\200.z.example"}) {
        names.push_back(*Name::parse(text));
    }
    CHECK(std::is_sorted(names.begin(), names.end()));
}

TEST_CASE("an address has its name in reverse") {
    CHECK(Name::reverse_of(*IpAddress::parse("127.0.0.2")).text() == "2.0.0.127.in-addr.arpa");
    CHECK(Name::reverse_of(*IpAddress::parse("2001:db8::567:89ab")).text() ==
          "b.a.9.8.7.6.5.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa");
}

}  // namespace fakemx::dns::test
