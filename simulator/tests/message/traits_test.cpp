// What is said of a message: charsets that hold and do not, letters, links, attachments, archives in archives, sizes.
#include "message/traits.h"

#include "core/limits.h"
#include "message/archive.h"
#include "support/catch.h"

using namespace fakemx;
using message::read_traits;
using message::Traits;

namespace {

Traits traits_of(std::string_view content) {
    return read_traits(content, content.size());
}

Traits text_of(std::string_view charset, std::string_view body) {
    return traits_of("Content-Type: text/plain; charset=" + std::string{charset} + "\r\n\r\n" +
                     std::string{body});
}

Traits html_of(std::string_view body) {
    return traits_of("Content-Type: text/html; charset=utf-8\r\n\r\n" + std::string{body});
}

std::string number(std::size_t value, int octets) {
    std::string text;
    for (; octets != 0; --octets, value >>= 8) text += static_cast<char>(value & 0xff);
    return text;
}

/// A ZIP archive of empty files.
std::string archive_of(const std::vector<std::string>& names) {
    std::string files;
    std::string directory;
    for (const std::string& name : names) {
        directory += "PK\x01\x02" + std::string(24, '\0') + number(name.size(), 2) +
                     std::string(12, '\0') + number(files.size(), 4) + name;
        files += "PK\x03\x04" + std::string(22, '\0') + number(name.size(), 2) +
                 std::string(2, '\0') + name;
    }
    return files + directory + "PK\x05\x06" + std::string(4, '\0') + number(names.size(), 2) +
           number(names.size(), 2) + number(directory.size(), 4) + number(files.size(), 4) +
           std::string(2, '\0');
}

std::string base64(std::string_view octets) {
    constexpr std::string_view letters =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string text;
    for (std::size_t i = 0; i < octets.size(); i += 3) {
        std::uint32_t bits = 0;
        for (std::size_t j = 0; j < 3; ++j)
            bits = (bits << 8) |
                   (i + j < octets.size() ? static_cast<unsigned char>(octets[i + j]) : 0U);
        for (std::size_t j = 0; j < 4; ++j)
            text += i + j > octets.size() ? '=' : letters[(bits >> (18 - 6 * j)) & 63];
        if (text.size() % 78 == 76) text += "\r\n";
    }
    return text + "\r\n";
}

std::string attachment(const std::string& name, std::string_view octets) {
    return "--b\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n"
           "Content-Disposition: attachment; filename=\"" +
           name + "\"\r\n\r\n" + base64(octets);
}

const std::string mixed = "Content-Type: multipart/mixed; boundary=b\r\n\r\n";

// 中文邮件，使用 GB 18030 编码。 in GB 18030.
const std::string gb18030 =
    "\xd6\xd0\xce\xc4\xd3\xca\xbc\xfe\xa3\xac\xca\xb9\xd3\xc3 GB18030 \xb1\xe0\xc2\xeb\xa1\xa3\r\n";

}  // namespace

TEST_CASE("a Chinese message in GB 18030") {
    const Traits traits = text_of("GB18030", gb18030);
    REQUIRE(traits.charsets.size() == 1);
    CHECK(traits.charsets[0].charset == "gb18030");
    CHECK(traits.charset_valid());
    CHECK(traits.letters.han == 8);
    CHECK(traits.letters.latin == 2);
    CHECK(share(traits.letters.han, traits.letters) == 800);
    CHECK(language(traits.letters) == "chinese");
    CHECK(chinese(traits.letters) == "simplified");
    // It is no less valid as GBK, and no UTF-8 at all.
    CHECK(text_of("gbk", gb18030).charset_valid());
    CHECK(text_of("gb2312", gb18030).charset_valid());
    CHECK_FALSE(text_of("utf-8", gb18030).charset_valid());
    // Four octets for a letter beyond the first plane: U+20000.
    CHECK(text_of("gb18030", "\x95\x32\x82\x36\r\n").letters.han == 1);
}

TEST_CASE("a broken charset is counted by its octets") {
    std::string broken = gb18030;
    broken.insert(4, "\xff");
    const Traits traits = text_of("gb18030", broken);
    CHECK_FALSE(traits.charset_valid());
    CHECK(traits.charsets[0].errors == 1);
    CHECK(traits.letters.han == 8);
    CHECK(text_of("us-ascii", gb18030).charsets[0].errors == 20);
    CHECK(text_of("utf-8", "\xe4\xb8\xad\xe6\x96 x").charsets[0].errors == 2);
    // Traditional letters are not in GB 2312, which is all that the name promises: 體 is in GBK.
    CHECK(text_of("gb2312", "\xf3\x77").charsets[0].errors != 0);
    CHECK(text_of("gbk", "\xf3\x77").charset_valid());
    // What nobody has heard of is neither.
    const Traits unknown = text_of("x-klingon", "abc");
    CHECK_FALSE(unknown.charset_valid());
    CHECK_FALSE(unknown.charsets[0].known);
    CHECK(unknown.letters.latin == 3);
}

