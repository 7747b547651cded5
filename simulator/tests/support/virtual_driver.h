// A whole receiver in virtual time: profile, ruled policy, journal in memory, simulator; and the driver
// that runs transcripts on it.
//
// Directives: `!on HOOK RULE` (see ruled_policy.h), and before the first client `!host OPTION=VALUE …`
// with name, domains, extensions, size, recipients_max, idle_timeout, sessions_max, seed; lists with
// commas; lmtp=true, tls=implicit. `!host` once more adds a host. `!trust xclient NETWORK …` and `!trust proxy NETWORK
// …` name peers that may speak for others. `!words OCCASION = REPLY` rewords a reply of the last host.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/virtual_run.h"
#include "support/recorded.h"
#include "support/ruled_policy.h"
#include "support/transcript.h"

namespace fakemx::test {

/// Keeps everything; sessions and attempts replace what came for the same id before.
class RecordingSink final : public journal::Sink {
public:
    void write(journal::Batch batch) override;

    /// Events as JSON lines, session by session.
    std::string canonical() const;
    const journal::AttemptRecord& attempt(std::uint64_t id) const;

    std::vector<journal::SessionRecord> sessions;
    std::vector<journal::Event> events;
    std::vector<journal::AttemptRecord> attempts;  ///< in order of their ids
    std::vector<journal::MessageRecord> messages;
};

/// What comes of a handshake where there is none.
inline smtp::TlsFacts virtual_handshake(const std::string& server_name) {
    return {.version = "TLSv1.3",
            .cipher = "TLS_AES_256_GCM_SHA384",
            .server_name = server_name,
            .client_subject = {},
            .hello = {.versions = "TLSv1.3 TLSv1.2", .suites = 30, .modern_suites = 9}};
}

class VirtualDriver final : public TranscriptDriver {
public:
    /// Octets handed over at once; 0: all of them.
    explicit VirtualDriver(std::size_t octets_at_once = 0) : octets_at_once_(octets_at_once) {}

    Client connect(std::size_t host, const std::string& address) override;
    void send(Client client, std::string_view octets) override;
    void finish(Client client) override { run_->finish(client); }
    void reset(Client client) override { run_->reset(client); }
    void start_tls(Client client, const std::string& server_name) override {
        run_->finish_tls(client, virtual_handshake(server_name));
    }
    void advance(Duration duration) override;
    std::string receive(Client client, std::size_t lines) override;
    Ending ending(Client client, bool expected) override;
    bool direct(std::string_view directive) override;

    /// What the server has sent, as it is; a shorthand for tests without a transcript.
    std::string said(Client client) { return run_->received(client); }

    engine::Simulator& simulator();
    engine::VirtualRun& run() { return simulator(), *run_; }
    RuledPolicy& policy() { return policy_; }
    /// Everything so far.
    RecordingSink& journal() { return simulator().flush(), sink_; }
    /// What a journal would have for replay, so far.
    RecordedSink& recorded() { return simulator().flush(), recorded_; }
    /// Ends all sessions. What comes of a replay of everything (support/recorded.h).
    std::string replayed();

private:
    bool set_host(std::string_view text);

    std::size_t octets_at_once_;
    engine::Profile profile_;
    engine::Simulator::Options options_;
    RuledPolicy policy_;
    RecordingSink sink_;
    RecordedSink recorded_{&sink_};
    std::unique_ptr<engine::Simulator> simulator_;
    std::unique_ptr<engine::VirtualRun> run_;
};

}  // namespace fakemx::test
