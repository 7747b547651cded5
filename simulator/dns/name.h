// A domain name (RFC 1035 §3.1) as its labels, any octets in any of them. Compares without regard to ASCII letter case
// and keeps the case that it was written in.
#pragma once

#include <compare>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/ip_address.h"

namespace fakemx::dns {

class Name {
public:
    /// The root.
    Name() = default;

    /// As people write it, with or without the last dot: "mx1.example", "*.example", "." for the root; \DDD and \X
    /// stand for octets (RFC 1035 §5.1). Nothing where a label is empty or has more than 63 octets, or the whole of
    /// it more than 255.
    static std::optional<Name> parse(std::string_view text);
    /// The leftmost label first. Likewise.
    static std::optional<Name> of_labels(std::vector<std::string> labels);
    /// Where the PTR of an address stands: "2.0.0.127.in-addr.arpa" (RFC 1035 §3.5), or under ip6.arpa (RFC 3596 §2.5).
    static Name reverse_of(const IpAddress& address);

    /// Without the last dot; "." for the root. parse() gives the same name again.
    std::string text() const;

    /// The leftmost one first.
    const std::vector<std::string>& labels() const { return labels_; }
    bool is_root() const { return labels_.empty(); }
    /// Octets on the wire without compression.
    std::size_t wire_octets() const;
    /// Its first label is "*".
    bool is_wildcard() const { return !labels_.empty() && labels_.front() == "*"; }

    /// Without its first label. Not of the root.
    Name parent() const;
    /// With this label in front; nothing where that is too long.
    std::optional<Name> below(std::string_view label) const;
    /// This name, or one beneath it.
    bool is_within(const Name& other) const;

    Name lower() const;

    bool operator==(const Name& other) const { return std::is_eq(*this <=> other); }
    /// The canonical order of RFC 4034 §6.1, from the right: a name stands in front of those beneath it, and they
    /// stand together.
    std::weak_ordering operator<=>(const Name& other) const;

private:
    explicit Name(std::vector<std::string> labels) : labels_(std::move(labels)) {}

    std::vector<std::string> labels_;
};

}  // namespace fakemx::dns
