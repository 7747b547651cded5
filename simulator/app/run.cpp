// fakemx run: a scenario with its sender, and the verdict.
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "app/log_lines.h"
#include "app/options.h"
#include "app/profile_files.h"
#include "app/scenario_files.h"
#include "app/scenario_run.h"
#include "app/subcommands.h"

namespace fakemx::app {

namespace {

struct Options {
    std::string scenario;
    std::vector<std::string> settings;
    ScenarioOptions run;
    std::string log_level = "warn";
};

ExitStatus run(const Options& options) {
    const auto level = level_named(options.log_level);
    if (!level) {
        return wrong_use(
            fmt::format("--log-level {}: not debug, info, warn, error or off", options.log_level));
    }
    ScenarioOptions run = options.run;
    run.play.from = *level;
    show_from(*level);
    const auto settings = parse_settings(options.settings);
    if (!settings) return wrong_use(settings.error().message);
    auto loaded = load_scenario(options.scenario, *settings);
    if (!loaded) {
        say(Level::debug, loaded.error().traceback);
        return wrong_use(loaded.error().message);
    }
    return run_scenario(run, std::move(*loaded));
}

}  // namespace

void add_run(Command& program) {
    auto options = std::make_shared<Options>();
    ScenarioOptions& run_options = options->run;
    run_options.play.clock.clear();
    Command command = program.subcommand("run", "Run a sender through a scenario, and judge it");
    command
        .argument("SCENARIO", options->scenario,
                  "A shipped scenario's name, the path of yours, or a profile")
        .variable("FAKEMX_SCENARIO")
        .required();
    command.arguments(
        "COMMAND", run_options.command,
        "The sender, behind --; it finds the receiver in FAKEMX_ADDRESS and the like");
    command.flag("--share-clock", run_options.share_clock,
                 "The sender's processes go by the same virtual clock");
    command
        .option("--over", run_options.over,
                "When the run ends: command, settled or horizon [as the scenario says]")
        .placeholder("WHEN");
    command.flag("--each", run_options.each, "Run COMMAND once for each message");
    command
        .option("--horizon", run_options.horizon,
                "The run ends after this time in any case [as the scenario says]")
        .placeholder("TIME");
    command
        .options("--listen", run_options.listen,
                 "ADDR:PORT, or NAME=ADDR:PORT for one host [127.0.0.1 and free ports]")
        .placeholder("ADDR:PORT");
    add_dns_option(command, run_options.play.dns);
    add_play_options(command, run_options.play);
    // Otherwise than where something is served.
    command.find("--seed").description(
        "Fixes all that is decided by chance [the scenario's, or 1]");
    command.find("--clock").description(
        "real, xN, stepped, or shared with the sender [the scenario's, or real]");
    command.find("--json").description(
        "Print the ready object as the first line on stdout, and the report as JSON as the last");
    command.options("--set", options->settings, "Set a parameter of the receiver")
        .placeholder("NAME=VALUE");
    command.option("--junit", run_options.junit, "Write the report as JUnit XML to this file")
        .placeholder("FILE");
    command
        .option("--work", run_options.work,
                "Keep messages and other files of the run in this folder [a temporary one]")
        .placeholder("FOLDER");
    command
        .option("--tls-ca", run_options.play.tls_ca,
                "Write the certificate of this run's CA to this file, for clients to trust")
        .placeholder("FILE");
    command.option("--log-level", options->log_level, "debug, info, warn, error or off [warn]")
        .placeholder("LEVEL");
    command.footer(
        "Examples:\n"
        "  fakemx run flaky-data -- ./send-a-message\n"
        "  fakemx run retry-451 --share-clock --junit report.xml -- ./start-postfix\n"
        "  fakemx run ./mine.lua -- swaks --server {address} --from {from} --to {to}\n"
        "\nExit status: 0 as expected, 1 not, 2 wrong use, 3 the run itself failed.");
    command.runs([options] { return run(*options); });
}

}  // namespace fakemx::app
