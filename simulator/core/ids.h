// Identities that several folders share, as types of their own so that one cannot pass for another.
#pragma once

#include <cstdint>

namespace fakemx {

/// Sessions are numbered from 1 in the order in which their connections were accepted.
enum class SessionId : std::uint64_t {};

constexpr std::uint64_t number(SessionId id) {
    return static_cast<std::uint64_t>(id);
}

}  // namespace fakemx
