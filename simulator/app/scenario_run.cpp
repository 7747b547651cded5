// One scenario from its files to the verdict.
#include "app/scenario_run.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unistd.h>
#include <vector>

#include <boost/asio/steady_timer.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "app/assignment.h"
#include "app/clocks.h"
#include "app/interrupts.h"
#include "app/letter_count.h"
#include "app/log_lines.h"
#include "app/profile_files.h"
#include "app/referee.h"
#include "app/report_file.h"
#include "app/sender_process.h"
#include "app/shared_time.h"
#include "app/standard_output.h"
#include "app/state_json.h"
#include "app/work_folder.h"
#include "core/text.h"
#include "engine/notice_host.h"
#include "report/report.h"

namespace fakemx::app {

namespace {

namespace fs = std::filesystem;

/// By the wall: nobody wants to wait longer in CI without having said so.
constexpr Duration real_horizon = 10min;
/// By a clock that jumps: longer than any sender keeps a message.
constexpr Duration virtual_horizon = std::chrono::hours{10 * 24};
/// A shared clock begins so long from now. Files carry the kernel's time: one from the future is what Postfix leaves for its next look
/// at the queue, and until the clock's first jump all that the sender does would make such files.
constexpr std::chrono::minutes head_start{5};
/// A clock that jumps has not moved for so long: somebody waits for what no clock brings, or never sleeps.
constexpr std::chrono::minutes standstill_patience{10};
/// Connections of a command that has ended are closed by then, unless somebody has inherited them.
constexpr std::chrono::seconds closing_patience{2};
/// How often a run that goes by the wall is looked at.
constexpr std::chrono::milliseconds turn{10};
/// A command that is run for each message may take so long for one, by the wall. RFC 5321 §4.5.3.2 has it wait for five minutes, and ten
/// behind the message; nobody wants to in CI.
constexpr std::uint32_t each_patience_seconds = 120;

/// The run of one scenario.
class ScenarioRun {
public:
    ScenarioRun(const ScenarioOptions& options, LoadedScenario loaded)
        : options_(options),
          loaded_(std::move(loaded)),
          scenario_(loaded_.scenario),
          referee_(scenario_),
          notice_policy_(loaded_.receiver()),
          profile_(loaded_.receiver().profile()) {}

    ExitStatus operator()() {
        if (auto wrong = prepare()) return wrong_use(*wrong);
        if (auto error = work_.make(options_.work)) return harness_failed(*error);
        if (scenario_.clock == "shared") {
            if (auto error = share_clock()) return harness_failed(*error);
        } else if (scenario_.clock != "real") {
            auto clock = make_clock(scenario_.clock, scenario_.epoch);
            if (!clock) return wrong_use(clock.error().message);
            own_clock_ = std::move(*clock);
        } else {
            own_clock_ = net::real_clock();
        }
        clock_ = shared_ ? &shared_->clock() : own_clock_.get();
        begin_ = clock_->now();
        horizon_ = later(begin_, *scenario_.horizon);
        if (auto wrong = read_state()) return wrong_use(*wrong);
        if (auto error = assignment_.write_letters(seed_, begin_)) return harness_failed(*error);
        const net::Stopwatch watch;
        const ExitStatus played = play(profile_, policy(), *places_, play_, parts());
        if (played != ExitStatus::pass) return played;
        return tell(std::chrono::duration<double>(watch.elapsed()).count());
    }

private:
    engine::Policy& policy() {
        return scenario_.notices.empty() ? static_cast<engine::Policy&>(loaded_.receiver())
                                         : notice_policy_;
    }

    /// Says what the user has written wrong.
    std::optional<std::string> prepare() {
        if (!options_.command.empty()) scenario_.command = options_.command;
        if (scenario_.command.empty())
            return "no sender: behind -- stands the command that sends, such as -- ./my-sender";
        play_ = options_.play;
        if (options_.share_clock && !play_.clock.empty())
            return "--share-clock is a clock of its own; --clock names another one";
        if (options_.share_clock) play_.clock = "shared";
        if (play_.clock.empty()) play_.clock = scenario_.clock.empty() ? "real" : scenario_.clock;
        scenario_.clock = play_.clock;
        if (!play_.epoch.empty()) scenario_.epoch = play_.epoch;
        if (play_.seed.empty() && scenario_.seed) play_.seed = fmt::format("{}", *scenario_.seed);
        if (play_.seed.empty()) play_.seed = "1";
        seed_ = parse_decimal(play_.seed).value_or(0);
        if (scenario_.clock == "shared" && !scenario_.epoch.empty()) {
            const auto epoch = read_epoch(scenario_.epoch);
            if (!epoch) return epoch.error().message;
            epoch_ = *epoch;
        }
        if (!scenario_.notices.empty())
            profile_ = engine::with_notice_host(std::move(profile_), scenario_.notices);
        if (auto wrong = read_over()) return wrong;
        if (auto wrong = read_horizon()) return wrong;
        if (auto wrong = clear_report_file("--junit", options_.junit)) return wrong;
        // Each host has a free port of its own, unless the user or the profile says more.
        std::vector<std::string> listen = options_.listen;
        const bool all = std::any_of(listen.begin(), listen.end(), [](const std::string& one) {
            return one.find('=') == std::string::npos;
        });
        if (!all) listen.emplace_back("127.0.0.1:0");
        auto places = plan_listening(profile_, listen);
        if (!places) return places.error().message;
        places_ = std::move(*places);
        return std::nullopt;
    }

