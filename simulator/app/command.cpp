// Options by CLI11, with a variable for each.
#include "app/command.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <sstream>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "core/text.h"
#include "core/words.h"

namespace fakemx::app {

namespace {

/// The values of an option that was not given.
void take_from_variable(const CLI::Option& option, std::vector<std::string>& values) {
    if (option.count() != 0) return;
    const char* text = std::getenv(variable_of(option.get_lnames().front()).c_str());
    if (text == nullptr) return;
    std::istringstream words{text};
    for (std::string word; words >> word;) values.push_back(word);
}

/// CLI11 takes what does not fit for the largest number, and tells of others in its own words.
std::string what_is_no_count(const std::string& text) {
    constexpr std::uint64_t max = std::numeric_limits<std::uint32_t>::max();
    const auto number = parse_decimal(text);
    if (number && *number >= 1 && *number <= max) return "";
    return fmt::format("'{}' is no whole number from 1 to {}", printable(text), max);
}

}  // namespace

std::string variable_of(std::string_view option) {
    std::string name{"FAKEMX_"};
    option.remove_prefix(std::min(option.find_first_not_of('-'), option.size()));
    for (const char c : option) name += c == '-' ? '_' : ascii_upper(c);
    return name;
}

Value& Value::placeholder(const std::string& text) {
    option_->type_name(text);
    return *this;
}

Value& Value::required() {
    option_->required();
    return *this;
}

Value& Value::one_of(std::vector<std::string> values) {
    option_->check(CLI::IsMember(std::move(values)));
    return *this;
}

Value& Value::variable(const std::string& name) {
    option_->envname(name);
    return *this;
}

Value& Value::description(const std::string& text) {
    option_->description(text);
    return *this;
}

Command::Command(CLI::App& app, Chosen& chosen)
    : app_(&app),
      chosen_(&chosen),
      when_parsed_(std::make_shared<std::vector<std::function<void()>>>()) {}

Command Command::subcommand(const std::string& name, const std::string& summary) {
    return {*app_->add_subcommand(name, summary), *chosen_};
}

void Command::needs_subcommand() {
    app_->require_subcommand(1);
}

void Command::options_anywhere() {
    app_->fallthrough();
}

Value Command::argument(const std::string& name, std::string& value, const std::string& summary) {
    return Value{*app_->add_option(name, value, summary)};
}

Value Command::arguments(const std::string& name, std::vector<std::string>& values,
                         const std::string& summary) {
    return Value{*app_->add_option(name, values, summary)};
}

void Command::flag(const std::string& name, bool& value, const std::string& summary) {
    app_->add_flag(name, value, summary)->envname(variable_of(name));
}

Value Command::option(const std::string& name, std::string& value, const std::string& summary) {
    return Value{*app_->add_option(name, value, summary)->envname(variable_of(name))};
}

Value Command::number(const std::string& name, std::size_t& value, const std::string& summary) {
    return Value{*app_->add_option(name, value, summary)
                      ->envname(variable_of(name))
                      ->check(CLI::Validator{what_is_no_count, ""})};
}

Value Command::options(const std::string& name, std::vector<std::string>& values,
                       const std::string& summary) {
    CLI::Option* const option = app_->add_option(name, values, summary)->allow_extra_args(false);
    when_parsed_->push_back([option, &values] { take_from_variable(*option, values); });
    return Value{*option};
}

Value Command::option_with_or_without_value(const std::string& name, std::string& value,
                                            bool& given, const std::string& summary) {
    CLI::Option* const option = app_->add_option(name, value, summary)->expected(0, 1);
    option->envname(variable_of(name));
    when_parsed_->push_back([option, &given] { given = option->count() != 0; });
    return Value{*option};
}

void Command::one_of(std::vector<std::string> names, std::vector<std::string> others) {
    for (const std::string& name : names) app_->get_option(name)->envname("");
    when_parsed_->push_back([app = app_, names = std::move(names), others = std::move(others)] {
        const auto is_given = [app](const std::string& name) {
            return app->get_option(name)->count() != 0;
        };
        if (std::any_of(names.begin(), names.end(), is_given) ||
            std::any_of(others.begin(), others.end(), is_given))
            return;
        for (const std::string& name : names) {
            const char* text = std::getenv(variable_of(name).c_str());
            if (text == nullptr || *text == '\0') continue;
            CLI::Option* const option = app->get_option(name);
            option->add_result(text);
            option->run_callback();
        }
    });
}

Value Command::find(const std::string& name) {
    return Value{*app_->get_option(name)};
}

void Command::footer(const std::string& text) {
    app_->footer(text);
}

void Command::runs(std::function<ExitStatus()> action) {
    app_->callback([chosen = chosen_, when_parsed = when_parsed_, action = std::move(action)] {
        for (const auto& act : *when_parsed) act();
        *chosen = action;
    });
}

}  // namespace fakemx::app
