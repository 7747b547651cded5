// A host beside those of a profile, for mail to the sender's own addresses: notices that come back. It takes everything, and
// the profile's hooks are not asked about it.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/policy.h"
#include "engine/profile.h"

namespace fakemx::engine {

inline constexpr std::string_view notice_host_name = "notices.fakemx.test";

/// The profile with that host as its last one; it serves these domains.
Profile with_notice_host(Profile profile, std::vector<std::string> domains);

class NoticeHostPolicy final : public Policy {
public:
    /// `other` answers for all other hosts, and outlives this.
    explicit NoticeHostPolicy(Policy& other) : other_(other) {}

    HookSet hooks() const override { return other_.hooks(); }
    std::unique_ptr<Consultation> consult(const Question& question, StateStore& state,
                                          const Rng& rng) override;
    bool decides_names() const override { return other_.decides_names(); }
    std::unique_ptr<NameConsultation> consult_on_name(const NameQuestion& question,
                                                      StateStore& state, const Rng& rng) override {
        return other_.consult_on_name(question, state, rng);
    }

private:
    Policy& other_;
};

}  // namespace fakemx::engine