    bool jumps() const { return scenario_.clock == "shared" || scenario_.clock == "stepped"; }

    std::optional<std::string> read_over() {
        if (options_.over.empty()) return std::nullopt;
        const auto& names = scenario::over_names;
        const auto found = std::find(names.begin(), names.end(), options_.over);
        if (found == names.end()) {
            return fmt::format("--over {}: not {}{}", options_.over, fmt::join(names, ", "),
                               did_you_mean(options_.over, names));
        }
        scenario_.over = static_cast<scenario::Over>(found - names.begin());
        return std::nullopt;
    }

    std::optional<std::string> read_horizon() {
        if (!options_.horizon.empty()) {
            scenario_.horizon = parse_duration(options_.horizon);
            if (!scenario_.horizon || *scenario_.horizon <= Duration::zero())
                return fmt::format("--horizon {}: not a time such as 90s or 5d", options_.horizon);
        }
        if (scenario_.horizon) return std::nullopt;
        scenario_.horizon = jumps() ? virtual_horizon : real_horizon;
        if (scenario_.clock.starts_with('x')) {
            const auto factor = parse_decimal(std::string_view{scenario_.clock}.substr(1));
            // What is no factor is told where the clock is made.
            scenario_.horizon = real_horizon * static_cast<std::int64_t>(std::min<std::uint64_t>(
                                                   factor.value_or(1), net::clock_factor_max));
        }
        return std::nullopt;
    }

    std::optional<std::string> read_state() {
        if (scenario_.state.empty()) return std::nullopt;
        const fs::path named{scenario_.state};
        const std::string path =
            named.is_absolute() ? named.string() : (fs::path{loaded_.folder} / named).string();
        auto source = read_source(path);
        if (!source) return "state: " + source.error().message;
        auto snapshot = read_state_snapshot(source->text, begin_);
        if (!snapshot) return fmt::format("state: {}: {}", path, snapshot.error().message);
        state_ = std::move(*snapshot);
        return std::nullopt;
    }

    std::optional<std::string> share_clock() {
        auto made = SharedTime::create(epoch_.value_or(
            std::chrono::floor<std::chrono::seconds>(net::wall_time()) + head_start));
        if (!made) return made.error().message;
        shared_ = std::move(*made);
        return std::nullopt;
    }

    PlayParts parts() {
        PlayParts parts;
        if (play_.ready_file.empty()) play_.ready_file = work_.file("ready.json");
        if (play_.tls_ca.empty()) play_.tls_ca = work_.file("ca.pem");
        play_.step_when_idle = scenario_.clock == "stepped";
        parts.setup.settings = loaded_.settings;
        parts.setup.notices = scenario_.notices;
        parts.sources = loaded_.sources;
        parts.clock = clock_;
        parts.clients_share_clock = shared_ != nullptr;
        parts.is_quiet = true;
        parts.watch = [this](journal::Sink* next, const std::function<void()>&) {
            referee_.pass_on_to(next);
            return static_cast<journal::Sink*>(&referee_);
        };
        parts.conduct = [this](net::Server& server, engine::Simulator& simulator) {
            return conduct(server, simulator);
        };
        parts.once_over = [this] { end(); };
        parts.tell_rules = [this](const std::vector<std::string>& lines) {
            if (!lines.empty()) rules_ = fmt::format("{}\n\n", fmt::join(lines, "\n"));
        };
        parts.once_ready = [this](const Ready& ready) { return start(ready); };
        return parts;
    }

