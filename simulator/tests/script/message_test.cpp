// What a profile may ask of a message, in Lua.
#include <fmt/format.h>

#include "core/limits.h"
#include "script/definition.h"
#include "support/catch.h"
#include "tests/script/profile_fixture.h"

namespace fakemx::script::test {

using Catch::Matchers::Contains;
using Catch::Matchers::EndsWith;

namespace {

const std::string letter =
    "From: a@example.test\r\n"
    "X-Campaign: spring\r\n"
    "Subject: =?GB18030?B?1tDOxA==?=\r\n"
    "Content-Type: multipart/mixed; boundary=b\r\n"
    "\r\n"
    "--b\r\n"
    "Content-Type: multipart/alternative; boundary=c\r\n"
    "\r\n"
    "--c\r\n"
    "Content-Type: text/plain; charset=GB18030\r\n"
    "\r\n"
    "\xc4\xfa\xb5\xc4\xb6\xa9\xb5\xa5 https://www.example.test/\r\n"
    "--c\r\n"
    "Content-Type: text/html; charset=utf-8\r\n"
    "Content-Transfer-Encoding: quoted-printable\r\n"
    "\r\n"
    "<a href=3D\"https://t.example.net/x\">=E8=AE=A2=E5=8D=95</a><img width=3D1 height=3D1 "
    "src=3Dx>\r\n"
    "--c--\r\n"
    "--b\r\n"
    "Content-Type: application/zip\r\n"
    "Content-Transfer-Encoding: base64\r\n"
    "Content-Disposition: attachment; filename*=UTF-8''%E4%B8%AD.ZIP\r\n"
    "\r\n"
    "UEsFBgAAAAAAAAAAAAAAAAAAAAAAAA==\r\n"
    "--b\r\n"
    "Content-Type: application/pdf\r\n"
    "\r\n"
    "x\r\n"
    "--b--\r\n";

smtp::Message message_of(std::string content) {
    smtp::Message message;
    message.octets = content.size();
    message.content = std::move(content);
    return message;
}

/// What an expression about `message` comes to.
std::string shown(std::string_view expression, const std::string& content = letter) {
    ProfileFixture mine{
        fmt::format("local mx = require \"fakemx\" mx.profile {{ summary = \"x\", template_header "
                    "= \"X-Campaign\" }}\n"
                    "function mx.on.message(s, message)\n"
                    "  local function all(list) return table.concat(list, ' ') end\n"
                    "  return mx.reply(250, nil, tostring({}))\nend",
                    expression)};
    return mine.said(smtp::Hook::message, message_of(content));
}

}  // namespace

TEST_CASE("parts, attachments and what is wrong with them") {
    CHECK(shown("message.part_count") == "4");
    CHECK(shown("#message.parts") == "6");
    CHECK(shown("message.parts[4].type .. message.parts[4].encoding .. message.parts[4].charset") ==
          "text/htmlquoted-printableutf-8");
    CHECK(shown("message.parts[5].file_name .. message.parts[5].disposition .. "
                "message.parts[5].depth") == "中.ZIPattachment1");
    CHECK(shown("message.parts[5].octets .. ' ' .. message.parts[5].decoded_octets") == "32 22");
    CHECK(shown("message.parts[1].has_parts and not message.parts[5].has_parts") == "true");
    CHECK(shown("#message.attachments") == "2");
    CHECK(shown("message.attachments[1].name .. ' ' .. message.attachments[1].extension") ==
          "中.ZIP zip");
    CHECK(shown("message.attachments[2].type .. message.attachments[2].octets") ==
          "application/pdf1");
    CHECK(shown("#message.attachments[1].holds") == "0");
    CHECK(shown("all(message.attachment_types)") == "zip pdf");
    CHECK(shown("message:has_attachment()") == "true");
    CHECK(shown("message:has_attachment 'Zip'") == "true");
    CHECK(shown("message:has_attachment 'application/pdf'") == "true");
    CHECK(shown("message:has_attachment 'pdf'") == "false");  // no file name says so
    CHECK(shown("message.mime_sound") == "true");
    CHECK(shown("all(message.mime_defects)") == "");
    CHECK(shown("all(message.mime_defects)", letter.substr(0, letter.size() - 10)) == "not_closed");
}

TEST_CASE("charsets, letters and links") {
    CHECK(shown("all(message.charsets)") == "gb18030 utf-8");
    CHECK(shown("message.charset_valid") == "true");
    CHECK(shown("message.language .. message.han_share") == "chinese1000");
    CHECK(shown("message.chinese") == "simplified");
    CHECK(shown("message.chinese", "\r\nplain\r\n") == "nil");
    CHECK(shown("message.links") == "2");
    CHECK(shown("all(message.link_domains)") == "www.example.test t.example.net");
    CHECK(shown("message.has_html and message.has_alternative") == "true");
    CHECK(shown("message.images .. message.tracking_pixels") == "11");
    CHECK(shown("message:header_text 'Subject'") == "中文");
    CHECK(shown("message:header_text 'X-None'") == "nil");
    CHECK(shown("message.template_id") == "spring");
    CHECK(shown("message.decoded_size < message.size") == "true");
}

TEST_CASE("a misspelt field of a part is an error, as anywhere") {
    const auto failure = [](std::string_view code) {
        ProfileFixture mine{with_profile(
            fmt::format("function mx.on.message(s, message)\n  local _ = {}\nend", code))};
        return mine.failure(smtp::Hook::message, message_of(letter)).message;
    };
    CHECK_THAT(failure("message.parts[1].tpye"),
               Contains("a part has no field 'tpye'; did you mean 'type'?"));
    CHECK_THAT(failure("message.attachments[1].extention"), Contains("did you mean 'extension'?"));
    CHECK_THAT(
        failure("message.has_attachment('zip')"),
        EndsWith("'has_attachment' belongs behind the message: message:has_attachment \"zip\""));
    CHECK_THAT(failure("message.attachement_types"), Contains("did you mean 'attachment_types'?"));
}

TEST_CASE("reading a message is work that the budget knows of") {
    std::string many = "Content-Type: multipart/mixed; boundary=b\r\n\r\n";
    while (many.size() + 60 < limits::message_octets_kept)
        many += "--b\r\nContent-Type: application/zip; name=a.zip\r\n\r\nx\r\n";
    CHECK(shown("#message.parts", many) == std::to_string(limits::mime_parts_max));
    ProfileFixture mine{with_profile(
        "function mx.on.message(s, message)\n  while true do local _ = message.parts end\nend")};
    CHECK_THAT(mine.failure(smtp::Hook::message, message_of(many)).message, Contains("mine.lua:3"));
    // Once for each question, whatever is asked.
    ProfileFixture often{
        with_profile("function mx.on.message(s, message)\n  for i = 1, 10000 do local _ = "
                     "message.links end\nend")};
    often.verdict(smtp::Hook::message, message_of(many));
}

TEST_CASE("the header of templates is named by the profile") {
    CHECK_THAT(
        loading(
            "local mx = require 'fakemx'\nmx.profile { summary = 'x', template_header = 'a:' }"),
        EndsWith("template_header is the name of a header field, without its colon"));
    ProfileFixture mine{with_profile("")};
    CHECK(mine.profile->profile().template_header == "X-Template-ID");
}

}  // namespace fakemx::script::test
