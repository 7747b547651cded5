// Tries that failed for now, and their sequels.
#include "conformance/failures.h"

#include <algorithm>
#include <string_view>

#include "core/text.h"
#include "message/notice.h"
#include "oracle/judge.h"

namespace fakemx::conformance {

namespace {

using oracle::Attempt;
using oracle::Delivery;

/// "4.7.1 Greylisted", "Graylisting in action". RFC 6647 §5 has no code of its own for it.
bool sounds_like_greylist(std::string_view text) {
    const std::string lower = ascii_lower(text);
    return lower.starts_with("4.7.1 ") || lower == "4.7.1" ||
           lower.find("greylist") != std::string::npos ||
           lower.find("graylist") != std::string::npos ||
           lower.find("grey-list") != std::string::npos;
}

/// The client left while a reply was owed to it, after so long.
std::optional<Duration> waited_in_vain(const Dialogue& dialogue) {
    if (!dialogue.ended_by_client()) return std::nullopt;
    const auto owed = [&](const Reply* reply) {
        return reply == nullptr || reply->silent || reply->lost ||
               reply->leaves() > dialogue.ended_at;
    };
    if (dialogue.exchanges.empty()) {
        if (!owed(dialogue.greeting ? &*dialogue.greeting : nullptr)) return std::nullopt;
        return dialogue.ended_at - dialogue.opened_at;
    }
    const Exchange& last = dialogue.exchanges.back();
    if (last.message) {
        if (!owed(last.verdict())) return std::nullopt;
        return dialogue.ended_at - last.message->at;
    }
    if (!owed(last.last_reply())) return std::nullopt;
    return dialogue.ended_at - last.at;
}

bool ended_by_server(const Dialogue& dialogue) {
    return dialogue.ended && (dialogue.ended->how == smtp::Ended::How::server_closed ||
                              dialogue.ended->how == smtp::Ended::How::server_reset);
}

Failure failure_of_lost(const Course& course, const Attempt& attempt) {
    // The message is known once all of it is there.
    if (!attempt.identity.empty()) {
        // A whole reply that says nothing may be taken for a refusal (RFC 5321 §4.2).
        const Exchange* message = course.message_of(attempt.session, attempt.transaction);
        const Reply* verdict = message != nullptr ? message->verdict() : nullptr;
        const bool has_come = verdict != nullptr && !verdict->lost && !verdict->silent;
        return has_come ? Failure::none : Failure::in_doubt;
    }
    const Dialogue* dialogue = course.session(attempt.session);
    // What failed in a handshake may go on in the clear.
    if (dialogue == nullptr || attempt.stage == smtp::Hook::starttls) return Failure::none;
    if (ended_by_server(*dialogue)) return Failure::lost;
    const auto waited = waited_in_vain(*dialogue);
    return waited && *waited >= 1min ? Failure::timed_out : Failure::none;
}

bool has_bounced(const Delivery& delivery) {
    return std::any_of(delivery.notices.begin(), delivery.notices.end(),
                       [](const oracle::Notice& notice) { return notice.bounce(); });
}

bool is_settled(const Delivery& delivery) {
    return std::any_of(delivery.attempts.begin(), delivery.attempts.end(), [](const auto& attempt) {
        return attempt.outcome == journal::Outcome::accepted ||
               attempt.outcome == journal::Outcome::rejected;
    });
}

bool silent_since(const Course& course, Instant at, const Thresholds& thresholds) {
    return course.end - at >= thresholds.retry_within;
}

Sequel sequel_of(const Course& course, const Delivery& delivery, const Failed& failed,
                 const Thresholds& thresholds) {
    const Attempt& attempt = *failed.attempt;
    const bool again =
        std::any_of(delivery.attempts.begin(), delivery.attempts.end(), [&](const Attempt& other) {
            return other.id > attempt.id && other.at >= attempt.end() && !other.is_beside(attempt);
        });
    if (again) return Sequel::tried_again;
    if (is_settled(delivery)) return Sequel::open;
    const bool first_round = oracle::rounds_of(delivery, oracle::Policy{}.round_gap).size() == 1;
    const bool young = attempt.end() - delivery.first_at() < oracle::Policy{}.give_up_min;
    // Of what the receiver has, nobody else can say that it was given up.
    if (!first_round && !(failed.failure == Failure::in_doubt && young)) return Sequel::open;
    if (has_bounced(delivery)) return Sequel::bounced;
    return silent_since(course, attempt.end(), thresholds) ? Sequel::dropped : Sequel::open;
}

/// Each recipient of what the sender was given has had a final answer.
bool all_is_settled(const Course& course) {
    return std::all_of(
        course.submissions.begin(), course.submissions.end(), [&](const Submission& submission) {
            const auto& to = submission.given.to;
            return std::all_of(to.begin(), to.end(), [&](const std::string& recipient) {
                const auto& all = course.account.deliveries;
                return std::any_of(all.begin(), all.end(), [&](const Delivery& delivery) {
                    return course.submission(delivery) == &submission && is_settled(delivery) &&
                           oracle::comparable(delivery.recipient) == oracle::comparable(recipient);
                });
            });
        });
}

/// Something came to an end there, so that it may have been a connection more than was needed.
bool has_settled_at(const Course& course, std::string_view host) {
    const auto& all = course.account.deliveries;
    return std::any_of(all.begin(), all.end(), [&](const Delivery& delivery) {
        if (delivery.is_notice) return false;
        return std::any_of(
            delivery.attempts.begin(), delivery.attempts.end(), [&](const Attempt& attempt) {
                return attempt.host == host && (attempt.outcome == journal::Outcome::accepted ||
                                                attempt.outcome == journal::Outcome::rejected);
            });
    });
}

/// Nobody knows whose it was: that anything is tried again there, or at once at another host, is enough.
Sequel sequel_of_unnamed(const Course& course, const Attempt& attempt,
                         const Thresholds& thresholds) {
    constexpr Duration hop = 2min;
    // Where the receiver is silent, the try is over for it when the sender has only begun to wait.
    const Dialogue* own = course.session(attempt.session);
    const Instant end = own != nullptr && own->ended ? own->ended_at : attempt.end();
    const auto comes_behind = [&](const Dialogue& dialogue) {
        return dialogue.id > attempt.session && dialogue.opened_at >= end;
    };
    const bool again =
        std::any_of(course.sessions.begin(), course.sessions.end(), [&](const Dialogue& dialogue) {
            return comes_behind(dialogue) && !brings_notices(dialogue) &&
                   (dialogue.host == attempt.host || dialogue.opened_at - end <= hop);
        });
    if (again) return Sequel::tried_again;
    // Who was here some time before has come back, and may give up at last.
    const bool came_back =
        std::any_of(course.sessions.begin(), course.sessions.end(), [&](const Dialogue& dialogue) {
            return dialogue.host == attempt.host && attempt.at - dialogue.opened_at > hop &&
                   !brings_notices(dialogue);
        });
    if (came_back) return Sequel::open;
    if (course.submissions.empty() || all_is_settled(course) ||
        has_settled_at(course, attempt.host) || !silent_since(course, end, thresholds)) {
        return Sequel::open;
    }
    const bool notices =
        std::any_of(course.sessions.begin(), course.sessions.end(), [&](const Dialogue& dialogue) {
            return comes_behind(dialogue) && brings_notices(dialogue);
        });
    return notices ? Sequel::bounced : Sequel::dropped;
}

bool is_of_a_notice(const Attempt& attempt) {
    return attempt.stage == smtp::Hook::mail && attempt.mail_from.empty();
}

}  // namespace

Failure failure_of(const Course& course, const Attempt& attempt) {
    if (attempt.outcome == journal::Outcome::lost) return failure_of_lost(course, attempt);
    if (attempt.outcome != journal::Outcome::deferred) return Failure::none;
    // There was no room for it in that transaction: rcpt-452-too-many's.
    if (course.had_no_room_for(attempt)) return Failure::none;
    if (attempt.stage == smtp::Hook::connect) return Failure::greeting;
    return sounds_like_greylist(attempt.text) ? Failure::greylisted : Failure::deferred;
}

std::vector<Failed> failures_of(const Course& course, const Thresholds& thresholds) {
    std::vector<Failed> all;
    for (const Delivery& delivery : course.account.deliveries) {
        if (delivery.is_notice) continue;
        for (const Attempt& attempt : delivery.attempts) {
            Failed failed{
                .delivery = &delivery, .attempt = &attempt, .failure = failure_of(course, attempt)};
            if (failed.failure == Failure::none) continue;
            failed.sequel = sequel_of(course, delivery, failed, thresholds);
            all.push_back(failed);
        }
    }
    for (const Attempt& attempt : course.account.unnamed) {
        const Failure failure = failure_of(course, attempt);
        if (failure == Failure::none || is_of_a_notice(attempt)) continue;
        all.push_back({.attempt = &attempt,
                       .failure = failure,
                       .sequel = sequel_of_unnamed(course, attempt, thresholds)});
    }
    return all;
}

std::vector<Pause> pauses_of(const Course& course, const Delivery& delivery) {
    std::vector<Pause> pauses;
    const auto rounds = oracle::rounds_of(delivery, oracle::Policy{}.round_gap);
    for (std::size_t i = 1; i < rounds.size(); ++i) {
        const Attempt& before = delivery.attempts[rounds[i - 1].last - 1];
        const Attempt& next = delivery.attempts[rounds[i].first];
        // What was under way when that one failed has not come back.
        if (!before.failed_for_now() || next.at < before.end()) continue;
        const auto tried = oracle::attempts_of(delivery, rounds[i - 1]);
        const auto asked = oracle::asked_by(delivery, rounds[i - 1]);
        pauses.push_back(
            {.before = &before,
             .next = &next,
             .failure = failure_of(course, before),
             .asked_for = asked && next.at >= asked->until,
             .same_host = std::any_of(tried.begin(), tried.end(), [&](const Attempt& attempt) {
                 return attempt.host == next.host;
             })});
    }
    return pauses;
}

bool is_one_message(const Course& course, const Delivery& delivery) {
    if (course.submissions_with_envelope_of(delivery).size() == 1) return true;
    const std::string& identity = delivery.attempts.front().identity;
    return !identity.empty() &&
           std::all_of(delivery.attempts.begin(), delivery.attempts.end(),
                       [&](const Attempt& attempt) { return attempt.identity == identity; });
}

bool brings_notices(const Dialogue& dialogue) {
    bool any = false;
    for (const Exchange& exchange : dialogue.exchanges) {
        if (exchange.verb != smtp::Verb::mail) continue;
        if (!exchange.path || !message::is_notice_path(exchange.path->address())) return false;
        any = true;
    }
    return any;
}

}  // namespace fakemx::conformance
