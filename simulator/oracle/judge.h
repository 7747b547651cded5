// The retry oracle: what a sender did right and wrong about each delivery, by RFC 5321 and by what the receiver asked for. It
// judges an account and nothing else; whether a finding matters is for the expectations.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/time.h"
#include "oracle/delivery.h"
#include "oracle/ledger.h"

namespace fakemx::oracle {

/// What is asked of the sender.
struct Policy {
    /// Attempts at other hosts of a pool that follow within this time are one round; see rounds_of. Longer than a sender
    /// takes for the next connection even on a clock of x60, and shorter than any first wait (nullmailer: one minute).
    Duration round_gap = 30s;
    /// How soon after a failure a sender may come back at the earliest, whatever the reply says.
    std::optional<Duration> retry_after;
    /// Whether a wait that the reply asks for counts.
    bool heed_hints = true;
    /// RFC 5321 §4.5.4.1: the give-up time generally needs to be at least 4-5 days.
    Duration give_up_min = std::chrono::hours{4 * 24};
    /// RFC 5321 sets no latest time to give up.
    std::optional<Duration> give_up_max;
    /// How long after a rejection a notice may take.
    Duration notice_within = 1h;
    /// The domains of sender addresses whose mail comes here, so that notices are seen. A sender in any other domain is never
    /// said to have sent none.
    std::vector<std::string> sender_domains;
};

/// What became of a delivery.
enum class Fate : std::uint8_t {
    delivered,  ///< accepted; or taken, with the reply lost, and never sent again
    rejected,   ///< 5yz, and never accepted
    bounced,    ///< neither; the sender said in a notice that it gave up
    gave_up,    ///< neither, and silent for too long to come back; its notice would go elsewhere
    lost,       ///< the same, but a notice would have come here, and none did
    open,       ///< the sender may come back
};

std::string_view name(Fate fate);

enum class Wrong : std::uint8_t {
    duplicated,             ///< accepted, and sent and taken once more: nothing excuses it
    retried_after_2yz,      ///< sent again after it had been accepted, and not taken once more
    duplicated_reply_lost,  ///< taken, but the reply was lost; sent again and taken again (RFC 1047)
    lost,                   ///< see Fate::lost
    retried_after_5yz,
    retried_too_early,
    gave_up_early,
    gave_up_late,
    bounced_though_delivered,
    bounced_twice,
    no_notice,  ///< rejected or given up, and the sender's own address has heard nothing
    changed_helo,
    changed_sending_ip,
    changed_mail_from,
    changed_size,
    changed_body,
    changed_message_id,  ///< the same body came again under another Message-ID
};

/// "duplicated", "retried after 5yz", …
std::string_view name(Wrong wrong);
/// "RFC 5321 §4.5.4.1", or empty where only the receiver or the profile asks for it.
std::string_view section(Wrong wrong);
/// False for what a sender can do nothing about, or may well do: reply_lost duplicates, another sending address, another size.
bool is_fault(Wrong wrong);

struct Finding {
    Wrong wrong = Wrong::duplicated;
    journal::DeliveryId delivery{};
    std::vector<std::uint64_t> attempts;  ///< ids of those concerned, in order
    std::string explanation;              ///< one sentence without a full stop
};

struct Judgement {
    journal::DeliveryId delivery{};
    Fate fate = Fate::open;
    std::uint32_t taken = 0;  ///< how often the receiver took it
    std::vector<Finding> findings;
};

/// Notices about the delivery would come here: mail for the sender's domain is taken.
bool notices_come_here(const Delivery& delivery, const Policy& policy);

/// Whether the sender has been silent for so long that it will not come back: four times the longest wait between two rounds; where
/// there was only one, five days.
bool fell_silent(const Delivery& delivery, Instant end, Duration round_gap);

/// When the sender gave up a delivery that was neither taken nor rejected: the instant of its notice, or, where it fell silent,
/// the end of its last attempt. Nothing while it may come back.
std::optional<Instant> gave_up_at(const Delivery& delivery, Instant end, Duration round_gap);

/// The wait that the replies of a round ask for, as the instant before which the sender must not come back, and the attempt whose
/// reply asks for it. Nothing where no reply asks.
struct Asked {
    Instant until{};
    Duration wait{};
    std::uint64_t attempt = 0;
};
std::optional<Asked> asked_by(const Delivery& delivery, Round round);

/// One judgement for each delivery, in their order.
std::vector<Judgement> judge(const Account& account, const Policy& policy);

}  // namespace fakemx::oracle
