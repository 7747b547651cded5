// Message data: splitting does not matter, the end is where a search for it finds it, counts add up.
#include "smtp/message_intake.h"

#include <string>

#include "fuzz/reader.h"

using namespace fakemx;
using fakemx::fuzz::must;

namespace {

std::size_t feed(smtp::MessageIntake& intake, std::string_view input, std::size_t step) {
    std::size_t taken = 0;
    while (taken < input.size() && !intake.done()) taken += intake.feed(input.substr(taken, step));
    return taken;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* octets, std::size_t size) {
    fuzz::Reader reader{octets, size};
    const std::size_t step = 1 + reader.below(7);
    const std::string_view input = reader.rest();
    smtp::MessageIntake whole{10};
    smtp::MessageIntake pieces{10};
    const std::size_t taken = feed(whole, input, input.size() + 1);
    must(feed(pieces, input, step) == taken);
    must(whole.done() == pieces.done() && whole.octets() == pieces.octets());

    // RFC 5321 §4.1.1.4, said in one line: the CRLF of DATA belongs to the end.
    const std::string behind_data = "\r\n" + std::string{input};
    const std::size_t end = behind_data.find("\r\n.\r\n");
    must(whole.done() == (end != std::string::npos));
    if (!whole.done()) return 0;
    must(taken == end + 3);
    const smtp::Message message = whole.finish();
    must(message.content == pieces.finish().content);
    must(message.octets == message.content.size());
    must(message.octets + message.dotted_lines + message.bare_dot_lines + 3 == taken);
    return 0;
}
