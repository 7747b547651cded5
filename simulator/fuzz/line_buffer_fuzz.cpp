// Framing: what comes out does not depend on how the octets were split, and adds up to what went in.
#include "smtp/line_buffer.h"

#include <string>

#include <fmt/format.h>

#include "core/limits.h"
#include "fuzz/reader.h"

using namespace fakemx;

namespace {

std::string lines_of(std::string_view input, std::size_t step) {
    smtp::LineBuffer buffer;
    std::string lines;
    std::size_t octets = 0;
    for (; !input.empty(); input.remove_prefix(std::min(step, input.size()))) {
        buffer.append(input.substr(0, step));
        octets += std::min(step, input.size());
        while (const auto line = buffer.take_line()) {
            octets -= line->octets;
            fuzz::must(line->too_long == (line->octets - 2 > limits::line_octets_kept));
            fuzz::must(line->too_long || line->text.size() + 2 == line->octets);
            lines += fmt::format("{} {}\n", line->octets, line->text);
        }
        fuzz::must(buffer.arrived() == octets && buffer.size() <= limits::line_octets_kept + 1);
    }
    return lines + fmt::format("{} {}", buffer.arrived(), buffer.beginning().substr(0, 64));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* octets, std::size_t size) {
    fuzz::Reader reader{octets, size};
    const std::size_t step = 1 + reader.below(255);
    // Long lines come from short inputs: so many octets in front of the rest.
    const std::string input = std::string(reader.below(3) * limits::line_octets_kept / 2, 'x') +
                              std::string(reader.below(4), 'y') + std::string{reader.rest()};
    const std::string whole = lines_of(input, input.size() + 1);
    fuzz::must(lines_of(input, step) == whole);
    if (input.size() < 300) fuzz::must(lines_of(input, 1) == whole);
    return 0;
}
