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

namespace {

/// Signed with dkimpy, with the first key of RFC 8463 §A.2. `more` are the tags between i= and bh=.
std::string by_brisbane(const std::string& form, const std::string& identity,
                        const std::string& more, const std::string& hash,
                        const std::string& signature, const std::string& message) {
    return lines("DKIM-Signature: v=1; a=ed25519-sha256; c=" + form +
                 ";\n d=football.example.com; i=@" + identity + "; " + more + ";\n bh=" + hash +
                 ";\n b=" + signature + "\n" + message);
}

const std::string two_blanks =
    "From: joe@football.example.com\nSubject: two  blanks \n\nHi.\t \n\n\n";

const std::string simple_signed = by_brisbane(
    "simple/simple", "football.example.com",
    "q=dns/txt;\n s=brisbane; t=1528637909; h=from : subject",
    "bYfJnzgaQJ9BMqJMBsm2wavodRBBkqfV0agovmkaDCQ=",
    "bx+zMNJdCoECmZbSXwLrgc+j6MKgZpitGhm/5nUuHhG6ufOmV90WhPSF2Mqs5R0A/hX4I\n 1JvYK+Q0SqX4DFuCw==",
    two_blanks);

const std::string seven_octets_signed = by_brisbane(
    "relaxed/simple", "football.example.com",
    "l=7; q=dns/txt;\n s=brisbane; t=1528637909; h=from : subject",
    "bYfJnzgaQJ9BMqJMBsm2wavodRBBkqfV0agovmkaDCQ=",
    "RV0WKiJnLAB4X5oHn2UrWw/SZ1XTEVb8LLUN8DlOX5K+Ys5i79kyPpxn9INp7G7eULgfk\n dQcA9WE8ErL5Ml6Cw==",
    two_blanks);

const std::string subdomain_signed = by_brisbane(
    "relaxed/relaxed", "news.football.example.com",
    "q=dns/txt;\n s=brisbane; t=1528637909; h=from : dkim-signature",
    "UrA8rmgY3eNBotmDWtzAmHyn5RyZv8Gea45sNGsP0zw=",
    "3vfjRUDJNE12vQQX2gCtw1gDmwXuKpRAP1dcK/EGnCDW8FqNm7wAC8KvclDO2V1XNz7a4\n q30QpbbnXwrakhBAw==",
    two_blanks);

std::string replaced(std::string text, const std::string& from, const std::string& to) {
    const std::size_t at = text.find(from);
    REQUIRE(at != std::string::npos);
    return text.replace(at, from.size(), to);
}

}  // namespace

TEST_CASE("what simple canonicalization forgives: RFC 6376 §3.4.1, §3.4.3") {
    CHECK(results(simple_signed) == "pass");
    CHECK(results(simple_signed + "\r\n") == "pass");
    CHECK(results(simple_signed.substr(0, simple_signed.size() - 4)) == "pass");
    // Without its last line end.
    CHECK(results(simple_signed.substr(0, simple_signed.size() - 6)) == "pass");
    CHECK(results(replaced(simple_signed, "Hi.\t ", "Hi.\t")) == "fail");
    CHECK(results(replaced(simple_signed, "two  blanks ", "two  blanks")) == "fail");
    CHECK(results(replaced(simple_signed, "Subject:", "subject:")) == "fail");
    CHECK(results(replaced(simple_signed, "simple/simple", "simple")) == "fail");
    CHECK(results(replaced(simple_signed, "v=1;", "v=1; ")) == "fail");
}

TEST_CASE("a body of nothing is a line end to simple, and nothing to relaxed") {
    const std::string tags = "q=dns/txt;\n s=brisbane; t=1528637909; h=from";
    const std::string simple =
        by_brisbane("simple/simple", "football.example.com", tags,
                    "frcCV1k9oG9oKj3dpUqdJg1PxRT2RSN/XKdLCPjaYaY=",
                    "G7dpiaSTRkBq8CIPTiJQXoqj0quDzz79G9ZTdkvJuhC5WoQu1v0GNCCy4er8LZDpbNcjY\n "
                    "asMu4Oia/GDOgZ1AQ==",
                    "From: joe@football.example.com\n\n");
    const std::string relaxed =
        by_brisbane("simple/relaxed", "football.example.com", tags,
                    "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
                    "4HZSSoQ3VLDN2enW27ng3/IlXjQ31l6pe2SAp28Xi+/kd4g4fdKLT+k1mmYefrIfeyr0/\n "
                    "P8LLSwJKGYz07gVCg==",
                    "From: joe@football.example.com\n\n");
    for (const std::string body : {"", "\r\n", "\r\n\r\n"}) {
        CHECK(results(simple + body) == "pass");
        CHECK(results(relaxed + body) == "pass");
    }
    CHECK(results(relaxed + " \t\r\n") == "pass");
    CHECK(results(simple + " \r\n") == "fail");
    // A CR is no line end by itself, and no blank.
    CHECK(results(relaxed + "\r\r\n") == "fail");
}

