// The attributes of XCLIENT. What is refused is in transcripts/43.
#include "smtp/xclient.h"

#include "support/catch.h"

using namespace fakemx::smtp;

namespace {

Declaration declared(std::string_view argument, Declaration before = {}) {
    return parse_xclient(argument, std::move(before)).value();
}

}  // namespace

TEST_CASE("XCLIENT: every attribute has its place") {
    const Declaration all = declared(
        "NAME=mail_1.example.test ADDR=198.51.100.7 PORT=4711 PROTO=ESMTP HELO=a+2Bb "
        "LOGIN=ann+40a.test "
        "DESTADDR=IPv6:2001:DB8::9 DESTPORT=25");
    CHECK(all.by == Declaration::By::xclient);
    CHECK(all.name == "mail_1.example.test");
    CHECK(all.client == "198.51.100.7");
    CHECK(all.port == 4711);
    CHECK(all.esmtp);
    CHECK(all.helo == "a+b");
    CHECK(all.login == "ann@a.test");
    CHECK(all.local == "2001:db8::9");
    CHECK(all.local_port == 25);
    // What is not named stays; what is not available goes.
    const Declaration less =
        declared("NAME=[TempUnavail]  ADDR=[unavailable] LOGIN=[UNAVAILABLE] PROTO=SMTP ", all);
    CHECK(less.name.empty());
    CHECK(less.client == unknown_client);
    CHECK(less.login.empty());
    CHECK_FALSE(less.esmtp);
    CHECK(less.helo == "a+b");
    CHECK(less.port == 4711);
    const Declaration none =
        declared("PORT=[UNAVAILABLE] HELO=[UNAVAILABLE] DESTADDR=[UNAVAILABLE]", less);
    CHECK_FALSE(none.port.has_value());
    CHECK(none.helo.empty());
    CHECK(none.local.empty());
}

TEST_CASE("XCLIENT: an IPv4 address in an IPv6 one is the IPv4 address") {
    CHECK(declared("ADDR=IPV6:::ffff:198.51.100.7").client == "198.51.100.7");
}

TEST_CASE("XCLIENT: one wrong attribute is enough, wherever it stands") {
    for (const char* argument :
         {"", " ", "ADDR", "ADDR=", "=a", "ADDR=198.51.100.7 NAME", "COLOUR=red ADDR=198.51.100.7",
          "ADDR=198.51.100.7,198.51.100.8", "ADDR=[198.51.100.7]", "PORT=-1", "PORT=1+2B1",
          "PROTO=[UNAVAILABLE]", "NAME=a+2fb", "HELO=a+0Db", "NAME=a=b", "ADDR=[TEMPUNAVAIL]"}) {
        CAPTURE(argument);
        CHECK_FALSE(parse_xclient(argument, {}).has_value());
    }
    CHECK_FALSE(parse_xclient("NAME=" + std::string(256, 'a'), {}).has_value());
    CHECK(parse_xclient("NAME=" + std::string(255, 'a'), {}).has_value());
}
