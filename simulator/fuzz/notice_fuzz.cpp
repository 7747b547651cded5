// Notices: any octets are read without harm, and what was read is within bounds.
#include "message/notice.h"

#include "core/limits.h"
#include "fuzz/reader.h"

using namespace fakemx;
using fakemx::fuzz::must;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* octets, std::size_t size) {
    const std::string_view content = fuzz::Reader{octets, size}.rest();
    const auto notice = message::read_notice(content);
    if (!notice) return 0;
    // It says whom it is about, or which message.
    must(!notice->recipients.empty() || !notice->message_id.empty());
    must(!notice->structured || !notice->recipients.empty());
    must(notice->recipients.size() <= limits::notice_recipients_max);
    must(notice->message_id.find('>') == std::string::npos);
    for (const auto& recipient : notice->recipients) {
        must(!recipient.address.empty() && recipient.address.find('\n') == std::string::npos);
        must(!name(recipient.action).empty());
        must(notice->structured || recipient.status.empty());
    }
    return 0;
}
