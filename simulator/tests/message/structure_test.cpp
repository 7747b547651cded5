// The parts of messages (RFC 2045, RFC 2046): what is found, where it is, what is wrong with it.
#include "message/structure.h"

#include "core/limits.h"
#include "support/catch.h"
#include "support/draws.h"
#include "tests/message/lines.h"

using namespace fakemx;
using message::Part;
using message::read_structure;
using message::Structure;
using test::lines;

namespace {

/// "multipart/mixed(text/plain 5 application/pdf 3/2)": sent octets, and decoded ones where they differ.
std::string show(const Structure& structure, std::size_t index = 0) {
    const Part& part = structure.parts.at(index);
    std::string text = part.content.type;
    if (!part.has_parts) {
        text += " " + std::to_string(part.octets);
        if (part.decoded != part.octets) text += "/" + std::to_string(part.decoded);
        return text;
    }
    std::string inside;
    for (std::size_t i = index + 1; i < structure.parts.size(); ++i) {
        if (structure.parts[i].parent == index)
            inside += (inside.empty() ? "" : " ") + show(structure, i);
    }
    return text + "(" + inside + ")";
}

std::string show(std::string_view content) {
    return show(read_structure(content, true));
}

std::string defects(std::string_view content, bool whole = true) {
    std::string text;
    for (const auto defect : read_structure(content, whole).defects)
        text += (text.empty() ? "" : " ") + std::string{name(defect)};
    return text;
}

std::string_view body(const Structure& structure, std::string_view content, std::size_t part) {
    return content.substr(structure.parts.at(part).begin, structure.parts.at(part).octets);
}

/// Everything that is known, to compare.
std::string everything(const Structure& structure) {
    std::string text =
        std::to_string(structure.octets) + " " + std::to_string(structure.part_count);
    for (const auto defect : structure.defects) text += " " + std::string{name(defect)};
    for (const Part& part : structure.parts) {
        text += "\n" + std::to_string(part.parent) + " " + std::to_string(part.depth) + " " +
                part.content.type + " " + part.content.charset + " " + part.encoding_name + " " +
                part.disposition + " " + part.file_name + " " + std::to_string(part.begin) + " " +
                std::to_string(part.octets) + " " + std::to_string(part.decoded) +
                (part.has_parts ? " parts" : "") + (part.has_id ? " id" : "");
    }
    return text;
}

const std::string mixed = lines(R"(From: a@example.test
Content-Type: multipart/mixed; boundary="out"

preamble
--out
Content-Type: multipart/alternative; boundary=in

--in

plain
--in
Content-Type: text/html; charset=GB18030
Content-Transfer-Encoding: Quoted-Printable

<p>=
a=3D b</p>
--in--

--out
Content-Type: application/pdf; name="a.pdf"
Content-Disposition: ATTACHMENT
Content-Transfer-Encoding: base64
Content-ID: <1@example.test>

aGVs
bG8=

--out--
epilogue
)");

}  // namespace

TEST_CASE("a message without parts is one part") {
    CHECK(show("Subject: x\r\n\r\nhello\r\n") == "text/plain 7");
    CHECK(show("") == "text/plain 0");
    CHECK(show("no header at all\r\n") == "text/plain 18");
    CHECK(show("Content-Type: nonsense\r\n\r\nx") == "text/plain 1");
    CHECK(show("Content-Type: Application/ZIP\r\nContent-Transfer-Encoding: "
               "base64\r\n\r\nUEsF\r\nBg==\r\n") == "application/zip 12/4");
    CHECK(show("A: b\n\nbare\nline feeds\n") == "text/plain 16");
}

TEST_CASE("a multipart holds what stands between its delimiters: RFC 2046 §5.1.1") {
    const Structure structure = read_structure(mixed, true);
    CHECK(show(structure) ==
          "multipart/mixed(multipart/alternative(text/plain 5 text/html 16/11) "
          "application/pdf 12/5)");
    CHECK(structure.part_count == 3);
    CHECK(structure.defects.empty());
    CHECK(body(structure, mixed, 2) == "plain");
    CHECK(body(structure, mixed, 3) == "<p>=\r\na=3D b</p>");
    const Part& html = structure.parts.at(3);
    CHECK(html.content.charset == "gb18030");
    CHECK(html.encoding_name == "quoted-printable");
    CHECK(html.depth == 2);
    const Part& pdf = structure.parts.at(4);
    CHECK(pdf.file_name == "a.pdf");
    CHECK(pdf.disposition == "attachment");
    CHECK(pdf.has_id);
    CHECK(pdf.parent == 0);
}