    std::optional<std::string> conduct(net::Server& server, engine::Simulator& simulator) {
        server_ = &server;
        simulator_ = &simulator;
        if (state_) {
            const auto restored =
                simulator.change_state(begin_, engine::StateRestored{std::move(*state_)});
            if (!restored)
                return fmt::format("state: {}: {}", scenario_.state, restored.error().reason);
        }
        if (!shared_) return std::nullopt;
        shared_->conduct(server, simulator,
                         {.at_turn = [this] { return goes_on_at_turn(); },
                          .at_quiet =
                              [this] {
                                  // Who had not quite ended at the turn has now.
                                  processes_left_ = sender_->reap();
                                  return !is_over();
                              },
                          .at_standstill =
                              [this](std::string why, bool is_stranger) {
                                  has_stranger_ = is_stranger;
                                  if (is_stranger)
                                      failures_.push_back(std::move(why));
                                  else
                                      ending_ = std::move(why);
                              },
                          .horizon = [this] { return next_alarm(); }});
        return std::nullopt;
    }

    /// Starts the sender. Gives the error, if there is one.
    std::optional<std::string> start(const Ready& ready) {
        if (auto error = assignment_.receivers(ready, play_.ready_file, play_.tls_ca)) return error;
        std::vector<std::string> words = assignment_.command();
        if (options_.each) {
            auto each = assignment_.command_for_each(jumps() ? 0 : each_patience_seconds);
            if (!each) return each.error().message;
            words = std::move(*each);
        }
        auto environment = assignment_.environment();
        environment.emplace_back("FAKEMX_SEED", play_.seed);
        if (shared_) {
            for (auto& variable : shared_->environment())
                environment.push_back(std::move(variable));
        }
        referee_.write(assignment_.submitted(clock_->now()));
        auto started = SenderProcess::start(words, environment);
        if (!started) return "the sender does not start: " + started.error().message;
        sender_.emplace(std::move(*started));
        if (!shared_) watch_by_the_wall();
        return std::nullopt;
    }

    // --- At every turn.

    bool goes_on_at_turn() {
        processes_left_ = sender_->reap();
        if (interrupts_.came()) {
            failures_.emplace_back("interrupted");
            return false;
        }
        return !stands_still();
    }

    /// The horizon is an instant of the run's clock, which need not ever come.
    bool stands_still() {
        if (!jumps()) return false;
        if (clock_->now() != moved_to_) {
            moved_to_ = clock_->now();
            since_moved_.emplace();
        }
        if (!since_moved_ || since_moved_->elapsed() < standstill_patience) return false;
        std::string why = fmt::format("virtual time has stood still for {} of real time",
                                      format_duration(standstill_patience));
        // Shared with a sender that never sleeps, it says nothing of what the sender would have done.
        if (shared_) {
            failures_.push_back(std::move(why));
        } else {
            ending_ = std::move(why);
        }
        return true;
    }

    // --- On a clock that goes by itself.

    void watch_by_the_wall() {
        turn_.emplace(server_->io());
        take_turn();
    }

    /// A hundred times in a second: has anything happened that ends the run?
    void take_turn() {
        turn_->expires_after(turn);
        turn_->async_wait([this](const boost::system::error_code& error) {
            if (error) return;
            const bool goes_on = goes_on_at_turn();
            if (sender_->status() && !since_end_) since_end_.emplace();
            simulator_->flush();
            if (!goes_on || is_over()) {
                server_->stop();
            } else {
                take_turn();
            }
        });
    }

    // --- On both.

    bool is_over() {
        if (!ending_.empty()) return true;
        const Instant now = clock_->now();
        std::size_t sessions = simulator_->sessions();
        if (since_end_ && since_end_->elapsed() > closing_patience) sessions = 0;
        if (auto why = referee_.over({.now = now,
                                      .status = sender_->status(),
                                      .processes_left = processes_left_,
                                      .sessions = sessions})) {
            ending_ = std::move(*why);
        } else if (now >= horizon_) {
            ending_ = fmt::format("the horizon is {}", format_duration(*scenario_.horizon));
        }
        return !ending_.empty();
    }

    Instant next_alarm() const { return std::min(horizon_, referee_.alarm().value_or(horizon_)); }

    /// Nobody speaks to the server any more, whose loop is still there.
    void end() {
        turn_.reset();
        script_failures_ = simulator_->script_failures_told();
        sender_status_ = sender_->status();
        sender_->end();
        auto believed = assignment_.believed(clock_->now(), sender_status_);
        if (!believed) {
            failures_.push_back(believed.error().message);
            return;
        }
        believed->events.push_back(
            {.session = SessionId{},
             .number = 0,
             .at = clock_->now(),
             .body = journal::RunOver{
                 .why = ending_, .status = sender_status_, .silent_until = silent_until()}});
        referee_.write(std::move(*believed));
    }

