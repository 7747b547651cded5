// Messages: whatever is in one, its variants are messages of their own, or there is a reason why there are none.
#include "matrix/variants.h"

#include "fuzz/reader.h"
#include "message/traits.h"

using namespace fakemx;
using fakemx::fuzz::must;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* octets, std::size_t size) {
    const std::string_view content = fuzz::Reader{octets, size}.rest();
    matrix::recognise(content);
    const auto kit = matrix::make_variants(content);
    if (!kit) {
        must(!kit.error().message.empty());
        return 0;
    }
    must((*kit)[matrix::Variant::a].made());
    for (const matrix::Variant variant : matrix::variants) {
        if (!(*kit)[variant].made()) continue;
        const std::string copy = matrix::copy_of(*kit, variant, 1, "t");
        const matrix::Recognised recognised = matrix::recognise(copy);
        // A field that is as long as headers may be hides what comes behind it.
        constexpr std::size_t header_octets_short = 60'000;
        must(size > header_octets_short || (recognised.by_field && recognised.variant == variant));
        const message::Traits traits = message::read_traits(copy, copy.size());
        must(variant > matrix::Variant::b ||
             (traits.structure.part_count == 1 && !traits.has_html));
        must(matrix::dot_stuffed(copy).size() >= copy.size());
    }
    return 0;
}
