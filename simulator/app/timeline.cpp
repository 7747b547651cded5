// Verdicts in words from tries.
#include "app/timeline.h"

#include <array>
#include <map>
#include <set>
#include <vector>

#include <fmt/format.h>

#include "app/text.h"

namespace fakemx::app {

namespace {

using Tries = std::vector<store::StoredAttempt>;

/// In the order in which totals are told.
constexpr std::array<std::string_view, 5> statuses{"delivered", "duplicated", "bounced", "expired",
                                                   "deferred"};

/// "tries 1 and 3", "tries 1, 2 and 3".
std::string tries_named(const std::vector<std::uint32_t>& numbers) {
    std::string text{"tries "};
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        if (i != 0) text += i + 1 == numbers.size() ? " and " : ", ";
        text += fmt::format("{}", numbers[i]);
    }
    return text;
}

std::string verdict(const store::StoredDelivery& delivery, const Tries& tries, Instant end) {
    const store::StoredAttempt& first = tries.front();
    const store::StoredAttempt& last = tries.back();
    std::vector<std::uint32_t> accepted;
    Instant accepted_at{};
    for (const auto& attempt : tries) {
        if (attempt.outcome != "accepted") continue;
        accepted.push_back(attempt.number);
        accepted_at = attempt.at;
    }
    const std::string after =
        tries.size() == 1 ? "" : fmt::format(", {} after the first", rounded(last.at - first.at));
    if (delivery.status == "delivered") {
        if (accepted.front() == 1) return "delivered on the first try";
        return fmt::format("delivered on try {}, {} after the first", accepted.front(),
                           rounded(accepted_at - first.at));
    }
    if (delivery.status == "duplicated") {
        return fmt::format("duplicated: accepted {} times, on {}", accepted.size(),
                           tries_named(accepted));
    }
    if (delivery.status == "bounced") {
        return fmt::format("bounced: {} at {} on try {}{}", reply_of(last.code, last.text),
                           last.stage, last.number, after);
    }
    const std::string tried = tries.size() == 1
                                  ? "1 try"
                                  : fmt::format("{} tries in {}", tries.size(),
                                                rounded(delivery.silent_since - first.at));
    const std::string silence = rounded(end - delivery.silent_since);
    if (delivery.status == "expired") {
        return fmt::format("expired: {}, then nothing for {}", tried, silence);
    }
    if (last.outcome == "pending") return fmt::format("deferred: try {} is under way", last.number);
    return fmt::format("deferred: {}, the last one {} before the end", tried, silence);
}

std::string place_of(const store::StoredAttempt& attempt) {
    return fmt::format("{}  {} #{}", attempt.sending_ip, printable(attempt.host), attempt.session);
}

class Timeline {
public:
    Timeline(StandardOutput& out, std::map<std::uint64_t, store::StoredDelivery> deliveries,
             Instant end)
        : out_(out), deliveries_(std::move(deliveries)), end_(end) {}

    bool add(const store::StoredAttempt& attempt) {
        if (!tries_.empty() && tries_.front().delivery != attempt.delivery) close();
        ++attempts_;
        sessions_.insert(attempt.session);
        if (attempt.delivery) {
            tries_.push_back(attempt);
        } else {
            unnamed_.push_back(attempt);
        }
        return !out_.failed();
    }

    void finish() {
        close();
        if (!unnamed_.empty()) {
            out_.line("Before a recipient was named:");
            for (const auto& attempt : unnamed_) {
                const std::string from =
                    attempt.mail_from.empty() ? "" : "  " + printable(attempt.mail_from);
                out_.line(fmt::format("  {}  {}{}  {}: {}  {}", format_instant(attempt.at),
                                      place_of(attempt), from, attempt.stage,
                                      reply_of(attempt.code, attempt.text), attempt.outcome));
            }
            out_.line("");
        }
        std::string total = counted(deliveries_.size(), "delivery", "deliveries");
        const char* before = ": ";
        for (const std::string_view status : statuses) {
            const auto found = counts_.find(status);
            if (found == counts_.end()) continue;
            total += fmt::format("{}{} {}", before, found->second, status);
            before = ", ";
        }
        out_.line(fmt::format("{}; {} in {}", total, counted(attempts_, "attempt", "attempts"),
                              counted(sessions_.size(), "session", "sessions")));
    }

private:
    void close() {
        if (tries_.empty()) return;
        const store::StoredAttempt& last = tries_.back();
        const std::string identity = last.identity.empty() ? "" : "  " + printable(last.identity);
        out_.line(
            fmt::format("{} → {}{}", path_of(last.mail_from), printable(last.recipient), identity));
        const store::StoredAttempt* before = nullptr;
        for (const auto& attempt : tries_) {
            const std::string wait =
                before == nullptr ? "" : fmt::format("+{}", rounded(attempt.at - before->at));
            out_.line(fmt::format("  try {:<2} {} {}  {}  {}: {}  {}", attempt.number,
                                  format_instant(attempt.at), padded(wait, 7), place_of(attempt),
                                  attempt.stage, reply_of(attempt.code, attempt.text),
                                  attempt.outcome));
            before = &attempt;
        }
        if (const auto delivery = deliveries_.find(*last.delivery); delivery != deliveries_.end()) {
            ++counts_[delivery->second.status];
            out_.line("  " + verdict(delivery->second, tries_, end_));
        }
        out_.line("");
        tries_.clear();
    }

    StandardOutput& out_;
    std::map<std::uint64_t, store::StoredDelivery> deliveries_;
    Instant end_;
    Tries tries_;  // of the delivery that is being told
    Tries unnamed_;
    std::map<std::string, std::uint64_t, std::less<>> counts_;
    std::set<std::uint64_t> sessions_;
    std::uint64_t attempts_ = 0;
};

}  // namespace

std::optional<store::StoreError> write_timeline(store::JournalReader& reader, StandardOutput& out) {
    const auto run = reader.run();
    if (!run) return run.error();
    std::map<std::uint64_t, store::StoredDelivery> deliveries;
    if (auto error = reader.deliveries([&](const store::StoredDelivery& delivery) {
            deliveries.emplace(delivery.id, delivery);
            return true;
        })) {
        return error;
    }
    Timeline timeline{out, std::move(deliveries), run->ended_at.value_or(run->last_at)};
    if (auto error = reader.attempts([&](const auto& attempt) { return timeline.add(attempt); })) {
        return error;
    }
    timeline.finish();
    return std::nullopt;
}

}  // namespace fakemx::app
