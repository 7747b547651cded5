// A shipped profile in virtual time.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "engine/virtual_run.h"
#include "support/transcript.h"
#include "support/virtual_driver.h"
#include "tests/script/shipped_profiles.h"

namespace fakemx::test {

class ProfileDriver final : public TranscriptDriver {
public:
    explicit ProfileDriver(ShippedProfile shipped) : shipped_{std::move(shipped)} {}

    Client connect(std::size_t host, const std::string& address) override {
        return run().connect(host, address.empty() ? "192.0.2.1" : address);
    }
    void send(Client client, std::string_view octets) override { run().send(client, octets); }
    void finish(Client client) override { run().finish(client); }
    void reset(Client client) override { run().reset(client); }
    void start_tls(Client client, const std::string& server_name) override {
        run().finish_tls(client, virtual_handshake(server_name));
    }
    void advance(Duration duration) override { run().advance(duration); }
    std::string receive(Client client, std::size_t) override { return run().received(client); }
    Ending ending(Client client, bool) override {
        const auto how = run().closed(client);
        if (!how) return run().half_closed(client) ? Ending::closed : Ending::none;
        return *how == smtp::Close::How::reset ? Ending::reset : Ending::closed;
    }
    bool direct(std::string_view directive) override {
        return !simulator_ && shipped_.direct(directive);
    }

    std::uint64_t script_failures() const { return simulator_ ? simulator_->script_failures() : 0; }

    /// Ends all sessions. What comes of a replay of everything (support/recorded.h).
    std::string replayed() {
        const Instant now = run().now();
        simulator_->shut_down(now);
        RecordedInMemory recorded{recorded_};
        const auto again = shipped_.load();
        engine::Profile profile = again->profile();
        for (engine::HostProfile& host : profile.hosts) host.options.proofs_replaced = true;
        return words_of(
            engine::replay(recorded, profile, *again, {.seed = shipped_.seed}, nullptr));
    }

private:
    engine::VirtualRun& run() {
        if (!run_) {
            profile_ = shipped_.load();
            simulator_.emplace(profile_->profile(), *profile_, recorded_,
                               engine::Simulator::Options{.seed = shipped_.seed, .recorded = true});
            run_.emplace(*simulator_);
        }
        return *run_;
    }

    ShippedProfile shipped_;
    RecordedSink recorded_;
    std::unique_ptr<script::LuaProfile> profile_;
    std::optional<engine::Simulator> simulator_;
    std::optional<engine::VirtualRun> run_;
};

}  // namespace fakemx::test
