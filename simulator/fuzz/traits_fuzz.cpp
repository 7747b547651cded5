// Messages: any octets have traits, made within bounds, the same however they come in, and written as JSON that stays one line.
#include "message/traits.h"

#include "core/limits.h"
#include "core/text.h"
#include "fuzz/reader.h"

using namespace fakemx;
using fakemx::fuzz::must;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* octets, std::size_t size) {
    const std::string_view content = fuzz::Reader{octets, size}.rest();
    const message::Traits traits = message::read_traits(content, size);
    const message::Structure& structure = traits.structure;
    must(!structure.parts.empty() && structure.parts.size() <= limits::mime_parts_max);
    must(structure.octets == size);
    for (std::size_t i = 0; i < structure.parts.size(); ++i) {
        const message::Part& part = structure.parts[i];
        must(part.parent <= i && part.begin + part.octets <= size && part.decoded <= part.octets);
        must(part.depth <= limits::mime_depth_max);
        must(part.file_name.size() <= limits::mime_word_octets_max);
    }
    must(traits.references.domains.size() <= limits::traits_listed_max);
    must(traits.references.domains.size() <= traits.references.links);
    for (const message::Attachment& attachment : traits.attachments)
        must(attachment.names.size() <= limits::archive_names_max &&
             attachment.part < structure.parts.size());
    must(traits.letters.letters() <= size);
    const std::string json = to_json(traits);
    must(is_utf8(json) && json.find('\n') == std::string::npos);

    // The first octet says where the message is cut in two.
    message::StructureReader reader;
    const std::size_t cut =
        content.empty() ? 0 : static_cast<std::uint8_t>(content[0]) * size / 256;
    reader.feed(content.substr(0, cut));
    reader.feed(content.substr(cut));
    must(to_json(message::read_traits(content, reader.finish(true))) == json);

    // The beginning of a longer message.
    message::read_traits(content, size + 1);
    message::decode_words(content);
    return 0;
}