TEST_CASE("half a character where the kept octets end is no mistake") {
    const std::string content = "Content-Type: text/plain; charset=gb18030\r\n\r\n\xd6\xd0\xce";
    CHECK(read_traits(content, content.size() + 100).charset_valid());
    CHECK_FALSE(read_traits(content, content.size()).charset_valid());
    const std::string utf8 = "Content-Type: text/plain; charset=utf-8\r\n\r\n\xe4\xb8";
    CHECK(read_traits(utf8, utf8.size() + 1).charset_valid());
    CHECK_FALSE(read_traits(utf8, utf8.size()).charset_valid());
}

TEST_CASE("simplified Chinese, traditional Chinese, English, and two languages at once") {
    CHECK(chinese(text_of("big5", "\xc1\x63\xc5\xe9\xa4\xa4\xa4\xe5").letters) == "traditional");
    CHECK(chinese(text_of("utf-8", "中文").letters) == "");
    CHECK(language(text_of("us-ascii", "Plain English, and nothing else.").letters) == "latin");
    CHECK(language(text_of("utf-8", "Ваш заказ отправлен").letters) == "other");
    CHECK(language(text_of("utf-8", "1234 !?").letters) == "none");
    const Traits both = text_of("utf-8",
                                "您的订单已经发货，预计三天内送达。\r\nYour order has been shipped "
                                "and will arrive within three days.\r\n");
    CHECK(language(both.letters) == "bilingual");
    CHECK(share(both.letters.han, both.letters) + share(both.letters.latin, both.letters) >= 999);
    // A message that says nothing of its charset, in UTF-8: wrong, and still Chinese.
    const Traits bare = traits_of("Subject: x\r\n\r\n您的订单\r\n");
    CHECK_FALSE(bare.charset_valid());
    CHECK(language(bare.letters) == "chinese");
}

TEST_CASE("links of a text are found with their hosts") {
    const Traits traits = text_of("utf-8",
                                  "See https://Shop.Example.test/a?b=c, "
                                  "(http://click.example.net:8080/x) or www.example.org. "
                                  "请访问https://cn.example.test/中文 and "
                                  "https://shop.example.test/again. ftp://no.test xhttp://no.test "
                                  "https:// http://user@real.test/");
    CHECK(traits.references.domains ==
          std::vector<std::string>{"shop.example.test", "click.example.net", "www.example.org",
                                   "cn.example.test", "real.test"});
    CHECK(traits.references.links == 6);
    CHECK(message::host_of("https://[2001:db8::1]:443/") == "[2001:db8::1]");
    CHECK(message::host_of("mailto:a@b.test") == "");
    CHECK(message::host_of("//cdn.example.test/x") == "cdn.example.test");
    // The letters of a link are nobody's language.
    CHECK(language(text_of("utf-8", "请点击 https://example.test/a/very/long/path/of/letters")
                       .letters) == "chinese");
}

TEST_CASE("links, images and tracking pixels of HTML") {
    const Traits traits = html_of(
        "<html><head><style>a { color: red }</style><script>var x = '<a "
        "href=\"http://no.test\">';</script></head>"
        "<!-- <a href=\"http://no.test\"> --><body><a class=x "
        "HREF='https://shop.example.test/?a>b'>买</a>"
        "<a href=mailto:a@b.test>&#20080; &#x4e70;</a><a href=//cdn.example.test/>b</a>"
        "<img src=\"https://i.example.test/logo.png\" width=200 height=80>"
        "<img width=\"1\" height=\"1\" src=\"https://t.example.test/o.gif\">"
        "<IMG style=\"height: 1px; Width:0\" src=x></body></html>");
    CHECK(traits.references.links == 2);
    CHECK(traits.references.domains ==
          std::vector<std::string>{"shop.example.test", "cdn.example.test"});
    CHECK(traits.references.images == 3);
    CHECK(traits.references.tracking_pixels == 2);
    CHECK(traits.letters.han == 3);
    CHECK(traits.letters.latin == 1);
    CHECK(traits.has_html);
    CHECK_FALSE(traits.has_alternative);
}

TEST_CASE("a text and its HTML are alternatives") {
    const auto made = [](const std::string& type) {
        return traits_of("Content-Type: multipart/" + type +
                         "; boundary=b\r\n\r\n--b\r\n\r\nx\r\n--b\r\nContent-Type: "
                         "multipart/related; boundary=r\r\n\r\n"
                         "--r\r\nContent-Type: text/html\r\n\r\ny\r\n--r\r\nContent-Type: "
                         "image/png; name=l.png\r\n"
                         "Content-ID: <l>\r\n\r\nz\r\n--r--\r\n--b--\r\n");
    };
    CHECK(made("alternative").has_alternative);
    CHECK_FALSE(made("mixed").has_alternative);
    CHECK(made("mixed").has_html);
    CHECK(made("mixed").attachments.empty());  // the picture stands in the text
}

