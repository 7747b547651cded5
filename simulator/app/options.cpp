// Variables for flags.
#include "app/options.h"

#include <cstdlib>
#include <sstream>

#include <CLI/CLI.hpp>

#include "core/text.h"

namespace fakemx::app {

namespace {

/// --ready-file: FAKEMX_READY_FILE.
std::string variable_of(const std::string& flag) {
    std::string name{"FAKEMX_"};
    for (const char c : flag) name += c == '-' ? '_' : ascii_upper(c);
    return name;
}

}  // namespace

void set_environment_names(CLI::App& command) {
    for (CLI::Option* option : command.get_options()) {
        if (option->get_lnames().empty() || option == command.get_help_ptr()) continue;
        if (option->get_items_expected_max() > 1) continue;
        option->envname(variable_of(option->get_lnames().front()));
    }
}

void take_from_environment(const CLI::App& command, const std::string& option,
                           std::vector<std::string>& values) {
    if (command.count(option) != 0) return;
    const char* text = std::getenv(variable_of(option.substr(2)).c_str());
    if (text == nullptr) return;
    std::istringstream words{text};
    for (std::string word; words >> word;) values.push_back(word);
}

}  // namespace fakemx::app
