// What a journal keeps besides events: the run, its sessions, the attempts, the messages; and the
// interface through which the engine hands everything over.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/ids.h"
#include "core/time.h"
#include "journal/event.h"
#include "message/structure.h"
#include "smtp/hook.h"

namespace fakemx::message {
struct Sender;
}

namespace fakemx::journal {

/// A file that the profile was read from.
struct SourceFile {
    std::string name;  ///< as a profile is named: without directory and ending
    std::string path;  ///< as errors name it
    std::string text;
};

struct RunRecord {
    std::string version;  ///< of fakemx
    std::string profile;
    std::uint64_t seed = 0;
    std::string clock;  ///< "real", "x60"
    Instant started_at{};
    /// What is needed to make the same receiver again, in words of whoever makes it; empty: the run is not recorded.
    std::string setup{};
    std::vector<SourceFile> sources{};
};

struct SessionRecord {
    SessionId id{};
    std::string host;
    std::string client;
    Instant opened_at{};
    std::string helo;                 ///< last accepted EHLO or HELO argument
    std::optional<Instant> ended_at;  ///< nothing while the session lives
    std::string ended;                ///< smtp::name(Ended::How)
    std::string
        peer;  ///< IP address that the connection came from; another one speaks for `client`
};

/// What became of one try to deliver to one recipient.
enum class Outcome : std::uint8_t {
    pending,   ///< under way
    accepted,  ///< 2yz to the message
    deferred,  ///< 4yz
    rejected,  ///< 5yz
    lost,      ///< no reply that means anything reached the sender
};

std::string_view name(Outcome outcome);
std::optional<Outcome> outcome_named(std::string_view text);

/// The stage of an attempt as people write it in bounce logs: the hook's name, and "end-of-data" for
/// the moment that the hook `message` decides.
std::string_view stage_name(smtp::Hook stage);
std::optional<smtp::Hook> stage_named(std::string_view text);

/// Deliveries are numbered from 1 in the order in which they were first tried.
enum class DeliveryId : std::uint64_t {};

constexpr std::uint64_t number(DeliveryId id) {
    return static_cast<std::uint64_t>(id);
}

/// One try: a recipient in a transaction, or what failed before a recipient was named.
struct AttemptRecord {
    std::uint64_t id = 0;  ///< 1, 2, … in order of arrival
    SessionId session{};
    std::uint32_t transaction = 0;       ///< 1, 2, … within the session; 0 before the first MAIL
    std::optional<DeliveryId> delivery;  ///< nothing where no recipient was named
    std::uint32_t number = 1;            ///< which try of its delivery this is
    Instant at{};                        ///< when it arrived, not when it was answered
    std::string sending_ip;
    std::string helo;
    std::string mail_from;                   ///< reverse path; empty for the null reverse path
    std::string recipient;                   ///< forward path; empty where none was named
    smtp::Hook stage = smtp::Hook::connect;  ///< where it ended, or how far it has come
    int code = 0;
    std::string text;
    std::string
        cause;  ///< why, where the profile says it with `:because`; the sender does not see it
    Outcome outcome = Outcome::pending;
    /// 2yz was decided at the end of data: the receiver has the message, whether or not the reply reached the sender.
    bool taken = false;
    std::optional<Instant> ended_at;
    std::string identity;  ///< see journal::identity_of; empty before end of data
    std::string header_from_domain;
    std::string template_id;
    std::optional<std::uint64_t> message_octets;
};

/// A message that arrived completely, whatever became of it.
struct MessageRecord {
    SessionId session{};
    std::uint32_t transaction = 0;
    Instant at{};
    std::string identity;
    std::uint64_t octets = 0;
    std::string content;  ///< the first limits::message_octets_kept octets
    /// Of all of it, where it is longer than that; null where `content` says it all.
    std::shared_ptr<const message::Structure> structure{};
    /// Who sent it, to be authenticated by whoever writes this down; null: there is nothing to judge by.
    std::shared_ptr<const message::Sender> sender{};
};

/// What belongs together and is written together. Sessions and attempts replace what was written for
/// the same id before.
struct Batch {
    std::vector<SessionRecord> sessions;
    std::vector<Event> events;
    std::vector<AttemptRecord> attempts;
    std::vector<MessageRecord> messages;
    /// The next part of the recording that engine/recording.h describes; empty without any.
    std::string inputs{};

    bool empty() const {
        return sessions.empty() && events.empty() && attempts.empty() && messages.empty() &&
               inputs.empty();
    }
};

class Sink {
public:
    virtual ~Sink() = default;
    /// May block while the journal is behind; never drops.
    virtual void write(Batch batch) = 0;
};

}  // namespace fakemx::journal
