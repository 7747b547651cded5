// The host, and the policy that leaves the profile out of it.
#include "engine/notice_host.h"

#include <utility>

namespace fakemx::engine {

namespace {

class DefaultVerdict final : public Consultation {
public:
    Step resume(Instant) override { return {.outcome = smtp::Verdict{}, .notes = {}}; }
};

}  // namespace

Profile with_notice_host(Profile profile, std::vector<std::string> domains) {
    HostProfile host;
    host.options.name = notice_host_name;
    host.options.domains = std::move(domains);
    profile.hosts.push_back(std::move(host));
    return profile;
}

std::unique_ptr<Consultation> NoticeHostPolicy::consult(const Question& question, StateStore& state,
                                                        const Rng& rng) {
    if (question.session.host == notice_host_name) return std::make_unique<DefaultVerdict>();
    return other_.consult(question, state, rng);
}

}  // namespace fakemx::engine
