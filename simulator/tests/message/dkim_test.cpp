// DKIM: the example of RFC 8463 appendix A.3, and what makes a signature fail.
#include "message/dkim.h"

#include "support/catch.h"
#include "tests/message/lines.h"
#include "tests/message/table_of_names.h"

using namespace fakemx;
using namespace fakemx::message;
using test::lines;
using test::TableOfNames;
using Type = RecordType;

namespace {

const std::string signed_message =
    lines(R"(DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;
 d=football.example.com; i=@football.example.com;
 q=dns/txt; s=brisbane; t=1528637909; h=from : to :
 subject : date : message-id : from : subject : date;
 bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;
 b=/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11Bus
 Fa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw==
DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed;
 d=football.example.com; i=@football.example.com;
 q=dns/txt; s=test; t=1528637909; h=from : to : subject :
 date : message-id : from : subject : date;
 bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;
 b=F45dVWDfMbQDGHJFlXUNB2HKfbCeLRyhDXgFpEL8GwpsRe0IeIixNTe3
 DhCVlUrSjV4BwcVcOF6+FF3Zo9Rpo1tFOeS9mPYQTnGdaSGsgeefOsk2Jz
 dA+L10TeYt9BgDfQNZtKdN1WO//KgIqXP7OdEFE4LjFYNcUxZQ4FADY+8=
From: Joe SixPack <joe@football.example.com>
To: Suzie Q <suzie@shopping.example.net>
Subject: Is dinner ready?
Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)
Message-ID: <20030712040037.46341.5F8J@football.example.com>

Hi.

We lost the game.  Are you hungry yet?

Joe.
)");

TableOfNames keys() {
    TableOfNames names;
    names
        .add("brisbane._domainkey.football.example.com", Type::txt,
             {"v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="})
        .add("test._domainkey.football.example.com", Type::txt,
             {"v=DKIM1; k=rsa; "
              "p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDkHlOQoBTzWRiGs5V6NpP3idY6Wk08a5qhdR6wy"
              "5bdOKb2jLQiY/J16JYi0Qvx/byYzCNb3W91y3FutACDfzwQ/BC/e/"
              "8uBsCR+yz1Lxj+PL6lHvqMKrM3rG4hstT5Qj"
              "vHO9PzoxZyVYLzBfO2EeC3Ip3G+2kryOTIKT+l/K4w3QIDAQAB"});
    return names;
}

std::string results(const std::string& content, const TableOfNames& names = keys(),
                    bool whole = true) {
    std::string text;
    for (const DkimResult& result : check_dkim(names, content, whole))
        text += (text.empty() ? "" : " ") + std::string{name(result.result)};
    return text;
}

std::string changed(const std::string& from, const std::string& to) {
    std::string content = signed_message;
    for (std::size_t at = content.find(from); at != std::string::npos;
         at = content.find(from, at + to.size()))
        content.replace(at, from.size(), to);
    return content;
}

}  // namespace

TEST_CASE("the signatures of RFC 8463 appendix A.3 hold") {
    const auto found = check_dkim(keys(), signed_message, true);
    REQUIRE(found.size() == 2);
    for (const DkimResult& result : found) {
        INFO(result.explanation);
        CHECK(result.result == AuthResult::pass);
        CHECK(result.domain == "football.example.com");
    }
    CHECK(found[0].selector == "brisbane");
    CHECK(found[1].selector == "test");
}

TEST_CASE("what relaxed canonicalization forgives, and what it does not: RFC 6376 §3.4") {
    CHECK(results(changed("Subject: Is dinner", "SUBJECT:  Is   dinner")) == "pass pass");
    CHECK(results(changed("game.  Are", "game. \t Are")) == "pass pass");
    CHECK(results(signed_message + "\r\n\r\n") == "pass pass");
    CHECK(results(changed("lost", "won")) == "fail fail");
    CHECK(results(changed("Is dinner", "Was dinner")) == "fail fail");
    // A second From or Subject: both were signed as being the only ones.
    CHECK(results(changed("To: Suzie", "From: eve@example.net\r\nTo: Suzie")) == "fail fail");
    CHECK(results(changed("Message-ID:", "X-Seen: yes\r\nMessage-ID:")) == "pass pass");
}

TEST_CASE("keys that are missing, revoked or another's") {
    TableOfNames names = keys();
    CHECK(results(signed_message, TableOfNames{}) == "permerror permerror");
    CHECK(results(signed_message, TableOfNames{}.fail("test._domainkey.football.example.com")) ==
          "permerror temperror");
    names.add("test._domainkey.football.example.com", Type::txt, {"v=DKIM1; p="});
    CHECK(check_dkim(names, signed_message, true)[1].explanation == "the key is revoked");
    names.add("test._domainkey.football.example.com", Type::txt, {"v=DKIM1; p=AAAA"});
    CHECK(check_dkim(names, signed_message, true)[1].explanation == "the key is malformed");
    names.add("brisbane._domainkey.football.example.com", Type::txt,
              {"k=ed25519; p=AAqYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="});
    const AuthResult other = check_dkim(names, signed_message, true)[0].result;
    CHECK((other == AuthResult::fail || other == AuthResult::permerror));
}

TEST_CASE("signatures with mistakes, and messages that are not kept as a whole") {
    CHECK(results(changed("v=1;", "v=2;")) == "permerror permerror");
    CHECK(results(changed("a=rsa-sha256", "a=rsa-sha1")) == "pass permerror");
    CHECK(check_dkim(keys(),
                     "DKIM-Signature: v=1; a=rsa-sha256; b=x; bh=x; d=a.test; s=s; h=to\r\n\r\n",
                     true)[0]
              .explanation == "From is not signed");
    CHECK(results(changed("i=@football", "i=@baseball")) == "permerror permerror");
    CHECK(results(changed("bh=2j", "bh=3j")) == "fail fail");
    CHECK(results(changed("s=test;", "s=test; s=test;")) == "pass permerror");
    CHECK(results("Subject: x\r\n\r\n").empty());
    CHECK(results(signed_message, keys(), false) == "neutral neutral");
    CHECK(results("DKIM-Signature: =\r\n\r\n") == "permerror");
}

TEST_CASE("ten signatures of a message are checked") {
    std::string many;
    for (int i = 0; i < 11; ++i) many += "DKIM-Signature: =\r\n";
    CHECK(check_dkim(keys(), many + "\r\n", true).size() == 10);
}
