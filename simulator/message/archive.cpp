// APPNOTE.TXT of PKWARE, §4.3.12 (central directory) and §4.3.16 (its end).
#include "message/archive.h"

#include <algorithm>
#include <cstdint>

#include "core/limits.h"
#include "core/text.h"

namespace fakemx::message {

namespace {

constexpr std::size_t end_octets = 22;
constexpr std::size_t entry_octets = 46;
/// The comment behind the end record has a length of 16 bits.
constexpr std::size_t comment_octets_max = 65'535;

/// A number of `size` octets, the lowest first. The caller has seen to it that they are there.
std::uint32_t number_at(std::string_view octets, std::size_t at, std::size_t size) {
    std::uint32_t number = 0;
    for (std::size_t i = size; i-- != 0;)
        number = (number << 8) | static_cast<unsigned char>(octets[at + i]);
    return number;
}

}  // namespace

std::optional<std::vector<std::string>> archive_names(std::string_view octets) {
    if (octets.size() < end_octets) return std::nullopt;
    const std::size_t searched = std::min(octets.size(), end_octets + comment_octets_max);
    const std::size_t begin = octets.size() - searched;
    const std::size_t end = octets.substr(begin).rfind("PK\x05\x06");
    if (end == std::string_view::npos || searched - end < end_octets) return std::nullopt;
    const std::uint32_t entries = number_at(octets, begin + end + 10, 2);
    std::size_t at = number_at(octets, begin + end + 16, 4);
    std::vector<std::string> names;
    while (names.size() < std::min<std::size_t>(entries, limits::archive_names_max)) {
        if (at > octets.size() || octets.size() - at < entry_octets ||
            !octets.substr(at).starts_with("PK\x01\x02")) {
            return std::nullopt;
        }
        const std::size_t name_octets = number_at(octets, at + 28, 2);
        const std::size_t behind = number_at(octets, at + 30, 2) + number_at(octets, at + 32, 2);
        const std::string_view name = octets.substr(at + entry_octets, name_octets);
        if (name.size() < name_octets) return std::nullopt;
        names.push_back(is_utf8(name) ? std::string{name} : escape_octets(name));
        at += entry_octets + name_octets + behind;
    }
    return names;
}

}  // namespace fakemx::message
