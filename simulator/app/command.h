// The command line as a subcommand sees it: its options, their variables, and what it does. CLI11 behind it takes longer to compile
// than everything else of a subcommand together, so that it stays in command.cpp and command_line.cpp.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "app/exit_status.h"

namespace CLI {  // NOLINT(readability-identifier-naming): as CLI11 calls it
class App;
class Option;
}  // namespace CLI

namespace fakemx::app {

/// What is to be run once the whole line is parsed.
using Chosen = std::function<ExitStatus()>;

/// Something on the command line that takes a value, to be described further.
class Value {
public:
    explicit Value(CLI::Option& option) : option_(&option) {}

    /// What stands for the value in the help: "RUN.db".
    Value& placeholder(const std::string& text);
    Value& required();
    Value& one_of(std::vector<std::string> values);
    /// The variable that it is taken from when it is not given. Options have theirs already.
    Value& variable(const std::string& name);
    /// Instead of what it was described as.
    Value& description(const std::string& text);

private:
    CLI::Option* option_;
};

/// A subcommand, or one of its own. Names of options begin with "--"; each option has a variable, --ready-file FAKEMX_READY_FILE.
/// What is referred to must live until the line is parsed and the subcommand has run.
class Command {
public:
    Command(CLI::App& app, Chosen& chosen);

    Command subcommand(const std::string& name, const std::string& summary);
    /// One of its subcommands must be named.
    void needs_subcommand();
    /// Its options may stand behind its subcommands as well.
    void options_anywhere();

    Value argument(const std::string& name, std::string& value, const std::string& summary);
    Value arguments(const std::string& name, std::vector<std::string>& values,
                    const std::string& summary);
    void flag(const std::string& name, bool& value, const std::string& summary);
    Value option(const std::string& name, std::string& value, const std::string& summary);
    /// A whole number, at least 1.
    Value number(const std::string& name, std::size_t& value, const std::string& summary);
    /// An option that may be given several times; in its variable blanks stand between the values.
    Value options(const std::string& name, std::vector<std::string>& values,
                  const std::string& summary);
    /// An option whose value may be left out; `given` says whether the option is there at all.
    Value option_with_or_without_value(const std::string& name, std::string& value, bool& given,
                                       const std::string& summary);

    /// Options that were added before, of which one says what is to be done: their variables count only where the line has none of them,
    /// and none of `others`.
    void one_of(std::vector<std::string> names, std::vector<std::string> others);

    /// An option that was added before.
    Value find(const std::string& name);

    /// Behind the options in the help.
    void footer(const std::string& text);

    /// What the subcommand does. Called once.
    void runs(std::function<ExitStatus()> action);

    CLI::App& app() { return *app_; }

private:
    CLI::App* app_;
    Chosen* chosen_;
    /// What is done once the line is parsed, before anything runs.
    std::shared_ptr<std::vector<std::function<void()>>> when_parsed_;
};

/// --ready-file: FAKEMX_READY_FILE.
std::string variable_of(std::string_view option);

}  // namespace fakemx::app
