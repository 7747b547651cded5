// XCLIENT: what is taken is within its bounds, holds nothing that could drive a terminal or end a line, and stays
// when it is said again; addresses and networks are read as they are written.
#include "smtp/xclient.h"

#include <algorithm>
#include <string>

#include "core/ip_address.h"
#include "core/limits.h"
#include "fuzz/reader.h"

using namespace fakemx;
using fakemx::fuzz::must;

namespace {

void must_be_plain(const std::string& text) {
    must(text.size() <= limits::domain_octets_max);
    must(std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; }));
}

void must_be_address(const std::string& text) {
    if (text.empty() || text == smtp::unknown_client) return;
    const auto address = IpAddress::parse(text);
    must(address && address->text() == text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* octets, std::size_t size) {
    const std::string_view text = fuzz::Reader{octets, size}.rest();
    if (const auto declared = smtp::parse_xclient(text, {})) {
        must_be_address(declared->client);
        must_be_address(declared->local);
        must_be_plain(declared->name);
        must_be_plain(declared->helo);
        must_be_plain(declared->login);
        must(smtp::parse_xclient(text, *declared) == declared);
    }
    if (const auto address = IpAddress::parse(text)) {
        must(IpAddress::parse(address->text()) == address);
        must(IpNetwork::parse(text)->contains(*address));
        must(address->unmapped().unmapped() == address->unmapped());
    }
    if (const auto network = IpNetwork::parse(text)) {
        const auto base = IpAddress::parse(text.substr(0, text.find('/')));
        must(base && network->contains(*base));
    }
    return 0;
}
