// A receiver: all hosts of a profile, all sessions, what they remember, and the journal they fill. It
// has neither clock nor sockets; a driver (net, or a virtual run) tells it what arrives and when, and
// asks when it next wants to be called.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/ip_address.h"
#include "core/limits.h"
#include "engine/conversation.h"
#include "engine/profile.h"
#include "engine/recorder.h"

namespace fakemx::engine {

class Simulator {
public:
    struct Options {
        std::uint64_t seed = 0;
        std::size_t sessions_max = limits::sessions_max;
        /// Peers that may say with XCLIENT for whom they speak.
        std::vector<IpNetwork> xclient_peers{};
        /// Peers whose connections begin with a PROXY header.
        std::vector<IpNetwork> proxy_peers{};
        /// Every call goes to the journal, so that it can be replayed.
        bool recorded = false;
    };

    /// `profile`, `policy` and `sink` outlive the simulator. Without a sink nobody keeps a journal: what only that would
    /// have is not made, and everything else is as with one.
    Simulator(const Profile& profile, Policy& policy, journal::Sink* sink, Options options);
    Simulator(const Profile& profile, Policy& policy, journal::Sink& sink, Options options)
        : Simulator(profile, policy, &sink, std::move(options)) {}
    ~Simulator();

    /// A client has connected to the host with this index. The transport must live until its close()
    /// was called, or until forget().
    SessionId open(Instant now, std::size_t host, Endpoints endpoints, Transport& transport);

    /// Something happened to a session; an id that has ended already is ignored.
    void handle(Instant now, SessionId id, const smtp::Input& input);

    /// The most that the session wants to be given at once; 0 while it wants nothing.
    std::size_t input_octets_max(SessionId id) const;
    bool alive(SessionId id) const { return conversations_.contains(number(id)); }

    /// When tick() wants to be called, at the latest. Beyond `horizon` it may be told too early, which spares looking.
    std::optional<Instant> deadline(Instant horizon = Instant::max());
    /// Does what is due at `now`.
    void tick(Instant now);

    /// 421 to every session. The transports flush and close.
    void shut_down(Instant now);

    /// Hands everything gathered to the journal. To be called now and then, and at the end.
    void flush();

    std::size_t sessions() const { return conversations_.size(); }
    /// Of them those whose client can only wait until some time has passed: a hook is asleep, a reply is on its way,
    /// or nothing is read for a while.
    std::size_t sessions_awaited() const { return awaited_; }
    std::uint64_t sessions_opened() const { return opened_; }
    /// Questions that the profile could not answer. More than none turns a run red.
    std::uint64_t script_failures() const { return shared_.script_failures; }
    /// What the first of them were, limits::script_failures_told at most: a line each.
    const std::vector<std::string>& script_failures_told() const {
        return shared_.script_failures_told;
    }
    /// What the profile remembers.
    const StateStore& state() const { return state_; }
    /// Changes that from outside. Where it does not work nothing is changed.
    Result<void, StateError> change_state(Instant now, StateChange change);

private:
    smtp::PeerTrust trust_in(const std::string& peer) const;
    void queue(Conversation& conversation, std::uint64_t id, std::optional<Instant> at);
    void after(Conversation& conversation, std::uint64_t id);
    void give(Instant now, std::uint64_t id, Conversation& conversation, const smtp::Input& input,
              std::optional<TimeCame> came = std::nullopt);
    void write_or_list(Conversation& conversation, std::uint64_t id);
    void write(journal::Batch batch);

    const Profile& profile_;
    journal::Sink* sink_;  // null: no journal
    Options options_;
    Rng rng_;
    StateStore state_;
    journal::AttemptBook attempts_{limits::deliveries_kept};
    AttemptNumbers numbers_;
    std::optional<Recorder> recorder_;
    Shared shared_;
    std::uint64_t opened_ = 0;
    std::size_t awaited_ = 0;
    std::unordered_map<std::uint64_t, std::unique_ptr<Conversation>> conversations_;
    // At most one entry per conversation, its deadline or an earlier instant: a deadline that moves on,
    // as that of idleness does with every command, is looked at when the old one comes. At the same
    // instant the older session comes first.
    std::set<std::pair<Instant, std::uint64_t>> due_;
    std::vector<std::uint64_t> unwritten_;  // conversations with something for the journal
};

}  // namespace fakemx::engine