    /// Whoever has ended comes back no more, however long one waits: that silence counts.
    Instant silent_until() const {
        return processes_left_ ? clock_->now() : std::max(clock_->now(), horizon_);
    }

    // --- The verdict.

    ExitStatus harness_failed(std::string_view why) {
        say(Level::error, why);
        return ExitStatus::harness_failed;
    }

    std::vector<oracle::Result> judge(const oracle::Context& context) const {
        std::vector<oracle::Expectation> expected = scenario_.expect;
        for (oracle::Expectation& one : expected) {
            // The command had all messages when it began.
            if (auto* others = std::get_if<oracle::OthersUnaffected>(&one.kind))
                others->from_begin = !scenario_.send.empty();
        }
        std::vector<oracle::Result> results = oracle::check(expected, context);
        for (const auto count : {more_than_was_sent, less_than_was_sent}) {
            if (auto result = count(scenario_, context.account))
                results.push_back(std::move(*result));
        }
        if (scenario_.exit_status) {
            const auto status = sender_status_;
            oracle::Result result;
            result.title = fmt::format("the command ends with status {}", *scenario_.exit_status);
            result.passed = status == scenario_.exit_status;
            result.explanation = status ? fmt::format("it ended with status {}", *status)
                                        : "it had not ended by itself";
            results.push_back(std::move(result));
        }
        return results;
    }

    ExitStatus tell(double seconds) {
        referee_.ledger().reached(clock_->now());
        const bool is_harness = !failures_.empty();
        report::Run run{.scenario = scenario_.name,
                        .profile = profile_.name,
                        .seed = seed_,
                        .clock = scenario_.clock,
                        .journal = play_.journal,
                        .ending = ending_,
                        .seconds = seconds,
                        .harness_failures = failures_};
        for (const std::string& failure : script_failures_) run.harness_failures.push_back(failure);
        oracle::Account told = referee_.ledger().account();
        // Times that were not all on one clock are no schedule: nothing is told of them, nor judged.
        if (has_stranger_) told = {.begin = told.begin, .end = told.end};
        oracle::Account account = told;
        account.end = std::max(account.end, silent_until());
        const auto judgements = oracle::judge(account, scenario_.policy);
        const oracle::Context context{account, scenario_.policy, judgements};
        const auto results = has_stranger_ ? std::vector<oracle::Result>{} : judge(context);
        const report::Report report{run, told, judgements, results};
        StandardOutput out;
        if (!options_.play.json && !is_harness) out.write(rules_);
        out.write(options_.play.json ? report::json(report) : report::text(report));
        const ExitStatus written = out.finish();
        say(Level::info,
            fmt::format("over after {}: {}", format_duration(clock_->now() - begin_), ending_));
        if (!options_.junit.empty()) {
            if (auto error = write_whole_file(options_.junit, report::junit(report)))
                return harness_failed(*error);
        }
        if (written != ExitStatus::pass) return written;
        if (is_harness) return ExitStatus::harness_failed;
        return report.passed() ? ExitStatus::pass : ExitStatus::verdict_failed;
    }

    const ScenarioOptions& options_;
    LoadedScenario loaded_;
    scenario::Scenario scenario_;
    Interrupts interrupts_;
    Referee referee_;
    engine::NoticeHostPolicy notice_policy_;
    engine::Profile profile_;
    PlayOptions play_;
    std::string rules_;  // what they say of the sender
    std::uint64_t seed_ = 0;
    std::optional<std::vector<Address>> places_;
    std::optional<engine::StateSnapshot> state_;
    std::optional<Instant> epoch_;
    WorkFolder work_;
    Assignment assignment_{scenario_, work_};
    std::unique_ptr<SharedTime> shared_;
    std::unique_ptr<net::Clock> own_clock_;
    net::Clock* clock_ = nullptr;
    Instant begin_{}, horizon_{};
    net::Server* server_ = nullptr;
    engine::Simulator* simulator_ = nullptr;
    std::optional<SenderProcess> sender_;
    std::optional<int> sender_status_;
    bool processes_left_ = true;
    Instant moved_to_{};  ///< where a clock that jumps stands
    std::optional<net::Stopwatch> since_moved_;
    std::optional<net::Stopwatch> since_end_;  ///< of the command
    std::optional<boost::asio::steady_timer> turn_;
    std::string ending_;
    std::vector<std::string> failures_, script_failures_;
    bool has_stranger_ = false;  ///< a process that is not on the shared clock
};

}  // namespace

ExitStatus run_scenario(const ScenarioOptions& options, LoadedScenario scenario) {
    return ScenarioRun{options, std::move(scenario)}();
}

}  // namespace fakemx::app
