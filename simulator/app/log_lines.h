// What the program says to the person who runs it: lines on stderr, with the colour of their level
// where that is a terminal. The only place that knows the log library.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace fakemx::app {

enum class Level : std::uint8_t { debug, info, warning, error, off };

std::optional<Level> level_named(std::string_view name);

/// Lines below this level are left out. At the start: info.
void show_from(Level level);
bool shown(Level level);

/// Writes a line; warnings and errors get the word in front. May be called from any thread.
void say(Level level, std::string_view line);

}  // namespace fakemx::app
