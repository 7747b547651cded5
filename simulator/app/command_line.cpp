// The program's options, its subcommands, and what it says when it is used wrongly.
#include "app/command_line.h"

#include <algorithm>
#include <array>
#include <csignal>
#include <sstream>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "app/exit_status.h"
#include "app/log_lines.h"
#include "app/standard_output.h"
#include "app/subcommands.h"
#include "app/version.h"
#include "core/text.h"

namespace fakemx::app {

namespace {

constexpr std::array<std::string_view, 13> subcommand_names{
    "serve",  "run", "sink",   "check", "conform", "simulate", "matrix",
    "replay", "log", "report", "clock", "state",   "list"};

/// The name that was probably meant, where the first word is no subcommand.
std::string hint_for(const std::vector<std::string>& words) {
    for (const std::string& word : words) {
        if (word.starts_with('-')) continue;
        for (const std::string_view name : subcommand_names) {
            if (word == name) return "";
        }
        return fmt::format("unknown subcommand '{}'{}", word, did_you_mean(word, subcommand_names));
    }
    return "";
}

/// The option that was probably meant by the first one that the subcommand does not have.
std::string hint_for(const CLI::App& command, const std::vector<std::string>& words) {
    std::vector<std::string> names;
    for (const CLI::Option* option : command.get_options()) {
        for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
    }
    const std::vector<std::string_view> views{names.begin(), names.end()};
    for (const std::string& word : words) {
        const std::string name = word.substr(0, word.find('='));
        if (!name.starts_with("--") || name == "--") continue;
        if (std::find(names.begin(), names.end(), name) == names.end()) {
            return fmt::format("unknown option {}{}", name, did_you_mean(name, views));
        }
    }
    return "";
}

/// What a subcommand with subcommands of its own was to do.
std::string hint_for_inner(const CLI::App& command, const std::vector<std::string>& words) {
    std::vector<std::string> names;
    for (const CLI::App* inner : command.get_subcommands({})) names.push_back(inner->get_name());
    if (names.empty() || !command.get_subcommands().empty()) return "";
    const auto own = std::find(words.begin(), words.end(), command.get_name());
    if (own == words.end() || own + 1 == words.end() || (own + 1)->starts_with('-')) {
        return fmt::format("{} needs one of {}", command.get_name(), fmt::join(names, ", "));
    }
    const std::vector<std::string_view> views{names.begin(), names.end()};
    return fmt::format("unknown '{} {}'{}", command.get_name(), *(own + 1),
                       did_you_mean(*(own + 1), views));
}

ExitStatus explain(const CLI::App& program, const CLI::ParseError& error,
                   const std::vector<std::string>& words) {
    const auto chosen = program.get_subcommands();
    std::string message = chosen.empty() ? hint_for(words) : hint_for(*chosen.front(), words);
    if (message.empty() && !chosen.empty()) message = hint_for_inner(*chosen.front(), words);
    if (message.empty()) message = error.what();
    say(Level::error, message);
    const std::string name = chosen.empty() ? "fakemx" : "fakemx " + chosen.front()->get_name();
    say(Level::info, fmt::format("'{} --help' tells what it takes", name));
    return ExitStatus::usage;
}

/// The help without the variables, whose names follow from those of the flags.
class ShortFormatter final : public CLI::Formatter {
public:
    std::string make_option_opts(const CLI::Option* option) const override {
        const std::string type = option->get_type_name();
        return option->get_positional() || type.empty() ? "" : " " + type;
    }
};

ExitStatus parse_and_run(int argc, char* argv[]) {
    CLI::App program{
        "A fake MX that fails on cue: plays a mail receiver as a profile says, and "
        "remembers what the sender did.",
        "fakemx"};
    Chosen chosen;
    program.formatter(std::make_shared<ShortFormatter>());
    program.set_version_flag("--version", fmt::format("fakemx {}", version_text),
                             "Print the version and exit");
    program.set_help_flag("-h,--help", "Print this help and exit");
    program.require_subcommand(1);
    program.footer(
        "Examples:\n"
        "  fakemx serve netease --journal run.db      163.com as senders meet it, on "
        "127.0.0.1:1025\n"
        "  fakemx log run.db --timeline               who came back when, and what became of it\n"
        "  fakemx check my.lua                        what is wrong with my profile\n"
        "  fakemx simulate netease --sender postfix   what a Postfix would make of it, in a "
        "moment\n"
        "\n"
        "Every flag has a variable: --ready-file is FAKEMX_READY_FILE. Exit status: 0 pass, 1 the "
        "verdict\n"
        "failed, 2 wrong use or a bad profile, 3 fakemx itself failed.");
    Command command{program, chosen};
    // conform takes two lists of words, and only the dashes part them.
    std::vector<std::string> behind;
    const auto end = argc > 1 && std::string_view{argv[1]} == "conform"
                         ? std::find(argv, argv + argc, std::string_view{"--"})
                         : argv + argc;
    if (end != argv + argc) behind.assign(end + 1, argv + argc);
    argc = static_cast<int>(end - argv);
    add_serve(command);
    add_run(command);
    add_sink(command);
    add_check(command);
    add_simulate(command);
    add_matrix(command);
    add_log(command);
    add_report(command);
    add_conform(command, behind);
    add_clock(command);
    add_state(command);
    add_replay(command);
    add_list(command);

    const std::vector<std::string> words{argv + 1, argv + argc};
    if (words.empty()) {
        say(Level::info, program.help());
        return ExitStatus::usage;
    }
    try {
        program.parse(argc, argv);
    } catch (const CLI::Success& asked) {
        // --help and --version.
        std::ostringstream text;
        program.exit(asked, text, text);
        StandardOutput out;
        out.write(text.str());
        return out.finish();
    } catch (const CLI::ParseError& error) {
        return explain(program, error, words);
    }
    return chosen();
}

}  // namespace

int run(int argc, char* argv[]) {
    fill_standard_descriptors();
    // A client that has gone, a reader that has left, a limit on the size of files: each is an error of
    // the call that meets it.
    std::signal(SIGPIPE, SIG_IGN);
    std::signal(SIGXFSZ, SIG_IGN);
    try {
        return static_cast<int>(parse_and_run(argc, argv));
    } catch (const std::exception& error) {
        say(Level::error, error.what());
        return static_cast<int>(ExitStatus::harness_failed);
    }
}

}  // namespace fakemx::app
