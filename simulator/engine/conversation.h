// One connection as a whole: the session, the question it is asking, the reply on its way out, and
// what goes into the journal. Drivers talk to the Simulator, which owns the conversations.
#pragma once

#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "core/random.h"
#include "core/time.h"
#include "engine/attempt_log.h"
#include "engine/message_rest.h"
#include "engine/pacer.h"
#include "engine/policy.h"
#include "engine/recorder.h"
#include "engine/state_store.h"
#include "engine/transport.h"
#include "journal/records.h"
#include "message/authentication.h"
#include "message/header_section.h"
#include "smtp/session.h"

namespace fakemx::engine {

/// What all conversations of a run share.
struct Shared {
    Policy& policy;
    HookSet hooks;  ///< policy.hooks()
    StateStore& state;
    const Rng& rng;
    journal::AttemptBook& attempts;
    AttemptNumbers& numbers;
    std::string_view template_header;
    std::shared_ptr<const message::Names> names;  ///< that senders are judged by; null: none
    bool journaled = true;         ///< false: nobody takes events, records and messages
    Recorder* recorder = nullptr;  ///< null: nobody wants to replay this
    std::uint64_t script_failures = 0;
    std::vector<std::string> script_failures_told{};  ///< the first ones
    smtp::Effects effects{};  ///< scratch of the call that is under way; calls do not nest
};

class Conversation {
public:
    /// `shared`, `host` and `transport` outlive the conversation, the transport at least until its
    /// close() was called.
    Conversation(Shared& shared, const smtp::HostOptions& host, smtp::SessionFacts facts,
                 smtp::PeerTrust trust, Transport& transport);
    ~Conversation();

    /// Greets the client, or refuses it with 421 where the server is full.
    void begin(Instant now, bool server_full);
    void handle(Instant now, const smtp::Input& input);

    std::optional<Instant> deadline() const;
    std::size_t input_octets_max() const { return session_.input_octets_max(); }
    bool ended() const { return session_.ended(); }

    /// The client can only wait: a hook is asleep, a reply is on its way, or nothing is read for a while.
    bool awaited() const;
    /// Between transactions with nothing outstanding: a good moment to write what was gathered.
    bool resting() const;
    std::size_t events_waiting() const { return events_.size(); }
    /// Events so far.
    std::uint32_t events_made() const { return event_numbers_; }
    Standing standing() const;
    bool flushed() const { return transport_.flushed(); }
    /// Moves everything that the journal does not have yet to `batch`.
    void take_journal(journal::Batch& batch);

    /// Where this conversation stands in the simulator's queue of deadlines.
    std::optional<Instant> queued_at;
    /// In the simulator's list of conversations with something for the journal.
    bool listed = false;
    /// In the simulator's count of those that are awaited().
    bool counted_awaited = false;
    /// Of the recorder.
    std::unique_ptr<HeldInput> held_input;

private:
    struct Asked;
    class Outlet;

    bool hooked(smtp::Hook hook) const;
    void carry_out(Instant now, smtp::Effects& effects);
    void consult(Instant now, const smtp::Question& question, smtp::Effects& effects);
    std::uint32_t begin_message(Instant now, const smtp::Message& message,
                                const message::HeaderSection& headers);
    std::shared_ptr<const message::Sender> sender(const message::HeaderSection& headers) const;
    void resume(Instant now, smtp::Effects& effects);
    void observe(Instant now, smtp::Observation observation);
    void settle(Instant now, smtp::Effects& effects);
    void release(Instant now);
    void cut_short(Instant now, smtp::Effects& effects);
    void apply_leaving(Instant now);
    std::optional<Instant> unread_deadline() const;
    void record(Instant now, journal::EventBody body);

    Shared& shared_;
    Transport& transport_;
    smtp::Session session_;
    Pacer pacer_;
    AttemptLog attempts_;
    std::unique_ptr<Asked> asked_;
    std::unique_ptr<smtp::Answered> leaving_;  // a paced reply that has not left completely
    Instant handed_over_at_{};                 // the latest octets of a reply
    bool server_full_ = false;
    std::uint32_t event_numbers_ = 0;
    std::vector<journal::Event> events_;
    std::vector<journal::MessageRecord> messages_;
    MessageRest rest_;
    std::shared_ptr<const message::Structure> structure_;  // of a long message that is asked about
    message::Authentication authentication_;
    bool session_changed_ = true;
    Instant opened_at_{};
    std::optional<Instant> ended_at_;
    std::string_view ended_;
};

}  // namespace fakemx::engine
