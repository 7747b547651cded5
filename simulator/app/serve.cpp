// fakemx serve: plays a profile until a signal comes.
#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "app/listen_plan.h"
#include "app/load_profile.h"
#include "app/log_lines.h"
#include "app/options.h"
#include "app/play.h"
#include "app/profile_files.h"
#include "app/subcommands.h"

namespace fakemx::app {

namespace {

struct Options {
    std::string profile;
    std::vector<std::string> listen;
    std::vector<std::string> settings;
    PlayOptions run;
    bool quiet = false;
    std::string log_level = "info";
};

ExitStatus serve(const Options& options) {
    const auto level = level_named(options.log_level);
    if (!level) {
        return wrong_use(
            fmt::format("--log-level {}: not debug, info, warn, error or off", options.log_level));
    }
    PlayOptions run = options.run;
    run.from = options.quiet ? std::max(*level, Level::warning) : *level;
    show_from(run.from);
    const auto settings = parse_settings(options.settings);
    if (!settings) return wrong_use(settings.error().message);
    auto loaded = load_profile(options.profile, *settings);
    if (!loaded) {
        say(Level::debug, loaded.error().traceback);
        return wrong_use(loaded.error().message);
    }
    const auto plan = plan_listening(loaded->profile(), options.listen);
    if (!plan) return wrong_use(plan.error().message);
    PlayParts parts;
    parts.setup.settings = *settings;
    parts.sources = loaded->sources;
    return play(loaded->profile(), *loaded->policy, *plan, run, parts);
}

}  // namespace

void add_serve(Command& program) {
    auto options = std::make_shared<Options>();
    Command command = program.subcommand("serve", "Play a receiver until it is told to stop");
    command.argument("PROFILE", options->profile, "A shipped profile's name, or the path of yours")
        .variable("FAKEMX_PROFILE")
        .required();
    command
        .options("--listen", options->listen,
                 "ADDR:PORT, or NAME=ADDR:PORT for one host; port 0: a free one [127.0.0.1:1025]")
        .placeholder("ADDR:PORT");
    add_dns_option(command, options->run.dns);
    add_play_options(command, options->run);
    command.options("--set", options->settings, "Set a parameter of the profile")
        .placeholder("NAME=VALUE");
    command
        .option("--tls-ca", options->run.tls_ca,
                "Write the certificate of this run's CA to this file, for clients to trust")
        .placeholder("FILE");
    command
        .option("--tls-keys", options->run.tls_keys,
                "Append the secrets of TLS sessions to this file, for Wireshark")
        .placeholder("FILE");
    command
        .number("--max-sessions", options->run.sessions_max,
                "Sessions at once; the next one gets 421 [120000]")
        .placeholder("N");
    command
        .options("--trust-xclient", options->run.trust_xclient,
                 "Clients from this address or network may say with XCLIENT for whom they speak")
        .placeholder("NETWORK");
    command
        .options("--trust-proxy", options->run.trust_proxy,
                 "Connections from this address or network begin with a PROXY header")
        .placeholder("NETWORK");
    command.flag("--quiet", options->quiet, "No live log, only warnings and errors");
    command.option("--log-level", options->log_level, "debug, info, warn, error or off [info]")
        .placeholder("LEVEL");
    command.footer(
        "Examples:\n"
        "  fakemx serve netease --journal run.db\n"
        "  fakemx serve flaky-data --set tries=3 --clock x60\n"
        "  fakemx serve netease --trust-proxy 127.0.0.1\n"
        "  fakemx serve ./my.lua --listen 127.0.0.1:0 --ready-file ready.json\n"
        "\nIt listens on the loopback interface unless told otherwise, and never relays.");
    command.runs([options] { return serve(*options); });
}

}  // namespace fakemx::app
