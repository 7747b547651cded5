// Assertions that stay on in every build. A broken invariant is a bug in fakemx, never a matter of
// what a client or a profile did; it must not know how either of them looks.
#pragma once

namespace fakemx {

/// Prints the broken condition with its place to stderr and aborts.
[[noreturn]] void assertion_failed(const char* condition, const char* file, int line);

}  // namespace fakemx

#define FAKEMX_ASSERT(condition)        \
    ((condition) ? static_cast<void>(0) \
                 : ::fakemx::assertion_failed(#condition, __FILE__, __LINE__))
