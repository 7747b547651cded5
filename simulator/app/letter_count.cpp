// Counting by recipient: the reverse path may be another one for each try, so it counts only where there are too many.
#include "app/letter_count.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "core/limits.h"
#include "core/text.h"
#include "core/words.h"
#include "oracle/timeline.h"

namespace fakemx::app {

namespace {

/// RFC 5321 §2.4: domains without case, local parts as they are.
std::string key_of(std::string_view address) {
    const std::size_t at = std::min(address.rfind('@'), address.size());
    return std::string{address.substr(0, at)} + ascii_lower(address.substr(at));
}

bool is_to_be_delivered(const scenario::Scenario& scenario, const std::string& from,
                        const std::string& recipient) {
    oracle::Delivery delivery;
    delivery.mail_from = from;
    delivery.recipient = recipient;
    delivery.is_notice = from.empty();
    return std::any_of(scenario.expect.begin(), scenario.expect.end(), [&](const auto& expected) {
        return std::holds_alternative<oracle::DeliveredOnce>(expected.kind) &&
               expected.selection.matches(delivery);
    });
}

/// Nobody knows how many messages hide behind it.
bool hides_others(const oracle::Delivery& delivery) {
    return std::any_of(delivery.attempts.begin(), delivery.attempts.end(),
                       [](const oracle::Attempt& attempt) { return !attempt.message_octets; });
}

}  // namespace

std::optional<oracle::Result> more_than_was_sent(const scenario::Scenario& scenario,
                                                 const oracle::Account& account) {
    std::map<std::pair<std::string, std::string>, std::int64_t> left;
    for (const scenario::Letter& letter : scenario.send) {
        for (const std::string& recipient : letter.to)
            left[{key_of(letter.from), key_of(recipient)}] += letter.count;
    }
    oracle::Result result{
        .title = "no more deliveries than messages", .explanation = {}, .exhibits = {}};
    for (const oracle::Delivery& delivery : account.deliveries) {
        const auto sent = left.find({key_of(delivery.mail_from), key_of(delivery.recipient)});
        if (sent == left.end() || delivery.is_notice || sent->second-- > 0) continue;
        if (result.exhibits.empty()) {
            result.explanation = fmt::format(
                "more messages from {} to {} came than were sent: one that was refused at {} was "
                "sent again (RFC 5321 §4.2.1)",
                path_of(delivery.mail_from), path_of(delivery.recipient),
                journal::stage_name(delivery.attempts.front().stage));
        }
        if (result.exhibits.size() == limits::exhibits_max) {
            ++result.exhibits_left_out;
        } else {
            result.exhibits.push_back({delivery.id, {}, oracle::timeline(delivery)});
        }
    }
    if (result.exhibits.empty()) return std::nullopt;
    return result;
}

std::optional<oracle::Result> less_than_was_sent(const scenario::Scenario& scenario,
                                                 const oracle::Account& account) {
    struct Count {
        std::string recipient;
        std::uint64_t sent = 0;
        std::uint64_t came = 0;
        bool all_delivered = false;
        bool may_hide = false;
    };
    std::map<std::pair<bool, std::string>, Count> counts;  // by null reverse path, and recipient
    for (const scenario::Letter& letter : scenario.send) {
        for (const std::string& recipient : letter.to) {
            Count& count = counts[{letter.from.empty(), key_of(recipient)}];
            count.recipient = recipient;
            count.sent += letter.count;
            count.all_delivered =
                count.all_delivered || is_to_be_delivered(scenario, letter.from, recipient);
            count.may_hide = !account.unnamed.empty();
        }
    }
    for (const oracle::Delivery& delivery : account.deliveries) {
        const auto count = counts.find({delivery.mail_from.empty(), key_of(delivery.recipient)});
        if (count == counts.end()) continue;
        ++count->second.came;
        count->second.may_hide = count->second.may_hide || hides_others(delivery);
    }
    std::uint64_t missing = 0;
    std::string first;
    for (const auto& [key, count] : counts) {
        if (count.came >= count.sent || (count.may_hide && !count.all_delivered)) continue;
        if (missing == 0) {
            first = fmt::format("{} to be sent to {}, and {} came",
                                counted(count.sent, "message was", "messages were"),
                                path_of(count.recipient), count.came);
        }
        missing += count.sent - count.came;
    }
    if (missing == 0) return std::nullopt;
    std::string explanation = fmt::format("{}; {} missing in all", first, missing);
    if (!account.unnamed.empty()) {
        explanation += fmt::format("; {} ended before a recipient was named",
                                   counted(account.unnamed.size(), "attempt", "attempts"));
    }
    return oracle::Result{.title = "no fewer deliveries than messages",
                          .explanation = std::move(explanation),
                          .exhibits = {}};
}

}  // namespace fakemx::app