TEST_CASE("a message inside a message has parts of its own") {
    const std::string forwarded = lines(R"(Content-Type: multipart/digest; boundary=d

--d

Subject: first

one
--d
Content-Type: message/rfc822

Content-Type: multipart/mixed; boundary=e

--e
Content-Type: image/png

two
--e--
--d--
)");
    const Structure structure = read_structure(forwarded, true);
    CHECK(show(structure) ==
          "multipart/digest(message/rfc822(text/plain 3) "
          "message/rfc822(multipart/mixed(image/png 3)))");
    CHECK(structure.part_count == 2);
    CHECK(structure.defects.empty());
}

TEST_CASE("a delimiter is one that is open, with nothing but blanks behind it") {
    const auto with = [](std::string_view line) {
        return show(lines("Content-Type: multipart/mixed; boundary=b\n\n--b\n\nx\n" +
                          std::string{line} + "\n\ny\n--b--\n"));
    };
    CHECK(with("--b") == "multipart/mixed(text/plain 1 text/plain 1)");
    CHECK(with("--b \t") == "multipart/mixed(text/plain 1 text/plain 1)");
    CHECK(with("--bb") == "multipart/mixed(text/plain 12)");
    CHECK(with("--b x") == "multipart/mixed(text/plain 13)");
    CHECK(with(" --b") == "multipart/mixed(text/plain 12)");
    CHECK(with("--B") == "multipart/mixed(text/plain 11)");
    CHECK(with("--b--") == "multipart/mixed(text/plain 1)");
    // The last delimiter of the outer one ends the inner one as well.
    CHECK(defects(lines("Content-Type: multipart/mixed; boundary=o\n\n--o\n"
                        "Content-Type: multipart/mixed; boundary=oi\n\n--oi\n\nx\n--o--\n")) ==
          "not_closed");
}

TEST_CASE("what is wrong with a message is named") {
    CHECK(defects("Content-Type: multipart/mixed\r\n\r\n--b\r\n") == "no_boundary");
    CHECK(defects("Content-Type: multipart/mixed; boundary=\"\"\r\n\r\n") == "no_boundary");
    CHECK(defects("Content-Type: multipart/mixed; boundary=b\r\n\r\nx\r\n") == "no_delimiter");
    CHECK(defects("Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nx") == "not_closed");
    CHECK(defects("Content-Transfer-Encoding: rot13\r\n\r\nx") == "unknown_encoding");
    CHECK(
        defects("Content-Type: multipart/mixed; boundary=b\r\nContent-Transfer-Encoding: base64\r\n"
                "\r\n--b--\r\n") == "encoded_parts");
    // Of a message that was not seen to its end, nobody knows whether it was closed.
    CHECK(defects("Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nx", false) == "");
    CHECK_FALSE(read_structure("x", false).whole);
}

TEST_CASE("file names are decoded as RFC 2231 says, and as senders write them") {
    const auto name_in = [](const std::string& header) {
        return read_structure(header + "\r\n\r\n", true).parts.at(0).file_name;
    };
    CHECK(name_in("Content-Disposition: attachment; filename=report.zip") == "report.zip");
    CHECK(name_in("Content-Disposition: attachment; filename*=UTF-8''%E4%B8%AD.zip") == "中.zip");
    CHECK(
        name_in(
            "Content-Disposition: attachment; filename*0*=gb18030''%D6%D0;\r\n filename*1=.zip") ==
        "中.zip");
    CHECK(name_in("Content-Disposition: attachment; filename=\"=?gb2312?B?1tA=?=.zip\"") ==
          "中.zip");
    CHECK(name_in("Content-Type: application/zip; name=\"=?UTF-8?Q?=E4=B8=AD?=.zip\"") == "中.zip");
    // GB 18030 as it is, without any word about it.
    CHECK(name_in("Content-Disposition: attachment; filename=\"\xd6\xd0.zip\"") == "中.zip");
    CHECK(name_in("Content-Disposition: attachment; filename=\"" + std::string(5000, 'a') + "\"")
              .size() == limits::mime_word_octets_max);
}

