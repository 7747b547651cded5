// PROXY headers, both versions: what they say, and that it makes no difference how their octets arrive. Each of their
// faults is in transcripts/46 and 47.
#include "smtp/proxy_header.h"

#include <string>

#include "core/limits.h"
#include "support/catch.h"
#include "support/transcript.h"

using namespace fakemx;
using namespace fakemx::smtp;
using Progress = ProxyReading::Progress;
using test::unescape;

namespace {

const std::string v2_signature = unescape("\\r\\n\\r\\n\\0\\r\\nQUIT\\n");
const std::string v4_addresses =
    unescape("\\xc6\\x33\\x64\\x07\\xcb\\x00\\x71\\x09\\x12\\x67\\0\\x19");

/// The reading of the whole, which must be that of its octets one by one, and of it with something behind.
ProxyReading reading(const std::string& header) {
    ProxyReading whole = read_proxy_header(header);
    for (std::size_t size = 0; size < whole.octets; ++size) {
        CAPTURE(size);
        CHECK(read_proxy_header(header.substr(0, size)).progress == Progress::more);
    }
    const ProxyReading followed = read_proxy_header(header + "PROXY EHLO\r\n");
    if (whole.progress != Progress::more) {
        CHECK(followed.progress == whole.progress);
        CHECK(followed.octets == whole.octets);
        CHECK(followed.fault == whole.fault);
        CHECK(followed.declaration == whole.declaration);
    }
    return whole;
}

std::string v2(char version_and_command, char family, const std::string& rest) {
    return v2_signature + version_and_command + family + static_cast<char>(rest.size() / 256) +
           static_cast<char>(rest.size() % 256) + rest;
}

}  // namespace

TEST_CASE("version 1: addresses and ports of a line") {
    const std::string line = "PROXY TCP4 198.51.100.7 203.0.113.9 4711 25\r\n";
    const ProxyReading four = reading(line);
    REQUIRE(four.progress == Progress::done);
    CHECK(four.octets == line.size());
    CHECK(four.declaration.by == Declaration::By::proxy_v1);
    CHECK(four.declaration.client == "198.51.100.7");
    CHECK(four.declaration.port == 4711);
    CHECK(four.declaration.local == "203.0.113.9");
    CHECK(four.declaration.local_port == 25);
    const ProxyReading six = reading("PROXY TCP6 2001:DB8:0::7 ::ffff:203.0.113.9 65535 0\r\n");
    REQUIRE(six.progress == Progress::done);
    // Always written alike, or state that is kept by address would be kept twice.
    CHECK(six.declaration.client == "2001:db8::7");
    CHECK(six.declaration.local == "203.0.113.9");
    CHECK(six.declaration.port == 65535);
    CHECK(six.declaration.local_port == 0);
    CHECK(reading("PROXY UNKNOWN\r\n").declaration.client.empty());
    CHECK(reading("PROXY UNKNOWN\r\n").progress == Progress::done);
}

TEST_CASE("version 1: a line ends within 107 octets") {
    const std::string longest = "PROXY UNKNOWN " + std::string(91, 'x') + "\r\n";
    CHECK(longest.size() == 107);
    CHECK(reading(longest).progress == Progress::done);
    const ProxyReading longer = reading("PROXY UNKNOWN " + std::string(92, 'x') + "\r\n");
    CHECK(longer.progress == Progress::bad);
    CHECK(longer.octets == 107);
}

TEST_CASE("a line that is none is known by its first wrong octet") {
    CHECK(reading("EHLO client.test\r\n").octets == 1);
    CHECK(reading("PROXIED\r\n").octets == 5);
    CHECK(reading(unescape("\\r\\n\\r\\n\\0\\r\\nQUIT\\r\\n")).octets == 12);
    for (const char* line :
         {"PROXY \r\n", "PROXY TCP4\r\n", "PROXY TCP5 1.2.3.4 1.2.3.4 1 1\r\n",
          "PROXY TCP4 1.2.3.4 1.2.3.4 1 1 \r\n", "PROXY TCP4 1.2.3.4  1.2.3.4 1 1\r\n",
          "PROXY TCP4 1.2.3.4 1.2.3.4 -1 1\r\n", "PROXY TCP4 1.2.3.4 1.2.3.4 1 \r\n",
          "PROXY tcp4 1.2.3.4 1.2.3.4 1 1\r\n", "PROXY UNKNOWNS\r\n"}) {
        CAPTURE(line);
        const ProxyReading wrong = reading(line);
        CHECK(wrong.progress == Progress::bad);
        CHECK(wrong.octets == std::string_view{line}.size());
        CHECK_FALSE(wrong.fault.empty());
    }
}

TEST_CASE("version 2: addresses of both families, and nothing of others") {
    const ProxyReading four = reading(v2(0x21, 0x11, v4_addresses));
    REQUIRE(four.progress == Progress::done);
    CHECK(four.octets == 28);
    CHECK(four.declaration.by == Declaration::By::proxy_v2);
    CHECK(four.declaration.client == "198.51.100.7");
    CHECK(four.declaration.port == 4711);
    CHECK(four.declaration.local == "203.0.113.9");
    CHECK(four.declaration.local_port == 25);
    const std::string six_addresses = unescape(
        "\\x20\\x01\\x0d\\xb8\\{11*\\0}\\x07\\{10*\\0}"
        "\\xff\\xff\\xcb\\x00\\x71\\x09\\x12\\x67\\0\\x19");
    const ProxyReading six = reading(v2(0x21, 0x21, six_addresses));
    REQUIRE(six.progress == Progress::done);
    CHECK(six.declaration.client == "2001:db8::7");
    CHECK(six.declaration.local == "203.0.113.9");
    CHECK(six.declaration.port == 4711);
    for (const std::string& other :
         {v2(0x20, 0x11, v4_addresses), v2(0x20, 0x00, ""), v2(0x20, 0x7f, "abc"),
          v2(0x21, 0x00, "abc"), v2(0x21, 0x12, v4_addresses), v2(0x21, 0x10, v4_addresses),
          v2(0x21, 0x31, std::string(216, 'u'))}) {
        const ProxyReading unspoken = reading(other);
        CHECK(unspoken.progress == Progress::done);
        CHECK(unspoken.declaration.client.empty());
        CHECK_FALSE(unspoken.declaration.port.has_value());
    }
}

TEST_CASE("version 2: as long as fakemx takes it, and no longer") {
    const auto with_tlv = [](std::size_t octets) {
        return v2(0x21, 0x11,
                  v4_addresses + '\xe0' + static_cast<char>(octets / 256) +
                      static_cast<char>(octets % 256) + std::string(octets, 'x'));
    };
    const std::size_t most = limits::proxy_header_octets_max - 16 - 12 - 3;
    CHECK(read_proxy_header(with_tlv(most)).progress == Progress::done);
    const ProxyReading longer = read_proxy_header(with_tlv(most + 1));
    CHECK(longer.progress == Progress::bad);
    CHECK(longer.octets == 16);
}
