// fakemx clock: shows and moves the stepped clock of a server that runs.
#include <memory>
#include <string>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "app/options.h"
#include "app/order.h"
#include "app/standard_output.h"
#include "app/subcommands.h"
#include "core/time.h"

namespace fakemx::app {

namespace {

namespace json = boost::json;

struct Options {
    std::string control;
    bool json = false;
    std::string by;
    std::string to;
};

std::string in_words(const json::object& shown) {
    std::string now{shown.at("now").as_string()};
    if (!shown.at("next").is_string()) return now;
    const std::string next{shown.at("next").as_string()};
    const auto wait = *parse_instant(next) - *parse_instant(now);
    return fmt::format("{}  next: {}, in {}", now, next, format_duration(wait));
}

ExitStatus clock(const Options& options) {
    http::Request request{.target = "/clock"};
    if (!options.by.empty() || !options.to.empty()) {
        request.method = "POST";
        request.body = json::serialize(options.to.empty() ? json::object{{"advance", options.by}}
                                                          : json::object{{"to", options.to}});
    }
    const auto shown = order(options.control, request);
    if (!shown) return shown.error();
    StandardOutput out;
    out.line(options.json ? json::serialize(*shown) : in_words(*shown));
    return out.finish();
}

}  // namespace

void add_clock(Command& program) {
    auto options = std::make_shared<Options>();
    Command command =
        program.subcommand("clock", "Show or move the stepped clock of a server that runs");
    add_control_option(command, options->control);
    command.flag("--json", options->json, "Print the answer as the server gives it");
    const auto action = [options] { return clock(*options); };
    command.subcommand("show", "What time it is, and when the server does something next")
        .runs(action);
    Command advance = command.subcommand("advance", "Let so much time pass, such as 30m");
    advance.argument("DURATION", options->by, "How much").required();
    advance.runs(action);
    command.subcommand("next", "To the next thing that the server does by itself").runs([options] {
        options->to = "next";
        return clock(*options);
    });
    Command to = command.subcommand("to", "To this instant, such as 2026-01-01T06:00:00Z");
    to.argument("INSTANT", options->to, "When").required();
    to.runs(action);
    command.needs_subcommand();
    command.footer(
        "Examples:\n"
        "  fakemx serve greylist --clock stepped --control /tmp/mx.sock\n"
        "  fakemx clock advance 5m --control /tmp/mx.sock\n"
        "\nWhat is due on the way is done, each thing at its own instant.");
}

}  // namespace fakemx::app
