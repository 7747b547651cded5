// Command lines: the pieces lie within the line, and what was read can be written and read again.
#include "smtp/command.h"

#include <string>

#include "fuzz/reader.h"

using namespace fakemx;
using fakemx::fuzz::must;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* octets, std::size_t size) {
    const std::string_view line = fuzz::Reader{octets, size}.rest();
    const smtp::Command command = smtp::parse_command(line);
    must(line.starts_with(command.word));
    must(command.word.size() + command.argument.size() <= line.size());
    for (const char* keyword : {"FROM", "TO"}) {
        const auto parsed = smtp::parse_path_argument(command.argument, keyword);
        if (!parsed) continue;
        std::string text = keyword + std::string{":<"} + parsed->path.address() + ">";
        for (const smtp::Parameter& parameter : parsed->parameters) {
            smtp::parse_size_value(parameter.value);
            text += " " + parameter.keyword + (parameter.has_value ? "=" + parameter.value : "");
        }
        const auto again = smtp::parse_path_argument(text, keyword);
        must(again && again->path == parsed->path && again->parameters == parsed->parameters);
    }
    return 0;
}
