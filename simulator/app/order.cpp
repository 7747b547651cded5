// Telling refusals apart from servers that cannot be reached.
#include "app/order.h"

#include <fmt/format.h>

#include "app/log_lines.h"
#include "http/local_client.h"

namespace fakemx::app {

void add_control_option(Command& command, std::string& control) {
    command.options_anywhere();
    command.option("--control", control, "Where the server takes orders, as its --control")
        .placeholder("PATH")
        .required();
}

Result<boost::json::object, ExitStatus> order(const std::string& control,
                                              const http::Request& request) {
    const auto answer = http::ask(control, request);
    if (!answer) {
        say(Level::error, answer.error());
        return ExitStatus::harness_failed;
    }
    boost::system::error_code error;
    boost::json::value said = boost::json::parse(answer->body, error);
    const auto* object = error ? nullptr : said.if_object();
    const auto* refused = object != nullptr ? object->if_contains("error") : nullptr;
    if (object == nullptr || (answer->status != 200 && refused == nullptr)) {
        say(Level::error, fmt::format("{}: this is no fakemx: {}", control, answer->body));
        return ExitStatus::harness_failed;
    }
    if (answer->status == 200) return std::move(said.get_object());
    say(Level::error, std::string{refused->as_string()});
    return ExitStatus::usage;
}

}  // namespace fakemx::app
