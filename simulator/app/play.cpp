// A run in the order in which things must be made and taken down again.
#include "app/play.h"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <limits>
#include <random>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

#include "app/auditor.h"
#include "app/clocks.h"
#include "app/control.h"
#include "app/live_log.h"
#include "app/options.h"
#include "app/ready.h"
#include "app/standard_output.h"
#include "app/text.h"
#include "app/version.h"
#include "conformance/print.h"
#include "core/text.h"
#include "engine/simulator.h"
#include "http/local_server.h"
#include "net/tls_hosts.h"
#include "store/background_sink.h"
#include "store/sqlite_journal.h"

namespace fakemx::app {

namespace {

/// Short enough to be typed again.
Result<std::uint64_t, Complaint> random_seed() {
    return std::random_device{}();
}

ExitStatus failed(std::string_view message) {
    say(Level::error, message);
    return ExitStatus::harness_failed;
}

/// A file that lines are appended to, each whole, beside whoever else appends to it.
class AppendedFile {
public:
    explicit AppendedFile(std::string path) : path_(std::move(path)) {}
    ~AppendedFile() {
        if (descriptor_ >= 0) ::close(descriptor_);
    }
    AppendedFile(const AppendedFile&) = delete;
    AppendedFile& operator=(const AppendedFile&) = delete;

    /// Gives the error, if there is one.
    std::optional<std::string> open() {
        // Whoever reads it can read the traffic.
        descriptor_ =
            ::open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, S_IRUSR | S_IWUSR);
        if (descriptor_ >= 0) return std::nullopt;
        return fmt::format("{}: {}", path_, std::strerror(errno));
    }
    /// What cannot be written is told once.
    void line(std::string_view text) {
        const std::string whole = fmt::format("{}\n", text);
        const bool written =
            ::write(descriptor_, whole.data(), whole.size()) == static_cast<ssize_t>(whole.size());
        if (!written && !std::exchange(told_, true))
            say(Level::warning, fmt::format("{}: {}", path_, std::strerror(errno)));
    }

private:
    std::string path_;
    int descriptor_ = -1;
    bool told_ = false;
};

/// One run, in the order in which things must be made and taken down again.
class Run {
public:
    Run(const engine::Profile& profile, engine::Policy& policy, const PlayOptions& options,
        const PlayParts& parts, net::Clock& clock, engine::Simulator::Options simulator,
        std::optional<Address> dns)
        : profile_(profile),
          policy_(policy),
          options_(options),
          parts_(parts),
          clock_(clock),
          seed_(simulator.seed),
          simulator_options_(std::move(simulator)),
          dns_(std::move(dns)) {}

    ExitStatus operator()(const std::vector<Address>& plan) {
        if (dns_) {
            addresses_.push_back(dns_->ip);
            for (const Address& place : plan) addresses_.push_back(place.ip);
        }
        simulator_options_.zones = zones_of(setup(), profile_);
        if (auto error = open_journal()) return failed(*error);
        if (auto error = get_ready(plan)) {
            drop_journal();
            // It may be there already, and is true no more.
            if (!options_.ready_file.empty()) std::remove(options_.ready_file.c_str());
            return failed(*error);
        }
        server_->run();
        if (parts_.once_over) parts_.once_over();
        return finish();
    }

private:
    /// Everything up to the moment at which clients are served. Gives the error, if there is one.
    std::optional<std::string> get_ready(const std::vector<Address>& plan) {
        journal::Sink* next = journal_.get();
        if (parts_.is_audited) {
            next = &auditor_.emplace(
                next, conformance::Settings{.thresholds = {},
                                            // A name that is none was told before.
                                            .sender = conformance::sender_named(options_.sender)
                                                          .value_or(conformance::Sender::unknown)});
            next = &judging_.emplace(*next);
        }
        if (parts_.watch) next = parts_.watch(next, [this] { server_->stop(); });
        live_log_.emplace(next, say, options_.from);
        simulator_.emplace(profile_, policy_, *live_log_, simulator_options_);
        if (auto error = prepare_tls(plan)) return error;
        server_.emplace(
            *simulator_, clock_, [](std::string_view trouble) { say(Level::warning, trouble); },
            &*tls_);
        if (auto error = listen(plan)) return error;
        if (options_.step_when_idle) step_when_idle();
        if (auto error = take_orders()) return error;
        if (parts_.conduct) {
            if (auto error = parts_.conduct(*server_, *simulator_)) return error;
        } else {
            server_->stop_on({SIGTERM, SIGINT, SIGHUP});
        }
        if (auto error = announce()) return error;
        return parts_.once_ready ? parts_.once_ready(ready_) : std::nullopt;
    }

