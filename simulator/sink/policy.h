// The receiver that smtp-sink's flags describe: its words as a profile, its faults as verdicts. It must not know
// files, sockets or the command line.
#pragma once

#include <memory>

#include "engine/policy.h"
#include "engine/profile.h"
#include "sink/settings.h"

namespace fakemx::sink {

/// One host that speaks as smtp-sink does.
engine::Profile profile_of(const Settings& settings);

class SinkPolicy final : public engine::Policy {
public:
    explicit SinkPolicy(const Settings& settings);

    engine::HookSet hooks() const override { return hooks_; }
    std::unique_ptr<engine::Consultation> consult(const engine::Question& question,
                                                  engine::StateStore& state,
                                                  const Rng& rng) override;

private:
    smtp::Verdict verdict_for(const engine::Question& question, engine::StateStore& state,
                              const Rng& rng) const;
    smtp::Verdict treated(Moment moment, smtp::Verdict otherwise, const engine::Question& question,
                          engine::StateStore& state, const Rng& rng) const;
    smtp::Verdict verb_verdict(const smtp::TextArgument& command, const engine::Question& question,
                               engine::StateStore& state, const Rng& rng) const;
    smtp::Reply ehlo_reply() const;

    Settings settings_;
    engine::HookSet hooks_;
};

}  // namespace fakemx::sink
