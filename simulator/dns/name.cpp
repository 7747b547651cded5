// Labels, and their text with its escapes.
#include "dns/name.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/assert.h"
#include "core/text.h"

namespace fakemx::dns {

namespace {

// RFC 1035 §2.3.4.
constexpr std::size_t label_octets_max = 63;
constexpr std::size_t name_octets_max = 255;

std::strong_ordering compare(const std::string& a, const std::string& b) {
    const auto octet = [](char c) { return static_cast<unsigned char>(ascii_lower(c)); };
    return std::lexicographical_compare_three_way(
        a.begin(), a.end(), b.begin(), b.end(),
        [&](char one, char other) { return octet(one) <=> octet(other); });
}

/// Takes an octet from the front of `text`, escaped or not. Nothing where the escape is none.
std::optional<char> take_octet(std::string_view& text) {
    const char first = text.front();
    text.remove_prefix(1);
    if (first != '\\') return first;
    if (text.empty()) return std::nullopt;
    if (!is_ascii_digit(text.front())) {
        const char octet = text.front();
        text.remove_prefix(1);
        return octet;
    }
    const auto value = parse_decimal(text.substr(0, 3));
    if (text.size() < 3 || !value || *value > 255) return std::nullopt;
    text.remove_prefix(3);
    return static_cast<char>(*value);
}

}  // namespace

std::optional<Name> Name::of_labels(std::vector<std::string> labels) {
    const bool fits = std::all_of(labels.begin(), labels.end(), [](const std::string& label) {
        return !label.empty() && label.size() <= label_octets_max;
    });
    Name name{std::move(labels)};
    if (!fits || name.wire_octets() > name_octets_max) return std::nullopt;
    return name;
}

std::optional<Name> Name::parse(std::string_view text) {
    if (text == ".") return Name{};
    if (text.empty()) return std::nullopt;
    std::vector<std::string> labels(1);
    while (!text.empty()) {
        if (text.front() == '.') {
            text.remove_prefix(1);
            // The last dot is no label's end.
            if (text.empty()) break;
            labels.emplace_back();
            continue;
        }
        const auto octet = take_octet(text);
        if (!octet) return std::nullopt;
        labels.back() += *octet;
    }
    return of_labels(std::move(labels));
}

Name Name::reverse_of(const IpAddress& address) {
    std::vector<std::string> labels;
    const auto octets = address.octets();
    for (auto octet = octets.rbegin(); octet != octets.rend(); ++octet) {
        if (address.is_v6()) {
            labels.push_back(fmt::format("{:x}", *octet & 0xF));
            labels.push_back(fmt::format("{:x}", *octet >> 4));
        } else {
            labels.push_back(fmt::format("{}", *octet));
        }
    }
    labels.emplace_back(address.is_v6() ? "ip6" : "in-addr");
    labels.emplace_back("arpa");
    return Name{std::move(labels)};
}

std::string Name::text() const {
    if (labels_.empty()) return ".";
    std::string text;
    for (const std::string& label : labels_) {
        if (!text.empty()) text += '.';
        for (const char c : label) {
            if (c <= ' ' || c > '~') {
                text += fmt::format("\\{:03}", static_cast<unsigned char>(c));
            } else if (std::string_view{".\\\"();@$"}.find(c) != std::string_view::npos) {
                text += '\\';
                text += c;
            } else {
                text += c;
            }
        }
    }
    return text;
}

std::size_t Name::wire_octets() const {
    std::size_t octets = 1;
    for (const std::string& label : labels_) octets += label.size() + 1;
    return octets;
}

Name Name::parent() const {
    FAKEMX_ASSERT(!labels_.empty());
    return Name{{labels_.begin() + 1, labels_.end()}};
}

std::optional<Name> Name::below(std::string_view label) const {
    std::vector<std::string> labels{std::string{label}};
    labels.insert(labels.end(), labels_.begin(), labels_.end());
    return of_labels(std::move(labels));
}

bool Name::is_within(const Name& other) const {
    if (other.labels_.size() > labels_.size()) return false;
    return std::equal(
        other.labels_.rbegin(), other.labels_.rend(), labels_.rbegin(),
        [](const std::string& a, const std::string& b) { return equal_ignoring_case(a, b); });
}

Name Name::lower() const {
    std::vector<std::string> labels;
    labels.reserve(labels_.size());
    for (const std::string& label : labels_) labels.push_back(ascii_lower(label));
    return Name{std::move(labels)};
}

std::weak_ordering Name::operator<=>(const Name& other) const {
    return std::lexicographical_compare_three_way(
        labels_.rbegin(), labels_.rend(), other.labels_.rbegin(), other.labels_.rend(), compare);
}

}  // namespace fakemx::dns
