// What a client may do to a message on its way, and what it must not: beside reference_transaction.cpp.
#include "conformance/reference_client.h"
#include "core/text.h"
#include "message/encoding.h"

namespace fakemx::test {

namespace {

/// In the place of the first one that stands there.
std::string with(std::string text, std::string_view old, std::string_view other) {
    const std::size_t at = text.find(old);
    return at == std::string::npos ? text : text.replace(at, old.size(), other);
}

}  // namespace

/// `content` with its line ends; a body that is recoded where the server takes no 8bit (RFC 6152 §3).
std::string ReferenceClient::changed(std::string content) const {
    if (breaks("data-no-extra-crlf")) content += "\r\n";
    if (breaks("data-fidelity")) return with(content, "Hello.", "Hallo.");
    // The last line, where it was to be ended; or another one.
    if (breaks("data-final-newline") || breaks("data-truncation"))
        content.resize(content.rfind("\r\n", content.size() - 3) + 2);
    const std::size_t body = content.find("\r\n\r\n") + 4;
    if (!options_.recodes || offers("8BITMIME") || is_ascii(content)) return content;
    std::string text = content.substr(body);
    if (breaks("8bit-downgrade")) std::erase_if(text, [](char c) { return !is_ascii(c); });
    return with(content.substr(0, body), "Encoding: 8bit", "Encoding: quoted-printable") +
           message::encode_transfer(message::TransferEncoding::quoted_printable, text);
}

/// A transaction for each recipient.
bool ReferenceClient::transact_for_each(const Letter& letter) {
    Codes codes;
    bool goes_on = true;
    for (const std::string& recipient : letter.to) {
        Letter one = letter;
        one.to = {recipient};
        codes_.assign(1, 0);
        goes_on = goes_on && transact(one);
        codes.push_back(codes_.front());
    }
    codes_ = codes;
    return goes_on;
}

}  // namespace fakemx::test
