// A policy that answers each hook by a rule in one line of text, so that tests of the engine and
// transcripts need no Lua. It remembers what it was asked.
//
//   450 4.2.0 Try later        this reply
//   default, accept, defer, reject, silence, close, reset, fail
//   raw 250 OK\r\n             these octets
//   sleep 10s RULE             the hook sleeps first
//   after 3s RULE              the reply is held back
//   drip 1 1s RULE             the reply leaves in pieces of so many octets, so far apart
//   then_close RULE, then_reset RULE, then_stay RULE
//   late 3s RULE, lost N RULE  the reply leaves later, or only so many octets of it
//   and_then 3s RULE           the default, and RULE so much later
//   in_body N RULE             the default, and RULE after so many octets of the message
//   stop_reading 3s RULE       and nothing is read for so long
//   tries N RULE               RULE for the first N tries of a delivery, then the default
//   chance N M RULE            RULE in N of M cases, by the client's address, else the default
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/policy.h"

namespace fakemx::test {

class RuledPolicy final : public engine::Policy {
public:
    struct Rule {
        smtp::Verdict verdict;
        std::vector<Duration> sleeps;
        bool fails = false;
        std::optional<std::uint32_t> tries;
        std::uint64_t chance_of = 1;
        std::uint64_t chance_in = 1;
    };

    /// False when there is no such hook, or the text is no rule.
    bool set(std::string_view hook, std::string_view text);

    engine::HookSet hooks() const override { return engine::HookSet{}.set(); }
    std::unique_ptr<engine::Consultation> consult(const engine::Question& question,
                                                  engine::StateStore& state,
                                                  const Rng& rng) override;

    struct Asked {
        smtp::Hook hook;
        std::uint32_t attempt;
    };
    std::vector<Asked> asked;
    /// One that was never asked, and will be told each rule again before the question that was the first to follow it.
    RuledPolicy anew() const;

    std::size_t cancelled = 0;  ///< consultations that were destroyed before they had answered

private:
    struct Told {
        std::size_t asked;  ///< questions before it
        std::string hook;
        std::string text;
    };

    std::map<smtp::Hook, Rule> rules_;
    std::vector<Told> told_;
    std::vector<Told> to_tell_;  // not yet
};

}  // namespace fakemx::test
