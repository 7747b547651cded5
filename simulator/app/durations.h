// Durations as people read them.
#pragma once

#include <string>

#include "core/time.h"

namespace fakemx::app {

/// Rounded to what matters: "0s", "80ms", "2.1s", "14s", "3m20s", "2h5m", "4d12h".
std::string rounded(Duration duration);

}  // namespace fakemx::app
