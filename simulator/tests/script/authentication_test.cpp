// What a profile may ask of a sender, at each stage, and where the zones come from.
#include <fmt/format.h>

#include "support/catch.h"
#include "tests/script/profile_driver.h"
#include "tests/script/profile_fixture.h"

namespace fakemx::script::test {

namespace {

constexpr std::string_view zones = R"(
  zones = {
    ["shop.test"] = { txt = "v=spf1 a:mta.shop.test -all" },
    ["_dmarc.shop.test"] = { txt = "v=DMARC1; p=quarantine" },
    ["mta.shop.test"] = { a = "192.0.2.1" },
    ["192.0.2.1"] = { ptr = "mta.shop.test" },
    ["broken.test"] = { fails = true },
  },)";

/// Hooks that answer with what they know, in a word each.
constexpr std::string_view hooks = R"(
local function show(...)
  local words = {}
  for i, word in ipairs { ... } do words[i] = tostring(word) end
  return mx.reply(250, nil, table.concat(words, " "))
end
function mx.on.connect(s) return mx.reply(220, nil, s.fcrdns .. " " .. tostring(s.spf)) end
function mx.on.ehlo(s, hello) return show(hello.dns, s.helo_dns) end
function mx.on.mail(s, mail) return show(tostring(mail.spf), tostring(mail.spf_why), tostring(s.spf)) end
function mx.on.rcpt(s) return show(tostring(s.spf), tostring(s.spf_why), s.helo_dns) end
function mx.on.message(s, message)
  local m = message
  local signed = m.signatures and m.signatures[1]
  return show(tostring(m.spf), tostring(m.spf_why), tostring(m.dkim), signed and signed.result .. "/" .. signed.domain .. "/" ..
    signed.selector .. "/" .. signed.why or "-", tostring(m.dmarc), tostring(m.dmarc_why), tostring(m.dmarc_policy),
    tostring(m.spf_aligned), tostring(m.dkim_aligned), tostring(s.spf))
end
)";

std::string profile(std::string_view fields, std::string_view body = hooks) {
    return fmt::format("local mx = require 'fakemx'\nmx.profile {{ summary = 'x', {} }}\n{}",
                       fields, body);
}

std::string played(const std::string& source, std::string_view dialogue) {
    fakemx::test::ProfileDriver driver{{.name = "mine", .source = source}};
    std::string wrong = fakemx::test::run_transcript(driver, dialogue, "dialogue");
    CHECK(driver.script_failures() == 0);
    CHECK(driver.replayed() == "alike");
    return wrong;
}

FindModule one_file(std::string text) {
    return [text](const std::string& name) -> Result<journal::SourceFile, NoModule> {
        if (name != "./senders.lua") return NoModule{"no file " + name};
        return journal::SourceFile{name, name, text};
    };
}

}  // namespace

TEST_CASE("what a sender shows of itself is asked for at each stage") {
    CHECK(played(profile(zones), R"(
S: 220 pass nil
C: EHLO mta.shop.test
S: 250 pass none
C: MAIL FROM:<a@shop.test>
S: 250 pass +a:mta.shop.test nil
C: RCPT TO:<b@c.test>
S: 250 pass +a:mta.shop.test pass
C: DATA
S~ 354 *
C: From: a@news.shop.test
C: DKIM-Signature: v=1; a=rsa-sha256; d=shop.test; s=one; h=from; bh=eA==; b=eA==
C:
C: .
S: 250 pass +a:mta.shop.test permerror permerror/shop.test/one/there is no key pass SPF is aligned quarantine true false pass
C: MAIL FROM:<a@elsewhere.test>
S: 250 nil nil nil
C: RCPT TO:<b@c.test>
S: 250 nil nil pass
C: DATA
S~ 354 *
C: From: a@elsewhere.test
C:
C: .
S: 250 nil nil nil - nil nil nil nil nil nil
C: MAIL FROM:<a@elsewhere.test>
S: 250 nil nil nil
C: RCPT TO:<b@c.test>
S: 250 nil nil pass
C: DATA
S~ 354 *
C: From: a@shop.test
C:
C: .
S: 250 none elsewhere.test has no record none - fail neither SPF nor DKIM is aligned quarantine false false nil
C: MAIL FROM:<>
S: 250 none mta.shop.test has no record nil
C: RSET
S~ 250 *
C: MAIL FROM:<a@broken.test>
S: 250 temperror broken.test cannot be looked up nil
!connect from 198.51.100.1
S: 220 none nil
C: EHLO mta.shop.test
S: 250 fail none
C: MAIL FROM:<a@shop.test>
S: 250 fail -all nil
)") == "");
}

TEST_CASE("a profile without zones judges nobody") {
    CHECK(played(profile(""), R"(
S: 220 none nil
C: EHLO mta.shop.test
S: 250 none none
C: MAIL FROM:<a@shop.test>
S: 250 nil nil nil
)") == "");
}

TEST_CASE("sender_zones adds what a file returns, and what it says counts") {
    constexpr std::string_view fields =
        "sender_zones = './senders.lua', zones = { ['a.test'] = { txt = 'ours' }, ['b.test'] = {} "
        "}";
    const auto load = [&](std::string text) {
        return load_profile("mine", "mine.lua", profile(fields), {}, one_file(std::move(text)));
    };
    const auto loaded = load("return { ['a.test'] = { a = '192.0.2.1' }, ['c.test'] = {} }");
    REQUIRE(loaded.has_value());
    const auto& names = (*loaded)->profile().names;
    CHECK(names.size() == 3);
    CHECK(names.at(*dns::Name::parse("a.test")).has(dns::Type::a));
    CHECK_FALSE(names.at(*dns::Name::parse("a.test")).has(dns::Type::txt));
    // It is kept for replay.
    REQUIRE((*loaded)->modules().size() == 1);
    CHECK((*loaded)->modules()[0].name == "./senders.lua");

    const auto error = [&](std::string text) {
        const auto wrong = load(std::move(text));
        return wrong ? "none" : wrong.error().describe();
    };
    CHECK(error("return 5") ==
          "mine.lua:2: ./senders.lua is a table of names: { [\"example.test\"] = { mx = … } }");
    CHECK(error("return { a = 1 }") ==
          "mine.lua:2: ./senders.lua: 'a' is a table such as { a = \"127.0.0.2\" }");
    CHECK(error("x = = 1") == "./senders.lua:1: unexpected symbol near '='");
    CHECK(loading(profile("sender_zones = './other.lua'")) ==
          "mine.lua:2: no file can be required here, and so not './other.lua'");
    CHECK(loading(profile("sender_zones = ''")) == "loaded");
    // A path is not for require.
    CHECK(load_profile("mine", "mine.lua",
                       "local mx = require 'fakemx'\nlocal x = require './senders.lua'", {},
                       one_file("return {}"))
              .error()
              .describe()
              .starts_with("mine.lua:2: './senders.lua' is no name of a module"));
}

}  // namespace fakemx::script::test
