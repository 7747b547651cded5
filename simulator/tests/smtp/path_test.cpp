// Paths: the grammar of RFC 5321 §4.1.2 and §4.1.3, and the lengths of §4.5.3.1.
#include "smtp/path.h"

#include "support/catch.h"
#include "support/draws.h"

using namespace fakemx;
using namespace fakemx::smtp;

namespace {

std::string of(std::size_t count, char c) {
    return std::string(count, c);
}

/// The address in the path, or the reason why there is none.
std::string read(std::string_view text) {
    const auto parsed = parse_path(text);
    if (!parsed) return std::string{describe(parsed.error())};
    if (parsed->octets != text.size()) return "something is left";
    return parsed->path.address();
}

/// A domain of so many octets, with labels of at most 63.
std::string domain_of(std::size_t octets) {
    std::string domain;
    while (domain.size() < octets) {
        const std::size_t label = std::min<std::size_t>(63, octets - domain.size());
        domain += of(label, 'd');
        if (domain.size() + 1 < octets) domain += '.';
    }
    if (domain.back() == '.') domain.back() = 'd';
    return domain;
}

}  // namespace

TEST_CASE("paths of RFC 5321 §4.1.2") {
    CHECK(read("<>") == "");
    CHECK(read("<ann@example.test>") == "ann@example.test");
    CHECK(read("<a.b-c+d_e=f{g}@x-1.example.test>") == "a.b-c+d_e=f{g}@x-1.example.test");
    CHECK(read("<!#$%&'*+-/=?^_`{|}~@a>") == "!#$%&'*+-/=?^_`{|}~@a");
    CHECK(read("<Postmaster>") == "Postmaster");  // §4.1.1.3
    CHECK(read("<pOSTMASTER>") == "pOSTMASTER");
    CHECK(read("<\"a b\"@c.test>") == "\"a b\"@c.test");
    CHECK(read("<\"a@b>c\"@d.test>") == "\"a@b>c\"@d.test");
    CHECK(read("<\"\"@d.test>") == "\"\"@d.test");
    CHECK(read("<\"a\\\"b\\\\\"@d.test>") == "\"a\\\"b\\\\\"@d.test");
    // A source route is read and forgotten (§4.1.1.3, appendix C).
    CHECK(read("<@one.test,@two.test:ann@example.test>") == "ann@example.test");
}

TEST_CASE("what is no path says why") {
    CHECK(read("") == describe(PathError::no_angle_bracket));
    CHECK(read("ann@example.test") == describe(PathError::no_angle_bracket));
    CHECK(read("<ann@example.test") == describe(PathError::no_angle_bracket));
    CHECK(read("<") == describe(PathError::empty));
    CHECK(read("<ann>") == describe(PathError::bad_domain));
    CHECK(read("<@example.test>") == describe(PathError::bad_source_route));
    CHECK(read("<@one.test:>") == describe(PathError::empty));
    CHECK(read("<@one.test,two.test:a@b>") == describe(PathError::bad_source_route));
    CHECK(read("<@one.test,:a@b>") == describe(PathError::bad_source_route));
    CHECK(read("<@[192.0.2.1]:a@b>") == describe(PathError::bad_source_route));
    for (const char* local :
         {".a", "a.", "a..b", "a b", "a\"b", "a,b", "a;b", "a:b", "(a)b", "a\\b", "\"a", "\"a\"b",
          "a\x7f", "\xc3\xa4", "\"\xc3\xa4\"", "\"a\x01\"", "\"a\\"}) {
        CAPTURE(local);
        CHECK(read("<" + std::string{local} + "@example.test>") ==
              describe(PathError::bad_local_part));
    }
    for (const char* domain : {"", ".", ".a", "a.", "a..b", "-a", "a-", "a.-b", "a-.b", "a_b",
                               "a b", "a@b", "\xc3\xa4.test", "a\x01"}) {
        CAPTURE(domain);
        CHECK(read("<ann@" + std::string{domain} + ">") == describe(PathError::bad_domain));
    }
    CHECK(read("<a@b>>") == "something is left");
}

