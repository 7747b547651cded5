// Message data: splitting does not matter, the end is where a search for it finds it, counts add up.
#include "smtp/message_intake.h"

#include <string>
#include <tuple>

#include "fuzz/reader.h"

using namespace fakemx;
using fakemx::fuzz::must;

namespace {

std::size_t feed(smtp::MessageIntake& intake, std::string_view input, std::size_t step) {
    std::size_t taken = 0;
    while (taken < input.size() && !intake.done()) taken += intake.feed(input.substr(taken, step));
    return taken;
}

/// What the message is like, apart from where it is kept.
auto counts_of(const smtp::Message& message) {
    return std::tuple{message.content,        message.octets,  message.lines,
                      message.bare_cr,        message.bare_lf, message.long_lines,
                      message.dotted_lines,   message.nul,     message.eight_bit,
                      message.bare_dot_lines, message.too_big};
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
    must(counts_of(message) == counts_of(pieces.finish()));
    must(message.octets == message.content.size());
    must(message.nul == (input.substr(0, taken).find('\0') != std::string_view::npos));
    smtp::MessageIntake chunked{10};
    for (std::size_t at = 0; at < message.content.size(); at += step)
        chunked.feed_chunk(std::string_view{message.content}.substr(at, step));
    chunked.end_chunks();
    const smtp::Message chunks = chunked.finish();
    must(chunks.content == message.content && chunks.lines == message.lines &&
         chunks.bare_lf == message.bare_lf && chunks.bare_cr == message.bare_cr &&
         chunks.long_lines == message.long_lines);
    must(message.octets + message.dotted_lines + message.bare_dot_lines + 3 == taken);
    return 0;
}
