// What a profile has ordered beyond a reply: words and endings that nobody asked for, now or in the middle of
// a message, and how to read.
#include <algorithm>

#include "core/limits.h"
#include "smtp/session.h"

namespace fakemx::smtp {

void Session::take_orders(Instant now, Hook stage, const Verdict& verdict, bool accepted) {
    if (!verdict.reading && !verdict.and_then && !verdict.in_body && !verdict.handshake) return;
    if (!orders_) orders_ = std::make_unique<Orders>();
    if (verdict.reading) {
        orders_->reading = verdict.reading;
        orders_->reading_since = now;
        const bool pause = verdict.reading->octets == 0;
        orders_->read_again_at = pause ? later(now, verdict.reading->every) : now;
    }
    if (verdict.and_then && orders_->follow_ups.size() < limits::follow_ups_max) {
        std::optional<Instant> due;
        if (!draining_) due = later(now, verdict.and_then->wait);
        // What is said behind QUIT's reply is no reply to QUIT.
        orders_->follow_ups.push_back(
            {due, stage == Hook::quit ? Hook::noop : stage, verdict.and_then});
    }
    if (!accepted) return;
    if (stage == Hook::data && verdict.in_body) {
        orders_->in_body = verdict.in_body;
        orders_->in_body_left = verdict.in_body->octets;
    }
    if (stage == Hook::starttls) orders_->handshake = verdict.handshake;
}

void Session::follow_orders(Instant now, Effects& out) {
    while (orders_ && !asking() && !draining_) {
        // Who never reads again does not wait for ever.
        if (reads_nothing_more() && now >= patience_over_at()) {
            return end(Ended::How::silence_over, Close::How::now, {}, out);
        }
        if (state_ == State::tls) return;
        auto& follow_ups = orders_->follow_ups;
        // What waits for its reply to leave comes last.
        const auto next = std::min_element(
            follow_ups.begin(), follow_ups.end(), [](const auto& one, const auto& other) {
                return one.due.value_or(Instant::max()) < other.due.value_or(Instant::max());
            });
        if (next == follow_ups.end() || !next->due || *next->due > now) return;
        const DueFollowUp due = std::move(*next);
        follow_ups.erase(next);
        say_unasked(now, due.stage, due.what->verdict, out);
    }
}

void Session::say_unasked(Instant now, Hook stage, const Verdict& verdict, Effects& out) {
    const Outcome outcome = speak(now, stage, verdict, true, out, true);
    take_orders(now, stage, verdict, false);
    follow_ending(stage, verdict, outcome, out);
}

void Session::give_in_body(Instant now, Effects& out) {
    const auto ordered = std::exchange(orders_->in_body, nullptr);
    say_unasked(now, Hook::data, ordered->verdict, out);
}

bool Session::reads_nothing_more() const {
    return orders_ && orders_->reading && orders_->reading->octets == 0 &&
           orders_->reading->every == Duration::zero();
}

bool Session::reading_paused() const {
    return orders_ && orders_->read_again_at > last_now_ && !reads_nothing_more();
}

bool Session::may_be_late(Instant now, Duration after) {
    if (!orders_) orders_ = std::make_unique<Orders>();
    auto& late = orders_->late_until;
    std::erase_if(late, [&](Instant due) { return due <= now; });
    if (late.size() == limits::late_replies_max) return false;
    late.push_back(later(now, after));
    return true;
}

void Session::pace_reading(Instant now) {
    if (orders_ && orders_->reading && orders_->reading->octets != 0) {
        orders_->read_again_at = later(now, orders_->reading->every);
    }
}

}  // namespace fakemx::smtp
