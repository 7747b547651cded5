// What is to be simulated, and what came of it: the two ends of a simulation. It must not know how it is done.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "core/time.h"
#include "journal/records.h"
#include "senders/dialogue.h"

namespace fakemx::senders {

struct Plan {
    std::uint32_t messages = 1000;
    Duration over{};                                ///< they enter the queue evenly over so long
    Duration horizon = std::chrono::hours{8 * 24};  ///< the simulation ends at the latest
    Duration round_trip = 50ms;                     ///< to the receiver and back
    std::uint64_t message_octets = 1024;            ///< about
    /// Of the message with this index, dot-stuffed, ending in CRLF; null: made up.
    std::function<std::string(std::uint32_t)> content;
    /// "{n}" in an address stands for the number of the message, from 1.
    std::string from = "news@sender.example";
    std::vector<std::string> to{"user{n}@receiver.example"};  ///< one recipient each, in turn
    std::string helo = "mta1.sender.example";
    /// Names of the hosts that are MX for every domain, best first; none: those that serve the domain.
    std::vector<std::string> mx;
    std::uint32_t addresses = 0;  ///< that it sends from; 0: as many as the model says
    Instant start = default_epoch;
    std::uint64_t seed = 0;
};

enum class Fate : std::uint8_t {
    queued,  ///< still, when the simulation ended
    accepted,
    rejected,
    expired,  ///< its lifetime or its tries were over
};

struct MessageResult {
    Instant arrived_at{};
    Instant first_try_at{};  ///< where `tries` is not 0
    Instant ended_at{};      ///< where the fate is not `queued`
    Fate fate = Fate::queued;
    std::uint32_t tries = 0;  ///< by its schedule; a try may go to several hosts
};

/// One host asked for one message.
struct Asked {
    Instant at{};  ///< when it began
    std::uint32_t message = 0;
    std::uint32_t answer = 0;  ///< index in Result::answers
    std::uint32_t number = 1;  ///< the message's try that it belongs to
    std::uint16_t host = 0;
    journal::Outcome outcome = journal::Outcome::lost;
};

struct Result {
    std::vector<MessageResult> messages;
    std::vector<Asked> asked;     ///< in the order in which they ended
    std::vector<Answer> answers;  ///< different ones, without what changes from reply to reply
    Instant start{};
    Instant end{};                       ///< when nothing was left to be done, or the horizon
    std::uint64_t connections = 0;       ///< made, or tried in vain
    std::uint32_t connections_most = 0;  ///< at once
    std::uint64_t held_back =
        0;  ///< tries that were put off because the destination counted as dead
    std::uint64_t script_failures = 0;
    std::string script_failure;  ///< the first one
    bool cut_short = false;      ///< by limits::simulated_asked_max
};

/// A reply's text without what changes from reply to reply: ids, times, addresses, as "…".
std::string shape_of(std::string_view text);

}  // namespace fakemx::senders
