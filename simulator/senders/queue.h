// A sender's queue: which messages wait for what, which are to be tried now and at which host, and when one is
// given up. It must not know of connections and octets; whoever drives it asks for work and says what came of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/random.h"
#include "engine/profile.h"
#include "senders/agenda.h"
#include "senders/dialogue.h"
#include "senders/model.h"
#include "senders/plan.h"
#include "senders/retry.h"

namespace fakemx::senders {

/// A message that is to be tried at a host.
struct Job {
    std::uint32_t message = 0;
    std::uint32_t destination = 0;
    std::uint32_t rank = 0;  ///< of the host, among those of the destination
};

class Queue {
public:
    /// All outlive the queue. The result gets messages, tries and answers.
    Queue(const Model& model, const Plan& plan, const engine::Profile& profile, Agenda& agenda,
          Result& result);

    // Something is due.
    void arrive(Instant now);
    void message_due(Instant now, std::uint32_t message);
    /// The run with this number.
    void run_due(Instant now, std::uint32_t number);

    std::size_t destinations() const { return destinations_.size(); }
    /// Destinations that have work since the last call; each is to be looked at.
    std::vector<std::uint32_t> take_touched();
    /// One of its connections has ended: there is room for another one.
    void touch(std::uint32_t number);

    /// A message for the connection that is open to this host of the destination with this number.
    std::optional<Job> next_for(Instant now, std::uint32_t number, std::uint32_t rank);
    /// A message for which a new connection is to be made, where one more may be.
    std::optional<Job> next_for_new(Instant now, std::uint32_t number, std::uint32_t connections);
    /// Index in the profile of a job's host.
    std::size_t host_of(const Job& job) const {
        return destinations_[job.destination].hosts.at(job.rank);
    }

    /// What came of it. `reached`: the host has taken EHLO or HELO.
    void done(Instant now, const Job& job, Instant began_at, const Progress::Outcome& outcome,
              bool reached);

    std::string sender_of(std::uint32_t message) const;
    std::string recipient_of(std::uint32_t message) const;
    std::uint32_t tries_of(std::uint32_t message) const { return result_.messages[message].tries; }
    /// Every message has come to its end.
    bool finished() const { return ended_ == plan_.messages; }

private:
    struct Message {
        RetryState retry;
        std::uint32_t destination = 0;
        std::uint32_t hosts_asked = 0;  // in this try
    };
    struct Destination {
        std::vector<std::size_t> hosts;                // in the profile, best first
        std::vector<std::deque<std::uint32_t>> ready;  // by rank
        std::size_t ready_count = 0;
        std::uint32_t window = 0;             // connections at once, for now
        std::uint64_t failed_millionths = 0;  // of what dead_after counts
        std::optional<Instant> dead_until;
        RetryState dead_state;
        std::optional<Instant> dead_since;
        bool touched = false;
    };

    void start_try(Instant now, std::uint32_t message);
    void make_ready(std::uint32_t message, std::uint32_t rank, bool first);
    bool held_back(Instant now, Destination& destination);
    void put_off(Instant now, std::uint32_t message);
    void after_failure(Instant now, std::uint32_t message, const std::optional<Duration>& said);
    void wait_for_next(Instant now, std::uint32_t message, const std::optional<Duration>& said);
    void end(Instant now, std::uint32_t message, Fate fate);
    void begin_run(Instant now);
    void leave_run(Instant now);
    bool goes_on(const Job& job, const Progress::Outcome& outcome, bool reached) const;
    void judge_host(Instant now, std::uint32_t number, bool reached);
    std::uint32_t destination_for(std::string_view domain);
    std::uint32_t number_of(const Answer& answer);
    Instant due_of(Instant now, std::uint32_t message, const MessageResult& facts,
                   RetryState& state, const std::optional<Duration>& said) const;
    bool over_age(Instant now, const MessageResult& facts) const {
        return model_.lifetime && now - facts.arrived_at >= *model_.lifetime;
    }

    const Model& model_;
    const Plan& plan_;
    const engine::Profile& profile_;
    Agenda& agenda_;
    Result& result_;
    Rng rng_;
    std::vector<Message> messages_;  // those that have arrived
    std::vector<Destination> destinations_;
    std::unordered_map<std::string, std::uint32_t> by_domain_;
    std::vector<std::uint32_t> touched_;
    std::uint32_t ended_ = 0;
    // Backoff::queue.
    RetryState queue_retry_;
    std::optional<Instant> queue_failing_since_;
    std::vector<std::uint32_t> waiting_;  // in the order of their arrival
    std::size_t in_run_ = 0;
    std::uint32_t run_number_ = 0;  // of the last run
    bool run_again_ = false;        // mail has come in the meantime
    // Answers.
    std::unordered_map<std::string, std::uint32_t> answer_numbers_;
    std::optional<Answer> last_answer_;
    std::uint32_t last_answer_number_ = 0;
};

}  // namespace fakemx::senders
