// Attempts come grouped by delivery, so the timeline is printed while reading; only what became of each
// delivery is looked up beforehand.
#include "app/timeline.h"

#include <map>
#include <ostream>
#include <string>

#include <fmt/format.h>

#include "core/text.h"
#include "core/time.h"

namespace fakemx::app {

namespace {

using store::StoredAttempt;
using store::StoredDelivery;

std::string path(const std::string& address) {
    return "<" + address + ">";
}

std::string plural(std::uint64_t count, std::string_view one, std::string_view many) {
    return fmt::format("{} {}", count, count == 1 ? one : many);
}

/// A wait as a person says it: tenths of a second below ten, whole seconds above.
std::string wait(Duration duration) {
    if (duration < 10s) {
        return fmt::format("{:.1f}s", static_cast<double>(duration.count()) / 1e6);
    }
    return format_duration(std::chrono::floor<std::chrono::seconds>(duration));
}

std::string time_of_day(Instant at) {
    return format_instant(Instant{std::chrono::floor<std::chrono::seconds>(at.time_since_epoch())})
        .substr(11, 8);
}

/// What the server said, with the stage at which it decided the attempt.
std::string reply(const StoredAttempt& attempt) {
    if (attempt.outcome == "pending") return "under way";
    if (attempt.code == 0) return attempt.text.empty() ? "no reply" : attempt.text;
    return fmt::format("{} {}", attempt.code, attempt.text);
}

class Timeline {
public:
    Timeline(std::map<std::uint64_t, StoredDelivery> deliveries, Instant journal_end, std::ostream& out)
        : deliveries_(std::move(deliveries)), journal_end_(journal_end), out_(out) {}

    void add(const StoredAttempt& attempt) {
        if (!attempt.delivery) {
            close();
            if (!headless_) out_ << "Before a recipient was named\n";
            headless_ = true;
            print(attempt, std::nullopt);
            return;
        }
        if (delivery_ != attempt.delivery) {
            close();
            delivery_ = attempt.delivery;
            first_at_ = attempt.at;
            out_ << fmt::format("{} to {}", path(attempt.mail_from), path(attempt.recipient));
            if (!attempt.identity.empty()) out_ << "  " << escape_octets(attempt.identity);
            out_ << '\n';
            print(attempt, std::nullopt);
        } else {
            print(attempt, attempt.at - last_at_);
        }
        last_at_ = attempt.at;
    }

    void finish() {
        close();
        if (headless_) out_ << '\n';
        if (totals_.empty()) {
            out_ << "No delivery was tried.\n";
            return;
        }
        std::string line;
        std::uint64_t sum = 0;
        for (const auto& [status, count] : totals_) {
            line += fmt::format("{}{} {}", line.empty() ? "" : ", ", count, status);
            sum += count;
        }
        out_ << fmt::format("{}: {}\n", plural(sum, "delivery", "deliveries"), line);
    }

private:
    void print(const StoredAttempt& attempt, std::optional<Duration> since_last) {
        const std::string waited = since_last ? "+" + wait(*since_last) : "";
        out_ << fmt::format("  try {:<3} {} {:>9}  {:<11}  {}\n", attempt.number,
                            time_of_day(attempt.at), waited, attempt.stage,
                            escape_octets(reply(attempt)));
    }

    /// The verdict line of the delivery that has been printed.
    void close() {
        if (!delivery_) return;
        const auto found = deliveries_.find(*delivery_);
        if (found != deliveries_.end()) {
            out_ << "  " << verdict(found->second) << "\n\n";
            ++totals_[found->second.status];
        }
        delivery_.reset();
    }

    std::string verdict(const StoredDelivery& delivery) const {
        const std::string tries = plural(delivery.tries, "try", "tries");
        const std::string took = wait(last_at_ - first_at_);
        if (delivery.status == "delivered") {
            return delivery.tries == 1
                       ? "delivered at the first try"
                       : fmt::format("delivered: once, in {}, {} after the first", tries, took);
        }
        if (delivery.status == "duplicated") {
            return fmt::format("duplicated: accepted {} times in {}", delivery.accepted, tries);
        }
        if (delivery.status == "bounced") {
            return fmt::format("bounced: refused for good after {}", tries);
        }
        const std::string silent = wait(journal_end_ - delivery.silent_since);
        if (delivery.status == "expired") {
            return fmt::format("expired: {}, then silence for {}; the sender gave up {} after the first",
                               tries, silent, took);
        }
        return fmt::format("deferred: {} so far, silent for {}; the sender may come back", tries, silent);
    }

    std::map<std::uint64_t, StoredDelivery> deliveries_;
    Instant journal_end_;
    std::ostream& out_;
    std::optional<std::uint64_t> delivery_;
    bool headless_ = false;
    Instant first_at_{};
    Instant last_at_{};
    std::map<std::string, std::uint64_t> totals_;
};

}  // namespace

std::optional<store::StoreError> print_timeline(store::JournalReader& journal, std::ostream& out) {
    const auto run = journal.run();
    if (!run) return run.error();
    std::map<std::uint64_t, StoredDelivery> deliveries;
    if (auto error = journal.deliveries([&](const StoredDelivery& delivery) {
            deliveries.emplace(delivery.id, delivery);
            return true;
        })) {
        return error;
    }
    out << fmt::format("{} · seed {} · clock {} · began {}\n\n", run->profile, run->seed, run->clock,
                       format_instant(run->started_at));
    Timeline timeline{std::move(deliveries), run->ended_at.value_or(run->last_at), out};
    auto error = journal.attempts([&](const StoredAttempt& attempt) {
        timeline.add(attempt);
        return out.good();
    });
    if (!error) timeline.finish();
    return error;
}

}  // namespace fakemx::app
