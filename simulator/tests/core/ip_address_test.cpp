// Addresses and networks: what is one, how it is written, what is in it.
#include "core/ip_address.h"

#include <string>

#include "support/catch.h"

using namespace fakemx;

namespace {

/// How the address is written again; "none" for a text that is none.
std::string again(std::string_view text) {
    const auto address = IpAddress::parse(text);
    return address ? address->text() : "none";
}

bool in(std::string_view network, std::string_view address) {
    return IpNetwork::parse(network).value().contains(IpAddress::parse(address).value());
}

}  // namespace

TEST_CASE("IPv4 addresses: four decimal numbers without leading zeros") {
    for (const char* text : {"192.0.2.1", "0.0.0.0", "255.255.255.255", "10.20.30.40"})
        CHECK(again(text) == text);
    for (const char* text : {"", "1", "1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4", "1.2.3.04",
                             "1..2.3", "1.2.3.", ".1.2.3", "1.2.3.4 ", "a.b.c.d", "1.2.3.0004"})
        CHECK(again(text) == "none");
}

TEST_CASE("IPv6 addresses: every form of RFC 4291 §2.2, written as RFC 5952 §4 wants it") {
    CHECK(again("2001:DB8:0:0:8:800:200C:417A") == "2001:db8::8:800:200c:417a");
    CHECK(again("2001:db8::1") == "2001:db8::1");
    CHECK(again("2001:0db8:0000:0000:0000:0000:0000:0001") == "2001:db8::1");
    CHECK(again("::") == "::");
    CHECK(again("::1") == "::1");
    CHECK(again("1::") == "1::");
    CHECK(again("1:2:3:4:5:6:7::") == "1:2:3:4:5:6:7:0");
    CHECK(again("::2:3:4:5:6:7:8") == "0:2:3:4:5:6:7:8");
    CHECK(again("::ffff:192.0.2.1") == "::ffff:c000:201");
    CHECK(again("64:ff9b::192.0.2.33") == "64:ff9b::c000:221");
    CHECK(again("1:2:3:4:5:6:192.0.2.1") == "1:2:3:4:5:6:c000:201");
    // §4.2.3: the longer run, else the first.
    CHECK(again("2001:0:0:1:0:0:0:1") == "2001:0:0:1::1");
    CHECK(again("2001:db8:0:0:1:0:0:1") == "2001:db8::1:0:0:1");
    for (const char* text :
         {":", ":::", "1", "1:2", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1::2::3",
          "12345::", "g::", ":1:2:3:4:5:6:7", "1:2:3:4:5:6:7:", "1:2:3:4::5:6:7:8", "::1%lo",
          "::1.2.3", "1.2.3.4::", "::1.2.3.4:5", "1:2:3:4:5:6:7:192.0.2.1", "[::1]", "::1 "})
        CHECK(again(text) == "none");
}

TEST_CASE("an IPv4 address in an IPv6 one is the IPv4 address that it is") {
    CHECK(IpAddress::parse("::ffff:192.0.2.1")->unmapped().text() == "192.0.2.1");
    CHECK(IpAddress::parse("::192.0.2.1")->unmapped().text() == "::c000:201");
    CHECK(IpAddress::parse("192.0.2.1")->unmapped().text() == "192.0.2.1");
}

TEST_CASE("networks: by the bits of their prefix") {
    CHECK(in("127.0.0.1", "127.0.0.1"));
    CHECK_FALSE(in("127.0.0.1", "127.0.0.2"));
    CHECK(in("127.0.0.0/8", "127.255.0.1"));
    CHECK_FALSE(in("127.0.0.0/8", "128.0.0.1"));
    CHECK(in("192.0.2.128/25", "192.0.2.255"));
    CHECK_FALSE(in("192.0.2.128/25", "192.0.2.127"));
    CHECK(in("0.0.0.0/0", "203.0.113.9"));
    CHECK_FALSE(in("0.0.0.0/0", "::1"));
    CHECK(in("2001:db8::/33", "2001:db8:7fff::1"));
    CHECK_FALSE(in("2001:db8::/33", "2001:db8:8000::1"));
    CHECK(in("::/0", "::1"));
    for (const char* text : {"", "127.0.0.1/", "127.0.0.1/33", "127.0.0.1/8", "::1/127", "::/129",
                             "localhost", "127.0.0.0/-8", "127.0.0.0/8/8"})
        CHECK_FALSE(IpNetwork::parse(text).has_value());
}
