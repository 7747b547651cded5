// What a 4yz reply says about when to come back. Receivers say it in prose; RFC 5321 has no place for it.
#pragma once

#include <optional>
#include <string_view>

#include "core/time.h"

namespace fakemx::oracle {

/// The wait that a reply asks for: "try again in 300 seconds", "please try again 15min later", "Greylisted for 5 minutes", "come
/// back in 00:30:00", "retry=300". Nothing for a reply that is no 4yz, and for numbers that are no wait: times of day, limits
/// ("per hour"), Unix times, parts of addresses and links.
std::optional<Duration> retry_hint(int code, std::string_view text);

}  // namespace fakemx::oracle