    std::optional<std::string> open_journal() {
        if (options_.journal.empty()) return std::nullopt;
        auto journal = store::SqliteJournal::create(
            options_.journal,
            {.version = std::string{version_text},
             .profile = profile_.name,
             .seed = seed_,
             .clock = clock_.name(),
             .started_at = clock_.now(),
             .setup = to_json(setup()),
             .sources = parts_.sources},
            // A server that cannot write down what happens is of no use to anybody.
            [this](std::string_view message) {
                say(Level::error, message);
                if (server_) server_->stop();
            });
        if (!journal) return journal.error().message;
        journal_ = std::move(journal.value());
        return std::nullopt;
    }

    ReplaySetup setup() const {
        ReplaySetup setup = parts_.setup;
        setup.sessions_max = options_.sessions_max;
        setup.trust_xclient = options_.trust_xclient;
        setup.trust_proxy = options_.trust_proxy;
        setup.addresses = addresses_;
        return setup;
    }

    /// Nothing happened in this run: the name is free for the next one.
    void drop_journal() {
        if (judging_) judging_->finish();
        if (!journal_) return;
        journal_.reset();
        std::remove(options_.journal.c_str());
        for (const char* beside : {"-wal", "-shm"})
            std::remove((options_.journal + beside).c_str());
    }

    std::optional<std::string> prepare_tls(const std::vector<Address>& plan) {
        std::vector<std::string> addresses;
        addresses.reserve(plan.size());
        for (const Address& address : plan) addresses.push_back(address.ip);
        tls_.emplace(profile_, parts_.clients_share_clock ? clock_.now() : net::wall_time(),
                     std::move(addresses));
        if (!options_.tls_keys.empty()) {
            keys_.emplace(options_.tls_keys);
            if (auto error = keys_->open()) return error;
            tls_->log_secrets([this](std::string_view line) { keys_->line(line); });
        }
        tls_->prepare();
        if (options_.tls_ca.empty()) return std::nullopt;
        ready_.ca = options_.tls_ca;
        return write_whole_file(options_.tls_ca, tls_->ca_pem());
    }

    std::optional<std::string> listen(const std::vector<Address>& plan) {
        if (parts_.hold_back_at) server_->hold_back_at(*parts_.hold_back_at);
        ready_.profile = profile_.name;
        ready_.seed = seed_;
        if (journal_) ready_.journal = options_.journal;
        for (std::size_t host = 0; host < plan.size(); ++host) {
            const auto port = listen_at(host, plan[host]);
            if (!port) return port.error().message;
            const smtp::HostOptions& options = profile_.hosts[host].options;
            ready_.smtp.push_back(
                {options.name, {plan[host].ip, *port}, tls_of(options), options.lmtp});
        }
        if (!dns_) return std::nullopt;
        const auto port = server_->listen_for_names(dns_->ip, dns_->port);
        if (!port) return port.error().message;
        ready_.dns = Address{dns_->ip, *port};
        return std::nullopt;
    }

    Result<std::uint16_t, net::ListenError> listen_at(std::size_t host, const Address& place) {
        const engine::HostProfile& played = profile_.hosts[host];
        net::Reception reception = parts_.reception;
        reception.connections = played.connections;
        reception.window_octets = played.receive_window;
        if (!place.is_path()) return server_->listen(host, place.ip, place.port, reception);
        if (auto error = server_->listen_at(host, place.path(), reception)) return *error;
        return std::uint16_t{0};
    }

    void step_when_idle() {
        auto& stepped = dynamic_cast<net::SteppedClock&>(clock_);
        server_->when_idle([this, &stepped]() -> std::optional<std::chrono::nanoseconds> {
            const auto next = simulator_->deadline();
            const bool all_wait = simulator_->sessions_awaited() == simulator_->sessions();
            if (!next || !all_wait) return std::nullopt;
            server_->go_to(stepped, *next);
            return std::chrono::nanoseconds::zero();
        });
    }

    std::optional<std::string> take_orders() {
        if (options_.control.empty()) return std::nullopt;
        control_.emplace(*simulator_, *server_, clock_);
        orders_.emplace(server_->io(),
                        [this](const http::Request& request) { return control_->answer(request); });
        ready_.control = options_.control;
        return orders_->listen(options_.control);
    }

