// SPF, DKIM, DMARC and their alignment joined: each is evaluated once, and only when somebody asks.
#include "message/authentication.h"

#include "message/traits.h"
#include "smtp/question.h"
#include "support/catch.h"
#include "tests/message/table_of_names.h"

using namespace fakemx;
using namespace fakemx::message;
using test::TableOfNames;
using Type = RecordType;
using Catch::Matchers::EndsWith;

namespace {

/// Counts what is looked up, and knows all names but those of "unknown.test".
class CountingNames final : public Names {
public:
    CountingNames() {
        table_.add("shop.test", Type::txt, {"v=spf1 ip4:192.0.2.1 -all"})
            .add("_dmarc.shop.test", Type::txt, {"v=DMARC1; p=reject; aspf=s"})
            .add("mta.shop.test", Type::a, {"192.0.2.1"})
            .add("mta.shop.test", Type::txt, {"v=spf1 a -all"})
            .add("1.2.0.192.in-addr.arpa", Type::ptr, {"mta.shop.test"});
    }

    LookUp look_up(std::string_view name, Type type) const override {
        ++asked;
        return table_.look_up(name, type);
    }
    bool knows(std::string_view name) const override { return name != "unknown.test"; }

    mutable int asked = 0;

private:
    TableOfNames table_;
};

ArrivedMessage arrived(const std::string& path_domain, const std::string& from,
                       std::string_view content = "Subject: x\r\n\r\nx\r\n") {
    return {.sender = {.client = *IpAddress::parse("192.0.2.1"),
                       .helo = "mta.shop.test",
                       .local_part = path_domain.empty() ? "" : "a",
                       .domain = path_domain},
            .from_domain = from,
            .content = content};
}

}  // namespace

TEST_CASE("each result is made when it is asked for, and once") {
    const CountingNames names;
    Authentication made{&names};
    CHECK(names.asked == 0);
    const ArrivedMessage message = arrived("shop.test", "shop.test");
    CHECK(made.spf(message.sender).result == AuthResult::pass);
    CHECK(names.asked == 1);
    CHECK(made.dmarc(message).result == AuthResult::pass);
    const int asked = names.asked;
    CHECK(asked == 2);
    CHECK(made.dmarc(message).policy == "reject");
    CHECK(made.spf(message.sender).domain == "shop.test");
    CHECK(made.alignment(message).spf);
    CHECK(names.asked == asked);
    CHECK(made.reverse(message.sender.client) == AuthResult::pass);
    CHECK(made.helo(message.sender.client, "mta.shop.test") == AuthResult::pass);
    CHECK(made.effort().results == 4);

    // Somebody else, or the next message, is another question.
    const auto other = *IpAddress::parse("192.0.2.2");
    CHECK(made.reverse(other) == AuthResult::none);
    CHECK(made.helo(other, "mta.shop.test") == AuthResult::fail);
    CHECK(made.helo(other, "nobody.test") == AuthResult::fail);
    SpfIdentity elsewhere = message.sender;
    elsewhere.client = other;
    CHECK(made.spf(elsewhere).result == AuthResult::fail);
    CHECK(made.dkim(message).empty());
    made.begin_message();
    const ArrivedMessage next =
        arrived("shop.test", "other.test", "DKIM-Signature: =\r\nSubject: x\r\n\r\n");
    CHECK(made.dmarc(next).result == AuthResult::none);
    CHECK(made.dkim(next).size() == 1);
}

TEST_CASE("alignment is strict where the policy says so, and relaxed without one") {
    const CountingNames names;
    const auto aligned_by_spf = [&](const std::string& path, const std::string& from) {
        Authentication made{&names};
        return made.alignment(arrived(path, from)).spf;
    };
    CHECK(aligned_by_spf("shop.test", "shop.test"));
    CHECK_FALSE(aligned_by_spf("mta.shop.test", "shop.test"));
    CHECK_FALSE(aligned_by_spf("shop.test", "other.test"));
    // The null reverse path goes by HELO.
    CHECK_FALSE(aligned_by_spf("", "shop.test"));

    TableOfNames relaxed;
    relaxed.add("mta.shop.test", Type::txt, {"v=spf1 +all"});
    Authentication made{&relaxed};
    const ArrivedMessage message = arrived("mta.shop.test", "shop.test");
    CHECK(made.dmarc(message).result == AuthResult::none);
    CHECK(made.alignment(message).spf);
    CHECK_FALSE(made.alignment(message).dkim);
    // One that does not hold aligns nothing.
    made.begin_message();
    const ArrivedMessage without_key =
        arrived("", "shop.test",
                "DKIM-Signature: v=1; a=rsa-sha256; b=x; bh=x; d=shop.test; s=s; h=from\r\n\r\n");
    CHECK(made.dkim(without_key).front().domain == "shop.test");
    CHECK_FALSE(made.alignment(without_key).dkim);
}

