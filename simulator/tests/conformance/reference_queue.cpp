// A queue by the book (RFC 5321 §4.5.4.1), and its ways to be wrong.
#include "conformance/reference_queue.h"

#include <algorithm>

#include <fmt/format.h>

#include "message/header_section.h"

namespace fakemx::test {

namespace {

constexpr Duration lifetime = std::chrono::hours{5 * 24};
constexpr Duration first_wait = 30min;
constexpr Duration longest_wait = 4h;

}  // namespace

void ReferenceQueue::work_off(const std::vector<Letter>& letters) {
    std::vector<Entry> entries;
    for (const Letter& letter : letters)
        entries.push_back({.letter = letter, .arrived = run_.now(), .due = run_.now()});
    while (!entries.empty()) {
        const auto next =
            std::min_element(entries.begin(), entries.end(),
                             [](const Entry& a, const Entry& b) { return a.due < b.due; });
        if (next->due > run_.now()) run_.advance(next->due - run_.now());
        if (!attempt(*next)) entries.erase(next);
    }
}

ReferenceClient::Codes ReferenceQueue::try_hosts(const Letter& letter) {
    ReferenceClient::Codes codes;
    for (const std::size_t host : options_.hosts) {
        codes = client_.deliver({letter}, host).front();
        const bool settled = std::all_of(codes.begin(), codes.end(), [](int code) {
            return code / 100 == 2 || code / 100 == 5;
        });
        if (settled) break;
    }
    return codes;
}

bool ReferenceQueue::attempt(Entry& entry) {
    const ReferenceClient::Codes codes = try_hosts(entry.letter);
    Letter left = entry.letter;
    left.to.clear();
    Letter failed = left;
    for (std::size_t i = 0; i < codes.size(); ++i) {
        const std::string& recipient = entry.letter.to[i];
        const int code = codes[i];
        if (code / 100 == 2) continue;
        entry.code = code;
        const bool for_good = code / 100 == 5 && !breaks("retry-none-after-5yz");
        (for_good ? failed : left).to.push_back(recipient);
    }
    if (!failed.to.empty()) give_notice(failed, entry.code);
    entry.letter = left;
    if (left.to.empty() || breaks("retry-queue")) return false;
    const Duration age = run_.now() - entry.arrived;
    if (age >= lifetime) {
        give_notice(left, entry.code);
        return false;
    }
    entry.wait =
        entry.wait == Duration::zero() ? first_wait : std::min(2 * entry.wait, longest_wait);
    entry.due = later(run_.now(), entry.wait);
    return true;
}

/// RFC 3464, to the sender, from nobody.
void ReferenceQueue::give_notice(const Letter& letter, int code) {
    if (!options_.notices_to || letter.from.empty()) return;
    const auto id = message::HeaderSection::parse(letter.text).message_id();
    Letter notice;
    notice.from = "";
    notice.to = {letter.from};
    notice.text = fmt::format(
        "Date: Thu, 01 Jan 2026 00:00:00 +0000\r\n"
        "From: MAILER-DAEMON@sender.example\r\n"
        "To: {}\r\n"
        "Message-ID: <notice.{}@sender.example>\r\n"
        "Auto-Submitted: auto-replied\r\n"
        "Subject: Undelivered\r\n"
        "MIME-Version: 1.0\r\n"
        "Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n"
        "\r\n"
        "--b\r\n\r\nIt could not be delivered.\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\n"
        "Reporting-MTA: dns; mta.sender.example\r\n",
        letter.from, ++notices_);
    for (const std::string& recipient : letter.to) {
        notice.text += fmt::format(
            "\r\nFinal-Recipient: rfc822; {}\r\nAction: failed\r\nStatus: {}.0.0\r\n"
            "Diagnostic-Code: smtp; {}\r\n",
            recipient, code / 100 == 5 ? 5 : 4, code);
    }
    notice.text += fmt::format(
        "\r\n--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: <{}>\r\n\r\n--b--\r\n",
        id.value_or("none"));
    client_.deliver({notice}, *options_.notices_to);
}

}  // namespace fakemx::test
