// fakemx list: what comes with fakemx.
#include <algorithm>
#include <memory>
#include <string>

#include <fmt/format.h>

#include "app/load_profile.h"
#include "app/log_lines.h"
#include "app/profile_files.h"
#include "app/scenario_files.h"
#include "app/standard_output.h"
#include "app/subcommands.h"
#include "app/text.h"

namespace fakemx::app {

namespace {

/// One line for each file in `within` of the shipped profiles, with what `summary_of` says of it.
template <class Summary>
ExitStatus list_files(std::string_view within, const Summary& summary_of) {
    auto directory = shipped_profiles_directory();
    if (!directory) {
        say(Level::error,
            "the shipped profiles are not to be found; FAKEMX_PROFILES may name their directory");
        return ExitStatus::harness_failed;
    }
    *directory += within;
    const auto profiles = shipped_profiles(*directory);
    std::size_t columns = 0;
    for (const auto& profile : profiles) columns = std::max(columns, width_of(profile.name));
    StandardOutput out;
    for (const auto& profile : profiles) {
        out.line(fmt::format("{}  {}", padded(profile.name, columns),
                             printable(summary_of(profile.path))));
    }
    out.line(fmt::format("\nThey are in {}.", *directory));
    return out.finish();
}

ExitStatus list_profiles() {
    return list_files("", [](const std::string& path) {
        const auto loaded = load_profile(path, {});
        return loaded ? loaded->profile().summary : loaded.error().message;
    });
}

ExitStatus list_scenarios() {
    return list_files("/scenarios", [](const std::string& path) {
        const auto loaded = load_scenario(path, {});
        return loaded ? loaded->scenario.summary : loaded.error().message;
    });
}

ExitStatus list_senders() {
    return list_files("/senders", [](const std::string& path) {
        const auto loaded = load_sender(path, {});
        return loaded ? loaded->model.summary : loaded.error().message;
    });
}

}  // namespace

void add_list(Command& program) {
    Command command = program.subcommand("list", "Tell what comes with fakemx");
    Command profiles =
        command.subcommand("profiles", "Name, summary and place of the shipped profiles");
    Command scenarios =
        command.subcommand("scenarios", "Name, summary and place of the shipped scenarios");
    Command senders =
        command.subcommand("senders", "Name, summary and place of the modelled senders");
    command.needs_subcommand();
    profiles.runs(list_profiles);
    scenarios.runs(list_scenarios);
    senders.runs(list_senders);
}

}  // namespace fakemx::app
