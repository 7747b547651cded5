// Encodings and charsets there and back: what is encoded is decoded to the same octets.
#include "message/encoding.h"

#include "message/tags.h"
#include "support/catch.h"

using namespace fakemx;
using message::TransferEncoding;

TEST_CASE("what is encoded can be decoded, in lines that mail may have") {
    std::string all;
    for (int i = 0; i < 1000; ++i) all += static_cast<char>(i % 256);
    std::string lines = "caf\xc3\xa9 = 1 \r\n\r\n.\r\n" + std::string(300, 'x') + "\r\nend";
    for (const TransferEncoding encoding : {TransferEncoding::identity, TransferEncoding::base64,
                                            TransferEncoding::quoted_printable}) {
        const std::string& octets = encoding == TransferEncoding::base64 ? all : lines;
        const std::string encoded = message::encode_transfer(encoding, octets);
        INFO(encoded);
        std::string decoded = message::decode_transfer(encoding, encoded);
        CHECK(decoded.substr(0, octets.size()) == octets);
        if (encoding == TransferEncoding::identity) continue;
        CHECK(encoded.find('\n') == encoded.find("\r\n") + 1);
        CHECK(encoded.find("\r\n") <= 76);
    }
}

TEST_CASE("text becomes octets of a charset, where that has its characters") {
    using message::from_utf8;
    CHECK(from_utf8("gb18030", "中文") == "\xd6\xd0\xce\xc4");
    CHECK(from_utf8("iso-8859-1", "caf\xc3\xa9") == "caf\xe9");
    CHECK_FALSE(from_utf8("iso-8859-1", "中"));
    CHECK_FALSE(from_utf8("us-ascii", "\xc3\xa9"));
    CHECK_FALSE(from_utf8("x-unheard-of", "a"));
    // Back to ASCII at the end.
    CHECK(from_utf8("iso-2022-jp", "日") == "\x1b$BF|\x1b(B");
    const std::string long_text(100'000, 'a');
    CHECK(from_utf8("utf-16le", long_text)->size() == 2 * long_text.size());
}

TEST_CASE("HTML is read as text and tags, with nothing said of comments and scripts") {
    message::HtmlReader reader{"a<b c='>'>d<!-- <e> -->f<script>g<h></script><i"};
    std::string read;
    while (reader.next()) read += std::string{reader.text} + "[" + std::string{reader.inside} + "]";
    CHECK(read == "a[b c='>']d[]f[script][/script][]");
}
