// Watches a run on its way to the journal, and knows when it is over: when the sender has done all that the scenario is about.
// It must not know by what clock time goes, nor how the sender's processes are watched.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <unordered_set>

#include "journal/records.h"
#include "oracle/ledger.h"
#include "scenario/scenario.h"

namespace fakemx::app {

class Referee final : public journal::Sink {
public:
    explicit Referee(const scenario::Scenario& scenario) : scenario_(scenario) {}

    /// Batches go there; may be null.
    void pass_on_to(journal::Sink* next) { next_ = next; }
    void write(journal::Batch batch) override;

    /// What stands beside the journal.
    struct Situation {
        Instant now{};
        std::optional<int> status;  ///< that the command has ended with
        bool processes_left = true;
        std::size_t sessions = 0;  ///< that are open
    };
    /// Why the run is over, as half a sentence; nothing while it is not.
    std::optional<std::string> over(const Situation& situation);

    /// When it may be over by time alone.
    std::optional<Instant> alarm() const { return watched_until_; }

    oracle::Ledger& ledger() { return ledger_; }

private:
    bool settled();

    const scenario::Scenario& scenario_;
    journal::Sink* next_ = nullptr;
    oracle::Ledger ledger_;
    std::unordered_set<std::uint64_t> deliveries_;  ///< but for those that bring notices
    bool notice_came_ = false;
    bool changed_ = false;  ///< since the account was last looked at
    bool all_noticed_ = false;
    std::optional<Instant> watched_until_;
};

}  // namespace fakemx::app
