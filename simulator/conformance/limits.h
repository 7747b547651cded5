// How much the checker looks at, each bound with its reason. Beside core/limits.h, because nobody else needs them.
#pragma once

#include <cstddef>

namespace fakemx::conformance {

/// Of a session until it is over; what comes behind that is not judged, and the verdict says so. A session of a thousand messages
/// to one recipient each takes 300 KiB.
inline constexpr std::size_t session_octets_max = 1024 * 1024;
/// Names of hosts, greetings and EHLO replies that sessions share. Those with an id of their own, beyond that, are kept with their
/// session.
inline constexpr std::size_t shared_texts_max = 256;
/// Breaks of one rule that are shown. All are counted.
inline constexpr std::size_t evidence_kept_max = 10;

}  // namespace fakemx::conformance
