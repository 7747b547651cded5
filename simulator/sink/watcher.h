// What smtp-sink counts, logs and dumps, read from what passes by on its way to the journal. It must not know
// files: whoever makes it says what becomes of each thing.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "journal/records.h"
#include "sink/settings.h"

namespace fakemx::sink {

struct Counters {
    std::uint64_t sessions = 0;  ///< over
    std::uint64_t quits = 0;     ///< carried out
    std::uint64_t messages = 0;  ///< that came to their end, whatever they were answered

    bool operator==(const Counters&) const = default;
};

/// "sess=1 quit=1 mesg=2", without an end of line.
std::string format(const Counters& counters);

/// A message with what stands around it. The views are valid during the call.
struct Captured {
    SessionId session{};
    std::uint32_t transaction = 0;
    Instant at{};
    std::string_view client;
    std::string_view protocol;                   ///< SMTP, ESMTP or LMTP
    std::string_view helo;                       ///< argument as written; empty without
    std::string_view mail;                       ///< as written, behind "FROM:"
    const std::vector<std::string>& recipients;  ///< as written, behind "TO:"
    std::string_view content;                    ///< the first limits::message_octets_kept octets
    std::uint64_t octets = 0;                    ///< of the whole message
};

class Watcher final : public journal::Sink {
public:
    struct Actions {
        std::function<void(const Counters&)> counted;
        std::function<void(const Captured&)> captured;
        /// A command that settings.logged names, with what stands behind the verb.
        std::function<void(Moment, std::string_view)> logged;
        std::function<void()> enough;  ///< -M or -n is reached; once
    };

    Watcher(const Settings& settings, Actions actions)
        : settings_(settings), actions_(std::move(actions)) {}

    /// Gets every batch afterwards; may be null.
    void pass_on_to(journal::Sink* next) { next_ = next; }

    void write(journal::Batch batch) override;

    const Counters& counters() const { return counters_; }

private:
    /// A session, as far as something is still to be said of it.
    struct Seen {
        std::string client;
        std::string helo, helo_asked;
        bool esmtp = false;
        std::string mail, asked;  // argument of MAIL; of the command that is being answered
        std::vector<std::string> recipients;
        std::uint32_t transaction = 0;    // MAIL commands accepted
        std::uint32_t last_finished = 0;  // transaction whose message was answered last
    };

    void look_at(const journal::Event& event, const journal::Batch& batch);
    void look_at(const smtp::CommandSeen& command, Seen& session);
    void look_at(const smtp::Answered& answer, Seen& session);
    void capture(const journal::Event& event, const Seen& session, const journal::Batch& batch);
    void look_at(const journal::AttemptRecord& attempt);
    void log(Moment moment, std::string_view argument);
    void stop_when_enough();

    const Settings& settings_;
    Actions actions_;
    journal::Sink* next_ = nullptr;
    Counters counters_;
    std::uint64_t finished_ = 0;  // messages that were answered
    bool told_enough_ = false;
    std::map<std::uint64_t, Seen> sessions_;
};

}  // namespace fakemx::sink
