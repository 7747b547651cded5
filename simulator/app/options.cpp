// Variables for flags.
#include "app/options.h"

#include <cstdlib>
#include <sstream>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

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

Result<std::vector<IpNetwork>, Complaint> read_networks(std::string_view option,
                                                        const std::vector<std::string>& values) {
    std::vector<IpNetwork> networks;
    for (const std::string& value : values) {
        const auto network = IpNetwork::parse(value);
        if (!network) {
            return Complaint{
                fmt::format("{} {}: not an IP address, nor a network such as 10.0.0.0/8 with no "
                            "bit set behind its prefix",
                            option, value)};
        }
        networks.push_back(*network);
    }
    return networks;
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
