// Numbers that rules go by. RFCs give some of them; the others are ours, can be set, and are told with the verdict.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/time.h"

namespace fakemx::conformance {

struct Thresholds {
    /// A greeting that is held back less than this proves nothing about who waits for it.
    Duration greeting_held_min = 1s;
    /// Whoever says QUIT so long behind a message, without a reply to it, gives up, and does not talk ahead.
    Duration quit_patience = 10s;
    /// A client that closes earlier than this before a held 221 has not waited for it.
    Duration quit_wait = 2s;
    /// A wait that ends with a reply so much before the time that a client has to wait shows that it waits.
    Duration wait_margin = 5s;
    /// Who waits longer for a reply that never comes waits without end.
    Duration hang_min = 1h;
    /// A connection that is idle for longer should have been closed (RFC 5321 §4.5.3.2.7 has servers wait so long).
    Duration idle_max = 5min;
    /// Messages over one connection.
    std::uint32_t messages_per_session_max = 100;
    /// From here on a message counts as large, so that its size should be declared.
    std::uint64_t large_message_octets = 64 * 1024;
    /// SIZE= may be above the size by a tenth and this (RFC 1870 §5 asks for an estimate that is not too small).
    std::uint64_t size_slack_octets = 2048;
    /// RFC 4954 §9: failing AUTH commands in one session.
    std::uint32_t auth_failures_max = 3;
    /// Who lets a transaction take so long, wait by wait, has no limit on all of it.
    Duration long_transaction = 30min;
    /// A message of so many octets does not fit into the buffers between a client and a receiver that does not read.
    std::uint64_t blocked_octets = 4 * 1024 * 1024;
    /// A queue comes back within this time; nobody waits longer between two tries.
    Duration retry_within = std::chrono::hours{24};
    /// RFC 5321 §4.5.4.1 has a client wait before it tries again, and does not say how long. No queue waits less.
    Duration retry_delay_min = 1min;
    /// RFC 5321 §4.5.4.1: "at least 30 minutes".
    Duration retry_interval_min = 30min;
    /// So many messages for one destination are a queue that should wait as a whole.
    std::uint32_t many_messages = 20;
    /// From one address to one host at once. Postfix has 20, OpenSMTPD and Haraka 10; RFC 1123 §5.3.1.1 asks for a limit.
    std::uint32_t connections_max = 20;
    /// From here on a reply to the end of data is a late one. Receivers that look at the text take seconds.
    Duration late_reply_min = 1min;
    /// Connections to the hosts of one domain with less than this between them are one try of them: who goes on to the next host
    /// does not wait.
    Duration host_gap = 2min;
    /// Nobody waits longer for a connection that does not come about (Exim: 5 minutes; Linux by itself: two).
    Duration connect_wait = 15min;
    /// So many first choices show whether hosts of equal preference are chosen by chance, if a chance of less than one in ten
    /// thousand speaks against it.
    std::uint32_t first_choices_min = 40;
    /// What was answered may be used so much longer than its TTL: resolvers have a least time of their own.
    Duration ttl_slack = 1h;
    /// A notice comes within this time after what it is about; later there is none.
    Duration notice_within = std::chrono::hours{24};
};

/// Sets one by its name, as a user writes it: a time such as 90s, or a number. Gives the error, if there is one.
std::optional<std::string> set_threshold(Thresholds& thresholds, std::string_view name,
                                         std::string_view value);

struct ThresholdText {
    std::string_view name;
    std::string value;
};
/// All of them, in order of name.
std::vector<ThresholdText> threshold_texts(const Thresholds& thresholds);

/// A wait that was right up to the end may be measured as this much less.
constexpr Duration slack_of(Duration wait) {
    return std::max<Duration>(2s, wait / 100);
}

}  // namespace fakemx::conformance
