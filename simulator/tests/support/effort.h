// How hard a test tries. Under the sanitizers, unoptimised, everything takes about fifty times as long,
// so there the tests that repeat one thing many times do so less often.
#pragma once

namespace fakemx::test {

#if defined(__SANITIZE_ADDRESS__)
inline constexpr bool thorough = false;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
inline constexpr bool thorough = false;
#else
inline constexpr bool thorough = true;
#endif
#else
inline constexpr bool thorough = true;
#endif

/// `full`, or a tenth of it under the sanitizers.
constexpr int times(int full) {
    return thorough ? full : full / 10;
}

}  // namespace fakemx::test