TEST_CASE("ten thousand parts are counted, and the first thousand kept") {
    std::string content = "Content-Type: multipart/mixed; boundary=b\r\n\r\n";
    for (int i = 0; i < 10'000; ++i) content += "--b\r\nContent-Type: image/png\r\n\r\nx\r\n";
    content += "--b--\r\n";
    const Structure structure = read_structure(content, true);
    CHECK(structure.part_count == 10'000);
    CHECK(structure.parts.size() == limits::mime_parts_max);
    CHECK(structure.defects.empty());
    CHECK(structure.octets == content.size());
}

TEST_CASE("parts inside parts are looked at to a depth") {
    const auto nested = [](std::size_t depth) {
        std::string content;
        for (std::size_t i = 0; i < depth; ++i) {
            if (i != 0) content += "--b" + std::to_string(i - 1) + "\r\n";
            content += "Content-Type: multipart/mixed; boundary=b" + std::to_string(i) + "\r\n\r\n";
        }
        for (std::size_t i = depth; i-- != 0;) content += "--b" + std::to_string(i) + "--\r\n";
        return content;
    };
    CHECK(defects(nested(limits::mime_depth_max)) == "");
    CHECK(defects(nested(limits::mime_depth_max + 1)) == "too_deep");
    std::string messages;
    for (int i = 0; i < 5000; ++i) messages += "Content-Type: message/rfc822\r\n\r\n";
    CHECK(read_structure(messages, true).parts.size() == limits::mime_depth_max + 1);
    CHECK(read_structure(messages, true).part_count == 1);
}

TEST_CASE("how a message comes in does not matter to its structure") {
    std::string long_lines = mixed;
    long_lines.replace(long_lines.find("aGVs"), 4, std::string(70'000, 'A'));
    test::Draws draws{"structure chunks"};
    for (const std::string& content : {mixed, long_lines}) {
        const std::string expected = everything(read_structure(content, true));
        for (int round = 0; round < 200; ++round) {
            message::StructureReader reader;
            for (std::string_view rest = content; !rest.empty();) {
                const std::size_t octets = 1 + draws.below(draws.one_in(4) ? 2000 : 9);
                reader.feed(rest.substr(0, octets));
                rest.remove_prefix(std::min(octets, rest.size()));
            }
            REQUIRE(everything(reader.finish(true)) == expected);
        }
    }
}

TEST_CASE("whatever a message says, its parts lie inside it and inside one another") {
    const std::vector<std::string> pieces{"--b",
                                          "--b--",
                                          "--c",
                                          "--c--",
                                          "\r\n",
                                          "\n",
                                          "Content-Type: multipart/mixed; boundary=b\r\n",
                                          "Content-Type: multipart/digest; boundary=c\r\n",
                                          "Content-Type: message/rfc822\r\n",
                                          "Content-Transfer-Encoding: base64\r\n",
                                          "Content-Transfer-Encoding: quoted-printable\r\n",
                                          "text=\r\n",
                                          "QUJD=",
                                          "=",
                                          "\r"};
    test::Draws draws{"structures"};
    for (int round = 0; round < 3000; ++round) {
        std::string content;
        for (std::uint64_t left = draws.below(40); left != 0; --left)
            content += pieces[draws.below(pieces.size())];
        const Structure structure = read_structure(content, true);
        std::uint64_t leaves = 0;
        for (std::size_t i = 0; i < structure.parts.size(); ++i) {
            const Part& part = structure.parts[i];
            leaves += part.has_parts ? 0 : 1;
            REQUIRE(part.parent <= i);
            REQUIRE(part.begin + part.octets <= content.size());
            REQUIRE(part.decoded <= part.octets);
            if (i != 0) {
                REQUIRE(part.parent < i);
                REQUIRE(structure.parts[part.parent].has_parts);
                REQUIRE(part.depth == structure.parts[part.parent].depth + 1);
            }
        }
        REQUIRE(leaves == structure.part_count);
    }
}