    std::optional<std::string> announce() {
        for (const ReadyHost& host : ready_.smtp) {
            if (host.address.is_path() || net::is_loopback(host.address.ip)) continue;
            say(Level::warning,
                fmt::format(
                    "{} can be reached from outside this machine: whoever reaches it may talk "
                    "to it, and mail that it accepts goes nowhere",
                    format(host.address)));
        }
        if (ready_.dns && !net::is_loopback(ready_.dns->ip)) {
            say(Level::warning,
                fmt::format("{} answers names to whoever reaches it from outside this machine",
                            format(*ready_.dns)));
        }
        if (!options_.json && !parts_.is_quiet) say_welcome();
        const std::string json = to_json(ready_);
        if (options_.json) {
            StandardOutput out;
            out.line(json);
            if (out.finish() != ExitStatus::pass)
                return "the first line on stdout could not be written";
        }
        if (!options_.ready_file.empty()) {
            if (auto error = write_whole_file(options_.ready_file, json + '\n')) return error;
        }
        return std::nullopt;
    }

    void say_welcome() const {
        say(Level::info, fmt::format("fakemx {} plays {}: {}", version_text, profile_.name,
                                     printable(profile_.summary)));
        for (std::size_t i = 0; i < ready_.smtp.size(); ++i) {
            const ReadyHost& host = ready_.smtp[i];
            say(Level::info, fmt::format("  {}{}://{}  {}{}", host.lmtp ? "lmtp" : "smtp",
                                         host.tls == "implicit" ? "s" : "", format(host.address),
                                         printable(host.name), certificate_in_words(i)));
        }
        if (ready_.dns) say(Level::info, fmt::format("  dns://{}", format(*ready_.dns)));
        for (const auto& [networks, what] :
             {std::pair{&options_.trust_proxy, "begins with a PROXY header"},
              std::pair{&options_.trust_xclient, "may use XCLIENT"}}) {
            if (networks->empty()) continue;
            say(Level::info,
                fmt::format("  whoever connects from {} {}", fmt::join(*networks, ", "), what));
        }
        if (!options_.control.empty()) {
            say(Level::info, fmt::format("  fakemx clock show --control {}", options_.control));
        }
        say(Level::info,
            fmt::format("  seed {}{}, clock {}, {}", seed_,
                        !options_.seed.empty() ? "" : fmt::format(" (--seed {} repeats it)", seed_),
                        clock_.name(),
                        journal_ ? "journal " + options_.journal
                                 : "no journal (--journal RUN.db writes one)"));
        say(Level::info,
            "It accepts and refuses as the profile says, and relays nothing. Ctrl-C ends it.");
    }

    std::string certificate_in_words(std::size_t host) const {
        const engine::HostProfile& played = profile_.hosts[host];
        const std::string_view tls = ready_.smtp[host].tls;
        if (tls.empty()) return "";
        const auto kind = static_cast<std::size_t>(played.tls.certificate);
        return fmt::format("  {}, certificate {}", tls == "starttls" ? "STARTTLS" : "TLS",
                           engine::certificate_names.at(kind));
    }

    ExitStatus finish() {
        if (judging_) judging_->finish();
        // What went wrong has been told already, by the callback.
        const bool whole = !journal_ || !journal_->finish(clock_.now());
        const LiveLog::Totals& totals = live_log_->totals();
        if (!options_.json && !parts_.is_quiet) say(Level::info, "stopped: " + format(totals));
        if (totals.script_failures != 0) {
            say(Level::warning,
                fmt::format("the profile failed at {}; each got 451 4.3.0",
                            counted(totals.script_failures, "question", "questions")));
        }
        if (auto error = tell_rules()) return failed(*error);
        return whole ? ExitStatus::pass : ExitStatus::harness_failed;
    }

    /// Gives the error, if there is one.
    std::optional<std::string> tell_rules() const {
        if (!auditor_) return std::nullopt;
        const conformance::Audit audit = auditor_->audit();
        if (parts_.tell_rules) {
            parts_.tell_rules(conformance::in_short(audit));
        } else if (!options_.json) {
            for (const std::string& line : conformance::in_short(audit)) say(Level::info, line);
        }
        if (options_.audit.empty()) return std::nullopt;
        return write_whole_file(options_.audit, conformance::json(audit));
    }

    const engine::Profile& profile_;
    engine::Policy& policy_;
    const PlayOptions& options_;
    const PlayParts& parts_;
    net::Clock& clock_;
    std::uint64_t seed_;
    engine::Simulator::Options simulator_options_;
    std::optional<Address> dns_;          // where the name server is to listen
    std::vector<std::string> addresses_;  // see ReplaySetup
    Ready ready_;
    // Destroyed from below: the journal's failure stops the server, which speaks to the simulator.
    std::optional<Auditor> auditor_;
    std::optional<LiveLog> live_log_;
    std::optional<engine::Simulator> simulator_;
    std::optional<AppendedFile> keys_;
    std::optional<net::TlsHosts> tls_;
    std::optional<net::Server> server_;
    std::optional<Control> control_;
    std::optional<http::LocalServer> orders_;
    std::unique_ptr<store::SqliteJournal> journal_;
    std::optional<store::BackgroundSink>
        judging_;  // the auditor's thread, which writes on to the journal
};

}  // namespace

