// IP addresses and networks as values: read from text and from octets, written in one form for each address.
// What is keyed by an address may so be keyed by its text.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace fakemx {

class IpAddress {
public:
    /// "192.0.2.1" without leading zeros, or one of the forms of RFC 4291 §2.2 without a zone.
    static std::optional<IpAddress> parse(std::string_view text);
    /// In network order.
    static IpAddress v4(std::span<const std::uint8_t, 4> octets);
    static IpAddress v6(std::span<const std::uint8_t, 16> octets);

    bool is_v6() const { return v6_; }
    /// Four, or sixteen.
    std::span<const std::uint8_t> octets() const {
        return std::span{octets_}.first(v6_ ? 16U : 4U);
    }

    /// The IPv4 address that an IPv6 socket shows as ::ffff:192.0.2.1 (RFC 4291 §2.5.5.2); any other address as
    /// it is.
    IpAddress unmapped() const;

    /// RFC 5952 §4 for IPv6.
    std::string text() const;

    bool operator==(const IpAddress&) const = default;

private:
    std::array<std::uint8_t, 16> octets_{};
    bool v6_ = false;
};

/// All addresses that begin alike.
class IpNetwork {
public:
    /// "192.0.2.0/24", or one address alone. Nothing where a bit is set behind the prefix: it is not clear what
    /// was meant.
    static std::optional<IpNetwork> parse(std::string_view text);

    /// The network of this size that the address is in. The prefix is at most as long as the address.
    static IpNetwork of(const IpAddress& address, std::size_t prefix_bits);

    bool contains(const IpAddress& address) const;

    /// "192.0.2.0/24".
    std::string text() const;

    bool operator==(const IpNetwork&) const = default;

private:
    IpAddress base_;
    std::size_t prefix_bits_ = 0;
};

}  // namespace fakemx
