// Replies: what was read can be written and read again, and so can what a profile writes in one line.
#include "smtp/reply.h"

#include "fuzz/reader.h"

using namespace fakemx;
using fakemx::fuzz::must;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* octets, std::size_t size) {
    const std::string_view text = fuzz::Reader{octets, size}.rest();
    if (const auto reply = smtp::parse_reply(text)) {
        must(smtp::parse_reply(smtp::to_wire(*reply)) == reply);
        smtp::text_of(*reply);
    }
    if (const auto reply = smtp::parse_reply_text(text)) {
        must(smtp::to_wire(*reply).size() >= 6);
        must(smtp::parse_reply_text(std::to_string(reply->code) + " " + smtp::text_of(*reply))
                 .has_value());
    }
    if (const auto code = smtp::parse_enhanced_code(text)) must(format(*code) == text);
    return 0;
}