ExitStatus wrong_use(std::string_view message) {
    say(Level::error, message);
    return ExitStatus::usage;
}

void add_play_options(Command& command, PlayOptions& options) {
    command
        .option("--journal", options.journal,
                "Write the journal to this file, which must not exist")
        .placeholder("RUN.db");
    command.option("--seed", options.seed, "Fixes all that is decided by chance [random, printed]")
        .placeholder("N");
    command
        .option("--clock", options.clock,
                "real; xN: N seconds pass in one; stepped: it stands until it is moved [real]")
        .placeholder("real|xN|stepped");
    command
        .option("--epoch", options.epoch,
                "When a scaled or stepped clock begins [2026-01-01T00:00:00Z]")
        .placeholder("T");
    command
        .option("--control", options.control,
                "Take orders, such as those of fakemx clock, on this socket")
        .placeholder("PATH");
    command.flag("--step-when-idle", options.step_when_idle,
                 "Move a stepped clock on whenever all clients can only wait");
    command
        .option("--sender", options.sender,
                "What the rules take it for: library, mua, mta, relay or bulk [unknown]")
        .placeholder("KIND");
    command
        .option("--audit", options.audit,
                "At the end write what the rules say of the clients to this file, as JSON")
        .placeholder("FILE");
    command.option("--ready-file", options.ready_file, "Write this file once everything listens")
        .placeholder("PATH");
    command.flag("--json", options.json, "Print the same object as the first line on stdout");
}

void add_dns_option(Command& command, std::string& place) {
    command
        .option("--dns", place,
                "Answer for the profile's names there, over UDP and TCP; port 0: a free one")
        .placeholder("ADDR:PORT");
}

Result<std::uint64_t, Complaint> read_seed(const std::string& written) {
    if (const auto seed = parse_decimal(written)) return *seed;
    return Complaint{fmt::format("--seed {}: not a number from 0 to {}", written,
                                 std::numeric_limits<std::uint64_t>::max())};
}

Result<std::optional<Address>, Complaint> read_dns_place(const std::string& written) {
    if (written.empty()) return std::optional<Address>{};
    auto place = parse_address(written);
    if (!place || place->is_path())
        return Complaint{fmt::format("--dns {}: not ADDRESS:PORT", written)};
    return place;
}

ExitStatus play(const engine::Profile& profile, engine::Policy& policy,
                const std::vector<Address>& places, const PlayOptions& options,
                const PlayParts& parts) {
    const auto seed = options.seed.empty() ? random_seed() : read_seed(options.seed);
    if (!seed) return wrong_use(seed.error().message);
    std::unique_ptr<net::Clock> own_clock;
    if (parts.clock == nullptr) {
        auto clock = make_clock(options.clock, options.epoch);
        if (!clock) return wrong_use(clock.error().message);
        own_clock = std::move(*clock);
    }
    const bool stepped = options.clock == "stepped";
    if (options.step_when_idle && !stepped)
        return wrong_use("--step-when-idle goes with --clock stepped");
    if (stepped && options.control.empty() && !options.step_when_idle) {
        return wrong_use(
            "--clock stepped: nothing could move it without --control PATH or "
            "--step-when-idle");
    }
    if (auto sender = read_sender(options.sender); !sender)
        return wrong_use(sender.error().message);
    auto xclient_peers = read_networks("--trust-xclient", options.trust_xclient);
    if (!xclient_peers) return wrong_use(xclient_peers.error().message);
    auto proxy_peers = read_networks("--trust-proxy", options.trust_proxy);
    if (!proxy_peers) return wrong_use(proxy_peers.error().message);
    auto dns = read_dns_place(options.dns);
    if (!dns) return wrong_use(dns.error().message);
    // Whoever waits for this file must not find that of an earlier run.
    if (!options.ready_file.empty()) std::remove(options.ready_file.c_str());
    net::raise_descriptor_limit();
    engine::Simulator::Options simulator{.seed = *seed,
                                         .sessions_max = options.sessions_max,
                                         .xclient_peers = std::move(*xclient_peers),
                                         .proxy_peers = std::move(*proxy_peers),
                                         .recorded = !options.journal.empty()};
    net::Clock& clock = parts.clock == nullptr ? *own_clock : *parts.clock;
    return Run{
        profile, policy, options, parts, clock, std::move(simulator), std::move(*dns)}(places);
}

}  // namespace fakemx::app
