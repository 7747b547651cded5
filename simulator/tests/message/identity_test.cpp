// Names and addresses that fit together, alignment, and DMARC.
#include "message/identity.h"

#include "message/spf.h"
#include "support/catch.h"
#include "tests/message/table_of_names.h"

using namespace fakemx;
using namespace fakemx::message;
using test::TableOfNames;
using Type = RecordType;

namespace {

const IpAddress client = *IpAddress::parse("192.0.2.1");

std::string dmarc(const TableOfNames& names, const std::string& from, const std::string& spf,
                  const std::string& signed_by = "") {
    std::vector<DkimResult> signatures;
    if (!signed_by.empty()) signatures.push_back({.result = AuthResult::pass, .domain = signed_by});
    const DmarcResult result =
        check_dmarc(names, from, {.result = AuthResult::pass, .domain = spf}, signatures);
    return std::string{name(result.result)} + (result.policy.empty() ? "" : " " + result.policy);
}

}  // namespace

TEST_CASE("an address and its name lead to one another, or do not") {
    TableOfNames names;
    CHECK(check_reverse(names, client) == AuthResult::none);
    names.add("1.2.0.192.in-addr.arpa", Type::ptr, {"a.test", "mx.test"});
    CHECK(check_reverse(names, client) == AuthResult::fail);
    names.add("mx.test", Type::a, {"192.0.2.7", "192.0.2.1"});
    CHECK(check_reverse(names, client) == AuthResult::pass);
    names.fail("mx.test");
    CHECK(check_reverse(names, client) == AuthResult::temperror);
    names.fail("1.2.0.192.in-addr.arpa");
    CHECK(check_reverse(names, client) == AuthResult::temperror);
    CHECK(reverse_name(*IpAddress::parse("2001:db8::1")) ==
          "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa");
}

TEST_CASE("the name of a greeting leads to its client, or does not") {
    TableOfNames names;
    names.add("mx.test", Type::a, {"192.0.2.1"}).add("other.test", Type::a, {"192.0.2.2"});
    CHECK(check_helo(names, client, "mx.test") == AuthResult::pass);
    CHECK(check_helo(names, client, "other.test") == AuthResult::fail);
    CHECK(check_helo(names, client, "nobody.test") == AuthResult::fail);
    CHECK(check_helo(names, client, "localhost") == AuthResult::none);
    CHECK(check_helo(names, client, "[192.0.2.1]") == AuthResult::none);
    CHECK(check_helo(names.fail("mx.test"), client, "mx.test") == AuthResult::temperror);
}

TEST_CASE("alignment is by organization unless it is strict: RFC 7489 §3.1") {
    CHECK(organizational_domain("mail.shop.example.co.uk") == "example.co.uk");
    CHECK(organizational_domain("Example.COM.") == "example.com");
    CHECK(organizational_domain("com") == "com");
    CHECK(organizational_domain("mail.example.com.cn") == "example.com.cn");
    CHECK(aligned("mail.example.com", "example.com"));
    CHECK_FALSE(aligned("mail.example.com", "example.com", true));
    CHECK(aligned("EXAMPLE.com", "example.com", true));
    CHECK_FALSE(aligned("a.co.uk", "b.co.uk"));
    CHECK_FALSE(aligned("", ""));
}

