// One run of a receiver, from the options that every such subcommand has to the exit status: journal, live
// log, TLS, listening, the ready file, and the end. It must not know where the profile came from.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/command.h"
#include "app/complaint.h"
#include "app/exit_status.h"
#include "app/listen_plan.h"
#include "app/log_lines.h"
#include "app/ready.h"
#include "app/replay_setup.h"
#include "core/limits.h"
#include "core/result.h"
#include "engine/policy.h"
#include "engine/profile.h"
#include "journal/records.h"
#include "net/clock.h"
#include "net/server.h"

namespace fakemx::app {

struct PlayOptions {
    std::string seed;  ///< as the user gave it; empty: a random one
    std::string clock = "real";
    std::string epoch;
    std::string dns;  ///< where the name server listens, as the user gave it; empty: there is none
    std::string control;  ///< the socket for orders; empty: none
    bool step_when_idle = false;
    std::string journal;
    std::string ready_file;
    std::string sender = "unknown";  ///< what kind of sender it is, for the rules
    std::string audit;               ///< file for what the rules say; empty: none
    std::string tls_ca;
    std::string tls_keys;
    std::vector<std::string> trust_xclient;  ///< networks, as the user gave them
    std::vector<std::string> trust_proxy;
    std::size_t sessions_max = limits::sessions_max;  ///< the next one gets 421
    bool json = false;
    Level from = Level::info;  ///< what is said at all
};

/// Journal, seed, clock and the ready file, which mean the same wherever something is served.
void add_play_options(Command& command, PlayOptions& options);

/// Where the name server listens.
void add_dns_option(Command& command, std::string& place);

/// What --seed names.
Result<std::uint64_t, Complaint> read_seed(const std::string& written);

/// What --dns names; nothing where it was not given.
Result<std::optional<Address>, Complaint> read_dns_place(const std::string& written);

/// What the subcommands do differently.
struct PlayParts {
    net::Reception reception;  ///< as far as the profile does not say it
    /// Further connections wait in the kernel's queue, rather than get 421.
    std::optional<std::size_t> hold_back_at;
    /// Somebody who looks at everything on its way to the journal; `next` may be null. `stop` ends the run.
    std::function<journal::Sink*(journal::Sink* next, std::function<void()> stop)> watch;
    /// In the place of the one that the options name; outlives the run.
    net::Clock* clock = nullptr;
    /// Clients go by `clock` as well, so that certificates must.
    bool clients_share_clock = false;
    /// Has a say in how the server's loop goes, before it runs. Gives the error, if there is one. With it signals are
    /// somebody else's business.
    std::function<std::optional<std::string>(net::Server&, engine::Simulator&)> conduct;
    /// The loop has ended; its server is still there.
    std::function<void()> once_over;
    /// For replay, as far as the run's options do not say it.
    ReplaySetup setup;
    std::vector<journal::SourceFile> sources;
    /// Once everything listens and the ready file is there. Gives the error, if there is one.
    std::function<std::optional<std::string>(const Ready&)> once_ready;
    /// What the run says at its beginning and at its end is said by somebody else.
    bool is_quiet = false;
    /// The rules look at what the clients do, and what they say is told at the end.
    bool is_audited = true;
    /// Tells it, in these lines, in the place of the log.
    std::function<void(const std::vector<std::string>&)> tell_rules;
};

/// Says what is wrong with the command line; the exit status for that.
ExitStatus wrong_use(std::string_view message);

/// Plays the profile at these places, one for each host, until a signal comes.
ExitStatus play(const engine::Profile& profile, engine::Policy& policy,
                const std::vector<Address>& places, const PlayOptions& options,
                const PlayParts& parts = {});

}  // namespace fakemx::app
