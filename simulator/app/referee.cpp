// When a run is over.
#include "app/referee.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "message/notice.h"

namespace fakemx::app {

namespace {

bool is_final(const oracle::Delivery& delivery) {
    const bool answered = std::any_of(delivery.attempts.begin(), delivery.attempts.end(),
                                      [](const oracle::Attempt& attempt) {
                                          return attempt.outcome == journal::Outcome::accepted ||
                                                 attempt.outcome == journal::Outcome::rejected;
                                      });
    return answered || std::any_of(delivery.notices.begin(), delivery.notices.end(),
                                   [](const oracle::Notice& notice) { return notice.bounce(); });
}

}  // namespace

void Referee::write(journal::Batch batch) {
    ledger_.take(batch);
    for (const journal::AttemptRecord& attempt : batch.attempts) {
        const bool settled = attempt.outcome == journal::Outcome::accepted ||
                             attempt.outcome == journal::Outcome::rejected;
        if (settled || attempt.taken) changed_ = true;
        if (message::is_notice_path(attempt.mail_from)) {
            notice_came_ = notice_came_ || attempt.taken;
        } else if (attempt.delivery) {
            const bool is_new = deliveries_.insert(journal::number(*attempt.delivery)).second;
            changed_ = changed_ || is_new;
        }
    }
    if (next_ != nullptr) next_->write(std::move(batch));
}

bool Referee::settled() {
    if (deliveries_.size() < std::max<std::uint64_t>(scenario_.deliveries(), 1)) return false;
    if (ledger_.unfinished() == 0) return true;
    // An account is linear in the attempts so far: it is made when a notice may have ended the last delivery, and not for
    // each attempt.
    if (!notice_came_ || !std::exchange(changed_, false)) return all_noticed_;
    const oracle::Account account = ledger_.account();
    all_noticed_ = std::all_of(
        account.deliveries.begin(), account.deliveries.end(),
        [](const oracle::Delivery& delivery) { return delivery.is_notice || is_final(delivery); });
    return all_noticed_;
}

std::optional<std::string> Referee::over(const Situation& situation) {
    if (scenario_.over == scenario::Over::command && situation.status && situation.sessions == 0)
        return fmt::format("the command has ended with status {}", *situation.status);
    if (!situation.processes_left && situation.sessions == 0)
        return "all processes of the sender have ended";
    if (scenario_.over != scenario::Over::settled || !settled()) {
        watched_until_.reset();
        return std::nullopt;
    }
    if (!watched_until_) watched_until_ = later(situation.now, scenario_.watch);
    if (situation.now < *watched_until_) return std::nullopt;
    return scenario_.watch == Duration::zero()
               ? std::string{"every delivery has come to its end"}
               : fmt::format("every delivery had come to its end {} before",
                             format_duration(scenario_.watch));
}

}  // namespace fakemx::app
