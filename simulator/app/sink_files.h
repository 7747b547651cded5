// smtp-sink's dump files: one for each message (-d), or one for all (-D).
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "sink/settings.h"
#include "sink/watcher.h"

namespace fakemx::app {

class SinkFiles {
public:
    explicit SinkFiles(const sink::Settings& settings) : settings_(settings) {}

    /// Gives the error, if there is one.
    std::optional<std::string> write(const sink::Captured& message);

private:
    const sink::Settings& settings_;
    bool told_cut_off_ = false;
};

/// strftime(3) by the local time.
std::string expanded(const std::string& pattern, Instant at);

}  // namespace fakemx::app