TEST_CASE("what stands behind l= is not signed: RFC 6376 §3.5") {
    CHECK(results(seven_octets_signed) == "pass");
    CHECK(results(seven_octets_signed + "More.\r\n") == "pass");
    CHECK(results(replaced(seven_octets_signed, "Hi.", "Ho.")) == "fail");
    CHECK(check_dkim(keys(), replaced(seven_octets_signed, "Hi.\t ", "Hi."), true)[0].explanation ==
          "the body is shorter than l=");
    CHECK(
        check_dkim(keys(), replaced(seven_octets_signed, "l=7", "l=seven"), true)[0].explanation ==
        "l= is no number");
    // Of a message that is cut off, whole lines count.
    CHECK(results(seven_octets_signed + "More", keys(), false) == "pass");
    const std::string cut = seven_octets_signed.substr(0, seven_octets_signed.find("Hi.") + 5);
    CHECK(results(cut, keys(), false) == "neutral");
    CHECK(results(cut) == "pass");
}

TEST_CASE("of several fields of one name the last one is signed first: RFC 6376 §5.4.2") {
    const std::string two =
        by_brisbane("relaxed/relaxed", "football.example.com",
                    "q=dns/txt;\n s=brisbane; t=1528637909; h=from : subject",
                    "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
                    "2Kf3rFj7xmMTgqom7oHawoWZXPwJ5BzM+cBKxj62Viw5ujnTRptZ3/KnQBltokBt2qzEh\n "
                    "H7J9K6k4LxMS7I+Dg==",
                    "From: joe@football.example.com\nSubject: first\nSubject: second\n\n");
    CHECK(results(two) == "pass");
    CHECK(results(replaced(two, "first", "another")) == "pass");
    CHECK(results(replaced(two, "second", "another")) == "fail");
}

TEST_CASE("its own field is not among those that a signature covers: RFC 6376 §3.5") {
    CHECK(results(subdomain_signed) == "pass");
    CHECK(results("DKIM-Signature: v=2\r\n" + subdomain_signed) == "permerror fail");
}

TEST_CASE("what a key is for: RFC 6376 §3.6.1") {
    const std::string p = "p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";
    const auto why = [&](const std::string& tags, const std::string& content = subdomain_signed) {
        TableOfNames names;
        names.add("brisbane._domainkey.football.example.com", Type::txt, {tags + p});
        return check_dkim(names, content, true)[0].explanation;
    };
    const std::string holds = "the signature holds";
    CHECK(why("k=ed25519; ") == holds);
    CHECK(why("k=ed25519; h=sha1 : sha256; s=tlsrpt:email; t=y; n=x; x=unknown; ") == holds);
    CHECK(why("k=ed25519; s=*; ") == holds);
    CHECK(why("k=ed25519; h=sha1; ") == "the key is for another hash");
    CHECK(why("k=ed25519; s=tlsrpt; ") == "the key is not for mail");
    CHECK(why("k=ed25519; t=y:s; ") == "the key is not for subdomains");
    CHECK(why("k=ed25519; t=y:s; ", simple_signed) == holds);
    CHECK(why("") == "the key is of another algorithm");
    CHECK(why("k=dsa; ") == "the key is of another algorithm");
    CHECK(why("v=DKIM2; k=ed25519; ") == "the key is malformed");
    CHECK(why("k=ed25519; k=ed25519; ") == "the key is malformed");
    CHECK(check_dkim(keys(), replaced(subdomain_signed, "c=relaxed/relaxed", "c=relaxed/loose"),
                     true)[0]
              .explanation == "the canonicalization is not known");
    CHECK(check_dkim(keys(), replaced(subdomain_signed, "i=@news.", "i=news."), true)[0]
              .explanation == "i= is not within d=");
    TableOfNames names;
    // 1023 bits.
    names.add(
        "test._domainkey.football.example.com", Type::txt,
        {"p=MIGeMA0GCSqGSIb3DQEBAQUAA4GMADCBiAKBgGYFrZUtyjl16wp8MUkqqLHPiNkTf3lNCAsCjoFsC9GHPUzr"
         "kRMIMLqffG8TVHF44B0ihys4jSHNPvHgAGXFetF/TtFrQzdsa+uOouU0KlWGv19CqXOXMb3RXYWbuYG7BD44"
         "UgDWPj6xhC0UQwKFg4D4eRD8Mx/ruccZNxwqo02bAgMBAAE="});
    CHECK(check_dkim(names, signed_message, true)[1].explanation == "the key is too short");
    // A key whose algorithm is not named is one of RSA.
    names.add("test._domainkey.football.example.com", Type::txt, {"k=dsa; p=AAAA"});
    CHECK(check_dkim(names, signed_message, true)[1].explanation ==
          "the key is of another algorithm");
}
