// Header sections: any octets are read without harm, and what was read is within bounds.
#include "message/header_section.h"

#include "core/limits.h"
#include "fuzz/reader.h"

using namespace fakemx;
using fakemx::fuzz::must;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* octets, std::size_t size) {
    const std::string_view content = fuzz::Reader{octets, size}.rest();
    const auto section = message::HeaderSection::parse(content);
    must(section.octets() <= content.size() && section.octets() <= limits::header_octets_kept);
    for (const auto& field : section.fields()) {
        must(!field.name.empty() && field.value.find('\n') == std::string::npos);
        must(section.field(field.name).has_value());
    }
    if (const auto domain = section.from_domain())
        must(domain->size() <= limits::domain_octets_max);
    if (const auto id = section.message_id()) must(!id->empty());
    message::first_mailbox_domain(content);
    // The body is not a header: reading the section again from itself gives the same.
    const auto again = message::HeaderSection::parse(content.substr(0, section.octets()));
    must(again.fields().size() == section.fields().size() && again.octets() == section.octets());
    return 0;
}
