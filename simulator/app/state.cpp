// fakemx state: shows and changes what the profile of a server that runs remembers.
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "app/log_lines.h"
#include "app/options.h"
#include "app/order.h"
#include "app/standard_output.h"
#include "app/subcommands.h"

namespace fakemx::app {

namespace {

namespace json = boost::json;

struct Options {
    std::string control;
    bool json = false;
    std::string store;
    std::string key;
    std::vector<std::string> members;  // of an entry: NAME=VALUE
    std::string file;
};

std::string_view view(const json::value& text) {
    return {text.as_string().data(), text.as_string().size()};
}

/// `seen  192.0.2.1  counter 3  until 2026-01-01T00:10:00Z`
std::string in_words(const json::object& entry) {
    std::string line = fmt::format("{}  {}", view(entry.at("store")), view(entry.at("key")));
    for (const auto& [name, value] : entry) {
        const std::string_view what = name;
        if (what == "store" || what == "key" || what == "expires") continue;
        line += fmt::format("  {} {}", what,
                            what == "mark" || what == "longest" ? std::string{view(value)}
                                                                : json::serialize(value));
    }
    if (const auto* expires = entry.if_contains("expires"))
        line += fmt::format("  until {}", view(*expires));
    return line;
}

ExitStatus show(const Options& options) {
    auto state = order(options.control, {.target = "/state"});
    if (!state) return state.error();
    const auto wanted = [&](const json::object& entry) {
        return (options.store.empty() || view(entry.at("store")) == options.store) &&
               (options.key.empty() || view(entry.at("key")) == options.key);
    };
    StandardOutput out;
    if (options.json && options.store.empty()) {
        out.line(json::serialize(*state));
        return out.finish();
    }
    bool any = false;
    for (const json::value& one : state->at("entries").as_array()) {
        const json::object& entry = one.as_object();
        if (!wanted(entry)) continue;
        any = true;
        out.line(options.json ? json::serialize(entry) : in_words(entry));
    }
    if (!any && !options.json) say(Level::info, "nothing is remembered there");
    return out.finish();
}

/// What the server answers to a change is no news.
ExitStatus change(const std::string& control, const http::Request& request) {
    const auto state = order(control, request);
    return state ? ExitStatus::pass : state.error();
}

/// Text that is JSON is meant as such: a number, true, a list. Instants and plain texts are not.
json::value value_of(std::string_view name, const std::string& text) {
    boost::system::error_code error;
    json::value parsed = json::parse(text, error);
    if (error || name == "mark" || name == "expires" || name == "ttl" || name == "longest")
        return json::value(text);
    return parsed;
}

ExitStatus set(const Options& options) {
    json::object entry{{"store", options.store}, {"key", options.key}};
    for (const std::string& member : options.members) {
        const std::size_t sign = member.find('=');
        if (sign == std::string::npos) {
            say(Level::error, fmt::format("'{}' is no NAME=VALUE such as counter=3", member));
            return ExitStatus::usage;
        }
        const std::string name = member.substr(0, sign);
        entry[name] = value_of(name, member.substr(sign + 1));
    }
    return change(options.control,
                  {.method = "POST",
                   .target = "/state",
                   .body = json::serialize(json::object{{"set", json::array{std::move(entry)}}})});
}

ExitStatus forget(const Options& options) {
    json::object what{{"store", options.store}};
    if (!options.key.empty()) what["key"] = options.key;
    return change(options.control,
                  {.method = "POST",
                   .target = "/state",
                   .body = json::serialize(json::object{{"forget", std::move(what)}})});
}

ExitStatus load(const Options& options) {
    std::ifstream file;
    if (options.file != "-") {
        file.open(options.file);
        if (!file) {
            say(Level::error, fmt::format("{}: it cannot be read", options.file));
            return ExitStatus::usage;
        }
    }
    std::istream& in = options.file == "-" ? std::cin : file;
    return change(
        options.control,
        {.method = "PUT", .target = "/state", .body = {std::istreambuf_iterator<char>{in}, {}}});
}

}  // namespace

void add_state(Command& program) {
    auto options = std::make_shared<Options>();
    Command command = program.subcommand(
        "state", "Show or change what the profile of a server that runs remembers");
    add_control_option(command, options->control);
    const auto add = [&](const char* name, const char* what, ExitStatus (*action)(const Options&)) {
        Command sub = command.subcommand(name, what);
        sub.runs([options, action] { return action(*options); });
        return sub;
    };
    Command shows = add("show", "What is remembered", show);
    shows.argument("STORE", options->store, "In this store only");
    shows.argument("KEY", options->key, "Under this key only");
    shows.flag("--json", options->json, "As JSON; all of it is a snapshot that load takes");
    Command sets = add("set", "Put something in, whatever was there", set);
    sets.argument("STORE", options->store, "The store").required();
    sets.argument("KEY", options->key, "The key").required();
    sets.arguments("CONTENT", options->members,
                   "What it holds: counter=3, value=text, mark=now, set=[\"a\"]; and ttl=10m")
        .required();
    Command forgets = add("forget", "Forget a key, or all keys of a store", forget);
    forgets.argument("STORE", options->store, "The store").required();
    forgets.argument("KEY", options->key, "The key");
    add("reset", "Forget everything, what chance has decided included", [](const Options& all) {
        return change(all.control, {.method = "DELETE", .target = "/state"});
    });
    Command loads = add("load", "Forget everything, and remember a snapshot", load);
    loads.argument("FILE", options->file, "From show --json; - for standard input").required();
    command.needs_subcommand();
    command.footer(
        "Examples:\n"
        "  fakemx state show --control /tmp/mx.sock\n"
        "  fakemx state show --json --control /tmp/mx.sock >before.json\n"
        "  fakemx state set hits 192.0.2.1 counter=99 ttl=1h --control /tmp/mx.sock\n"
        "  fakemx state load before.json --control /tmp/mx.sock");
}

}  // namespace fakemx::app
