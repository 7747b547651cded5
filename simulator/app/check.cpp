// fakemx check: what is wrong with profiles, without a connection.
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "app/load_profile.h"
#include "app/log_lines.h"
#include "app/options.h"
#include "app/parameter_text.h"
#include "app/profile_files.h"
#include "app/scenario_files.h"
#include "app/standard_output.h"
#include "app/subcommands.h"
#include "app/text.h"

namespace fakemx::app {

namespace {

struct Options {
    std::vector<std::string> profiles;
    std::vector<std::string> settings;
};

std::string names_of_hosts(const engine::Profile& profile) {
    std::string names;
    for (const auto& host : profile.hosts) {
        if (!names.empty()) names += ' ';
        names += printable(host.options.name);
    }
    return names;
}

std::string names_of_hooks(const engine::HookSet& hooks) {
    std::string names;
    for (std::size_t i = 0; i < hooks.size(); ++i) {
        if (!hooks.test(i)) continue;
        if (!names.empty()) names += ' ';
        names += smtp::hook_names.at(i);
    }
    return names.empty() ? "none" : names;
}

std::string names_of_parameters(const std::vector<engine::ProfileParameter>& parameters) {
    std::string names;
    for (const auto& parameter : parameters) {
        if (!names.empty()) names += ' ';
        names += fmt::format("{}={}", parameter.name, text_of(parameter.value));
    }
    return names.empty() ? "none" : names;
}

ExitStatus check(const Options& options) {
    const auto settings = parse_settings(options.settings);
    if (!settings) {
        say(Level::error, settings.error().message);
        return ExitStatus::usage;
    }
    ExitStatus status = ExitStatus::pass;
    StandardOutput out;
    for (const std::string& written : options.profiles) {
        const auto loaded = load_profile(written, *settings);
        std::string mistake = loaded ? "" : loaded.error().message;
        if (!loaded && is_path(written)) {
            const auto scenario = load_scenario(written, *settings);
            if (scenario && scenario->file->scenario() != nullptr) {
                out.line(fmt::format("{}: ok; a scenario; receiver: {}; expectations: {}", written,
                                     scenario->receiver().profile().name,
                                     scenario->scenario.expect.size()));
                continue;
            }
            // Where it is none either, what keeps it from being one includes what keeps it from being a profile.
            if (!scenario) mistake = scenario.error().message;
            if (const auto sender = load_sender(written, *settings)) {
                out.line(fmt::format("{}: ok; a modelled sender; steps: {}; parameters: {}",
                                     written, sender->model.retry.size(),
                                     names_of_parameters(sender->parameters)));
                continue;
            }
        }
        // What a file says as a scenario may be wrong where it is right as a profile.
        if (loaded && is_path(written)) {
            if (const auto scenario = load_scenario(written, *settings); !scenario)
                mistake = scenario.error().message;
        }
        if (!mistake.empty()) {
            // As compilers do, for editors and CI to read.
            out.line(printable(mistake));
            status = ExitStatus::usage;
            continue;
        }
        out.line(fmt::format("{}: ok; hosts: {}; hooks: {}; parameters: {}", written,
                             names_of_hosts(loaded->profile()),
                             names_of_hooks(loaded->policy->hooks()),
                             names_of_parameters(loaded->profile().parameters)));
    }
    const ExitStatus written = out.finish();
    return written == ExitStatus::pass ? status : written;
}

}  // namespace

void add_check(Command& program) {
    auto options = std::make_shared<Options>();
    Command command =
        program.subcommand("check", "Find what is wrong with profiles, without a connection");
    command.arguments("PROFILE", options->profiles, "Names of shipped profiles, or paths of yours")
        .required();
    command.options("--set", options->settings, "Set a parameter of the profiles")
        .placeholder("NAME=VALUE");
    command.footer(
        "Prints file:line: message for an error. Exit status 2 when a profile has one.\n"
        "\nExamples:\n"
        "  fakemx check my.lua\n"
        "  fakemx check profiles/*.lua");
    command.runs([options] { return check(*options); });
}

}  // namespace fakemx::app
