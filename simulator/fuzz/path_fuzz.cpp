// Paths: what was read is within its limits, and can be written and read again.
#include "smtp/path.h"

#include <string>

#include "core/limits.h"
#include "fuzz/reader.h"

using namespace fakemx;
using fakemx::fuzz::must;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* octets, std::size_t size) {
    const std::string_view text = fuzz::Reader{octets, size}.rest();
    smtp::is_domain(text);
    smtp::is_address_literal(text);
    const auto parsed = smtp::parse_path(text);
    if (!parsed) {
        must(!smtp::describe(parsed.error()).empty());
        return 0;
    }
    must(parsed->octets <= text.size() && parsed->octets <= limits::path_octets_max);
    must(text[parsed->octets - 1] == '>');
    const smtp::Path& path = parsed->path;
    must(path.local_part.size() <= limits::local_part_octets_max);
    must(path.domain.empty() || smtp::is_domain(path.domain) ||
         smtp::is_address_literal(path.domain));
    must(path.address().find_first_of("\r\n") == std::string::npos);
    const std::string written = "<" + path.address() + ">";
    const auto again = smtp::parse_path(written);
    must(again && again->path == path && again->octets == written.size());
    // Nothing behind the path changes it.
    const auto followed = smtp::parse_path(std::string{text.substr(0, parsed->octets)} + " X>");
    must(followed && followed->path == path);
    return 0;
}
