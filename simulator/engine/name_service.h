// The name server of a receiver without its sockets: queries that wait for the profile or for their time, and what the
// journal hears of them. The simulator owns it; a driver brings octets and takes octets.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/random.h"
#include "dns/message.h"
#include "dns/zones.h"
#include "engine/policy.h"
#include "engine/recorder.h"
#include "journal/records.h"

namespace fakemx::engine {

class NameService {
public:
    /// Called once at most, with the octets of the answer.
    using Respond = std::function<void(std::string_view octets)>;

    /// All of them outlive it. Without a recorder nobody wants to replay it; `script_failures` is counted up.
    NameService(dns::Zones zones, Policy& policy, StateStore& state, const Rng& rng,
                Recorder* recorder, std::uint64_t& script_failures);

    /// A query has arrived; `client` is an IP address.
    void query(Instant now, NameQuery query, Respond respond);

    /// When tick() wants to be called, at the latest.
    std::optional<Instant> deadline() const;
    /// Does the one thing that is due first, and is due by now. `first` of those that happen in one call.
    void tick(Instant now, bool first);

    /// Whoever waits gets no answer.
    void shut_down(Instant now);

    std::size_t events_waiting() const { return events_.size(); }
    void take_journal(journal::Batch& batch);

private:
    struct Waiting {
        NameQuestion question;
        dns::Query query;
        dns::Transport transport = dns::Transport::udp;
        Instant arrived{};
        Respond respond;
        std::unique_ptr<NameConsultation> consultation;
        Instant due{};
        // Once it is decided.
        std::optional<dns::Verdict> verdict;
        bool scripted = false;
    };

    void resume(Instant now, std::uint64_t id, Waiting& waiting);
    void decide(Instant now, std::uint64_t id, Waiting& waiting, dns::Verdict verdict);
    void settle(Instant now, Waiting& waiting);
    void wait(std::uint64_t id, Waiting& waiting, Instant due);
    void send(const Respond& respond, std::string_view octets);
    void record(Instant now, journal::EventBody body);
    void end_call(Instant now, Call::What what, std::uint32_t events_before);

    dns::Zones zones_;
    Policy& policy_;
    StateStore& state_;
    const Rng& rng_;
    Recorder* recorder_;
    std::uint64_t& script_failures_;
    std::uint64_t queries_ = 0;
    std::map<std::uint64_t, std::unique_ptr<Waiting>> waiting_;
    std::set<std::pair<Instant, std::uint64_t>> due_;
    std::vector<journal::Event> events_;
    std::uint32_t event_numbers_ = 0;
    std::uint64_t digest_ = 0;  // of what the call under way has sent; 0: nothing
};

}  // namespace fakemx::engine
