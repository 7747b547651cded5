// What a journal file consists of: tables, views, and the numbers by which it is recognised.
//
// Instants are microseconds since 1970-01-01T00:00:00Z and durations microseconds, as integers; the
// views for people show instants in RFC 3339. A text that is empty stands for "not known".
#pragma once

#include <cstdint>

namespace fakemx::store {

/// PRAGMA application_id of every journal: "FkMX".
inline constexpr std::int64_t application_id = 0x466B4D58;
/// PRAGMA user_version: counts changes of the schema.
inline constexpr std::int64_t schema_version = 6;
/// The oldest one that can be read: 2 has no inputs, and does not say what was taken; 3 has no causes.
inline constexpr std::int64_t schema_version_oldest = 2;

extern const char* const schema_sql;

}  // namespace fakemx::store
