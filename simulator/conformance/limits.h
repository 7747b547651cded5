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
/// Sessions of a run, and octets of them, that the rules on a whole run look at. Behind them such rules are not judged, because what
/// is missing might excuse anything. Fifty messages that Postfix defers for five days come in 5,400 sessions of 700 octets; a hundred
/// thousand messages in an afternoon are a load test.
inline constexpr std::size_t course_sessions_max = 8'192;
inline constexpr std::size_t course_octets_max = 8 * 1024 * 1024;
/// Names that were asked for. sendmail, which comes back every ten minutes for five days, asks 9,138 times for twelve messages.
inline constexpr std::size_t course_queries_max = 32'768;
/// Breaks of one rule that are shown. All are counted.
inline constexpr std::size_t evidence_kept_max = 10;

}  // namespace fakemx::conformance
