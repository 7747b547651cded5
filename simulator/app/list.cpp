// fakemx list: what comes with fakemx.
#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "app/load_profile.h"
#include "app/log_lines.h"
#include "app/parameter_text.h"
#include "app/profile_files.h"
#include "app/scenario_files.h"
#include "app/standard_output.h"
#include "app/subcommands.h"
#include "app/text.h"
#include "conformance/print.h"

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

ExitStatus list_rules() {
    StandardOutput out;
    out.write(conformance::list_of_rules());
    return out.finish();
}

struct Options {
    std::string profile;
};

/// One line for each parameter: its name, its value, and what its profile says of it.
ExitStatus list_parameters(const Options& options) {
    const auto loaded = load_profile(options.profile, {});
    if (!loaded) {
        say(Level::error, loaded.error().message);
        return ExitStatus::usage;
    }
    std::vector<std::array<std::string, 2>> cells;
    std::size_t name_columns = 0;
    std::size_t value_columns = 0;
    const auto& parameters = loaded->profile().parameters;
    for (const auto& parameter : parameters) {
        cells.push_back({printable(parameter.name), text_of(parameter.value)});
        name_columns = std::max(name_columns, width_of(cells.back()[0]));
        value_columns = std::max(value_columns, width_of(cells.back()[1]));
    }
    // A long text would push all descriptions out of sight.
    constexpr std::size_t value_columns_most = 24;
    value_columns = std::min(value_columns, value_columns_most);
    StandardOutput out;
    for (std::size_t i = 0; i < cells.size(); ++i) {
        out.line(fmt::format("{}  {}  {}", padded(cells[i][0], name_columns),
                             padded(cells[i][1], value_columns), printable(parameters[i].summary)));
    }
    return out.finish();
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
    Command parameters =
        command.subcommand("parameters", "Parameters of a profile, with their values and meaning");
    Command rules = command.subcommand("rules", "The rules that fakemx conform judges a sender by");
    auto options = std::make_shared<Options>();
    parameters.argument("PROFILE", options->profile, "Name of a shipped profile, or path of yours")
        .required();
    command.needs_subcommand();
    profiles.runs(list_profiles);
    scenarios.runs(list_scenarios);
    senders.runs(list_senders);
    rules.runs(list_rules);
    parameters.runs([options] { return list_parameters(*options); });
}

}  // namespace fakemx::app
