// fakemx matrix: which part of a message is it that a receiver does not take?
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "app/log_lines.h"
#include "app/matrix_text.h"
#include "app/matrix_ways.h"
#include "app/play.h"
#include "app/profile_files.h"
#include "app/standard_output.h"
#include "app/subcommands.h"
#include "core/limits.h"
#include "core/text.h"
#include "smtp/path.h"

namespace fakemx::app {

namespace {

struct Options {
    std::string message;
    std::vector<std::string> command;
    std::string out;
    std::string profile;
    std::vector<std::string> settings;
    std::string seed = "1";
    std::string host;
    std::string port = "25";
    std::string journal;
    std::string from;
    std::string to;
    std::string helo = "matrix.sender.example";
    std::size_t repeat = 1;
    std::size_t tries = 1;
    std::string retry_after = "15m";
    std::string pause;
    std::string expect;
    bool json = false;
};

/// Copies of one run: more tell no more, and somebody receives them.
constexpr std::size_t repeat_max = 1000;
constexpr std::size_t tries_max = 100;
constexpr Duration wait_max = std::chrono::hours{24 * 8};

/// The octets of a file that may be a message, or the complaint.
Result<Source, Complaint> read_message(const std::string& path) {
    std::error_code error;
    if (std::filesystem::is_directory(path, error))
        return Complaint{fmt::format("{}: a directory, not a message", path)};
    std::ifstream file{path, std::ios::binary};
    if (!file) return Complaint{fmt::format("{}: {}", path, std::strerror(errno))};
    std::string text;
    std::vector<char> piece(64 * 1024);
    while (file.read(piece.data(), static_cast<std::streamsize>(piece.size())),
           file.gcount() != 0) {
        text.append(piece.data(), static_cast<std::size_t>(file.gcount()));
        if (text.size() > limits::message_octets_default)
            return Complaint{fmt::format("{}: more than {} octets, which no receiver takes", path,
                                         limits::message_octets_default)};
    }
    if (text.empty()) return Complaint{fmt::format("{}: empty", path)};
    return Source{std::move(text)};
}

std::optional<std::string> wrong_address(std::string_view option, const std::string& address) {
    const auto path = smtp::parse_path("<" + address + ">");
    if (path && !path->path.domain.empty() && path->octets == address.size() + 2)
        return std::nullopt;
    return fmt::format("{} {}: not an address such as user@163.com", option, address);
}

Result<Duration, Complaint> read_wait(std::string_view option, const std::string& text) {
    const auto duration = parse_duration(text);
    if (!duration)
        return Complaint{fmt::format("{} {}: not a duration such as 90s or 15m", option, text)};
    if (*duration > wait_max)
        return Complaint{fmt::format("{} {}: eight days are the most", option, text)};
    return *duration;
}

/// What is wrong with the options together.
std::optional<std::string> wrong_together(const Options& options) {
    const int ways =
        static_cast<int>(!options.profile.empty()) + static_cast<int>(!options.host.empty()) +
        static_cast<int>(!options.journal.empty()) + static_cast<int>(!options.command.empty());
    if (ways > 1)
        return "--profile, --host, --journal and a COMMAND: one of them (without any on the "
               "command line, FAKEMX_PROFILE, FAKEMX_HOST and FAKEMX_JOURNAL count)";
    if (ways == 0 && options.out.empty())
        return "what is to become of the variants? --profile NAME plays them through a profile, "
               "--host NAME sends "
               "them, -- COMMAND has them sent, --journal RUN.db looks for them, --out FOLDER "
               "writes them";
    if (options.message.empty() && options.journal.empty()) return "MESSAGE.eml is missing";
    if (options.message.empty() && !options.out.empty())
        return "--out: there is no MESSAGE.eml to make variants of";
    if (!options.host.empty() && (options.from.empty() || options.to.empty()))
        return "--host: --from and --to say who sends to whom";
    // FAKEMX_SET may be meant for another subcommand.
    if (!options.settings.empty() && options.profile.empty() &&
        std::getenv(variable_of("--set").c_str()) == nullptr)
        return "--set is for --profile";
    if (!options.expect.empty() && ways == 0) return "--expect: nothing is sent";
    if (!options.from.empty()) {
        if (auto wrong = wrong_address("--from", options.from)) return wrong;
    }
    if (!options.to.empty()) {
        if (auto wrong = wrong_address("--to", options.to)) return wrong;
    }
    if (options.repeat > repeat_max) return fmt::format("--repeat: {} are the most", repeat_max);
    if (options.tries > tries_max) return fmt::format("--tries: {} are the most", tries_max);
    return std::nullopt;
}

/// What was sent once is not taken for a further try of what is sent now.
std::string tag_for(const Options& options) {
    if (!options.profile.empty()) return "1";
    return fmt::format("{:08x}", std::random_device{}());
}

Result<Consignment, Complaint> read_consignment(const Options& options, const matrix::Kit& kit) {
    Consignment sent;
    sent.kit = &kit;
    sent.tag = tag_for(options);
    sent.repeat = static_cast<std::uint32_t>(options.repeat);
    sent.tries = static_cast<std::uint32_t>(options.tries);
    const auto retry_after = read_wait("--retry-after", options.retry_after);
    if (!retry_after) return retry_after.error();
    sent.retry_after = *retry_after;
    const std::string pause = !options.pause.empty()    ? options.pause
                              : options.profile.empty() ? "0s"
                                                        : "1m";
    const auto between = read_wait("--pause", pause);
    if (!between) return between.error();
    sent.pause = *between;
    sent.from = !options.from.empty()     ? options.from
                : kit.from_domain.empty() ? "news@sender.example"
                                          : "news@" + kit.from_domain;
    sent.to = options.to;
    sent.helo = options.helo;
    return sent;
}

/// With a seed that is a number.
Result<std::optional<matrix::Grid>, NoGrid> outcomes_of(const Options& options,
                                                        const Consignment& sent,
                                                        MatrixReport& report) {
    std::optional<Result<matrix::Grid, NoGrid>> grid;
    if (!options.profile.empty()) {
        report.way = fmt::format("{} plays the receiver, in virtual time", options.profile);
        grid = play_matrix(sent, options.profile, options.settings,
                           parse_decimal(options.seed).value_or(0));
    } else if (!options.host.empty()) {
        report.way = fmt::format("sent to {}:{}, from {} to {}", options.host, options.port,
                                 sent.from, sent.to);
        grid = send_matrix(sent, options.host, options.port);
    } else if (!options.command.empty()) {
        report.way = fmt::format("sent by {}", options.command.front());
        grid = command_matrix(sent, options.command);
    }
    if (!grid) return std::optional<matrix::Grid>{};
    if (!*grid) return grid->error();
    return std::optional<matrix::Grid>{std::move(**grid)};
}

ExitStatus failed(const NoGrid& why) {
    say(Level::error, why.message);
    return why.status;
}

ExitStatus finish(const Options& options, const MatrixReport& report) {
    StandardOutput out;
    if (options.json) {
        out.line(json_of(report));
    } else {
        out.write(text_of(report));
    }
    const ExitStatus printed = out.finish();
    if (printed != ExitStatus::pass || !report.reading) return printed;
    const matrix::Trigger wanted =
        matrix::trigger_named(options.expect).value_or(matrix::Trigger::none);
    if (report.reading->trigger == wanted) return ExitStatus::pass;
    if (!options.expect.empty())
        say(Level::error, fmt::format("expected {}, and it is {}", options.expect,
                                      matrix::name(report.reading->trigger)));
    return ExitStatus::verdict_failed;
}

ExitStatus run_matrix(const Options& options) {
    if (const auto wrong = wrong_together(options)) return wrong_use(*wrong);
    if (!parse_decimal(options.seed))
        return wrong_use(fmt::format("--seed {}: not a whole number", options.seed));
    MatrixReport report;
    report.message = std::filesystem::path{options.message}.filename().string();
    if (!options.message.empty()) {
        const auto message = read_message(options.message);
        if (!message) return wrong_use(message.error().message);
        auto kit = matrix::make_variants(message->text);
        if (!kit) return wrong_use(fmt::format("{}: {}", options.message, kit.error().message));
        report.kit = std::move(*kit);
        const auto sent = read_consignment(options, *report.kit);
        if (!sent) return wrong_use(sent.error().message);
        if (!options.out.empty()) {
            if (auto error = write_matrix(*sent, options.out))
                return failed({ExitStatus::harness_failed, *error});
        }
        auto grid = outcomes_of(options, *sent, report);
        if (!grid) return failed(grid.error());
        report.grid = std::move(*grid);
    }
    if (!options.journal.empty()) {
        auto read = read_matrix(options.journal);
        if (!read) return failed(read.error());
        report.way = fmt::format("as {} has it", options.journal);
        report.by_traits = read->by_traits;
        report.unseen = read->unseen;
        report.grid = std::move(read->grid);
        for (const matrix::Variant variant : matrix::variants) {
            if (report.kit) (*report.grid)[variant].why_not = (*report.kit)[variant].why_not;
        }
    }
    if (report.grid)
        report.reading = matrix::read(*report.grid, report.kit && report.kit->was_signed);
    return finish(options, report);
}

void add_ways(Command& command, Options& options) {
    command.option("--out", options.out, "Write the variants into this folder, A.eml to E.eml")
        .placeholder("FOLDER");
    command
        .option("--profile", options.profile,
                "Play them through this profile in virtual time, without sockets: a shipped one's "
                "name, or the path of yours")
        .placeholder("PROFILE");
    command.options("--set", options.settings, "Set a parameter of the profile")
        .placeholder("NAME=VALUE");
    command.option("--seed", options.seed, "Fixes all that the profile decides by chance [1]")
        .placeholder("N");
    command.option("--host", options.host, "Send them to this host, over SMTP without TLS")
        .placeholder("NAME");
    command.option("--port", options.port, "Its port [25]").placeholder("PORT");
    command
        .option("--journal", options.journal,
                "Look for the variants in this journal; MESSAGE.eml may be left out")
        .placeholder("RUN.db");
    command.one_of({"--profile", "--host", "--journal"}, {"COMMAND", "--out"});
}

}  // namespace

void add_matrix(Command& program) {
    auto options = std::make_shared<Options>();
    Command command = program.subcommand("matrix", "Find out which part of a message is not taken");
    command.argument("MESSAGE.eml", options->message, "A message as it is sent in production")
        .variable("FAKEMX_MESSAGE");
    command.arguments(
        "COMMAND", options->command,
        "Sends one copy, behind --; {file}, {variant}, {copy}, {from} and {to} are filled in");
    add_ways(command, *options);
    command.option("--from", options->from, "Reverse path [news@ and the domain of From]")
        .placeholder("ADDRESS");
    command.option("--to", options->to, "Recipient [user@ the profile's first domain]")
        .placeholder("ADDRESS");
    command.option("--helo", options->helo, "The sender's own name [matrix.sender.example]")
        .placeholder("NAME");
    command.number("--repeat", options->repeat, "Copies of each variant, by turns [1]")
        .placeholder("N");
    command.number("--tries", options->tries, "Tries of a copy, as long as it gets 4yz [1]")
        .placeholder("N");
    command.option("--retry-after", options->retry_after, "Between tries [15m]")
        .placeholder("DURATION");
    command.option("--pause", options->pause, "Between copies [1m of virtual time, or nothing]")
        .placeholder("DURATION");
    command.option("--expect", options->expect, "The trigger that is found if all is well [none]")
        .placeholder("TRIGGER")
        .one_of(matrix::trigger_names());
    command.flag("--json", options->json, "Print one JSON object");
    command.footer(
        "Examples:\n"
        "  fakemx matrix newsletter.eml --profile netease --set cause=content\n"
        "  fakemx matrix newsletter.eml --host 127.0.0.1 --port 1025 --from news@example.test --to "
        "user@163.com\n"
        "  fakemx matrix newsletter.eml --out variants\n"
        "  fakemx matrix --journal run.db\n"
        "\nExit status: 0 every variant is taken, or what --expect says; 1 otherwise; 2 wrong use, "
        "or no message; 3 nobody answers.");
    command.runs([options] { return run_matrix(*options); });
}

}  // namespace fakemx::app
