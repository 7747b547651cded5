// The notices of the reference queue (RFC 3464), and the ways to be wrong about them.
#include <fmt/format.h>

#include "conformance/reference_queue.h"
#include "message/header_section.h"

namespace fakemx::test {

/// RFC 3461 §4.1: without NOTIFY= failures are told; this queue tells of delays only those who ask.
bool ReferenceQueue::is_wanted(const Letter& letter, int code, std::string_view action) const {
    const std::string notify = letter.asks_for_notices ? "SUCCESS" : letter.notify;
    const auto asks = [&](std::string_view word) {
        return notify.find(word) != std::string_view::npos;
    };
    if (action == "relayed")
        return asks("SUCCESS") ? !breaks("dsn-relayed") : breaks("dsn-no-unrequested-success");
    if (action == "delayed") return asks("DELAY") || breaks("dsn-delay-rule");
    if (breaks("dsn-failed") && notices_ != 0) return false;
    return notify.empty() || asks("FAILURE") || (code / 100 == 5 && breaks("dsn-never"));
}

std::string ReferenceQueue::notice_of(const Letter& letter, int code, std::string_view action) {
    const auto id = message::HeaderSection::parse(letter.text).message_id();
    std::string text = fmt::format(
        "Date: Thu, 01 Jan 2026 00:00:00 +0000\r\n"
        "From: MAILER-DAEMON@sender.example\r\n"
        "To: {}\r\n"
        "Message-ID: <notice.{}@sender.example>\r\n"
        "Auto-Submitted: auto-replied\r\n"
        "Subject: Undelivered\r\n"
        "MIME-Version: 1.0\r\n",
        letter.from, ++notices_);
    if (breaks("dsn-format")) return text + "\r\nNo delivery to " + letter.to.front() + "\r\n";
    text +=
        "Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n"
        "\r\n"
        "--b\r\n\r\nThis is what became of it.\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\n"
        "Reporting-MTA: dns; mta.sender.example\r\n";
    for (const std::string& recipient : letter.to) {
        text += fmt::format(
            "\r\nFinal-Recipient: rfc822; {}\r\nAction: {}\r\nStatus: {}.0.0\r\n"
            "Diagnostic-Code: smtp; {}\r\n",
            recipient, action, code == 0 ? 4 : code / 100, code);
        if (breaks("rcpt-report-each") || breaks("rcpt-data-fail-all")) break;
    }
    return text + fmt::format(
                      "\r\n--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: "
                      "<{}>\r\n\r\n--b--\r\n",
                      id.value_or("none"));
}

void ReferenceQueue::give_notice(const Letter& letter, int code, std::string_view action) {
    if (!options_.notices_to || letter.from.empty() || !is_wanted(letter, code, action)) return;
    const auto header = message::HeaderSection::parse(letter.text);
    Letter notice;
    notice.from = breaks("null-sender-bounce") ? letter.from : "";
    notice.to = {breaks("bounce-recipient") ? std::string{header.field("From").value_or("")}
                                            : letter.from};
    notice.text = notice_of(letter, code, action);
    const int answer = client_.deliver({notice}, *options_.notices_to).front().front();
    if (!breaks("no-bounce-of-bounce") || answer / 100 != 5) return;
    notice.from = letter.from;
    notice.text = notice_of(notice, answer, "failed");
    notice.from = "";
    client_.deliver({notice}, *options_.notices_to);
}

}  // namespace fakemx::test
