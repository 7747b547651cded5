// Reading and writing addresses by hand: the functions of the C library belong to the sockets.
#include "core/ip_address.h"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "core/text.h"

namespace fakemx {

namespace {

constexpr std::size_t groups_max = 8;

std::optional<std::array<std::uint8_t, 4>> read_v4(std::string_view text) {
    std::array<std::uint8_t, 4> octets{};
    for (std::size_t i = 0; i < octets.size(); ++i) {
        const std::size_t end = i + 1 < octets.size() ? text.find('.') : text.size();
        if (end == std::string_view::npos) return std::nullopt;
        const std::string_view digits = text.substr(0, end);
        const auto number = digits.size() <= 3 ? parse_decimal(digits) : std::nullopt;
        // With a leading zero some read it as octal.
        if (!number || *number > 255 || (digits.size() > 1 && digits.front() == '0'))
            return std::nullopt;
        octets.at(i) = static_cast<std::uint8_t>(*number);
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return octets;
}

int hex_digit(char c) {
    if (is_ascii_digit(c)) return c - '0';
    const char lower = ascii_lower(c);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/// One to four hex digits at the front of `text`, which loses them.
std::optional<std::uint16_t> take_group(std::string_view& text) {
    std::size_t digits = 0;
    unsigned value = 0;
    while (digits < text.size() && hex_digit(text[digits]) >= 0) {
        if (digits == 4) return std::nullopt;
        value = value * 16 + static_cast<unsigned>(hex_digit(text[digits++]));
    }
    if (digits == 0) return std::nullopt;
    text.remove_prefix(digits);
    return static_cast<std::uint16_t>(value);
}

std::optional<std::array<std::uint8_t, 16>> read_v6(std::string_view text) {
    std::vector<std::uint16_t> groups;
    std::optional<std::size_t> gap;  // where "::" stands
    if (text.starts_with("::")) {
        gap = 0;
        text.remove_prefix(2);
    }
    while (!text.empty()) {
        if (groups.size() == groups_max) return std::nullopt;
        if (text.find(':') == std::string_view::npos && text.find('.') != std::string_view::npos) {
            const auto v4 = read_v4(text);
            if (!v4) return std::nullopt;
            groups.push_back(static_cast<std::uint16_t>((*v4)[0] << 8U | (*v4)[1]));
            groups.push_back(static_cast<std::uint16_t>((*v4)[2] << 8U | (*v4)[3]));
            break;
        }
        const auto group = take_group(text);
        if (!group) return std::nullopt;
        groups.push_back(*group);
        if (text.empty()) break;
        if (text.starts_with("::")) {
            if (gap) return std::nullopt;
            gap = groups.size();
            text.remove_prefix(2);
        } else if (text.front() == ':' && text.size() > 1) {
            text.remove_prefix(1);
        } else {
            return std::nullopt;
        }
    }
    // The gap stands for one group at least.
    if (gap ? groups.size() >= groups_max : groups.size() != groups_max) return std::nullopt;
    if (gap) {
        groups.insert(groups.begin() + static_cast<std::ptrdiff_t>(*gap),
                      groups_max - groups.size(), 0);
    }
    std::array<std::uint8_t, 16> octets{};
    for (std::size_t i = 0; i < groups_max; ++i) {
        octets.at(2 * i) = static_cast<std::uint8_t>(groups[i] >> 8U);
        octets.at(2 * i + 1) = static_cast<std::uint8_t>(groups[i] & 0xffU);
    }
    return octets;
}

}  // namespace

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
    if (text.find(':') != std::string_view::npos) {
        const auto octets = read_v6(text);
        return octets ? std::optional{v6(*octets)} : std::nullopt;
    }
    const auto octets = read_v4(text);
    return octets ? std::optional{v4(*octets)} : std::nullopt;
}

IpAddress IpAddress::v4(std::span<const std::uint8_t, 4> octets) {
    IpAddress address;
    std::copy(octets.begin(), octets.end(), address.octets_.begin());
    return address;
}

IpAddress IpAddress::v6(std::span<const std::uint8_t, 16> octets) {
    IpAddress address;
    std::copy(octets.begin(), octets.end(), address.octets_.begin());
    address.v6_ = true;
    return address;
}

IpAddress IpAddress::unmapped() const {
    const bool zeros =
        std::all_of(octets_.begin(), octets_.begin() + 10, [](auto octet) { return octet == 0; });
    if (!v6_ || !zeros || octets_[10] != 0xff || octets_[11] != 0xff) return *this;
    return v4(std::span{octets_}.last<4>());
}

std::string IpAddress::text() const {
    if (!v6_) return fmt::format("{}", fmt::join(octets(), "."));
    std::array<unsigned, groups_max> groups{};
    for (std::size_t i = 0; i < groups_max; ++i)
        groups.at(i) = static_cast<unsigned>(octets_.at(2 * i) << 8U | octets_.at(2 * i + 1));
    // RFC 5952 §4.2: the longest run of zeros, the first of several, and never a single one.
    std::size_t gap = groups_max;
    std::size_t gap_size = 1;
    for (std::size_t i = 0; i < groups_max; ++i) {
        std::size_t size = 0;
        while (i + size < groups_max && groups.at(i + size) == 0) ++size;
        if (size > gap_size) {
            gap = i;
            gap_size = size;
        }
    }
    std::string result;
    for (std::size_t i = 0; i < groups_max; ++i) {
        if (i == gap) {
            result += "::";
            i += gap_size - 1;
            continue;
        }
        if (!result.empty() && result.back() != ':') result += ':';
        result += fmt::format("{:x}", groups.at(i));
    }
    return result;
}

std::optional<IpNetwork> IpNetwork::parse(std::string_view text) {
    const std::size_t slash = text.find('/');
    const auto base = IpAddress::parse(text.substr(0, slash));
    if (!base) return std::nullopt;
    const std::size_t bits = base->octets().size() * 8;
    IpNetwork network;
    network.base_ = *base;
    network.prefix_bits_ = bits;
    if (slash == std::string_view::npos) return network;
    const auto prefix = parse_decimal(text.substr(slash + 1));
    if (!prefix || *prefix > bits) return std::nullopt;
    network.prefix_bits_ = static_cast<std::size_t>(*prefix);
    for (std::size_t bit = network.prefix_bits_; bit < bits; ++bit) {
        if ((base->octets()[bit / 8] >> (7 - bit % 8) & 1) != 0) return std::nullopt;
    }
    return network;
}

IpNetwork IpNetwork::of(const IpAddress& address, std::size_t prefix_bits) {
    std::array<std::uint8_t, 16> octets{};
    std::copy(address.octets().begin(), address.octets().end(), octets.begin());
    for (std::size_t bit = prefix_bits; bit < address.octets().size() * 8; ++bit)
        octets.at(bit / 8) &= static_cast<std::uint8_t>(~(0x80U >> bit % 8));
    IpNetwork network;
    network.base_ =
        address.is_v6() ? IpAddress::v6(octets) : IpAddress::v4(std::span{octets}.first<4>());
    network.prefix_bits_ = prefix_bits;
    return network;
}

std::string IpNetwork::text() const {
    return fmt::format("{}/{}", base_.text(), prefix_bits_);
}

bool IpNetwork::contains(const IpAddress& address) const {
    if (address.is_v6() != base_.is_v6()) return false;
    const auto whole = static_cast<std::ptrdiff_t>(prefix_bits_ / 8);
    if (!std::equal(base_.octets().begin(), base_.octets().begin() + whole,
                    address.octets().begin()))
        return false;
    if (prefix_bits_ % 8 == 0) return true;
    const auto place = static_cast<std::size_t>(whole);
    return (base_.octets()[place] ^ address.octets()[place]) >> (8 - prefix_bits_ % 8) == 0;
}

}  // namespace fakemx
