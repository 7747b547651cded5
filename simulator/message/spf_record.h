// What stands in an SPF record (RFC 7208 §4.6), and nothing about whether it holds.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "message/names.h"

namespace fakemx::message {

struct SpfMechanism {
    enum class Kind : std::uint8_t { all, include, a, mx, ptr, ip4, ip6, exists };

    AuthResult qualifier = AuthResult::pass;
    Kind kind = Kind::all;
    std::string
        target;  ///< a domain with well-formed macros, or an address; empty: the domain that is checked
    std::size_t bits_v4 = 32;
    std::size_t bits_v6 = 128;
    std::string text;  ///< as written, with its qualifier
};

struct SpfRecord {
    std::vector<SpfMechanism> mechanisms;
    std::optional<std::string> redirect;
};

/// `text` begins with "v=spf1". Nothing for a record that has a mistake anywhere in it.
std::optional<SpfRecord> parse_spf_record(std::string_view text);

}  // namespace fakemx::message