TEST_CASE("DMARC passes by SPF or DKIM, where they are aligned: RFC 7489 §6.6") {
    TableOfNames names;
    names.add("_dmarc.example.com", Type::txt, {"other", "v=DMARC1; p=reject; sp=quarantine"})
        .add("_dmarc.strict.test", Type::txt,
             {"v=DMARC1;p=none;rua=mailto:a@strict.test;fo=1;adkim=s;aspf=s"})
        .add("_dmarc.two.test", Type::txt, {"v=DMARC1; p=none", "v=DMARC1; p=reject"})
        .add("_dmarc.bad.test", Type::txt, {"v=DMARC1; p=perhaps"})
        .fail("_dmarc.broken.test");
    CHECK(dmarc(names, "example.com", "example.com") == "pass reject");
    CHECK(dmarc(names, "example.com", "bounce.example.com") == "pass reject");
    CHECK(dmarc(names, "example.com", "", "news.example.com") == "pass reject");
    CHECK(dmarc(names, "example.com", "") == "fail reject");
    CHECK(dmarc(names, "example.com", "example.net", "example.org") == "fail reject");
    CHECK(dmarc(names, "news.example.com", "") == "fail quarantine");
    CHECK(dmarc(names, "strict.test", "mail.strict.test") == "fail none");
    CHECK(dmarc(names, "strict.test", "strict.test") == "pass none");
    CHECK(dmarc(names, "strict.test", "", "mail.strict.test") == "fail none");
    CHECK(dmarc(names, "none.test", "none.test") == "none");
    CHECK(dmarc(names, "two.test", "two.test") == "none");
    CHECK(dmarc(names, "bad.test", "bad.test") == "permerror");
    CHECK(dmarc(names, "broken.test", "broken.test") == "temperror");
    CHECK(dmarc(names, "", "example.com") == "none");
    // What its organization says is not known to hold.
    names.fail("_dmarc.down.example.com");
    CHECK(dmarc(names, "down.example.com", "example.com") == "temperror");
    // A signature that failed counts for nothing.
    CHECK(check_dmarc(names, "example.com", {},
                      {{.result = AuthResult::fail, .domain = "example.com"}})
              .result == AuthResult::fail);
    CHECK(
        check_dmarc(names, "example.com", {.result = AuthResult::fail, .domain = "example.com"}, {})
            .result == AuthResult::fail);
}

TEST_CASE("what cannot be looked up has not failed: RFC 7489 §6.6.2") {
    TableOfNames names;
    names.add("_dmarc.example.com", Type::txt, {"v=DMARC1; p=reject; aspf=s"});
    const auto judged = [&](const std::string& spf_domain, const std::string& signed_by,
                            AuthResult signature = AuthResult::temperror) {
        const DmarcResult result = check_dmarc(
            names, "example.com", {.result = AuthResult::temperror, .domain = spf_domain},
            {{.result = signature, .domain = signed_by}});
        CHECK(result.policy == "reject");
        return result.result;
    };
    CHECK(judged("example.com", "other.test") == AuthResult::temperror);
    CHECK(judged("other.test", "news.example.com") == AuthResult::temperror);
    CHECK(judged("example.com", "example.com", AuthResult::pass) == AuthResult::pass);
    // What is not aligned would not have helped.
    CHECK(judged("news.example.com", "other.test") == AuthResult::fail);
}

TEST_CASE("a policy with a mistake is none where reports are wanted: RFC 7489 §6.6.3") {
    TableOfNames names;
    names.add("_dmarc.a.test", Type::txt, {"v=DMARC1; p=perhaps; rua=mailto:d@a.test"})
        .add("_dmarc.b.test", Type::txt, {"v=DMARC1; rua=mailto:d@b.test"})
        .add("_dmarc.c.test", Type::txt, {"v=DMARC1; p=reject; sp=perhaps"})
        .add("_dmarc.d.test", Type::txt, {"v=DMARC1; p=reject; sp=perhaps; rua=mailto:d@d.test"})
        .add("_dmarc.e.test", Type::txt, {"v=DMARC1; rua="})
        .add("_dmarc.f.test", Type::txt, {"v=DMARC1; p=Reject; sp=NONE"})
        .add("_dmarc.news.f.test", Type::txt, {"p=reject; v=DMARC1"});
    CHECK(dmarc(names, "a.test", "") == "fail none");
    CHECK(dmarc(names, "b.test", "b.test") == "pass none");
    CHECK(dmarc(names, "c.test", "c.test") == "permerror");
    CHECK(dmarc(names, "d.test", "") == "fail none");
    CHECK(dmarc(names, "e.test", "") == "permerror");
    CHECK(dmarc(names, "f.test", "") == "fail reject");
    // A text that does not begin with the version is no record.
    CHECK(dmarc(names, "news.f.test", "") == "fail none");
}