TEST_CASE("attachments are known by extension, type and size") {
    const Traits traits = traits_of(
        mixed + "--b\r\n\r\nSee attached.\r\n" + attachment("Report.PDF", "12345") +
        attachment("archive.tar.gz", "1234567") + attachment("second.pdf", "1") +
        "--b\r\nContent-Type: application/vnd.ms-excel\r\nContent-Disposition: inline\r\n\r\nx\r\n"
        "--b\r\nContent-Type: text/calendar; name=a.ics\r\n\r\nx\r\n"
        "--b\r\nContent-Type: text/plain\r\nContent-Disposition: inline; "
        "filename=a.txt\r\n\r\nx\r\n--b--\r\n");
    CHECK(traits.attachment_kinds() ==
          std::vector<std::string>{"pdf", "gz", "vnd.ms-excel", "ics"});
    REQUIRE(traits.attachments.size() == 5);
    CHECK(traits.attachments[0].file_name == "Report.PDF");
    CHECK(traits.attachments[0].octets == 5);
    CHECK(traits.attachments[1].octets == 7);
    CHECK(traits.structure.part_count == 7);
    CHECK(traits.decoded_octets == 13 + 5 + 7 + 1 + 1 + 1 + 1);
    CHECK(message::extension_of("a.b/c") == "");
    CHECK(message::extension_of("none") == "");
    CHECK(message::extension_of("a.") == "");
}

TEST_CASE("a ZIP archive says what it holds, without being unpacked") {
    const Traits traits = traits_of(
        mixed +
        attachment("a.zip", archive_of({"inner.zip", "中.zip", "run.exe", "\xd6\xd0.txt"})) +
        "--b--\r\n");
    REQUIRE(traits.attachments.size() == 1);
    CHECK(traits.attachments[0].names ==
          std::vector<std::string>{"inner.zip", "中.zip", "run.exe", "\\xd6\\xd0.txt"});
    CHECK(traits.attachment_kinds() == std::vector<std::string>{"zip"});
    CHECK_FALSE(message::archive_names("PK\x05\x06").has_value());
    CHECK_FALSE(message::archive_names("no archive at all, of more than 22 octets").has_value());
    CHECK(message::archive_names(archive_of({})).has_value());
    // A directory that says more than there is; and one that is longer than anybody wants to know.
    std::string broken = archive_of({"a"});
    broken.resize(broken.size() - 12);
    broken += std::string(12, '\xff');
    CHECK_FALSE(message::archive_names(broken).has_value());
    CHECK(message::archive_names(archive_of(std::vector<std::string>(3000, "a.zip")))->size() ==
          limits::archive_names_max);
    // Half an archive: nothing is known.
    const std::string whole = mixed + attachment("a.zip", archive_of({"x"})) + "--b--\r\n";
    CHECK(
        read_traits(whole.substr(0, whole.size() - 40), whole.size()).attachments[0].names.empty());
}

TEST_CASE("traits as the journal keeps them") {
    CHECK(
        to_json(traits_of("Subject: x\r\n\r\nHello\r\n")) ==
        R"({"octets":21,"decoded_octets":7,"parts":1,"whole":true,"defects":[],"attachment_types":[],)"
        R"("attachments":[],"charsets":[{"charset":"us-ascii","known":true,"errors":0}],"charset_valid":true,)"
        R"("language":"latin","chinese":"","han_share":0,"latin_share":1000,"has_html":false,)"
        R"("has_alternative":false,"links":0,"link_domains":[],"images":0,"tracking_pixels":0})");
    const std::string json =
        to_json(traits_of(mixed + attachment("a\\\".zip", archive_of({"b.zip"})) + "--b\r\n"));
    CHECK_THAT(json, Catch::Matchers::Contains(R"("defects":["not_closed"])"));
    CHECK_THAT(json, Catch::Matchers::Contains(
                         R"({"name":"a\".zip","type":"application/octet-stream","octets":)"));
    CHECK_THAT(json, Catch::Matchers::Contains(R"("holds":["b.zip"])"));
    std::string many = mixed;
    for (int i = 0; i < 10'000; ++i)
        many += attachment("f" + std::to_string(i) + ".x" + std::to_string(i), "1");
    const Traits traits = traits_of(many);
    CHECK(traits.structure.part_count == 10'000);
    CHECK(traits.attachment_kinds().size() == limits::traits_listed_max);
    CHECK(to_json(traits).size() < 32'768);
}
