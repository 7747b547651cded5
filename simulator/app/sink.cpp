// fakemx sink: smtp-sink(1) of Postfix, by its own command line. What the flags mean is decided in `sink`; here they
// meet files, the user, syslog and stdout.
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <grp.h>
#include <map>
#include <memory>
#include <pwd.h>
#include <string>
#include <syslog.h>
#include <unistd.h>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "app/log_lines.h"
#include "app/options.h"
#include "app/play.h"
#include "app/sink_files.h"
#include "app/sink_place.h"
#include "app/standard_output.h"
#include "app/subcommands.h"
#include "sink/flags.h"
#include "sink/policy.h"
#include "sink/watcher.h"

namespace fakemx::app {

namespace {

struct Options {
    std::vector<sink::Given> given;
    std::string place;
    std::string backlog;
    PlayOptions run;
};

/// As smtp-sink names its lines in syslog: facility mail, with the number of the process.
void log_to_syslog(sink::Moment moment, std::string_view argument) {
    ::syslog(LOG_INFO, "%s %.100s", std::string{name(moment)}.c_str(),
             std::string{argument}.c_str());
}

/// -R and -u, in this order: once the user is changed, the root directory cannot be.
class Privileges {
public:
    explicit Privileges(const sink::Settings& settings) : settings_(settings) {}

    /// Looks the user up, which cannot be done below another root directory. Gives what is wrong.
    std::optional<std::string> find_user() {
        if (settings_.user.empty()) return std::nullopt;
        errno = 0;
        const passwd* found = ::getpwnam(settings_.user.c_str());
        if (found == nullptr) return fmt::format("-u {}: no such user", settings_.user);
        user_ = found->pw_uid;
        group_ = found->pw_gid;
        return std::nullopt;
    }

    std::optional<std::string> give_up() const {
        if (!settings_.root.empty()) {
            ::tzset();  // the zone of the dump files' dates
            if (::chroot(settings_.root.c_str()) != 0 || ::chdir("/") != 0)
                return failure("-R", settings_.root);
        }
        if (settings_.user.empty()) return std::nullopt;
        const bool done = ::initgroups(settings_.user.c_str(), group_) == 0 &&
                          ::setgid(group_) == 0 && ::setuid(user_) == 0;
        return done ? std::nullopt : std::optional{failure("-u", settings_.user)};
    }

private:
    static std::string failure(std::string_view flag, std::string_view value) {
        return fmt::format("{} {}: {}", flag, value, std::strerror(errno));
    }

    const sink::Settings& settings_;
    uid_t user_ = 0;
    gid_t group_ = 0;
};

ExitStatus sink_run(const Options& options) {
    const auto settings = sink::read_flags(options.given);
    if (!settings) return wrong_use(settings.error().message);
    const auto backlog = sink::read_backlog(options.backlog);
    if (!backlog) return wrong_use(backlog.error().message);
    const auto place = sink_place(options.place, settings->family);
    if (!place) return wrong_use(place.error().message);
    Privileges privileges{*settings};
    if (const auto error = privileges.find_user()) return wrong_use(*error);
    if (!settings->root.empty() && !options.run.journal.empty()) {
        return wrong_use("-R with --journal: the journal's files would be out of reach");
    }
    PlayOptions run = options.run;
    // smtp-sink is silent unless something is wrong.
    run.from = settings->verbose ? Level::debug : Level::warning;
    show_from(run.from);
    if (settings->logged.any()) ::openlog("fakemx", LOG_PID | LOG_NDELAY, LOG_MAIL);

    bool failed = false;
    std::function<void()> stop;
    SinkFiles files{*settings};
    StandardOutput out;
    sink::Watcher::Actions actions;
    if (settings->counters) {
        actions.counted = [&](const sink::Counters& counters) {
            out.write(format(counters) + '\r');
            out.flush();
        };
    }
    if (!settings->dump_each.empty() || !settings->dump_all.empty()) {
        actions.captured = [&](const sink::Captured& message) {
            const auto error = files.write(message);
            if (!error || std::exchange(failed, true)) return;
            // As with the journal: whoever cannot write down what happens is of no use.
            say(Level::error, *error);
            stop();
        };
    }
    actions.logged = log_to_syslog;
    actions.enough = [&] { stop(); };
    const bool watched = actions.counted || actions.captured || settings->logged.any() ||
                         settings->messages_max || settings->quits_max;
    sink::Watcher watcher{*settings, std::move(actions)};

    PlayParts parts;
    parts.setup.sink = true;
    parts.setup.flags = options.given;
    // A sink is to cost what smtp-sink costs.
    parts.is_audited = !options.run.audit.empty();
    parts.reception = {.backlog = *backlog, .ipv6_only = true};
    parts.hold_back_at = settings->connections_max;
    parts.watch = [&](journal::Sink* next, std::function<void()> stop_run) -> journal::Sink* {
        if (!watched) return next;
        stop = std::move(stop_run);
        watcher.pass_on_to(next);
        return &watcher;
    };
    parts.once_ready = [&](const Ready&) { return privileges.give_up(); };
    const engine::Profile profile = sink::profile_of(*settings);
    sink::SinkPolicy policy{*settings};
    const ExitStatus status = play(profile, policy, {*place}, run, parts);
    if (status == ExitStatus::pass && failed) return ExitStatus::harness_failed;
    return status;
}

void add_flags(CLI::App& command) {
    for (const sink::Flag& flag : sink::flags()) {
        const std::string name{'-', flag.letter};
        std::string summary{flag.summary};
        // What was given is read from the command, where it stands in its order.
        if (flag.value.empty()) {
            command.add_flag_function(
                name, [](std::int64_t) {}, std::move(summary));
        } else {
            command
                .add_option_function<std::vector<std::string>>(
                    name, [](const std::vector<std::string>&) {}, std::move(summary))
                ->type_name(std::string{flag.value})
                ->allow_extra_args(false);
        }
    }
}

std::vector<sink::Given> given_flags(const CLI::App& command) {
    std::vector<sink::Given> given;
    std::map<const CLI::Option*, std::size_t> taken;
    for (const CLI::Option* option : command.parse_order()) {
        if (option->get_snames().empty()) continue;
        given.push_back(
            {option->get_snames().front().front(), option->results().at(taken[option]++)});
    }
    return given;
}

}  // namespace

void add_sink(Command& program) {
    auto options = std::make_shared<Options>();
    Command command =
        program.subcommand("sink", "Do what Postfix's smtp-sink does, by the same command line");
    // -h names the host.
    command.app().set_help_flag("--help", "Print this help and exit");
    add_flags(command.app());
    command
        .argument("ADDRESS", options->place,
                  "[inet:][HOST]:PORT, or unix:PATH; without HOST on every address")
        .required();
    command.argument("BACKLOG", options->backlog, "Length of the kernel's queue of connections")
        .required();
    add_play_options(command, options->run);
    command.footer(
        "COMMANDS are CONNECT HELO EHLO XCLIENT XFORWARD AUTH MAIL RCPT DATA . RSET NOOP VRFY "
        "QUIT, "
        "with\ncommas or blanks between them.\n"
        "Examples:\n"
        "  fakemx sink -c 127.0.0.1:2525 100\n"
        "  fakemx sink -r rcpt -b '451 4.3.2 Try later' --journal run.db 127.0.0.1:2525 100\n"
        "\nIt never relays.");
    command.runs([options, &app = command.app()] {
        options->given = given_flags(app);
        return sink_run(*options);
    });
}

}  // namespace fakemx::app
