// spdlog with a pattern that adds nothing: what is said carries its own time, the simulator's.
#include "app/log_lines.h"

#include <array>
#include <cstdlib>

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

namespace fakemx::app {

namespace {

constexpr std::array<std::string_view, 5> level_names{"debug", "info", "warn", "error", "off"};

spdlog::level::level_enum spdlog_level(Level level) {
    switch (level) {
        case Level::debug: return spdlog::level::debug;
        case Level::info: return spdlog::level::info;
        case Level::warning: return spdlog::level::warn;
        case Level::error: return spdlog::level::err;
        case Level::off: return spdlog::level::off;
    }
    return spdlog::level::off;
}

spdlog::logger& logger() {
    static const auto instance = [] {
        // https://no-color.org
        const char* no_color = std::getenv("NO_COLOR");
        const bool plain = no_color != nullptr && *no_color != '\0';
        auto sink = std::make_shared<spdlog::sinks::stderr_color_sink_mt>(
            plain ? spdlog::color_mode::never : spdlog::color_mode::automatic);
        sink->set_color(spdlog::level::debug, "\033[2m");
        sink->set_color(spdlog::level::info, "");
        sink->set_color(spdlog::level::warn, "\033[33m");
        sink->set_color(spdlog::level::err, "\033[1;31m");
        auto made = std::make_shared<spdlog::logger>("fakemx", std::move(sink));
        made->set_pattern("%^%v%$");
        made->set_level(spdlog::level::info);
        // A closed stderr is no reason to stop, and there is nowhere to complain about it.
        made->set_error_handler([](const std::string&) {});
        return made;
    }();
    return *instance;
}

}  // namespace

std::optional<Level> level_named(std::string_view name) {
    for (std::size_t i = 0; i < level_names.size(); ++i) {
        if (level_names.at(i) == name) return static_cast<Level>(i);
    }
    return std::nullopt;
}

void show_from(Level level) {
    logger().set_level(spdlog_level(level));
}

bool shown(Level level) {
    return logger().should_log(spdlog_level(level));
}

void say(Level level, std::string_view line) {
    if (level == Level::warning) {
        logger().warn("warning: {}", line);
    } else if (level == Level::error) {
        logger().error("error: {}", line);
    } else {
        logger().log(spdlog_level(level), "{}", line);
    }
}

}  // namespace fakemx::app
