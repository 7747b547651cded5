// What a profile's zones say to whoever judges senders.
#include "engine/zone_names.h"

#include <fmt/format.h>

#include "support/catch.h"

namespace fakemx::engine::test {

namespace {

using Status = message::LookUp::Status;
using Wanted = message::RecordType;

dns::Name named(std::string_view text) {
    return dns::Name::parse(text).value();
}

std::shared_ptr<const message::Names> example() {
    std::map<dns::Name, dns::Node> nodes;
    dns::Node& top = nodes[named("shop.test")];
    top.order = dns::Order::random;
    top.data = {{dns::Type::mx, dns::Exchange{20, named("b.shop.test")}},
                {dns::Type::mx, dns::Exchange{10, named("a.shop.test")}},
                {dns::Type::txt, dns::Text{{"v=spf1 ", "-all"}}}};
    nodes[named("a.shop.test")].data = {{dns::Type::a, *IpAddress::parse("192.0.2.1")},
                                        {dns::Type::aaaa, *IpAddress::parse("2001:db8::1")}};
    nodes[named("www.shop.test")].data = {{dns::Type::cname, named("a.shop.test")}};
    nodes[named("out.shop.test")].data = {{dns::Type::cname, named("elsewhere.test")}};
    nodes[named("1.2.0.192.in-addr.arpa")].data = {{dns::Type::ptr, named("a.shop.test")}};
    nodes[named("broken.shop.test")].fails = true;
    nodes[named("alias.shop.test")].data = {{dns::Type::cname, named("broken.shop.test")}};
    nodes[named("one.shop.test")].data = {{dns::Type::cname, named("two.shop.test")}};
    nodes[named("two.shop.test")].data = {{dns::Type::cname, named("Three.shop.test")}};
    nodes[named("three.shop.test")].data = {{dns::Type::cname, named("two.shop.test")}};
    nodes[named("self.shop.test")].data = {{dns::Type::cname, named("self.shop.test")}};
    return zone_names(nodes);
}

/// "found a b", "no_name", …
std::string told(std::string_view name, Wanted type) {
    static const auto names = example();
    const message::LookUp found = names->look_up(name, type);
    switch (found.status) {
        case Status::found: return fmt::format("found {}", fmt::join(found.values, " "));
        case Status::no_data: return "no_data";
        case Status::no_name: return "no_name";
        case Status::failed: return "failed";
    }
    return "";
}

}  // namespace

TEST_CASE("senders are judged by what is declared, and by nothing else") {
    CHECK(told("shop.test", Wanted::mx) == "found a.shop.test b.shop.test");
    CHECK(told("SHOP.test.", Wanted::txt) == "found v=spf1 -all");
    CHECK(told("a.shop.test", Wanted::a) == "found 192.0.2.1");
    CHECK(told("a.shop.test", Wanted::aaaa) == "found 2001:db8::1");
    CHECK(told("www.shop.test", Wanted::a) == "found 192.0.2.1");
    CHECK(told("out.shop.test", Wanted::a) == "no_data");
    CHECK(told("1.2.0.192.in-addr.arpa", Wanted::ptr) == "found a.shop.test");
    CHECK(told("shop.test", Wanted::a) == "no_data");
    CHECK(told("missing.shop.test", Wanted::a) == "no_name");
    CHECK(told("elsewhere.test", Wanted::a) == "no_name");
    CHECK(told("two..dots", Wanted::a) == "no_name");
    CHECK(told("broken.shop.test", Wanted::txt) == "failed");
    CHECK(told("alias.shop.test", Wanted::txt) == "failed");
    CHECK(told("one.shop.test", Wanted::txt) == "failed");
    CHECK(told("self.shop.test", Wanted::a) == "failed");
}

TEST_CASE("something is known of what is in a zone") {
    const auto names = example();
    CHECK(names->knows("shop.test"));
    CHECK(names->knows("Missing.Shop.Test"));
    CHECK_FALSE(names->knows("test"));
    CHECK_FALSE(names->knows("elsewhere.test"));
    CHECK_FALSE(names->knows(""));
    CHECK_FALSE(names->knows("[192.0.2.1]"));
    CHECK(zone_names({}) == nullptr);
}

}  // namespace fakemx::engine::test
