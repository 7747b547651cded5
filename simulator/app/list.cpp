// fakemx list: what comes with fakemx.
#include <algorithm>
#include <memory>
#include <string>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "app/load_profile.h"
#include "app/log_lines.h"
#include "app/profile_files.h"
#include "app/standard_output.h"
#include "app/subcommands.h"
#include "app/text.h"

namespace fakemx::app {

namespace {

ExitStatus list_profiles() {
    const auto directory = shipped_profiles_directory();
    if (!directory) {
        say(Level::error,
            "the shipped profiles are not to be found; FAKEMX_PROFILES may name their directory");
        return ExitStatus::harness_failed;
    }
    const auto profiles = shipped_profiles(*directory);
    std::size_t columns = 0;
    for (const auto& profile : profiles) columns = std::max(columns, width_of(profile.name));
    StandardOutput out;
    for (const auto& profile : profiles) {
        const auto loaded = load_profile(profile.path, {});
        out.line(
            fmt::format("{}  {}", padded(profile.name, columns),
                        printable(loaded ? loaded->profile().summary : loaded.error().message)));
    }
    out.line(fmt::format("\nThey are in {}.", *directory));
    return out.finish();
}

}  // namespace

void add_list(CLI::App& program, Chosen& chosen) {
    CLI::App& command = *program.add_subcommand("list", "Tell what comes with fakemx");
    CLI::App& profiles =
        *command.add_subcommand("profiles", "Name, summary and place of the shipped profiles");
    command.require_subcommand(1);
    profiles.callback([&chosen] { chosen = [] { return list_profiles(); }; });
}

}  // namespace fakemx::app
