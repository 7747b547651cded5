// PROXY headers: how the octets arrive makes no difference, nor does what stands behind them, and what is said of
// a client can be said again in version 1.
#include "smtp/proxy_header.h"

#include <string>

#include <fmt/format.h>

#include "core/ip_address.h"
#include "core/limits.h"
#include "fuzz/reader.h"

using namespace fakemx;
using fakemx::fuzz::must;
using Progress = smtp::ProxyReading::Progress;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* octets, std::size_t size) {
    const std::string_view text = fuzz::Reader{octets, size}.rest();
    const smtp::ProxyReading reading = smtp::read_proxy_header(text);
    if (reading.progress == Progress::more) {
        must(text.size() < limits::proxy_header_octets_max);
        return 0;
    }
    must(reading.octets != 0 && reading.octets <= text.size());
    must(reading.octets <= limits::proxy_header_octets_max);
    must(reading.fault.empty() == (reading.progress == Progress::done));
    for (std::size_t part = 0; part < reading.octets; ++part)
        must(smtp::read_proxy_header(text.substr(0, part)).progress == Progress::more);
    const smtp::ProxyReading alone = smtp::read_proxy_header(text.substr(0, reading.octets));
    must(alone.progress == reading.progress && alone.octets == reading.octets &&
         alone.declaration == reading.declaration);
    const smtp::Declaration& declared = reading.declaration;
    if (declared.client.empty()) return 0;
    const auto client = IpAddress::parse(declared.client);
    const auto local = IpAddress::parse(declared.local);
    must(reading.progress == Progress::done && client && local);
    must(client->text() == declared.client && client->unmapped() == *client);
    if (client->is_v6() != local->is_v6()) return 0;
    const std::string line =
        fmt::format("PROXY TCP{} {} {} {} {}\r\n", client->is_v6() ? 6 : 4, declared.client,
                    declared.local, *declared.port, *declared.local_port);
    const smtp::ProxyReading again = smtp::read_proxy_header(line);
    must(again.progress == Progress::done && again.octets == line.size());
    must(again.declaration.client == declared.client && again.declaration.local == declared.local);
    must(again.declaration.port == declared.port);
    must(again.declaration.local_port == declared.local_port);
    return 0;
}