TEST_CASE("what passes behind a redirect is aligned with who was asked about") {
    TableOfNames names;
    names.add("shop.test", Type::txt, {"v=spf1 redirect=_spf.provider.test"})
        .add("_spf.provider.test", Type::txt, {"v=spf1 ip4:192.0.2.1 -all"})
        .add("_dmarc.shop.test", Type::txt, {"v=DMARC1; p=reject; aspf=s"});
    Authentication made{&names};
    CHECK(made.dmarc(arrived("shop.test", "shop.test")).result == AuthResult::pass);
    CHECK(made.spf(arrived("shop.test", "shop.test").sender).domain == "shop.test");
    // A policy holds where nobody can tell whether it is kept.
    names.fail("_spf.provider.test");
    Authentication unclear{&names};
    CHECK(unclear.dmarc(arrived("shop.test", "shop.test")).result == AuthResult::temperror);
    CHECK_FALSE(unclear.alignment(arrived("shop.test", "shop.test")).spf);
}

TEST_CASE("a signature that holds counts for all of them") {
    CHECK(overall({}) == AuthResult::none);
    CHECK(overall({{.result = AuthResult::fail}, {.result = AuthResult::pass}}) ==
          AuthResult::pass);
    CHECK(overall({{.result = AuthResult::permerror}, {.result = AuthResult::fail}}) ==
          AuthResult::permerror);
}

TEST_CASE("without names every result is none") {
    Authentication made{nullptr};
    const ArrivedMessage message = arrived("shop.test", "shop.test", "DKIM-Signature: x\r\n\r\n");
    CHECK(made.reverse(message.sender.client) == AuthResult::none);
    CHECK(made.helo(message.sender.client, "mta.shop.test") == AuthResult::none);
    CHECK(made.spf(message.sender).result == AuthResult::none);
    CHECK(made.dkim(message).empty());
    CHECK(made.dmarc(message).result == AuthResult::none);
    CHECK_FALSE(made.alignment(message).spf);
}

TEST_CASE("a sender is who sends, with whatever address it has") {
    smtp::SessionFacts facts;
    facts.helo = "mta.shop.test";
    const smtp::Path path{"a", "shop.test"};
    facts.client = "fe80::1%eth0";
    CHECK(sender_of(facts, path)->client == *IpAddress::parse("fe80::1"));
    facts.client = "::ffff:192.0.2.1";
    CHECK(sender_of(facts, path)->client == *IpAddress::parse("192.0.2.1"));
    facts.client = "";
    CHECK_FALSE(sender_of(facts, path));
}

TEST_CASE("the journal has the results of a sender that is known") {
    const auto names = std::make_shared<const CountingNames>();
    const auto judged = [&](const std::string& path, const std::string& from) {
        const ArrivedMessage message = arrived(path, from);
        return authenticate({names, message.sender, from}, message.content, true);
    };
    const Traits traits = read_traits("", 0);
    const auto known = judged("shop.test", "news.shop.test");
    REQUIRE(known);
    CHECK_THAT(to_json(traits, &*known),
               EndsWith(R"("tracking_pixels":0,"spf":"pass","spf_domain":"shop.test",)"
                        R"("dkim":"none","dkim_domains":[],"dmarc":"fail",)"
                        R"("dmarc_policy":"reject","spf_aligned":false,"dkim_aligned":false,)"
                        R"("fcrdns":"pass","helo_dns":"pass"})"));
    CHECK(judged("unknown.test", "shop.test"));
    CHECK(judged("shop.test", ""));
    CHECK(judged("", "unknown.test"));
    CHECK_FALSE(judged("unknown.test", "unknown.test"));
    CHECK_FALSE(judged("unknown.test", ""));
    CHECK_THAT(to_json(traits), EndsWith(R"("tracking_pixels":0})"));
}
