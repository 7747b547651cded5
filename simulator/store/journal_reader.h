// Reading a journal, also one that a server is writing just now or that a killed one has left. Gives
// plain structs, and one consistent picture: what is written while it reads is not seen.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "core/time.h"
#include "journal/records.h"
#include "store/store_error.h"

namespace fakemx::store {

struct StoredRun {
    std::string version;
    std::string profile;
    std::string seed;  ///< decimal
    std::string clock;
    Instant started_at{};
    Instant last_at{};  ///< the last instant that the journal speaks of
    std::optional<Instant> ended_at;
    /// The events have the lines of replies with LF between them. A journal of a version before 5 has blanks there.
    bool tells_reply_lines = true;
};

/// A row of the view bounce_log: its columns, in their order.
struct BounceRow {
    std::string timestamp;
    std::string sending_ip;
    std::optional<std::string> helo_name;
    std::optional<std::string> mail_from_domain;
    std::optional<std::string> header_from_domain;
    std::optional<std::string> recipient_domain;
    std::string smtp_stage;
    std::optional<std::int64_t> smtp_reply_code;
    std::optional<std::string> smtp_reply_text;
    std::optional<std::string> message_template_id;
    std::optional<std::int64_t> message_size_bytes;
    std::optional<std::string> attachment_types;
    std::int64_t retry_count = 0;
    std::string final_queue_status;
};

struct StoredAttempt {
    std::uint64_t id = 0;
    std::uint64_t session = 0;
    std::optional<std::uint64_t> delivery;
    std::uint32_t number = 1;
    Instant at{};
    std::string host;  ///< of the session
    std::string sending_ip;
    std::string helo;
    std::string mail_from;
    std::string recipient;
    std::string stage;
    int code = 0;
    std::string text;
    std::string outcome;
    std::optional<Instant> ended_at;
    std::string identity;
};

/// What is said of a message.
struct StoredTraits {
    std::uint64_t session = 0;
    std::uint32_t transaction = 0;
    std::string_view json;  ///< as message::to_json wrote it; valid during the call
};

/// What became of a delivery.
struct StoredDelivery {
    std::uint64_t id = 0;
    std::uint32_t tries = 0;
    std::uint32_t accepted = 0;
    std::string last_outcome;
    Instant silent_since{};  ///< the end of the last try
    std::string status;      ///< delivered duplicated bounced expired deferred
};

struct StoredEvent {
    std::uint64_t session = 0;
    std::string_view json;  ///< one object, as journal::append_json wrote it; valid during the call
};

/// What the receiver was made of.
struct StoredSetup {
    std::string setup;  ///< as journal::RunRecord has it; empty: inputs were not recorded
    std::vector<journal::SourceFile> sources;
};

struct StoredMessage {
    std::uint64_t session = 0;
    std::uint32_t transaction = 0;
    std::string content;
};

/// Events of one session that were written together: each one object, as journal::append_json wrote it.
struct StoredEvents {
    std::uint64_t session = 0;
    std::vector<std::string> json;
};

class JournalReader {
public:
    /// `location`: a path, or SqliteJournal::location(). An error for anything that is no journal of
    /// this version.
    static Result<JournalReader, StoreError> open(const std::string& location);

    ~JournalReader();
    JournalReader(JournalReader&&) noexcept;
    JournalReader& operator=(JournalReader&&) noexcept;

    // Each returns what went wrong, if the file turns out to be damaged. A visitor that has seen
    // enough returns false.
    template <class Row>
    using Visitor = std::function<bool(const Row&)>;

    Result<StoredRun, StoreError> run();
    /// In order of arrival.
    std::optional<StoreError> bounce_log(const Visitor<BounceRow>& visitor);
    /// All tries of a delivery together, deliveries in order of their first try; then those without a
    /// delivery.
    std::optional<StoreError> attempts(const Visitor<StoredAttempt>& visitor);
    /// Everything but the events as it was written, at its last state: sessions first, then attempts, then messages, a few
    /// at a time.
    std::optional<StoreError> records(const Visitor<journal::Batch>& visitor);
    /// In order of arrival; a journal of a version before 4 has none.
    std::optional<StoreError> traits(const Visitor<StoredTraits>& visitor);
    /// In order of their numbers.
    std::optional<StoreError> deliveries(const Visitor<StoredDelivery>& visitor);
    /// By session and number; of one session where one is named.
    std::optional<StoreError> events(std::optional<std::uint64_t> session,
                                     const Visitor<StoredEvent>& visitor);

    /// By number: sessions that TLS was agreed on in. One may come more than once.
    std::optional<StoreError> encrypted_sessions(const Visitor<std::uint64_t>& visitor);

    Result<StoredSetup, StoreError> setup();

    // The next row in the order in which they were written; nothing behind the last one. Each of them goes its own
    // way through the journal, so that they can be read side by side.
    Result<std::optional<std::string>, StoreError> next_inputs();
    Result<std::optional<StoredEvents>, StoreError> next_events();
    Result<std::optional<StoredMessage>, StoreError> next_message();

    /// The first row in which this journal and another one differ, of what is known about sessions, attempts and
    /// messages; a sentence for people. Nothing where they are the same.
    Result<std::optional<std::string>, StoreError> difference_to(JournalReader& other);

private:
    struct State;

    explicit JournalReader(std::unique_ptr<State> state);

    std::unique_ptr<State> state_;
};

}  // namespace fakemx::store