TEST_CASE("address literals of RFC 5321 §4.1.3") {
    for (const char* right : {"[192.0.2.1]", "[255.255.255.255]", "[IPv6:2001:db8::1]", "[ipv6:::]",
                              "[IPv6:::ffff:192.0.2.1]"}) {
        CAPTURE(right);
        CHECK(is_address_literal(right));
        CHECK(read("<a@" + std::string{right} + ">") == "a@" + std::string{right});
    }
    for (const char* wrong :
         {"[]", "[", "]", "[192.0.2]", "[192.0.2.256]", "[192.0.2.1", "192.0.2.1]", "[192.0.2.1 ]",
          "[2001:db8::1]", "[IPv6:]", "[IPv6:192.0.2.1]", "[IPv6:1:2:3:4:5:6:7:8:9]",
          "[IPv6:::1%eth0]", "[::1]", "[:x]", "[tag:]", "[tag:content]", "[IPv6 ::1]",
          "[IPv6:::1]x"}) {
        CAPTURE(wrong);
        CHECK_FALSE(is_address_literal(wrong));
    }
    // inet_pton reads up to a NUL; the parser must not.
    CHECK_FALSE(is_address_literal(std::string_view{"[192.0.2.1\0x]", 13}));
    CHECK_FALSE(is_address_literal(std::string_view{"[IPv6:::1\0x]", 12}));
}

TEST_CASE("lengths at the edge and one beyond: RFC 5321 §4.5.3.1.1 to §4.5.3.1.3") {
    CHECK(read("<" + of(64, 'a') + "@b.test>") == of(64, 'a') + "@b.test");
    CHECK(read("<" + of(65, 'a') + "@b.test>") == describe(PathError::local_part_too_long));

    CHECK(is_domain(of(63, 'a') + ".test"));
    CHECK_FALSE(is_domain(of(64, 'a') + ".test"));  // RFC 1035 §2.3.4

    // 256 octets in all: "<", "a", "@", 252 of a domain, ">".
    CHECK(read("<a@" + domain_of(252) + ">") == "a@" + domain_of(252));
    CHECK(read("<a@" + domain_of(253) + ">") == describe(PathError::path_too_long));
    CHECK(read("<a@" + domain_of(255) + ">") == describe(PathError::path_too_long));
    CHECK(read("<a@" + domain_of(256) + ">") == describe(PathError::domain_too_long));
    // The source route is part of the path.
    CHECK(read("<@" + domain_of(245) + ":a@b.test>") == describe(PathError::path_too_long));
    CHECK(read("<@" + domain_of(244) + ":a@b.test>") == "a@b.test");
}

TEST_CASE("parsing a path undoes writing it, and what follows is left alone") {
    test::Draws draws{"path"};
    constexpr std::string_view atoms = "abcXYZ019!#$%&'*+-/=?^_`{|}~";
    constexpr std::string_view quoted = "abc .@<>()[],;:+\t";
    for (int n = 0; n < 5000; ++n) {
        Path path;
        if (draws.one_in(2)) {
            path.local_part += draws.pick(atoms);
            for (auto more = draws.below(10); more != 0; --more) {
                if (draws.one_in(4)) path.local_part += '.';
                path.local_part += draws.pick(atoms);
            }
        } else {
            path.local_part += '"';
            for (auto more = draws.below(10); more != 0; --more) {
                const char c = draws.pick(quoted);
                if (c == '\t') {
                    path.local_part += draws.one_in(2) ? "\\\"" : "\\\\";
                } else {
                    path.local_part += c;
                }
            }
            path.local_part += '"';
        }
        for (auto labels = 1 + draws.below(3); labels != 0; --labels) {
            if (!path.domain.empty()) path.domain += '.';
            path.domain += draws.pick("abc019");
            if (draws.one_in(2)) path.domain += "-" + std::to_string(draws.below(100));
        }
        const std::string text = "<" + path.address() + ">";
        CAPTURE(text);
        const auto parsed = parse_path(text + " SIZE=1");
        REQUIRE(parsed.has_value());
        REQUIRE(parsed->octets == text.size());
        REQUIRE(parsed->path == path);
    }
}
