// Version 1 is a line of text, version 2 is binary; the sections are those of proxy-protocol.txt.
#include "smtp/proxy_header.h"

#include <algorithm>
#include <span>

#include "core/ip_address.h"
#include "core/limits.h"
#include "core/text.h"

namespace fakemx::smtp {

namespace {

using Progress = ProxyReading::Progress;

constexpr std::string_view v1_signature = "PROXY ";
constexpr std::string_view v2_signature{"\r\n\r\n\0\r\nQUIT\n", 12};
/// §2.1: the longest line, with its CRLF.
constexpr std::size_t v1_octets_max = 107;
/// §2.2: signature, version and command, family and transport, length.
constexpr std::size_t v2_fixed_octets = 16;

ProxyReading bad(std::size_t octets, std::string_view fault) {
    return {.progress = Progress::bad, .octets = octets, .fault = fault, .declaration = {}};
}

std::string_view take_word(std::string_view& line) {
    const std::size_t blank = std::min(line.find(' '), line.size());
    const std::string_view word = line.substr(0, blank);
    line.remove_prefix(std::min(blank + 1, line.size()));
    return word;
}

std::optional<std::uint16_t> port_of(std::string_view digits) {
    const auto number = parse_decimal(digits);
    // §2.1: no leading zeros.
    if (!number || *number > 65'535 || (digits.size() > 1 && digits.front() == '0'))
        return std::nullopt;
    return static_cast<std::uint16_t>(*number);
}

ProxyReading read_v1(std::string_view octets) {
    const std::size_t end = octets.substr(0, v1_octets_max).find("\r\n");
    if (end == std::string_view::npos) {
        if (octets.size() < v1_octets_max) return {};
        return bad(v1_octets_max, "a line of version 1 has 107 octets at most");
    }
    ProxyReading reading{
        .progress = Progress::done, .octets = end + 2, .fault = {}, .declaration = {}};
    Declaration& declared = reading.declaration;
    declared.by = Declaration::By::proxy_v1;
    std::string_view line = octets.substr(v1_signature.size(), end - v1_signature.size());
    const std::string_view family = take_word(line);
    // §2.1: what stands behind UNKNOWN is not looked at.
    if (family == "UNKNOWN") return reading;
    if (family != "TCP4" && family != "TCP6")
        return bad(end + 2, "not TCP4, TCP6 or UNKNOWN behind PROXY");
    const auto source = IpAddress::parse(take_word(line));
    const auto destination = IpAddress::parse(take_word(line));
    const bool v6 = family == "TCP6";
    if (!source || !destination || source->is_v6() != v6 || destination->is_v6() != v6)
        return bad(end + 2, "two addresses of the family stand in a line of version 1");
    declared.port = port_of(take_word(line));
    const bool last = line.find(' ') == std::string_view::npos;
    declared.local_port = port_of(line);
    if (!declared.port || !declared.local_port || !last)
        return bad(end + 2, "two ports stand at the end of a line of version 1");
    declared.client = source->unmapped().text();
    declared.local = destination->unmapped().text();
    return reading;
}

std::uint8_t octet(std::string_view octets, std::size_t at) {
    return static_cast<std::uint8_t>(octets[at]);
}

std::uint16_t number16(std::string_view octets, std::size_t at) {
    return static_cast<std::uint16_t>(octet(octets, at) << 8U | octet(octets, at + 1));
}

template <std::size_t Count>
std::array<std::uint8_t, Count> take_octets(std::string_view octets, std::size_t at) {
    std::array<std::uint8_t, Count> taken{};
    for (std::size_t i = 0; i < Count; ++i) taken.at(i) = octet(octets, at + i);
    return taken;
}

/// RFC 4960 appendix B, octet by octet; those from `zeros` on count as zero, four of them (§2.2.3).
std::uint32_t crc32c(std::string_view octets, std::size_t zeros) {
    std::uint32_t crc = ~std::uint32_t{0};
    for (std::size_t i = 0; i < octets.size(); ++i) {
        crc ^= i >= zeros && i < zeros + 4 ? 0 : octet(octets, i);
        for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1U) ^ ((crc & 1U) != 0 ? 0x82F63B78U : 0U);
    }
    return ~crc;
}

/// §2.2: the TLVs of the header from `at` on. The fault, or nothing.
std::string_view fault_of_tlvs(std::string_view header, std::size_t at) {
    constexpr std::size_t head_octets = 3;
    constexpr std::uint8_t type_crc32c = 0x03;
    while (at < header.size()) {
        if (header.size() - at < head_octets) return "a TLV that is cut off";
        const std::uint8_t type = octet(header, at);
        const std::size_t size = number16(header, at + 1);
        at += head_octets;
        if (header.size() - at < size) return "a TLV that is longer than the header";
        if (type == type_crc32c) {
            if (size != 4) return "a checksum that has not four octets";
            const std::uint32_t given =
                static_cast<std::uint32_t>(number16(header, at)) << 16U | number16(header, at + 2);
            if (given != crc32c(header, at)) return "the checksum is wrong";
        }
        at += size;
    }
    return {};
}

void read_v4_addresses(std::string_view header, Declaration& declared) {
    declared.client = IpAddress::v4(take_octets<4>(header, v2_fixed_octets)).text();
    declared.local = IpAddress::v4(take_octets<4>(header, v2_fixed_octets + 4)).text();
    declared.port = number16(header, v2_fixed_octets + 8);
    declared.local_port = number16(header, v2_fixed_octets + 10);
}

void read_v6_addresses(std::string_view header, Declaration& declared) {
    declared.client = IpAddress::v6(take_octets<16>(header, v2_fixed_octets)).unmapped().text();
    declared.local = IpAddress::v6(take_octets<16>(header, v2_fixed_octets + 16)).unmapped().text();
    declared.port = number16(header, v2_fixed_octets + 32);
    declared.local_port = number16(header, v2_fixed_octets + 34);
}

ProxyReading read_v2(std::string_view octets) {
    // Each octet is judged as soon as it is there.
    if (octets.size() < 13) return {};
    const unsigned version = octet(octets, 12) >> 4U;
    const unsigned command = octet(octets, 12) & 0xfU;
    if (version != 2) return bad(13, "not version 2 behind its signature");
    if (command > 1) return bad(13, "not the command LOCAL or PROXY");
    const bool local = command == 0;
    if (octets.size() < 14) return {};
    const unsigned family = octet(octets, 13) >> 4U;
    const unsigned transport = octet(octets, 13) & 0xfU;
    if (!local && (family > 3 || transport > 2))
        return bad(14, "an address family or a transport that nothing is assigned to");
    if (octets.size() < v2_fixed_octets) return {};
    const std::size_t size = v2_fixed_octets + number16(octets, 14);
    if (size > limits::proxy_header_octets_max)
        return bad(v2_fixed_octets, "a header longer than fakemx takes");
    // §2.2: two addresses and two ports of IPv4 and of IPv6, two paths of Unix sockets.
    constexpr std::array<std::size_t, 4> address_octets{0, 12, 36, 216};
    const std::size_t addresses = local ? 0 : address_octets.at(family);
    if (size < v2_fixed_octets + addresses)
        return bad(v2_fixed_octets, "a header that is too short for its addresses");
    if (octets.size() < size) return {};
    ProxyReading reading{
        .progress = Progress::done, .octets = size, .fault = {}, .declaration = {}};
    reading.declaration.by = Declaration::By::proxy_v2;
    // §2.2: with LOCAL, and without a family, nothing behind is looked at.
    if (addresses == 0) return reading;
    const std::string_view header = octets.substr(0, size);
    const std::string_view fault = fault_of_tlvs(header, v2_fixed_octets + addresses);
    if (!fault.empty()) return bad(size, fault);
    const bool stream = transport == 1;
    if (family == 1 && stream) read_v4_addresses(header, reading.declaration);
    if (family == 2 && stream) read_v6_addresses(header, reading.declaration);
    return reading;
}

}  // namespace

ProxyReading read_proxy_header(std::string_view octets) {
    if (octets.empty()) return {};
    const bool v2 = octets.front() == v2_signature.front();
    const std::string_view signature = v2 ? v2_signature : v1_signature;
    const std::size_t given = std::min(octets.size(), signature.size());
    for (std::size_t i = 0; i < given; ++i) {
        if (octets[i] != signature[i]) return bad(i + 1, "no PROXY header");
    }
    if (given < signature.size()) return {};
    return v2 ? read_v2(octets) : read_v1(octets);
}

}  // namespace fakemx::smtp
