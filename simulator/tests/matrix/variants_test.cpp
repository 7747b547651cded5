// Variants of messages: what each has and has not, that they are whole messages, and what cannot be made.
#include "matrix/variants.h"

#include <fstream>
#include <sstream>

#include "core/limits.h"
#include "message/header_section.h"
#include "message/traits.h"
#include "support/catch.h"

namespace fakemx::matrix::test {

namespace {

/// GB18030 in base64 and quoted-printable, tracked links, a pixel, an attachment.
std::string newsletter() {
    std::ostringstream text;
    text << std::ifstream{"client-tests/63-matrix/newsletter.eml"}.rdbuf();
    return text.str();
}

Kit kit_of(std::string_view text) {
    auto kit = make_variants(text);
    INFO((kit ? "" : kit.error().message));
    REQUIRE(kit.has_value());
    return std::move(*kit);
}

std::string trouble_of(std::string_view text) {
    const auto kit = make_variants(text);
    return kit ? "" : kit.error().message;
}

message::Traits traits_of(std::string_view content) {
    return message::read_traits(content, content.size());
}

std::string made_names(const Kit& kit) {
    std::string names;
    for (const Variant variant : variants) {
        if (kit[variant].made()) names += name(variant);
    }
    return names;
}

bool has(std::string_view text, std::string_view piece) {
    return text.find(piece) != std::string_view::npos;
}

/// The decoded body of the part with this index.
std::string body_of(const std::string& content, std::size_t index) {
    const auto traits = traits_of(content);
    const auto& part = traits.structure.parts.at(index);
    const std::string octets = message::decode_transfer(
        part.encoding, std::string_view{content}.substr(part.begin, part.octets));
    return message::to_utf8(part.content.charset, octets, false)->text;
}

std::string html_message(std::string_view body) {
    return "From: <a@b.example>\nSubject: s\nContent-Type: text/html; charset=utf-8\n\n" +
           std::string{body};
}

}  // namespace

TEST_CASE("five variants of a newsletter, each with one thing more") {
    const Kit kit = kit_of(newsletter());
    CHECK(made_names(kit) == "ABCDE");
    CHECK(kit.tracking.redirects == 1);
    CHECK(kit.tracking.parameters == 2);
    CHECK(kit.tracking.pixels == 1);
    CHECK(kit.tracking.opaque == 1);
    CHECK(kit.was_signed);
    CHECK(kit.subject == "十一月通讯");
    struct Wanted {
        bool html;
        std::uint64_t links, pixels, images, attachments, parts;
    };
    constexpr std::array<Wanted, 5> wanted{{{false, 0, 0, 0, 0, 1},
                                            {false, 2, 0, 0, 0, 1},
                                            {true, 3, 0, 1, 0, 2},
                                            {true, 4, 1, 2, 0, 2},
                                            {true, 4, 1, 2, 1, 3}}};
    for (const Variant variant : variants) {
        const std::string content = copy_of(kit, variant, 1, "t");
        const auto traits = traits_of(content);
        INFO(content);
        const Wanted& one = wanted.at(index(variant));
        CHECK(traits.has_html == one.html);
        CHECK(traits.references.links == one.links);
        CHECK(traits.references.tracking_pixels == one.pixels);
        CHECK(traits.references.images == one.images);
        CHECK(traits.attachments.size() == one.attachments);
        CHECK(traits.structure.part_count == one.parts);
        CHECK(traits.structure.defects.empty());
        CHECK(traits.charset_valid());
        REQUIRE(traits.charsets.size() == 1);
        CHECK(traits.charsets.front().charset == "gb18030");
        CHECK(content.find('\n') == content.find("\r\n") + 1);
    }
}

TEST_CASE("the header stays, but for what is new and what is no more true") {
    const Kit kit = kit_of(newsletter());
    std::vector<std::string> ids;
    for (const Variant variant : variants) {
        const std::string content = copy_of(kit, variant, 2, "tag");
        const auto header = message::HeaderSection::parse(content);
        for (const char* const field :
             {"From", "To", "Subject", "Date", "List-Unsubscribe", "X-Campaign"})
            CHECK(header.field(field));
        for (const char* const field : {"DKIM-Signature", "Received", "Return-Path"})
            CHECK_FALSE(header.field(field));
        CHECK(header.field(variant_field) == std::string{name(variant)} + "; copy 2");
        ids.push_back(header.message_id().value_or(""));
        CHECK(has(ids.back(), ".tag@brand.example"));
        std::size_t types = 0;
        for (const auto& field : header.fields()) types += field.name == "Content-Type" ? 1 : 0;
        CHECK(types == 1);
    }
    std::sort(ids.begin(), ids.end());
    CHECK(std::adjacent_find(ids.begin(), ids.end()) == ids.end());
    CHECK(copy_of(kit, Variant::a, 1, "t") != copy_of(kit, Variant::a, 2, "t"));
    CHECK(copy_of(kit, Variant::a, 1, "t") == copy_of(kit_of(newsletter()), Variant::a, 1, "t"));
}

TEST_CASE("texts keep charset and encoding, and B has the links of the HTML without tracking") {
    const Kit kit = kit_of(newsletter());
    const std::string a = copy_of(kit, Variant::a, 1, "t");
    CHECK(has(
        a, "Content-Type: text/plain; charset=gb18030\r\nContent-Transfer-Encoding: base64\r\n"));
    CHECK(has(body_of(a, 0), "目录： \r\n"));
    const std::string b = body_of(copy_of(kit, Variant::b, 1, "t"), 0);
    CHECK(has(b, "目录： https://shop.brand.example/catalogue\r\n"));
    CHECK(has(b, "\r\nhttps://shop.brand.example/new?colour=red\r\n"));
    const std::string c = copy_of(kit, Variant::c, 1, "t");
    CHECK(has(c, "Content-Transfer-Encoding: quoted-printable\r\n"));
    CHECK(has(body_of(c, 3),
              "<a href=\"https://shop.brand.example/new?colour=red\">提前三天购买</a>"));
    CHECK(has(body_of(c, 3), "<a href=\"#\">退订</a>"));
    CHECK(has(body_of(c, 2), "https://shop.brand.example/catalogue\r\n"));
    // What is not about the difference is the same, octet for octet.
    const std::string d = copy_of(kit, Variant::d, 1, "t");
    const std::string e = copy_of(kit, Variant::e, 1, "t");
    const std::size_t cut = e.find("\r\n--outer\r\nContent-Type: application/pdf");
    REQUIRE(cut != std::string::npos);
    const std::size_t begin = e.find("MIME-Version");
    CHECK(d.substr(d.find("MIME-Version")) == e.substr(begin, cut - begin) + "\r\n--outer--\r\n");
}

TEST_CASE("a message that has less makes fewer variants, and each says why") {
    const Kit plain = kit_of("From: <a@b.example>\nSubject: s\n\nHello\n");
    CHECK(made_names(plain) == "A");
    CHECK(plain[Variant::b].why_not == "the message has no links");
    CHECK(plain[Variant::c].why_not == "the message has no HTML");
    CHECK(plain[Variant::d].why_not == "the message has no tracking");
    CHECK(plain[Variant::e].why_not == "the message has no attachments");
    CHECK(made_names(kit_of("From: <a@b.example>\n\nSee https://b.example/\n")) == "AB");
    CHECK(made_names(kit_of("From: <a@b.example>\n\nSee https://b.example/?utm_id=1\n")) == "ABD");
    CHECK(made_names(kit_of(html_message("<p>Hello"))) == "AC");
    CHECK(made_names(kit_of(html_message("<p>Hello <a href='https://b.example'>x</a>"))) == "ABC");
    CHECK(made_names(kit_of(html_message("<p>Hello <img width=1 height=1>"))) == "ACD");
    const Kit opaque =
        kit_of(html_message("<a href='https://b.example/click/0123456789abcdef'>x</a>"));
    CHECK(made_names(opaque) == "ACD");
    CHECK(opaque[Variant::b].why_not == "no link of the message says where it leads");
}

TEST_CASE("HTML alone becomes a text in its charset, or in UTF-8 where that lacks a character") {
    const Kit kit = kit_of(
        "From: <a@b.example>\nContent-Type: text/html; charset=iso-8859-1\n\n<p>caf\xe9 &lt;b&gt;");
    CHECK(body_of(copy_of(kit, Variant::a, 1, "t"), 0) == "café <b>\r\n");
    CHECK(has(copy_of(kit, Variant::a, 1, "t"), "text/plain; charset=iso-8859-1"));
    const Kit more =
        kit_of("From: <a@b.example>\nContent-Type: text/html; charset=iso-8859-1\n\n<p>&#20013;");
    CHECK(body_of(copy_of(more, Variant::a, 1, "t"), 0) == "中\r\n");
    // RFC 5322 §2.1.1: no line of more than 998 octets.
    const std::string text =
        copy_of(kit_of(html_message("<p>" + std::string(5000, 'x'))), Variant::a, 1, "t");
    CHECK(text.find('\n', text.size() - 500) != std::string::npos);
    CHECK_FALSE(has(text, std::string(1000, 'x')));
    const std::string longest(998, 'x');
    CHECK(has(copy_of(kit_of(html_message("<p>" + longest)), Variant::a, 1, "t"), longest));
    CHECK_FALSE(has(copy_of(kit_of(html_message("<p>x" + longest)), Variant::a, 1, "t"), longest));
    // No character has this number.
    CHECK(has(copy_of(kit_of(html_message("<p>&#x110000;&#x10ffff;")), Variant::a, 1, "t"),
              "&#x110000;\xf4\x8f\xbf\xbf"));
}

TEST_CASE("attachments are cut out wherever they stand") {
    const auto mixed = [](std::string_view parts) {
        return "From: <a@b.example>\nContent-Type: multipart/mixed; boundary=b\n\n" +
               std::string{parts};
    };
    constexpr std::string_view text = "--b\n\nHello\n";
    constexpr std::string_view file = "--b\nContent-Type: application/zip\n\nPK\n";
    constexpr std::string_view inner =
        "--b\nContent-Type: message/rfc822\n\nSubject: inside\nContent-Type: multipart/mixed; "
        "boundary=b1\n\n--b1\n\nx\n--b1--\n";
    const std::vector<std::string> orders{
        std::string{text} + std::string{file} + "--b--\n",
        std::string{file} + std::string{text} + "--b--\n",
        std::string{inner} + std::string{text} + std::string{file} + "--b--\n",
        "preamble\n" + std::string{file} + std::string{text} + std::string{inner} +
            "--b--\nepilogue\n",
        std::string{text} + std::string{file} + std::string{inner}};
    for (const std::string& parts : orders) {
        // HTML, so that there is a variant whose parts can be looked at.
        std::string html = parts;
        html.replace(html.find("--b\n\nHello"), 10,
                     "--b\nContent-Type: text/html\n\n<a href='https://b.example/?utm_id=1'>x</a>");
        const Kit kit = kit_of(mixed(html));
        INFO(copy_of(kit, Variant::d, 1, "t"));
        CHECK(made_names(kit) == "ABCDE");
        const auto traits = traits_of(copy_of(kit, Variant::d, 1, "t"));
        CHECK(traits.structure.part_count == 1);
        CHECK(traits.has_html);
        CHECK(traits.attachments.empty());
    }
}

TEST_CASE("a boundary that begins like the closing delimiter of another one is none") {
    const Kit kit = kit_of(
        "From: <a@b.example>\nContent-Type: multipart/mixed; boundary=a\n\n"
        "--a\nContent-Type: text/html\n\n<a href='https://b.example/?utm_id=1'>x</a>\n"
        "--a\nContent-Type: message/rfc822\n\nContent-Type: multipart/mixed; boundary=a--b\n\n"
        "--a--b\n\ninside\n--a--b--\nbehind\n--a--\n");
    const std::string d = copy_of(kit, Variant::d, 1, "t");
    CHECK(d.ends_with("x</a>\r\n--a--\r\n"));
    CHECK_FALSE(has(d, "behind"));
}

TEST_CASE("tracking is taken out of each text, not of the first one alone") {
    const Kit kit = kit_of(
        "From: <a@b.example>\nContent-Type: multipart/mixed; boundary=b\n\n"
        "--b\nContent-Type: text/html\n\n<a href='https://b.example/1'>x</a>\n"
        "--b\nContent-Type: image/png\nContent-Disposition: inline\n\nPNG\n"
        "--b\nContent-Type: text/html\n\n<a href='https://b.example/2?utm_id=1'>x</a>\n"
        "--b\nContent-Type: text/x-amp-html\n\n<a href='https://b.example/3?utm_id=1'>x</a>\n"
        "--b\n\nhttps://b.example/4?utm_id=1 first\n"
        "--b\n\nhttps://b.example/5?utm_id=1 second\n--b--\n");
    CHECK(has(made_names(kit), "BCD"));
    CHECK(kit.tracking.parameters == 4);
    const std::string c = copy_of(kit, Variant::c, 1, "t");
    CHECK_FALSE(has(c, "utm_id"));
    for (const char* const link :
         {"/1'>x</a>\r\n", "/2'>x</a>\r\n", "/3'>x</a>\r\n", "/4 first\r\n", "/5 second\r\n"})
        CHECK(has(c, link));
    const std::string b = copy_of(kit, Variant::b, 1, "t");
    for (const char* const link : {"/1\r\n", "/2\r\n", "/3\r\n", "/4 first\r\n", "/5\r\n"})
        CHECK(has(b, link));
    std::string d = copy_of(kit, Variant::d, 1, "t");
    CHECK(has(d, "/5?utm_id=1"));
    d.replace(d.find(variant_field), variant_field.size(), "X-Other");
    CHECK(recognise(d).variant != Variant::c);
    CHECK(recognise("From: <a@b.example>\nContent-Type: multipart/mixed; boundary=b\n\n"
                    "--b\n\nnone\n--b\n\nhttps://b.example/5?utm_id=1\n--b--\n")
              .variant == Variant::d);
    CHECK(recognise("From: <a@b.example>\nContent-Type: multipart/mixed; boundary=b\n\n"
                    "--b\n\nnone\n--b\n\nhttps://b.example/5\n--b--\n")
              .variant == Variant::b);
}

TEST_CASE("what is broken stays broken") {
    const std::string broken =
        "From: <a@b.example>\nContent-Type: text/html; charset=gb18030\n\n"
        "<a href='https://b.example/?utm_id=1'>\xff\xff</a>";
    const Kit kit = kit_of(broken);
    const std::string c = copy_of(kit, Variant::c, 1, "t");
    CHECK(has(c, "<a href='https://b.example/'>\xff\xff</a>"));
    CHECK(traits_of(c).charsets.front().errors != 0);
}

TEST_CASE("a message may come with CRLF, with LF, or with both") {
    const auto lines = [](std::string_view first, std::string_view rest) {
        std::string text{"From: <a@b.example>"};
        text += first;
        for (const std::string_view line :
             {"Content-Type: text/html", "", "<p>one", "two\rthree"}) {
            text += line;
            text += rest;
        }
        return copy_of(kit_of(text), Variant::c, 1, "t");
    };
    const std::string wanted = lines("\r\n", "\r\n");
    CHECK(wanted.ends_with("\r\n\r\n<p>one\r\ntwo\rthree\r\n"));
    CHECK(lines("\n", "\n").ends_with("\r\n\r\n<p>one\r\ntwo\rthree\r\n"));
    CHECK(lines("\r\n", "\n").ends_with("\r\n\r\n<p>one\r\ntwo\rthree\r\n"));
}

TEST_CASE("a charset that is no token is quoted as it was") {
    const Kit kit =
        kit_of("From: <a@b.example>\nContent-Type: text/plain; charset=\"x;\\\"y\"\n\nHi\n");
    CHECK(has(copy_of(kit, Variant::a, 1, "t"), "text/plain; charset=\"x;\\\"y\"\r\n"));
}

TEST_CASE("what is no message, or too much of one, is told in words") {
    CHECK(has(trouble_of("hello, world\n"), "no message"));
    CHECK(has(trouble_of(""), "no message"));
    CHECK(has(trouble_of("\n\nFrom: a\n"), "no message"));
    CHECK(has(trouble_of("From: <a@b.example>\nContent-Type: application/pdf\n\nx"), "neither"));
    std::string many = "From: <a@b.example>\nContent-Type: multipart/mixed; boundary=b\n\n";
    for (int i = 0; i < 10'000; ++i) many += "--b\n\nx\n";
    CHECK(has(trouble_of(many + "--b--\n"), "more than 1000 parts"));
    CHECK(has(
        trouble_of("From: <a@b.example>\n\n" + std::string(limits::message_octets_default, 'x')),
        "are the most"));
    CHECK(made_names(kit_of("From a@b Mon Jan  1 00:00:00 2026\nFrom: <a@b.example>\n\nHello\n")) ==
          "A");
    CHECK(made_names(kit_of("Subject: s")) == "A");
}

TEST_CASE("variants are recognised by their field, or by what is in them") {
    const Kit kit = kit_of(newsletter());
    for (const Variant variant : variants) {
        std::string content = copy_of(kit, variant, 1, "t");
        CHECK(recognise(content).variant == variant);
        CHECK(recognise(content).by_field);
        content.replace(content.find(variant_field), variant_field.size(), "X-Other");
        INFO(content);
        CHECK(recognise(content).variant == variant);
        CHECK_FALSE(recognise(content).by_field);
    }
}

TEST_CASE("dots at the beginning of lines are doubled for DATA") {
    CHECK(dot_stuffed(".a\r\nb.\r\n..\r\n") == "..a\r\nb.\r\n...\r\n");
    CHECK(dot_stuffed("a") == "a\r\n");
}

}  // namespace fakemx::matrix::test
